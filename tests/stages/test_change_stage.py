"""Changes between tiles, with a detector that finds what is painted red."""

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from shapely.geometry import Polygon

from pipeline.geometry.projection import SiteFrame
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import Change, ChangeKind, Direction, ImageChange, Reason
from pipeline.records.tile import TILE_PX, Tile, TileKey, View
from pipeline.stages.change import FindChanges, FindChangesSettings
from pipeline.stages.tile_light import pair_light

SITE = SiteFrame.at(46.5, 39.9)
KEY = TileKey(SITE.epsg, 50, 9765, 86000)


@dataclass(frozen=True)
class RedDetector:
    """Finds connected red in the later picture."""

    name: str = "red"
    version: str = "1"

    def compare(self, before, after, gsd_m, before_valid=None, after_valid=None, light=None, *, part_of_more=False):
        red = ((after[..., 0] > 200) & (after[..., 1] < 50)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(red)
        return [self._one(labels == i, *stats[i, :4]) for i in range(1, count)]

    @staticmethod
    def _one(where, left, top, width, height):
        ring = np.array(
            [[left, top], [left + width - 1, top], [left + width - 1, top + height - 1], [left, top + height - 1]]
        )
        return ImageChange(
            where[top : top + height, left : left + width],
            int(left),
            int(top),
            ring.astype(float),
            Direction.NEW,
            ChangeKind.OTHER,
            0.8,
            float(where.sum()),
            20.0,
            (),
            (),
        )


def view(*boxes, seen=True, source=0):
    image = np.full((TILE_PX, TILE_PX, 3), 90, np.uint8)
    for left, top, right, bottom in boxes:
        image[top:bottom, left:right] = (255, 0, 0)
    return View(image, np.full((TILE_PX, TILE_PX), source if seen else -1, np.int16))


def tile(sortie, *views, key=KEY, t=0):
    return Tile(key, sortie, views, ("f0", "f1"), (t + 10, t + 20), np.zeros((2, 3)), 0.6)


def find(*pairs):
    return list(FindChanges(RedDetector(), SITE, FindChangesSettings())(pairs))


BOX = (100, 200, 160, 240)


def test_a_change_lies_where_the_grid_says_in_true_metres():
    (change,) = find((tile("S1", view()), tile("S2", view(BOX), t=1000)))

    assert isinstance(change, Change)
    west = (KEY.west_m + 100.5 * 0.05 - SITE.east0_m) / SITE.scale
    north = (KEY.north_m - 200.5 * 0.05 - SITE.north0_m) / SITE.scale
    assert change.outline_m[:, 0].min() == pytest.approx(west, abs=1e-6)
    assert change.outline_m[:, 1].max() == pytest.approx(north, abs=1e-6)
    assert Polygon(change.outline_m).exterior.is_ccw
    assert change.area_m2 == pytest.approx(60 * 40 * (0.05 / SITE.scale) ** 2)
    assert change.length_m == pytest.approx(59 * 0.05 / SITE.scale, rel=1e-6)
    assert change.change_id == "C0001"
    assert (change.baseline_sortie_id, change.t_utc_ns, change.frame_ids) == ("S1", 1010, ("f0",))
    assert np.sqrt(change.covariance_m2[0, 0]) * 2.4477 == pytest.approx(0.6)


def test_one_viewpoint_alone_lowers_the_score_and_says_so():
    (change,) = find((tile("S1", view()), tile("S2", view(BOX))))

    assert change.views == 1
    assert change.score < 0.8
    assert "single_view" in [reason.code for reason in change.against]


def test_a_change_that_both_viewpoints_show_keeps_its_score():
    (change,) = find((tile("S1", view()), tile("S2", view(BOX), view((104, 203, 166, 244), source=1))))

    assert (change.views, change.score) == (2, 0.8)
    assert change.frame_ids == ("f0", "f1")
    assert not change.against


def test_a_change_that_the_second_viewpoint_denies_is_not_one():
    assert find((tile("S1", view()), tile("S2", view(BOX), view(source=1)))) == []


def test_a_second_viewpoint_that_did_not_see_the_place_denies_nothing():
    (change,) = find((tile("S1", view()), tile("S2", view(BOX), view(seen=False))))

    assert change.views == 1


def test_what_the_border_of_tiles_cuts_is_one_change_in_any_order():
    east = TileKey(KEY.epsg, KEY.gsd_mm, KEY.column + 1, KEY.row)
    far = TileKey(KEY.epsg, KEY.gsd_mm, KEY.column, KEY.row + 1)
    pairs = [
        (tile("S1", view()), tile("S2", view((950, 500, 1010, 540)))),
        (tile("S1", view(), key=east), tile("S2", view((14, 500, 94, 540)), key=east)),
        (tile("S1", view(), key=far), tile("S2", view(BOX), key=far)),
    ]

    results = [find(*order) for order in itertools.permutations(pairs)]

    for changes in results:
        assert [change.change_id for change in changes] == ["C0001", "C0002"]
        joined = changes[1]
        assert joined.length_m == pytest.approx((1024 - 950 + 93) * 0.05, abs=0.1)
        assert joined.tile == east.name
        assert Polygon(joined.outline_m).exterior.is_ccw
        assert joined.outline_m.tolist() == results[0][1].outline_m.tolist()


def test_neighbours_within_one_tile_stay_apart():
    assert len(find((tile("S1", view()), tile("S2", view(BOX, (170, 200, 230, 240)))))) == 2


def test_tiles_of_other_ground_are_set_aside_with_the_reason():
    other = TileKey(KEY.epsg, KEY.gsd_mm, KEY.column + 5, KEY.row)

    (dropped,) = find((tile("S1", view(), key=other), tile("S2", view(BOX))))

    assert isinstance(dropped, Dropped)
    assert dropped.code == "other_ground"
    assert KEY.name in dropped.reason


def test_tiles_without_shared_ground_are_set_aside():
    (dropped,) = find((tile("S1", view(seen=False)), tile("S2", view(BOX))))

    assert dropped.code == "too_little_shared"


@dataclass(frozen=True)
class ShadowDetector(RedDetector):
    """Calls everything that is further east than a column a shadow that moved."""

    column: int = 500

    def compare(self, before, after, gsd_m, before_valid=None, after_valid=None, light=None, *, part_of_more=False):
        moved = (Reason("moved_shadow"),)
        known = RedDetector.compare(self, before, after, gsd_m)
        return [replace(one, against=moved) if one.left_px > self.column else one for one in known]


def test_a_shadow_that_moved_is_set_aside_and_counted():
    pair = (tile("S1", view()), tile("S2", view(BOX, (600, 200, 660, 240))))

    dropped, change = FindChanges(ShadowDetector(), SITE, FindChangesSettings())([pair])

    assert isinstance(dropped, Dropped)
    assert (dropped.stage, dropped.code) == ("detect", "moved_shadow")
    assert "6 m²" in dropped.reason
    assert isinstance(change, Change)


def test_what_the_second_viewpoint_explains_as_shadow_is_counted_as_such():
    second = view((504, 203, 566, 244), source=1)
    pair = (tile("S1", view()), tile("S2", view((498, 200, 560, 240)), second))

    (dropped,) = FindChanges(ShadowDetector(), SITE, FindChangesSettings())([pair])

    assert dropped.code == "moved_shadow"


def test_the_sun_of_each_flight_reaches_the_detector_in_the_tile_s_own_axes():
    noon = int(datetime(2021, 6, 21, 9, 0, tzinfo=UTC).timestamp()) * 10**9
    night = int(datetime(2021, 6, 21, 21, 0, tzinfo=UTC).timestamp()) * 10**9

    light = pair_light(tile("S1", view(), t=noon), tile("S2", view(), t=night), SITE)

    assert light.after is None
    assert light.before is not None
    assert abs(light.before[0]) < 0.05
    assert light.before[1] == pytest.approx(np.cos(np.radians(90 - 39.9 + 23.4)), abs=0.05)
    assert light.before[2] == pytest.approx(np.sin(np.radians(90 - 39.9 + 23.4)), abs=0.02)
