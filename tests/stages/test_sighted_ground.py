"""Ground that a sensor says it looks at."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.records.samples import TimeBase, ViewSamples, make_samples
from pipeline.stages.sighted_ground import SightedGround

T_NS = np.arange(4, dtype=np.int64) * 1_000_000_000
NAN = np.full(4, np.nan)


def samples(pitch_deg=-30.0, slant_m=1000.0, target_m=np.nan, datum="egm96"):
    view = ViewSamples(
        hfov_deg=NAN,
        vfov_deg=NAN,
        slant_range_m=np.full(4, slant_m),
        target_lon_deg=NAN,
        target_lat_deg=NAN,
        target_height_m=np.full(4, target_m),
        corners_deg=np.full((4, 4, 2), np.nan),
        target_datum=datum,
    )
    return make_samples(
        Path("a.ts"),
        "misb",
        TimeBase.UTC,
        T_NS,
        {"alt_m": np.full(4, 620.0), "pitch_deg": np.full(4, pitch_deg)},
        vertical_datum="egm96",
        view=view,
    )


def height(**changes):
    found = SightedGround.of(samples(**changes), T_NS)
    return None if found is None else found.height_at(1_200_000_000)


def test_slant_range_leads_down_to_the_ground():
    assert height() == pytest.approx(120.0)


def test_a_stated_height_goes_first_if_it_counts_from_the_same_zero():
    assert height(target_m=133.0) == 133.0
    assert height(target_m=133.0, datum="ellipsoidal") == pytest.approx(120.0)


def test_above_the_horizon_nothing_is_sighted():
    assert height(pitch_deg=5.0) is None
    assert height(pitch_deg=5.0, target_m=133.0) == 133.0


def test_a_view_of_another_time_says_nothing():
    found = SightedGround.of(samples(), T_NS)
    assert found is not None and np.isnan(found.height_at(60_000_000_000))
