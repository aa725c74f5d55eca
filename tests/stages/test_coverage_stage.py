"""What was looked at, per side."""

import pytest
from judged_scene import SITE, SORTIE, agreement, frame, line
from shapely.geometry import box

from pipeline.records.frame import GeorefStatus
from pipeline.stages.coverage import CoverageSettings, coverage


def test_coverage_adds_up_and_says_where_nothing_can_be_said():
    frames = [frame(0, east=-200), frame(1, east=-200), frame(2, east=0), frame(3, GeorefStatus.UNUSABLE)]

    rows = coverage(
        agreement(lines=(line(100.0),)),
        SORTIE,
        SITE,
        frames,
        compared_m=[box(-300, -100, -200, 100)],
        assessable_frame_ids=frozenset({"F000"}),
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
        assessable_frame_ids=frozenset(),
        settings=CoverageSettings(),
    )

    assert (row.line_id, row.side, row.imaged_m2, row.minutes) == (None, "not_determined", 0.0, 0.0)
