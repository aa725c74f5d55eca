"""Ellipses over relief, against ground that is met by marching: few frames here, all strata in tests/bench."""

import numpy as np
import pytest
from scipy.stats import binom

from tests.bench.bench_ellipses import LOOKS, SENSORS, stratum

FRAMES = 250


@pytest.mark.parametrize(
    ("sensor", "terrain", "look"),
    [("consumer", "alpine", "low"), ("RTK", "hills", "25° down"), ("consumer", "hills", "nadir")],
)
def test_true_places_lie_inside_95_percent_ellipses(sensor, terrain, look):
    inside, total, errors, _ = stratum(SENSORS[sensor], terrain, LOOKS[look], np.random.default_rng(3), FRAMES)
    low, high = binom.interval(0.999, total, 0.95)

    assert low <= inside <= high
    assert len(errors) == FRAMES and min(errors) > 0
