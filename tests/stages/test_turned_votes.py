"""What pairs of frames say about pixels turned against their tags."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.stations import Ties
from pipeline.stages.heading import HALF_TURN
from pipeline.stages.neighbours import Pair, turned_votes

DOWN = camera_to_site(0.4, -np.pi / 2, 0.0)
WAY_M = np.array([12.0, 5.0, 0.0])


def votes(moved_m, sigma_m, second_rotation=DOWN):
    frames = [
        SimpleNamespace(frame=SimpleNamespace(pose=SimpleNamespace(eye_m=eye, rotation=DOWN)))
        for eye in (np.zeros(3), WAY_M)
    ]
    none = np.zeros((0, 2))
    pair = Pair(Ties(0, 1, none, none, 1.0, np.zeros((0, 3))), none, none, 90, 60, moved_m, second_rotation, sigma_m)
    upright, turned = turned_votes(frames, [pair], 0.7, 4.0)
    return upright.tolist(), turned.tolist()


def flipped(way_m):
    return DOWN @ HALF_TURN @ DOWN.T @ way_m


def test_the_way_tells_upright_from_turned():
    assert votes(WAY_M, 0.2) == ([1.0, 1.0], [0.0, 0.0])
    assert votes(flipped(WAY_M), 0.2) == ([0.0, 0.0], [1.0, 1.0])
    assert votes(flipped(WAY_M), 0.2, DOWN @ HALF_TURN) == ([0.0, 1.0], [1.0, 0.0])


@pytest.mark.parametrize("way_m", [WAY_M, flipped(WAY_M)])
def test_points_that_hardly_tell_the_way_do_not_vote(way_m):
    assert votes(way_m, 30.0) == ([0.0, 0.0], [0.0, 0.0])


def test_a_way_that_is_neither_does_not_vote():
    """Through a long lens, points on level ground fit a camera mirrored in it as well."""
    assert votes(np.array([-400.0, 5600.0, 300.0]), 9.0) == ([0.0, 0.0], [0.0, 0.0])
