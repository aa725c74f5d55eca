"""The picture by which people judge registration shows what there is to see."""

import cv2
import numpy as np
import pytest
from textured_flight import GSD_M, STRIP, Texture, fly, grid, ground_texture, register

from pipeline.sinks.registration_sheet import registration_sheet
from pipeline.stages.registration_overlay import Overlays, residuals, telling_frames


@pytest.fixture(scope="module")
def texture():
    return ground_texture(1)


def overlays_of(flight, picture, placed):
    return Overlays(grid(), flight.pictures, picture, 0.05)(flight.frames, placed)


def disagreement(ground, frame, both):
    one, two = (cv2.GaussianBlur(image, (0, 0), 1.5)[both].astype(float) for image in (ground, frame))
    return 1 - np.corrcoef(one, two)[0, 1]


@pytest.mark.parametrize("picture", [True, False], ids=["reference", "neighbours"])
def test_the_registered_frame_lies_on_its_ground_and_telemetrys_does_not(texture, picture):
    flight = fly(texture, STRIP[:4], seed=31, turned=(2,) if picture else ())
    known = Texture(texture) if picture else None

    shown = overlays_of(flight, known, register(flight, known))

    assert len(shown) == (3 if picture else 2)
    for overlay in shown:
        both = overlay.seen & overlay.after_seen
        told = overlay.before_ground_seen & overlay.before_seen
        assert both.sum() > 5000
        after = disagreement(overlay.ground, overlay.after, both)
        assert after < 0.03
        assert disagreement(overlay.before_ground, overlay.before, told) > 4 * after
        assert len(overlay.shifts_m) >= 5
        assert np.median(np.hypot(*overlay.shifts_m.T)) < GSD_M


def test_residuals_are_the_way_to_the_ground(texture):
    """A frame that lies two pixels too far east and one too far south must move west and north."""
    ground = texture[200:440, 300:600]
    frame = np.roll(ground, (1, 2), axis=(0, 1))

    spots, shifts = residuals(ground, frame, np.ones(ground.shape, np.bool_))

    assert len(spots) > 20
    assert np.allclose(np.median(shifts, axis=0), [-2.0, -1.0], atol=0.1)


def test_bare_ground_says_nothing():
    flat = np.full((240, 300), 90, np.uint8)

    spots, shifts = residuals(flat, flat, np.ones(flat.shape, np.bool_))

    assert spots.shape == shifts.shape == (0, 2)


def test_each_telling_frame_is_shown_once(texture):
    flight = fly(texture, STRIP, seed=32, turned=(1,))
    placed = register(flight, Texture(texture))

    told = telling_frames(placed)

    assert len({frame.ref.frame_id for frame, _ in told}) == len(told) == 3
    assert told[0][1] == "worst"
    assert any(frame.ref.frame_id == "F001" for frame, _ in told)


def test_the_sheet_is_a_small_picture_with_its_marking_and_the_same_bytes(texture):
    flight = fly(texture, STRIP[:3], seed=33)
    shown = overlays_of(flight, Texture(texture), register(flight, Texture(texture)))

    plain = registration_sheet("S1", None, shown)
    marked = registration_sheet("S1", "RESTRICTED", shown)

    assert plain == registration_sheet("S1", None, shown)
    assert len(marked) < 600_000
    heights = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[0] for data in (plain, marked)]
    assert heights[1] > heights[0]
