"""From pixels to metres: what movers had to be like."""

from dataclasses import replace

import numpy as np
import pytest
from judged_scene import frame

from pipeline.records.frame import GeorefMethod, GeorefStatus
from pipeline.records.mover_sight import FrameSight, PixelSight, SightFlaw, SightGrade
from pipeline.stages.mover_sight import limits, on_ground

CLEAR = PixelSight(SightGrade.ASSESSABLE, (), 5.0, 2.0, 200.0)


def test_pixels_become_metres_and_a_shaking_place_hides_slow_movers():
    one = frame(0)
    pose = replace(one.pose, covariance=np.diag([0.5, 0.5, 1.0, 1e-3, 1e-3, 1e-3]), method=GeorefMethod.TELEMETRY_ONLY)
    one = replace(one, pose=pose, registration=replace(one.registration, outcome="not_tried"))

    steady, shaking = (on_ground([CLEAR], [one], share, 3.0)[0] for share in (0.0, 1.0))

    assert steady.least_m == pytest.approx(5.0 * one.gsd_m)
    assert steady.slowest_mps == pytest.approx(2.0 * one.gsd_m)
    assert steady.fastest_mps == pytest.approx(200.0 * one.gsd_m)
    assert shaking.slowest_mps > steady.slowest_mps
    assert shaking.least_m == steady.least_m


def test_a_frame_without_a_place_tells_nothing():
    told = on_ground([CLEAR], [frame(0, GeorefStatus.UNUSABLE)], 0.3, 3.0)[0]

    assert told.grade is SightGrade.NOT_ASSESSABLE
    assert told.flaws == (SightFlaw.NO_GROUND,)
    assert np.isnan(told.least_m)


def test_limits_hold_in_nine_tenths_of_what_was_assessable():
    sights = [FrameSight(f"F{k}", SightGrade.ASSESSABLE, (), 0.1 * (k + 1), 1.0 * (k + 1), 10.0 + k) for k in range(10)]
    blind = FrameSight("F10", SightGrade.NOT_ASSESSABLE, (), 99.0, 99.0, 0.0)

    told = limits([*sights, blind])

    assert told.least_m >= 0.9
    assert told.slowest_mps >= 9.0
    assert told.fastest_mps <= 11.0
    assert np.isnan(limits([blind]).least_m)
