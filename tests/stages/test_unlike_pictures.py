"""Frames that show warm what the picture shows dark: placed by where edges run, and no surer than that is."""

import numpy as np
import pytest
from textured_flight import SITE, STRIP, Texture, fly, grid, ground_error_m, ground_texture

from detectors.matching import StructureMatcher
from pipeline.records.frame import GeorefMethod
from pipeline.stages.register import Register, RegisterSettings


@pytest.fixture(scope="module")
def texture():
    return ground_texture(6)


def inverted(flight):
    """The flight with light and dark exchanged."""
    for name, grey in flight.pictures.grey.items():
        flight.pictures.grey[name] = 255 - grey
    return flight


def registered(flight, texture, matcher):
    return list(Register(SITE, grid(), flight.pictures, Texture(texture), RegisterSettings(), matcher)(flight.frames))


@pytest.mark.parametrize("turned", [(), (0, 1, 2)])
def test_inverted_frames_are_placed_by_structure_alone(texture, turned):
    flight = inverted(fly(texture, STRIP[:3], seed=31, turned=turned))

    without = registered(flight, texture, None)
    placed = registered(flight, texture, StructureMatcher())

    assert all(frame.pose.method is not GeorefMethod.IMAGE_MATCH for frame in without)
    found = [frame for frame in placed if "matched_by_structure" in frame.notes]
    assert len(found) >= 2
    for frame, eye, rotation in zip(placed, flight.eyes, flight.rotations, strict=True):
        assert np.median(ground_error_m(frame, eye, rotation)) < 1.0
        assert frame.ellipse_m[0] > 1.0  # metres: what shifts all matches of a frame is counted


def test_another_place_is_not_believed(texture):
    flight = inverted(fly(texture, STRIP[:3], seed=32))

    placed = registered(flight, ground_texture(77), StructureMatcher())

    assert all(frame.pose.method is not GeorefMethod.IMAGE_MATCH for frame in placed)
