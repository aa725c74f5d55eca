from dataclasses import replace

import numpy as np
import pytest

from pipeline.records.frame import GeorefMethod
from pipeline.records.sortie import FrameKind
from pipeline.stages.new_ground import NewGround
from tests.stages.judged_scene import frame


def flown(east_m, *, kind=FrameKind.VIDEO, sensor="cam", matched=True):
    found = frame(0, east=east_m)  # 200 m wide
    method = GeorefMethod.IMAGE_MATCH if matched else GeorefMethod.TELEMETRY_ONLY
    return replace(found, ref=replace(found.ref, kind=kind, sensor=sensor), pose=replace(found.pose, method=method))


def test_a_hover_is_one_picture():
    new = NewGround(0.12)

    assert [new(flown(east)) for east in (0, 1, 3, -2, 0)] == [True, False, False, False, False]


def test_a_slow_flight_is_laid_where_it_shows_new_ground_and_slow_steps_add_up():
    new = NewGround(0.12)

    laid = [east for east in range(0, 101) if new(flown(float(east)))]

    # 12 % of the common outline is new after 12.8 m of 200
    assert np.diff([0, *laid[1:]]) == pytest.approx(13, abs=0)


def test_stills_and_other_sensors_are_always_laid():
    new = NewGround(0.12)

    assert new(flown(0)) and new(flown(0, sensor="other"))
    assert all(new(flown(0, kind=FrameKind.STILL)) for _ in range(3))
    everything = NewGround(0.0)
    assert everything(flown(0)) and everything(flown(0))


def test_a_frame_whose_place_is_known_follows_one_whose_place_is_not():
    new = NewGround(0.12)

    assert [new(flown(0, matched=known)) for known in (False, False, True, True)] == [True, False, True, False]
