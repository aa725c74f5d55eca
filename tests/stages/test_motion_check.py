"""Positions that are deceived together with their speed are seen by the pictures; wrong heights are called that."""

from dataclasses import replace

import numpy as np
import pytest
from test_clock_check import EAST_M, Ground, sortie

from pipeline.records.frame import GeorefStatus
from pipeline.records.telemetry import Quality
from pipeline.stages.clock_offset import OffsetSettings
from pipeline.stages.ingest import Ingest
from pipeline.stages.ingest_settings import IngestSettings
from pipeline.stages.motion_contradiction import MotionSettings, contradictions
from pipeline.stages.picture_speed import PictureSpeed


def flown(**changes):
    """The weaving flight, its telemetry changed: each is a function of seconds and the column."""
    contents = sortie(0.0)
    (telemetry,) = contents.telemetry
    seconds = (telemetry.t_ns - telemetry.t_ns[0]) / 1e9
    columns = {name: change(seconds, getattr(telemetry, name)) for name, change in changes.items()}
    settings = IngestSettings(clock=OffsetSettings(estimate=False))
    return Ingest(settings)(replace(contents, telemetry=(replace(telemetry, **columns),)), Ground(0.5))


def suspected(ingested):
    return [f.ref.index / 2 for f in ingested.frames if f.status is GeorefStatus.SPOOF_SUSPECTED]


def dragged(mps, metres_per_deg):
    return lambda t, place: place + mps * np.clip(t - 18, 0, 10) / metres_per_deg


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"alt_m": lambda t, alt: alt * 1.5},
        {"relative_alt_m": lambda t, alt: np.full(len(t), 25.0)},
        {"yaw_deg": lambda t, yaw: yaw + 20},
        {"lon_deg": lambda t, lon: lon + np.random.default_rng(1).normal(0, 0.4, len(t)) / EAST_M},
    ],
    ids=["sound", "height", "height above take-off", "boresight", "noise"],
)
def test_what_is_not_deception_is_not_called_so(changes):
    assert not suspected(flown(**changes))


@pytest.mark.slow
def test_a_clock_that_is_off_is_no_deception():
    assert not suspected(Ingest()(sortie(0.7), Ground(0.5)))


@pytest.mark.slow
@pytest.mark.parametrize(("column", "drag"), [("lat_deg", dragged(7.0, 111_320)), ("lon_deg", dragged(-8.0, EAST_M))])
def test_a_drag_is_seen_while_it_lasts_and_not_elsewhere(column, drag):
    ingested = flown(**{column: drag})

    when = suspected(ingested)
    assert len(when) >= 7
    assert min(when) >= 17 and max(when) <= 29
    (told,) = [drop for drop in ingested.dropped if drop.code == "motion_contradicted"]
    assert "m/s" in told.reason
    frame = next(f for f in ingested.frames if f.status is GeorefStatus.SPOOF_SUSPECTED)
    assert frame.quality & Quality.SPOOF_SUSPECTED and "motion_contradicted" in frame.notes


@pytest.mark.slow
def test_a_drag_along_the_way_shows_where_the_way_weaves():
    """A height above ground that is wrong would stretch what is flown aside, too."""
    when = suspected(flown(lon_deg=dragged(6.0, EAST_M)))

    assert len(when) >= 7
    assert min(when) >= 17 and max(when) <= 29


def pairs(told, seen):
    return [PictureSpeed(np.array(s), np.array(t), 0.3, 1.0, 100) for t, s in zip(told, seen, strict=True)]


TOLD = np.array([[12.0, 0.0]] * 10 + [[0.0, 12.0]] * 10)


@pytest.mark.parametrize(("share", "height"), [([0.5, 0.5], True), ([0.0, 0.0], False), ([-1.0, -1.0], False)])
def test_a_factor_is_of_the_height_a_standstill_or_another_way_is_not(share, height):
    seen = TOLD.copy()
    seen[14:] *= share

    (found,) = contradictions(pairs(TOLD, seen), MotionSettings())

    assert found.height is height
    assert found.last == 19 and found.first >= 12


def test_a_factor_and_a_turn_of_the_whole_flight_are_no_contradiction():
    turned = 0.4 * TOLD @ np.array([[0.0, 1.0], [-1.0, 0.0]])

    assert not contradictions(pairs(TOLD, turned), MotionSettings())


def test_a_single_pair_is_no_contradiction():
    seen = TOLD.copy()
    seen[8] = [0.0, 0.0]

    assert not contradictions(pairs(TOLD, seen), MotionSettings())


def test_turned_stills_are_no_deception_and_a_way_back_is():
    """A strip whose pixels are turned against their tags shows minus what is told; one told at 0.6 of that does not."""
    seen = TOLD.copy()
    seen[12:] = -seen[12:]
    seen[12] = [3.0, -5.0]  # only one of its two frames is turned

    assert not contradictions(pairs(TOLD, seen), MotionSettings(), may_turn=True)
    assert contradictions(pairs(TOLD, seen), MotionSettings())
    slow = TOLD.copy()
    slow[12:] *= -0.6
    assert contradictions(pairs(slow, TOLD), MotionSettings(), may_turn=True)


def test_a_long_oblique_look_is_checked_by_what_neighbours_show():
    """Attitude stated to a degree would drown the motion of far ground; a steady look shows that it hardly changes."""
    rng = np.random.default_rng(3)
    told = np.array([[60.0, 5.0]] * 24)
    seen = [PictureSpeed(t / 25 + rng.normal(0, 0.02, 2), t, 6.0, 1.0, 200) for t in told]

    assert not contradictions(seen, MotionSettings())
    aside = np.array([0.0, 40.0])
    dragged = [replace(s, told_mps=s.told_mps + aside * (k > 14)) for k, s in enumerate(seen)]
    (found,) = contradictions(dragged, MotionSettings())
    assert not found.height
    assert found.first >= 13


def test_grey_pictures_say_nothing():
    class Fog(Ground):
        def read_grey(self, ref, max_side_px):
            return np.full((240, 320), 128, np.uint8), 1.0

    contents = sortie(0.0)
    (telemetry,) = contents.telemetry
    seconds = (telemetry.t_ns - telemetry.t_ns[0]) / 1e9
    changed = replace(telemetry, lat_deg=dragged(7.0, 111_320)(seconds, telemetry.lat_deg))

    assert not suspected(Ingest()(replace(contents, telemetry=(changed,)), Fog(0.5)))
