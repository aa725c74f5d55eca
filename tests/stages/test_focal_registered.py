"""Stated focal lengths that are wrong, and mirrored pixels: found from what the frames show."""

from dataclasses import replace

import numpy as np
import pytest
from textured_flight import (
    CAMERA,
    GSD_M,
    SITE,
    STRIP,
    TELEMETRY,
    Texture,
    fly,
    grid,
    ground_error_m,
    ground_texture,
    register,
)

from pipeline.records.dropped import Dropped
from pipeline.records.frame import GeorefMethod
from pipeline.stages.georeference import GeoreferenceSettings, lay_out


@pytest.fixture(scope="module")
def texture():
    return ground_texture(1)


def stated(flight, ratio):
    """The flight as one whose focal length is stated `ratio` times too long."""
    camera = CAMERA.refocused(float(np.log(ratio)), 0.005)
    out = []
    for frame in flight.frames:
        outline, gsd_m, ellipse = lay_out(camera, frame.pose, SITE, grid(), GeoreferenceSettings())
        out.append(replace(frame, camera=camera, footprint_m=outline, gsd_m=gsd_m, ellipse_m=ellipse))
    flight.frames = out
    return flight


@pytest.mark.parametrize("ratio", [1.5, 1 / 1.4])
@pytest.mark.parametrize("pitch_deg", [-88.0, -60.0])
def test_a_crop_factor_that_was_not_reckoned_is_found_with_a_picture(texture, ratio, pitch_deg):
    flight = stated(fly(texture, STRIP[:3], seed=21, pitch_deg=pitch_deg, yaw_deg=0.0), ratio)

    placed = register(flight, Texture(texture))

    for frame, eye, rotation in zip(placed, flight.eyes, flight.rotations, strict=True):
        assert frame.pose.method is GeorefMethod.IMAGE_MATCH
        assert frame.camera.focal_px == pytest.approx(CAMERA.focal_px, rel=0.03)
        assert {"focal_contradicted", "focal_or_height_contradicted"} & set(frame.notes)
        assert ground_error_m(frame, eye, rotation).max() < 3 * GSD_M


def test_a_sure_height_makes_the_focal_length_sure(texture):
    """Heights to 4 cm, as by carrier phases: only the focal length can explain another scale."""
    flight = stated(fly(texture, STRIP[:3], seed=22), 1.5)
    for ordinal, (frame, eye) in enumerate(zip(flight.frames, flight.eyes, strict=True)):
        pose = replace(frame.pose, eye_m=eye, covariance=np.diag([0.04**2] * 3 + list(np.diag(TELEMETRY)[3:])))
        flight.frames[ordinal] = replace(frame, pose=pose)

    placed = register(flight, Texture(texture))

    for frame in placed:
        assert "focal_contradicted" in frame.notes
        assert frame.camera.focal_px == pytest.approx(CAMERA.focal_px, rel=0.01)
        assert frame.camera.focal_sigma < 0.02


def test_a_crop_factor_shows_without_any_picture(texture):
    """The ground moves less from frame to frame than the camera does."""
    places = [(-50.0 + 33 * step, north) for north in (-30.0, 0.0, 30.0) for step in range(4)]
    flight = stated(fly(texture, places, seed=23), 1.5)

    placed = register(flight, None)

    for frame in placed:
        assert {"focal_contradicted", "focal_or_height_contradicted"} & set(frame.notes)
        assert frame.camera.focal_px == pytest.approx(CAMERA.focal_px, rel=0.1)


@pytest.mark.parametrize("picture", [True, False])
def test_a_right_focal_length_is_never_contradicted(texture, picture):
    """Nor known better than 0.1 m of smooth error in heights allow, over 4 m of relief: 2.5 %."""
    flight = fly(texture, STRIP, seed=24)

    placed = register(flight, Texture(texture) if picture else None)

    for frame in placed:
        assert not any(note.startswith("focal") for note in frame.notes)
        assert abs(np.log(frame.camera.focal_px / CAMERA.focal_px)) < 2.5 * frame.camera.focal_sigma < 2.5 * 0.03


@pytest.mark.parametrize(("axis", "way"), [(1, "left and right"), (0, "up and down")])
def test_mirrored_pixels_are_set_aside_and_named(texture, axis, way):
    flight = fly(texture, STRIP[:3], seed=25)
    for name, grey in flight.pictures.grey.items():
        flight.pictures.grey[name] = np.ascontiguousarray(np.flip(grey, axis))

    aside = register(flight, Texture(texture))

    for item in aside:
        assert isinstance(item, Dropped)
        assert item.code == "pixels_mirrored"
        assert f"mirrored {way}" in item.reason


def test_one_frame_that_fits_plainly_keeps_those_that_fit_in_no_way(texture):
    """A mirrored frame among plain ones is set aside alone."""
    flight = fly(texture, STRIP[:3], seed=26)
    flight.pictures.grey["F001"] = np.ascontiguousarray(flight.pictures.grey["F001"][:, ::-1])

    items = register(flight, Texture(texture))

    assert [item.item for item in items if isinstance(item, Dropped)] == ["F001"]
    assert len(items) == 3
