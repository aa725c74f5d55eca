"""The pair detector on rendered ground."""

import cv2
import numpy as np
import pytest

from detectors.change import Calibration, ChangeSettings, PairDetector
from detectors.change.calibration import TEXTURE_CLASSES
from pipeline.records.evidence import ChangeKind, Direction

GSD_M = 0.05
SIDE = 512


def ground(seed: int = 1, side: int = SIDE) -> np.ndarray:
    """Soil and grass at several scales, RGB."""
    rng = np.random.default_rng(seed)
    light = np.zeros((side, side), np.float32)
    for sigma, amount in ((1.5, 7), (5, 9), (18, 12), (60, 12)):
        noise = cv2.GaussianBlur(rng.standard_normal((side, side)).astype(np.float32), (0, 0), sigma)
        light += amount * noise / noise.std()
    green = cv2.GaussianBlur(rng.standard_normal((side, side)).astype(np.float32), (0, 0), 40)
    green /= green.std()
    return np.clip(np.dstack([130 + light, 122 + light + 6 * green, 92 + 0.8 * light]), 0, 255).astype(np.uint8)


def with_vehicle(picture: np.ndarray, row: int = 250, column: int = 250) -> np.ndarray:
    """5 m by 2.2 m, pale, with a windscreen."""
    out = picture.copy()
    cv2.rectangle(out, (column, row), (column + 100, row + 44), (215, 214, 208), cv2.FILLED)
    cv2.rectangle(out, (column + 68, row + 5), (column + 82, row + 39), (45, 50, 60), cv2.FILLED)
    return cv2.GaussianBlur(out, (0, 0), 0.8)


def with_trench(picture: np.ndarray) -> np.ndarray:
    """16 m by 1.6 m: dark cut beside thrown-up soil."""
    out = picture.copy()
    cv2.line(out, (90, 110), (390, 200), (178, 148, 104), 32)
    cv2.line(out, (90, 118), (390, 208), (48, 40, 32), 12)
    return cv2.GaussianBlur(out, (0, 0), 0.8)


def with_crater(picture: np.ndarray) -> np.ndarray:
    """5 m across: bright rim, dark bowl."""
    out = picture.copy()
    cv2.circle(out, (250, 250), 50, (188, 166, 126), cv2.FILLED)
    cv2.circle(out, (250, 250), 27, (58, 48, 40), cv2.FILLED)
    return cv2.GaussianBlur(out, (0, 0), 2)


def noisy(picture: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("draw", "kind"),
    [
        (with_vehicle, ChangeKind.VEHICLE),
        (with_trench, ChangeKind.LINEAR_EARTHWORK),
        (with_crater, ChangeKind.CRATER),
    ],
)
def test_a_thing_that_came_is_found_where_it_stands_and_named(draw, kind):
    before, after = noisy(ground(), 2), noisy(draw(ground()), 3)

    (change,) = PairDetector().compare(before, after, GSD_M)

    assert change.direction == Direction.NEW
    assert change.kind == kind
    truth = np.abs(draw(ground()).astype(int) - cv2.GaussianBlur(ground(), (0, 0), 0.8)).max(axis=2) > 15
    drawn = np.zeros(truth.shape, bool)
    height, width = change.mask.shape
    drawn[change.top_px : change.top_px + height, change.left_px : change.left_px + width] = change.mask
    assert (drawn & truth).sum() / (drawn | truth).sum() > 0.45
    assert {"structure", "tone", "colour"} <= {reason.code for reason in change.reasons}


def test_exchanging_before_and_after_exchanges_new_and_vanished():
    before, after = noisy(ground(), 2), noisy(with_vehicle(ground()), 3)

    forth = PairDetector().compare(before, after, GSD_M)
    back = PairDetector().compare(after, before, GSD_M)

    assert [change.direction for change in forth] == [Direction.NEW]
    assert [change.direction for change in back] == [Direction.VANISHED]
    assert back[0].area_px == pytest.approx(forth[0].area_px, rel=0.4)


def test_a_vehicle_of_known_size_has_that_area_within_three_sigma():
    (change,) = PairDetector().compare(ground(), with_vehicle(ground()), GSD_M)

    assert abs(change.area_px - 101 * 45) < 3 * change.area_sigma_px


def test_unchanged_ground_with_other_noise_gives_nothing():
    assert PairDetector().compare(noisy(ground(), 2), noisy(ground(), 3), GSD_M) == []


@pytest.mark.parametrize("pixels", [1, 2, 3])
def test_a_shift_of_a_few_pixels_gives_nothing(pixels):
    wide = ground(side=SIDE + 8)

    assert PairDetector().compare(wide[:SIDE, :SIDE], wide[pixels:, pixels:][:SIDE, :SIDE], GSD_M) == []


@pytest.mark.parametrize(
    "relit",
    [
        lambda image: image * 0.7,
        lambda image: 255 * (image / 255) ** 1.5,
        lambda image: image * np.array([1.12, 1.0, 0.8]) + 5,
        lambda image: cv2.GaussianBlur(image, (0, 0), 1.5),
    ],
    ids=["gain", "gamma", "tint", "blur"],
)
def test_other_light_or_focus_gives_nothing(relit):
    before = ground()
    after = np.clip(relit(before.astype(np.float64)), 0, 255).astype(np.uint8)

    assert PairDetector().compare(before, after, GSD_M) == []


def test_nothing_is_said_where_either_picture_shows_nothing():
    before, after = ground(), with_vehicle(ground())
    valid = np.ones((SIDE, SIDE), bool)
    valid[200:340, 200:400] = False
    after[~valid] = 0

    assert PairDetector().compare(before, after, GSD_M, None, valid) == []
    assert PairDetector().compare(before, after, GSD_M, valid, None) == []


def test_ground_that_is_not_shown_does_not_hide_a_thing_elsewhere():
    before, after = ground(), with_vehicle(ground())
    valid = np.ones((SIDE, SIDE), bool)
    valid[:, :180] = False
    after[~valid] = 0

    assert len(PairDetector().compare(before, after, GSD_M, None, valid)) == 1


def test_no_shared_ground_gives_nothing():
    nothing = np.zeros((SIDE, SIDE), bool)

    assert PairDetector().compare(ground(), ground(2), GSD_M, nothing, None) == []


def test_the_same_input_gives_the_same_output():
    before, after = noisy(ground(), 2), noisy(with_trench(ground()), 3)

    one, two = (PairDetector().compare(before, after, GSD_M) for _ in range(2))

    assert [(c.score, c.area_px, c.reasons, c.outline_px.tolist()) for c in one] == [
        (c.score, c.area_px, c.reasons, c.outline_px.tolist()) for c in two
    ]


@pytest.mark.parametrize("gsd_m", [0.025, 0.05, 0.1])
def test_a_vehicle_is_found_at_other_ground_sample_distances(gsd_m):
    zoom = GSD_M / gsd_m
    pictures = [
        cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
        for image in (ground(), with_vehicle(ground()))
    ]

    (change,) = PairDetector().compare(*pictures, gsd_m)

    assert change.area_px * gsd_m**2 == pytest.approx(101 * 45 * GSD_M**2, rel=0.35)


def test_pictures_of_different_size_are_a_defect_of_the_caller():
    with pytest.raises(ValueError, match="one size"):
        PairDetector().compare(ground(), ground()[:-1], GSD_M)


def test_calibration_of_a_flight_does_not_depend_on_the_order_of_its_pairs():
    rng = np.random.default_rng(5)
    shape = (3, len(TEXTURE_CLASSES))
    parts = [
        Calibration(rng.random(shape), rng.random(shape), rng.integers(1, 99, shape[1]).astype(float)) for _ in range(4)
    ]

    forth, back = Calibration.pooled(parts), Calibration.pooled(parts[::-1])

    assert forth.median == pytest.approx(back.median)
    assert forth.cells.sum() == sum(part.cells.sum() for part in parts)


def test_a_flight_calibrated_detector_still_finds_the_vehicle():
    quiet = [(noisy(ground(seed), 1), noisy(ground(seed), 2)) for seed in (11, 12)]

    detector = PairDetector(ChangeSettings()).calibrated(quiet, GSD_M)

    assert detector.usual is not None
    assert len(detector.compare(noisy(ground(), 3), noisy(with_vehicle(ground()), 4), GSD_M)) == 1


def test_a_trench_that_a_tiles_border_cuts_is_told_where_the_ground_goes_on():
    """As part of more ground the border cuts nothing; as a picture of its own, what it cuts is distrusted."""
    before, after = (noisy(picture, seed)[150:] for seed, picture in ((2, ground()), (3, with_trench(ground()))))

    (whole,) = PairDetector().compare(before, after, GSD_M, part_of_more=True)
    alone = PairDetector().compare(before, after, GSD_M)

    assert whole.direction == Direction.NEW and whole.top_px <= 2
    assert not alone or (alone[0].score < whole.score and alone[0].top_px > whole.top_px)
