"""What reviewers see of a mover: close, in its frame with its trail, never a person."""

from dataclasses import replace

import numpy as np
import pytest
from chip_scene import GREY, centre_m, cutter, ground, pixels, shows, tile

from pipeline.records.evidence import KIND_BY_MODEL, PERSON_WITH_SHADOW, MoverKind, Reason
from pipeline.sinks.chip_picture import OUTLINE_RGB, TRAIL_RGB
from pipeline.sinks.chips import best_moment, is_person


def test_a_person_in_a_frame_is_blurred_in_both_pictures_of_the_frame(make):
    image = np.full((480, 640, 3), GREY, np.uint8)
    image[200:220, 300:312:3] = 255
    person = replace(make.track(1, MoverKind.PERSON_SIZE), boxes_px=np.array([[300.0, 200, 12, 20]] * 3))
    frames = {name: make.frame(name) for name in ("F1", "F2", "F3")}

    chips = {c.role: c for c in cutter((person,)).track("c1", person, frames, lambda _: image, None)}

    assert set(chips) == {"after", "context"}
    assert all(chip.blurred for chip in chips.values())
    assert pixels(chips["after"]).astype(int).max() < 180


def test_a_mover_is_shown_close_and_in_its_frame_and_its_place_before(make):
    image = np.full((480, 640, 3), GREY, np.uint8)
    image[100:112, 300:320] = (30, 30, 220)
    track = replace(make.track(1), boxes_px=np.array([[300.0, 100, 20, 12]] * 3))
    before = tile(50, sortie="S0000")
    track = replace(track, xy_m=np.tile(centre_m(before), (3, 1)))
    asked = []

    def read(frame):
        asked.append(frame.ref.frame_id)
        return image

    frames = {name: make.frame(name) for name in ("F1", "F2", "F3")}
    chips = {chip.role: chip for chip in cutter(margin_m=2).track("c1", track, frames, read, ground(before))}

    assert asked == ["F1"]
    assert set(chips) == {"before", "after", "context"}
    close = pixels(chips["after"])
    assert close.shape[:2] == pytest.approx((12 + 80, 20 + 80), abs=3)
    blue = (close[:, :, 2] > 170) & (close[:, :, 0] < 80)
    assert blue.sum() == pytest.approx(240, rel=0.1)
    assert pixels(chips["context"]).shape == (384, 512, 3)
    yellow = abs(pixels(chips["context"]).astype(int) - OUTLINE_RGB).sum(axis=2) < 150
    rows, columns = np.nonzero(yellow)
    assert (rows.mean(), columns.mean()) == pytest.approx((106 * 0.8, 310 * 0.8), abs=3)


def test_thermal_counts_are_shown_as_grey(make):
    counts = np.linspace(20_000, 22_000, 480 * 640).reshape(480, 640).astype(np.uint16)
    frames = {"F1": make.frame("F1")}

    chips = [c for c in cutter().track("c1", make.track(1), frames, lambda _: counts, None) if c.role == "context"]

    shown = pixels(chips[0])[:, 300:]
    assert shown[0].mean() < 20
    assert shown[-1].mean() > 235


def test_the_best_moment_is_the_largest_detected_box_at_hand(make):
    boxes = np.array([[0.0, 0, 10, 10], [0, 0, 90, 90], [0, 0, 20, 10]])
    track = replace(make.track(1), boxes_px=boxes)  # the second is bridged
    frames = {name: make.frame(name) for name in ("F1", "F2", "F3")}

    assert best_moment(track, frames) == 2
    assert best_moment(track, {"F1": frames["F1"], "F2": frames["F2"]}) == 0
    assert best_moment(track, {}) is None
    assert [d.code for d in cutter().track("c1", track, {}, lambda _: None, None)] == ["no_frame"]


def test_the_trail_runs_where_the_mover_drove(make):
    """A camera 100 m up that looks straight down: 10 px a metre, east to the right."""
    image = np.full((480, 640, 3), GREY, np.uint8)
    frame = make.frame("F1")
    camera = replace(frame.camera, K=np.array([[1000.0, 0, 320], [0, 1000, 240], [0, 0, 1]]))
    pose = replace(frame.pose, eye_m=np.array([0.0, 0, 100]), rotation=np.diag([1.0, -1, -1]))
    frame = replace(frame, camera=camera, pose=pose, gsd_m=0.1)
    along = np.array([[-20.0, 10], [0, 10], [20, 10]])
    track = replace(make.track(1), xy_m=along, boxes_px=np.array([[115.0, 135, 10, 10]] * 3))

    chips = {c.role: c for c in cutter(largest_px=640).track("c1", track, {"F1": frame}, lambda _: image, None)}

    trail = shows(pixels(chips["context"]), TRAIL_RGB, 90)
    rows, columns = np.nonzero(trail)
    assert np.median(rows) == pytest.approx(140, abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((120, 520), abs=16)
    assert not shows(pixels(chips["after"]), TRAIL_RGB, 90).any()


def test_a_trail_over_unknown_ground_is_left_out(make):
    image = np.full((480, 640, 3), GREY, np.uint8)
    blind = replace(cutter(), height_at=lambda xy_m: np.full(len(xy_m), np.nan))

    chips = {c.role: c for c in blind.track("c1", make.track(1), {"F1": make.frame("F1")}, lambda _: image, None)}

    assert not shows(pixels(chips["context"]), TRAIL_RGB, 90).any()


def test_what_may_be_a_person_with_a_shadow_is_blurred_however_long_it_is(make):
    long = replace(make.track(1, MoverKind.UNKNOWN), boxes_px=np.array([[300.0, 200, 120, 200]] * 3))

    assert not is_person(long, 0)
    assert is_person(replace(long, against=(Reason(PERSON_WITH_SHADOW),)), 0)


def test_a_model_that_says_vehicle_does_not_undo_a_blur(make):
    small = replace(make.track(1, MoverKind.VEHICLE_SIZE), boxes_px=np.array([[300.0, 200, 6, 8]] * 3))

    assert not is_person(small, 0)
    assert is_person(replace(small, reasons=(Reason(KIND_BY_MODEL),)), 0)
