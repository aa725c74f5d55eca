import numpy as np
import pytest

from pipeline.records.triage import Flaw
from pipeline.stages.empty_picture import emptiness
from pipeline.stages.triage import TriageSettings


def level(value, noise=0.5):
    grey = np.random.default_rng(3).normal(value, noise, (540, 1920, 1))
    return np.clip(np.repeat(grey, 3, axis=2), 0, 255).astype(np.uint8)


def with_lamp(image):
    lit = image.copy()
    lit[200:220, 300:330] = 230
    return lit


def with_detail(image):
    """Faint, but there: it shows when it is stretched."""
    columns = (np.arange(image.shape[1]) // 8 % 2 * 10).astype(np.uint8)
    return image + columns[None, :, None]


@pytest.mark.parametrize(
    ("image", "flaw"),
    [
        (level(4), Flaw.BLACK),
        (level(254), Flaw.BLOWN_OUT),
        (level(120), None),
        (with_lamp(level(4)), None),
        (with_detail(level(3)), None),
        (np.zeros((48, 64, 3), np.uint8), None),
        (np.zeros((480, 640), np.uint16), None),
    ],
    ids=["black", "blown out", "fog", "lamp in the night", "faint ground", "too small", "thermal"],
)
def test_only_pictures_that_show_nothing_are_empty(image, flaw):
    assert emptiness(image, TriageSettings()) == flaw
