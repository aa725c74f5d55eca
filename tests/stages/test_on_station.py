"""The way from and to the launch place is told apart from the part of a flight on station."""

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import Point

from pipeline.geometry.projection import SiteFrame
from pipeline.records.samples import ReportedStream, TargetSamples
from pipeline.records.telemetry import TelemetryTrack
from pipeline.stages.on_station import (
    HEIGHTS_UNKNOWN,
    SEEN_ON_THE_WAY,
    OnStationSettings,
    Span,
    clipped,
    clipped_reports,
    on_station,
)

SITE = SiteFrame.at(46.8, 39.9)
SETTINGS = OnStationSettings(reach_m=200.0)
S = 10**9


class Shown:
    """A frame of 40 m by 40 m around a point."""

    def __init__(self, t_s, east_m):
        self.ref = type("Ref", (), {"t_utc_ns": t_s * S})()
        corners = np.array([[-20.0, -20.0], [20.0, -20.0], [20.0, 20.0], [-20.0, 20.0]])
        self.footprint_m = corners + np.array([east_m, 0.0])


def flight(east_m, up_m, start_s=0):
    """One sample a second."""
    east = np.asarray(east_m, float)
    lonlat = SITE.to_lonlat(np.column_stack([east, np.zeros(len(east))]))
    nan = np.full(len(east), np.nan)
    return TelemetryTrack(
        t_utc_ns=(start_s + np.arange(len(east))) * S,
        lon_deg=lonlat[:, 0],
        lat_deg=lonlat[:, 1],
        alt_m=nan,
        relative_alt_m=np.asarray(up_m, float),
        yaw_deg=nan,
        pitch_deg=nan,
        roll_deg=nan,
        position_sigma_m=nan,
        alt_sigma_m=nan,
        yaw_sigma_deg=nan,
        tilt_sigma_deg=nan,
        quality=np.zeros(len(east), np.int64),
        vertical_datum="unknown",
        source="flight.csv",
    )


def there_and_back(far_m=1000.0):
    """Climbs for 10 s, flies out for 50 s, stays for 40 s, flies back and lands."""
    out = np.linspace(0, far_m, 50)
    east = np.concatenate([np.zeros(10), out, np.full(40, far_m), out[::-1], np.zeros(10)])
    up = np.concatenate([np.linspace(0, 80, 10), np.full(140, 80.0), np.linspace(80, 0, 10)])
    return flight(east, up)


FAR = Point(1000.0, 0.0)


def span(track, own_s, place=FAR, frames=(), settings=SETTINGS):
    return on_station((own_s[0] * S, own_s[1] * S), place, frames, [track], SITE, settings)


def test_frames_that_show_the_surroundings_bound_the_part_that_is_told():
    frames = [
        Shown(t, east) for t, east in ((5, 0.0), (40, 600.0), (52, 830.0), (70, 1000.0), (105, 900.0), (140, 100.0))
    ]

    found = span(there_and_back(), (70, 75), frames=frames)

    assert (found.start_utc_ns, found.end_utc_ns, found.notes) == (52 * S, 105 * S, ())


def test_nothing_near_the_launch_place_is_told_though_it_lies_in_reach():
    track = there_and_back()
    frames = [Shown(t, 0.0) for t in (1, 12, 70, 150)]

    found = span(track, (70, 75), frames=frames, settings=replace(SETTINGS, reach_m=5000.0))

    told = clipped(track, found)
    east = SITE.from_lonlat(told.lon_deg, told.lat_deg)[:, 0]
    assert east.min() >= SETTINGS.keep_away_m
    assert len(told) > 60


def test_a_finding_near_the_launch_place_leaves_the_climb_out():
    hover = flight(np.zeros(60), np.concatenate([np.linspace(0, 80, 20), np.full(40, 80.0)]))
    frames = [Shown(t, 0.0) for t in range(0, 60, 5)]

    found = span(hover, (40, 45), place=Point(0, 0), frames=frames)

    assert 15 * S <= found.start_utc_ns <= 20 * S
    assert found.end_utc_ns == 55 * S


def test_a_finding_seen_on_the_way_stays_and_is_noted():
    found = span(there_and_back(), (12, 13), place=Point(40, 0))

    assert (found.start_utc_ns, found.notes) == (12 * S, (SEEN_ON_THE_WAY,))


def test_a_recording_that_begins_aloft_shows_no_launch_place():
    """A second track that begins in mid-flight must not cut what came before it."""
    first, second = flight([900.0, 1000.0], [80, 80]), flight([1000.0, 1050.0], [80, 80], start_s=30)
    frames = [Shown(t, 1000.0) for t in (0, 31)]

    found = on_station((S, S), Point(1000, 0), frames, [first, second], SITE, SETTINGS)

    assert (found.start_utc_ns, found.end_utc_ns) == (0, 31 * S)


def test_without_heights_it_is_said_that_the_way_cannot_be_told():
    track = there_and_back()

    assert span(replace(track, relative_alt_m=track.alt_m), (70, 75)).notes == (HEIGHTS_UNKNOWN,)


def test_without_a_place_only_the_findings_own_sightings_are_told():
    found = span(there_and_back(), (70, 75), place=None, frames=[Shown(60, 1000.0)])

    assert (found.start_utc_ns, found.end_utc_ns) == (70 * S, 75 * S)


@pytest.mark.parametrize(("start", "end", "numbers"), [(1, 2, [11, 12, 13]), (5, 6, [])])
def test_what_a_sensor_reported_is_clipped_with_its_samples(start, end, numbers):
    nan = np.full(4, np.nan)
    box = np.zeros((4, 4))
    rows, ids = np.array([0, 1, 1, 2]), np.array([10, 11, 12, 13])
    targets = TargetSamples(rows, ids, box, box[:, :2], nan, nan, nan, nan, nan)

    told = clipped_reports(ReportedStream("c", np.array([0, 1, 2]) * S, targets), Span(start * S, end * S, ()))

    assert told.targets.number.tolist() == numbers
    assert all(row < len(told.t_utc_ns) for row in told.targets.row)
