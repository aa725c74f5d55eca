"""Shadows under a known sun: a box of known height on rendered ground, lit from two directions."""

import cv2
import numpy as np
import pytest
from test_change_pair import GSD_M, ground, noisy, with_crater

from detectors.change import PairDetector
from pipeline.records.evidence import ChangeKind, Direction
from pipeline.records.sunlight import PairLight

SKY = np.array([0.42, 0.46, 0.54])
"""What shade leaves of red, green and blue."""

MORNING = np.array([0.75, 0.20, 0.63])
NOON = np.array([0.10, 0.60, 0.79])

HOUSE = (200, 210, 130, 100, 4.0)
"""Left, top, width, height in pixels; metres tall."""

LORRY = (230, 240, 110, 48, 2.0)


def lit(picture: np.ndarray, box: tuple[int, int, int, int, float], sun: np.ndarray) -> np.ndarray:
    """A picture with a box of an even grey roof and the shadow that it throws away from the sun."""
    left, top, width, height, tall_m = box
    base = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], np.float64)
    thrown = base - sun[:2] / sun[2] * tall_m / GSD_M
    shadow = np.zeros(picture.shape[:2], np.float32)
    hull = cv2.convexHull(np.vstack([base, thrown]).astype(np.float32)).astype(np.int32)
    cv2.fillConvexPoly(shadow, hull, 1.0)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 1.0)[..., None]
    out = picture * (1 - shadow * (1 - SKY))
    cv2.rectangle(out, (left, top), (left + width, top + height), (176.0, 172.0, 166.0), cv2.FILLED)
    cv2.line(out, (left, top + height // 2), (left + width, top + height // 2), (120.0, 116.0, 112.0), 3)
    return np.clip(out, 0, 255).astype(np.uint8)


def codes(change):
    return {reason.code for reason in change.against}


def test_the_shadow_of_a_house_that_stands_in_both_is_explained_and_not_without_a_sun():
    before, after = noisy(lit(ground(), HOUSE, MORNING), 2), noisy(lit(ground(), HOUSE, NOON), 3)

    in_the_dark = PairDetector().compare(before, after, GSD_M)
    known = PairDetector().compare(before, after, GSD_M, light=PairLight(MORNING, NOON))

    assert any(change.score >= 0.3 for change in in_the_dark)
    assert known
    assert all("moved_shadow" in codes(change) and change.score < 0.05 for change in known)


@pytest.mark.parametrize("sun", [MORNING, NOON])
def test_a_new_box_is_found_without_its_shadow(sun):
    before, after = noisy(ground(), 2), noisy(lit(ground(), LORRY, sun), 3)

    (change,) = PairDetector().compare(before, after, GSD_M, light=PairLight(MORNING, sun))

    assert change.direction == Direction.NEW
    assert change.kind == ChangeKind.VEHICLE
    assert change.score > 0.5
    true_px = LORRY[2] * LORRY[3]
    assert abs(change.area_px - true_px) < 2 * change.area_sigma_px
    assert "moved_shadow" not in codes(change)


def test_a_box_that_left_is_vanished_under_either_sun():
    before, after = noisy(lit(ground(), LORRY, MORNING), 2), noisy(ground(), 3)

    (change,) = PairDetector().compare(before, after, GSD_M, light=PairLight(MORNING, NOON))

    assert change.direction == Direction.VANISHED
    assert "moved_shadow" not in codes(change)


def test_a_lorry_in_front_of_a_house_whose_shadow_moved_is_still_found():
    before = noisy(lit(ground(), HOUSE, MORNING), 2)
    after = noisy(lit(lit(ground(), HOUSE, NOON), (60, 380, 110, 48, 2.0), NOON), 3)

    found = PairDetector().compare(before, after, GSD_M, light=PairLight(MORNING, NOON))

    assert [change.direction for change in found if "moved_shadow" not in codes(change)] == [Direction.NEW]


def test_the_sun_on_one_side_only_explains_that_side_only():
    before, after = noisy(lit(ground(), HOUSE, MORNING), 2), noisy(lit(ground(), HOUSE, NOON), 3)

    found = PairDetector().compare(before, after, GSD_M, light=PairLight(MORNING, None))

    assert any("moved_shadow" not in codes(change) for change in found)


def test_a_crater_keeps_the_shade_that_lies_in_it():
    before, after = noisy(ground(), 2), noisy(with_crater(ground()), 3)

    (bare,) = PairDetector().compare(before, after, GSD_M)
    (known,) = PairDetector().compare(before, after, GSD_M, light=PairLight(MORNING, NOON))

    assert known.kind == ChangeKind.CRATER
    assert known.area_px == bare.area_px
