"""Bare pairs that are not registered."""

import cv2
import numpy as np
import pytest

from detectors.change.registration import together
from pipeline.errors import InputError


def texture(seed: int, side: int = 480) -> np.ndarray:
    rng = np.random.default_rng(seed)
    fine = cv2.GaussianBlur(rng.standard_normal((side, side, 3)).astype(np.float32), (0, 0), 2.0)
    return np.clip(128 + 45 * fine / fine.std(), 0, 255).astype(np.uint8)


def test_a_turned_and_moved_picture_is_brought_back():
    before = texture(1)
    H = cv2.getRotationMatrix2D((240, 240), 8, 1.04)
    H[:, 2] += (30, -20)
    after = cv2.warpAffine(before, H, (480, 480))

    pair = together(before, after)

    assert pair.moved_px > 20
    inside = cv2.erode(pair.valid.astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs(pair.after.astype(int) - before)[inside].mean() < 12
    assert not pair.valid.all()


def test_a_registered_pair_is_left_as_it_is():
    before = texture(1)

    pair = together(before, np.roll(before, 2, axis=0))

    assert pair.moved_px == 0
    assert pair.valid.all()


def test_other_ground_is_refused():
    with pytest.raises(InputError, match="do not match"):
        together(texture(1), texture(2))
