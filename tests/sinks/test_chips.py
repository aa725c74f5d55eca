"""What reviewers see of a change: the right place, never too fine, never a person."""

from dataclasses import replace

import numpy as np
import pytest
from chip_scene import GREY, RED, a_change, centre_m, cutter, ground, painted, pixels, shows, square_m, striped, tile

from pipeline.records.candidate import Chip
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import MoverKind
from pipeline.sinks.chip_picture import OUTLINE_RGB


@pytest.mark.parametrize("gsd_mm", [50, 100, 250])
def test_a_change_is_shown_in_the_middle_before_and_after(make, gsd_mm):
    after = tile(gsd_mm, painted(6.0))
    before = tile(gsd_mm, sortie="S0000")

    chips = {chip.role: chip for chip in cutter().change("c1", a_change(make, after), ground(before), ground(after))}

    assert set(chips) == {"before", "after", "context"}
    shown = pixels(chips["after"])
    red = (shown[:, :, 0] > 150) & (shown[:, :, 1] < 90)
    rows, columns = np.nonzero(red)
    assert (rows.mean(), columns.mean()) == pytest.approx((shown.shape[0] / 2, shown.shape[1] / 2), abs=1.5)
    assert red.sum() * chips["after"].gsd_m ** 2 == pytest.approx(36, rel=0.06)
    assert abs(pixels(chips["before"]).astype(int) - GREY).max() <= 2
    assert shown.shape == pixels(chips["before"]).shape == (chips["after"].height_px, chips["after"].width_px, 3)
    assert (chips["after"].frame_id, chips["after"].frame_sha256, chips["after"].t_utc_ns) == ("F1", "aa", 20)


def test_the_context_is_wider_and_outlined(make):
    after = tile(100)

    chips = {chip.role: chip for chip in cutter().change("c1", a_change(make, after), None, ground(after))}

    wide = pixels(chips["context"]).astype(int)
    assert chips["context"].width_px * chips["context"].gsd_m > 2.5 * chips["after"].width_px * chips["after"].gsd_m
    yellow = (abs(wide - OUTLINE_RGB).sum(axis=2) < 150).sum()
    assert yellow > 4 * 6 / chips["context"].gsd_m * 0.6
    assert abs(pixels(chips["after"]).astype(int) - GREY).max() <= 2


@pytest.mark.parametrize("gsd_mm", [10, 20, 49, 50, 100])
@pytest.mark.parametrize("largest_px", [640, 100])
def test_no_picture_is_finer_than_allowed_or_larger_than_wanted(make, gsd_mm, largest_px):
    after = tile(gsd_mm)

    chips = list(
        cutter(largest_px=largest_px, margin_m=3).change("c1", a_change(make, after, 2.0), None, ground(after))
    )

    for chip in chips:
        assert chip.gsd_m >= 0.05 * 0.999
        assert max(pixels(chip).shape[:2]) <= largest_px


def test_the_stated_ground_sample_distance_is_that_of_the_pixels(make):
    after = tile(20, painted(5.0))

    chip = next(
        chip for chip in cutter().change("c1", a_change(make, after, 5.0), None, ground(after)) if chip.role == "after"
    )

    red = shows(pixels(chip), RED, 60).sum()
    assert np.sqrt(red) * chip.gsd_m == pytest.approx(5.0, abs=0.15)


def test_a_change_outside_all_tiles_is_dropped_with_a_reason(make):
    after = tile(50)
    change = replace(make.change(), outline_m=square_m(centre_m(after) + 500.0, 4.0))

    (dropped,) = cutter().change("c1", change, None, ground(after))

    assert isinstance(dropped, Dropped)
    assert (dropped.code, dropped.item) == ("outside_tiles", "c1")


def test_ground_that_no_frame_saw_gives_no_picture(make):
    after = tile(50)

    roles = [
        chip.role for chip in cutter().change("c1", a_change(make, after), ground(tile(50, seen=False)), ground(after))
    ]

    assert roles == ["after", "context"]


@pytest.mark.parametrize("kind", [MoverKind.PERSON_SIZE, MoverKind.UNKNOWN, MoverKind.VEHICLE_SIZE])
def test_persons_in_tiles_are_blurred_and_vehicles_are_not(make, kind):
    after = tile(50, striped)
    mover = replace(make.track(1, kind), xy_m=np.tile(centre_m(after), (3, 1)))

    chip = next(
        chip
        for chip in cutter((mover,)).change("c1", a_change(make, after), None, ground(after))
        if chip.role == "after"
    )

    middle = pixels(chip)[chip.height_px // 2 - 10 : chip.height_px // 2 + 10, chip.width_px // 2 - 10 :][:, :20]
    hidden = kind is not MoverKind.VEHICLE_SIZE
    assert chip.blurred is hidden
    assert bool(middle.std() < 8) is hidden


def test_an_earlier_flight_s_frame_of_the_same_name_is_another_frame(make):
    after = tile(50)
    person = replace(make.track(1, MoverKind.PERSON_SIZE), xy_m=np.tile(centre_m(after), (3, 1)))
    chips = cutter((person,)).change("c1", a_change(make, after), ground(tile(50, sortie="S0000")), ground(after))

    found = {chip.role: chip for chip in chips}

    assert (found["before"].frame_id, found["before"].frame_sha256, found["before"].blurred) == ("F1", "", False)
    assert found["after"].blurred


def test_the_same_pictures_give_the_same_bytes(make):
    rng = np.random.default_rng(3)
    after = tile(50, lambda _, image: image.__setitem__(slice(None), rng.integers(0, 255, image.shape)))
    change = a_change(make, after)

    first, second = (list(cutter().change("c1", change, None, ground(after))) for _ in range(2))

    assert first == second
    assert all(isinstance(chip, Chip) for chip in first)
