"""What telemetry loses when it is written less often: a real stream of 30 samples a second, thinned."""

import math

import numpy as np
import pytest

from pipeline.geometry.short_distance import EARTH_M_PER_DEG
from pipeline.sources.telemetry.misb import MisbReader
from pipeline.stages.telemetry_gates import COLUMNS, GateSettings, gate
from pipeline.stages.time_matching import MatchSettings, TrackMatcher


def matcher(samples, every):
    rows = slice(None, None, every)
    columns = {name: getattr(samples, name)[rows] for name in COLUMNS}
    columns["position_sigma_m"] = np.full(len(columns["lon_deg"]), 2.0)
    return TrackMatcher(gate(samples.t_ns[rows], columns, "egm96", "stream", GateSettings()).track, MatchSettings())


@pytest.mark.parametrize(("rate_hz", "most_deg", "most_m"), [(1, 5.0, 1.7), (5, 1.0, 2.2), (10, 0.8, 1.8)])
def test_interpolation_errs_by_no_more_than_was_measured_and_says_so(real_data, rate_hz, most_deg, most_m):
    (samples,) = MisbReader().read(real_data / "flights/klv_simulator/sample-stream.ts")
    whole, thin = matcher(samples, 1), matcher(samples, 30 // rate_hz)

    turned, moved, told = [], [], []
    for t_ns in samples.t_ns:
        true, found = whole.attitude(int(t_ns), 0.0), thin.attitude(int(t_ns), 0.0)
        place, met = whole.position(int(t_ns), 0.0), thin.position(int(t_ns), 0.0)
        if None in (true, found, place, met):
            continue  # behind the last sample that was kept
        turned.append(abs((found.values[0] - true.values[0] + 180) % 360 - 180))
        east = (met.values[0] - place.values[0]) * math.cos(math.radians(place.values[1]))
        moved.append(math.hypot(east, met.values[1] - place.values[1]) * EARTH_M_PER_DEG)
        told.append(math.hypot(met.sigma[0], met.added_sigma))

    assert len(turned) > 240
    assert max(turned) <= most_deg
    assert max(moved) <= most_m
    assert np.mean(np.array(moved) < 2.45 * np.array(told)) > 0.95
