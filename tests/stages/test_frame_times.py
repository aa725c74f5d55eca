import datetime as dt
from pathlib import Path

import pytest

from pipeline.records.contents import Still, StillTags
from pipeline.records.sortie import Band
from pipeline.stages.frame_times import FrameTime, TimeSettings, night_of, spread_within_seconds, still_time, utc_ns

CLOCK = dt.datetime(2020, 11, 12, 22, 15)
UTC_NS = utc_ns(dt.datetime(2020, 11, 12, 18, 15, tzinfo=dt.UTC))
GPS = dt.datetime(2020, 11, 12, 18, 15, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("tags", "stated_h", "lon", "t_ns", "notes"),
    [
        (StillTags(clock=CLOCK, utc_offset_s=4 * 3600), None, None, UTC_NS, ()),
        (StillTags(clock=CLOCK), 4.0, 0.0, UTC_NS, ()),
        (StillTags(clock=CLOCK, gps_utc=GPS), None, 0.0, UTC_NS, ("time_zone_from_gps",)),
        (StillTags(gps_utc=GPS), None, None, UTC_NS + 2 * 10**9, ("time_from_gps",)),
        (StillTags(clock=CLOCK), None, 62.0, UTC_NS, ("time_zone_assumed",)),
        (StillTags(clock=CLOCK, gps_utc=GPS), 3.0, None, UTC_NS + 2 * 10**9, ("clock_contradicted",)),
    ],
)
def test_the_surest_clock_is_taken(tags, stated_h, lon, t_ns, notes):
    time = still_time(tags, stated_h, lon, TimeSettings())

    assert (time.t_utc_ns, time.notes) == (t_ns, notes)
    assert (time.t_sigma_s >= 3600) == ("time_zone_assumed" in notes)


def test_no_clock_is_no_time():
    assert still_time(StillTags(), 4.0, 46.0, TimeSettings()) is None


def test_a_burst_within_one_second_is_set_apart_by_name():
    def still(name, sensor="A", step=1.0):
        tags = StillTags(clock=CLOCK, clock_step_s=step)
        return Still(Path(name), name, name, (4, 3), "", Band.VISIBLE, sensor, tags, None)

    stills = [still("b"), still("a"), still("c", "B"), still("d", step=0.001)]
    times = [FrameTime(UTC_NS, 0.5)] * 4

    spread = spread_within_seconds(stills, times)

    assert [time.t_utc_ns - UTC_NS for time in spread] == [500_000_000, 0, 0, 0]


@pytest.mark.parametrize(
    ("moment", "offset_h", "night"),
    [
        ("2020-11-12T07:59:59Z", 4, "2020-11-11"),
        ("2020-11-12T08:00:00Z", 4, "2020-11-12"),
        ("2020-11-12T23:30:00Z", 4, "2020-11-12"),
        ("2020-11-13T07:59:00Z", 4, "2020-11-12"),
        ("2020-11-12T18:00:00Z", -6, "2020-11-12"),
    ],
)
def test_a_night_runs_from_local_noon_to_noon(moment, offset_h, night):
    assert night_of(utc_ns(dt.datetime.fromisoformat(moment)), offset_h) == night
