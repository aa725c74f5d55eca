"""The structure matcher: pictures of unlike sensors, laid over one another by where edges run."""

import cv2
import numpy as np
import pytest

from detectors.matching import StructureMatcher, StructureSettings

SIZE = (480, 384)
REACH_PX, TURN_DEG = 60.0, 6.0


def fields(seed: int, size=(900, 900)) -> np.ndarray:
    """``(h, w)`` numbers of patches of land with straight borders, roads and roofs."""
    rng = np.random.default_rng(seed)
    land = np.zeros(size[::-1], np.uint8)
    for number in range(60):
        middle, sides = rng.uniform(0, size[0], 2), rng.uniform(30, 190, 2)
        box = cv2.boxPoints((tuple(middle), tuple(sides), float(rng.uniform(0, 180))))
        cv2.fillPoly(land, [box.astype(np.int32)], number + 1)
    return land


def shown(land: np.ndarray, seed: int) -> np.ndarray:
    """The land as one sensor shows it: a grey of its own for each patch, and noise of its own."""
    rng = np.random.default_rng(seed)
    greys = rng.integers(40, 220, 61)
    blotches = cv2.resize(rng.normal(0, 12, (90, 90)), land.shape[::-1], interpolation=cv2.INTER_CUBIC)
    noisy = greys[land] + blotches + rng.normal(0, 4, land.shape)
    return np.clip(noisy, 1, 255).astype(np.uint8)


def moved(picture: np.ndarray, turn_deg: float, shift: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """A window of the picture's middle after a turn and shift, and its matrix from window to picture."""
    middle = np.array(picture.shape[::-1]) / 2
    matrix = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), turn_deg, 1.0)
    matrix[:, 2] += middle - np.array(SIZE) / 2 + shift
    window = cv2.warpAffine(picture, matrix, SIZE, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return window, matrix


@pytest.mark.parametrize(
    ("turn_deg", "shift"), [(0.0, (0.0, 0.0)), (3.0, (41.0, -28.0)), (-4.6, (-37.5, 30.2)), (1.0, (-55.0, 5.0))]
)
def test_pictures_of_unlike_sensors_are_laid_over_one_another(turn_deg, shift):
    land = fields(3)
    frame, to_land = moved(shown(land, 11), turn_deg, shift)
    expected, from_expected = moved(shown(land, 12), 0.0, (0.0, 0.0))

    seen, drawn = StructureMatcher().match(frame, expected, REACH_PX, TURN_DEG)

    true = seen @ to_land[:, :2].T + to_land[:, 2] - from_expected[:, 2]
    miss = np.linalg.norm(drawn - true, axis=1)
    assert len(seen) > 40
    assert np.median(miss) < 1.5
    assert (miss < 6).mean() > 0.8


def test_other_ground_is_not_matched():
    land = shown(fields(4), 11)
    matched = 0
    for seed in range(5, 13):
        frame, _ = moved(land, 0.0, (0.0, 0.0))
        expected, _ = moved(shown(fields(seed), 12), 0.0, (0.0, 0.0))
        matched += len(StructureMatcher().match(frame, expected, REACH_PX, TURN_DEG)[0]) > 0
    assert matched <= 1


def test_rows_that_repeat_have_a_rival_and_are_not_matched():
    """Stripes fit again one row further."""
    rows = np.indices((900, 900))[0]
    stripes = (rows // 20 % 2).astype(np.uint8)
    frame, _ = moved(shown(stripes, 11), 0.0, (0.0, 7.0))
    expected, _ = moved(shown(stripes, 12), 0.0, (0.0, 0.0))

    assert len(StructureMatcher().match(frame, expected, REACH_PX, TURN_DEG)[0]) == 0


@pytest.mark.parametrize("grey", [0, 128])
def test_pictures_without_edges_give_nothing(grey):
    plain = np.full(SIZE[::-1], grey, np.uint8)
    frame, _ = moved(shown(fields(3), 11), 0.0, (0.0, 0.0))

    for one, two in ((plain, plain), (frame, plain), (plain, frame)):
        assert len(StructureMatcher().match(one, two, REACH_PX, TURN_DEG)[0]) == 0


def test_a_strip_of_known_ground_gives_no_match_beyond_it():
    land = fields(3)
    frame, _ = moved(shown(land, 11), 0.0, (20.0, 10.0))
    expected, _ = moved(shown(land, 12), 0.0, (0.0, 0.0))
    expected[:, SIZE[0] // 2 :] = 0

    _, drawn = StructureMatcher().match(frame, expected, REACH_PX, TURN_DEG)

    assert np.all(drawn[:, 0] < SIZE[0] // 2)


def test_the_same_pictures_give_the_same_matches():
    land = fields(3)
    frame, _ = moved(shown(land, 11), 2.0, (20.0, 10.0))
    expected, _ = moved(shown(land, 12), 0.0, (0.0, 0.0))

    first = StructureMatcher().match(frame, expected, REACH_PX, TURN_DEG)
    second = StructureMatcher().match(frame, expected, REACH_PX, TURN_DEG)

    np.testing.assert_array_equal(first, second)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="max_rival"):
        StructureSettings(max_rival=1.5)
