"""Comparing pictures: in strips as in one piece."""

import cv2
import numpy as np
import pytest

from detectors.movement import MovementSettings, compare
from detectors.movement.overlay import Overlayer
from detectors.movement.picture import Darkroom

SETTINGS = MovementSettings()


def pictures(height, width):
    rng = np.random.default_rng(3)
    ground = cv2.resize(rng.uniform(40, 210, (60, 80)).astype(np.float32), (width + 80, height + 80))
    ground += rng.normal(0, 3, ground.shape)
    darkroom = Darkroom(1280)
    way = np.array([[1.0, 0.01, -31.4], [-0.01, 1.0, -22.7], [1e-6, 0, 1]])
    first = np.clip(ground[:height, :width], 0, 255).astype(np.uint8)
    second = cv2.warpPerspective(ground, way, (width, height))
    second = np.clip(0.9 * second + np.linspace(0, 12, width), 0, 255).astype(np.uint8)
    second[100:108, 60:72] = 255
    return darkroom.develop(0, 0.0, first), darkroom.develop(1, 0.1, second), way


@pytest.mark.parametrize("size", [(300, 360), (211, 333)])
def test_strips_are_as_one_piece(monkeypatch, size):
    other, now, way = pictures(*size)
    overlay = Overlayer(SETTINGS).lay(now, other, way)
    told = []
    for rows in (16, 48, 1024):
        monkeypatch.setattr(compare, "STRIP_PX", rows)
        told.append(compare.compare(now, other, overlay, SETTINGS))

    assert told[0].residual.any()
    for one in told[1:]:
        np.testing.assert_array_equal(one.residual, told[0].residual)
        np.testing.assert_array_equal(one.texture, told[0].texture)
        np.testing.assert_array_equal(one.seen, told[0].seen)
        assert one.noise == pytest.approx(told[0].noise)


def test_what_is_new_differs_and_the_rest_does_not():
    other, now, way = pictures(300, 360)
    told = compare.compare(now, other, Overlayer(SETTINGS).lay(now, other, way), SETTINGS)
    new = np.zeros(told.residual.shape, bool)
    new[97:111, 57:75] = True

    assert told.residual[101:107, 62:70].min() > 20
    assert np.quantile(told.residual[~new & (told.seen > 0)], 0.999) < 12
