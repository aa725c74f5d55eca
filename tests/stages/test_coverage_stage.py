"""What was looked at, per side."""

import pytest
from judged_scene import SITE, SORTIE, agreement, frame, line
from shapely.geometry import box

from pipeline.records.frame import GeorefStatus
from pipeline.records.mover_sight import FrameSight, SightFlaw, SightGrade
from pipeline.stages.coverage import CoverageSettings, coverage


def test_coverage_adds_up_and_says_where_nothing_can_be_said():
    frames = [frame(0, east=-200), frame(1, east=-200), frame(2, east=0), frame(3, GeorefStatus.UNUSABLE)]

    rows = coverage(
        agreement(lines=(line(100.0),)),
        SORTIE,
        SITE,
        frames,
        compared_m=[box(-300, -100, -200, 100)],
        sights=[FrameSight("F000", SightGrade.ASSESSABLE, (), 0.5, 0.4, 30.0)],
        settings=CoverageSettings(),
    )

    by_side = {row.side: row for row in rows}
    band = 2 * 1.645 * 100 / 1.96 * 200
    assert by_side["not_determined"].imaged_m2 == pytest.approx(band, rel=0.01)
    assert sum(row.imaged_m2 for row in rows) == pytest.approx(80_000, rel=1e-4)
    assert by_side["a"].compared_m2 == pytest.approx(20_000, rel=1e-3)
    assert by_side["b"].minutes == pytest.approx(0.5 / 60, abs=1e-4)
    assert by_side["a"].movement_minutes == pytest.approx(0.5 / 60, abs=1e-4)
    assert by_side["between"].imaged_m2 == 0


def test_coverage_without_a_line_or_frames_is_a_row_all_the_same():
    (row,) = coverage(
        agreement(lines=()),
        SORTIE,
        SITE,
        [],
        compared_m=[],
        sights=[],
        settings=CoverageSettings(),
    )

    assert (row.line_id, row.side, row.imaged_m2, row.minutes) == (None, "not_determined", 0.0, 0.0)


def test_coverage_tells_what_a_mover_had_to_be_like():
    frames = [frame(k, east=-200) for k in range(4)]
    sights = [
        FrameSight("F000", SightGrade.ASSESSABLE, (), 0.5, 0.4, 30.0),
        FrameSight("F001", SightGrade.DEGRADED, (SightFlaw.ONE_SIDED,), 0.8, 0.2, 20.0),
        FrameSight("F002", SightGrade.NOT_ASSESSABLE, (SightFlaw.RESTLESS,), float("nan"), float("nan"), float("nan")),
    ]

    rows = coverage(
        agreement(lines=(line(100.0),)), SORTIE, SITE, frames, compared_m=[], sights=sights, settings=CoverageSettings()
    )

    a = next(row for row in rows if row.side == "a")
    assert a.movement_minutes > 0
    assert a.movement_degraded_minutes > 0
    assert a.movement_minutes + a.movement_degraded_minutes < a.minutes
    assert (a.mover_least_m, a.mover_slowest_mps, a.mover_fastest_mps) == (0.8, 0.4, 20.0)
    b = next(row for row in rows if row.side == "b")
    assert (b.movement_minutes, b.movement_degraded_minutes) == (0.0, 0.0)
    assert b.mover_least_m != b.mover_least_m
