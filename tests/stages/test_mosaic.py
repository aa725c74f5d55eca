"""A flight over ground that is painted with its own coordinates."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays
from pipeline.geometry.footprint import footprint
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, Registration
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.records.tile import TILE_PX, TileEntry
from pipeline.stages.mosaic import Mosaic, MosaicSettings, choose_gsd_mm, tiles_of

SIZE = (400, 300)
SITE = SiteFrame.at(10.5, 40.5)
CAMERA = CameraModel("c", SIZE, camera_matrix(300, SIZE), Brown(-0.05, 0, 0, 0, 0), 0.01, "table")
NAN = float("nan")


def hills():
    axis = np.arange(-150, 151.0, 2.0)
    x, y = np.meshgrid(axis, axis)
    return HeightGrid(100 + 2 * np.sin(x / 19) + 2 * np.cos(y / 23), -150, -150, 2.0, 0.3, "hills")


TERRAIN = hills()


def placed(number, east, north, *, method=GeorefMethod.TELEMETRY_ONLY, ellipse=3.0, yaw=0.4):
    ref = FrameRef(
        f"f{number}", Path("f.jpg"), FrameKind.STILL, 0, SIZE, 1000 + number, 0.1, "0" * 64, Band.VISIBLE, "s"
    )
    pose = Pose(np.array([east, north, 150.0]), camera_to_site(yaw, -np.pi / 2, 0), np.eye(6), method)
    outline = footprint(SIZE, CAMERA.K, CAMERA.distortion, pose.eye_m, pose.rotation, TERRAIN)
    record = Registration("none", "not_tried", 0, 0, NAN, NAN, NAN, NAN, False)
    shape = np.array([ellipse, 1.0, 0.0])
    return GroundFrame(ref, CAMERA, pose, GeorefStatus.OK, outline, 0.17, shape, record, ())


def painted(frame):
    """Red and green hold east and north of the ground, a metre a grey level; blue holds the frame's number."""
    columns, rows = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    pixels = np.column_stack([columns.ravel(), rows.ravel()]).astype(np.float64)
    rays = pixel_rays(pixels, CAMERA.K, CAMERA.distortion, frame.pose.rotation)
    ground = meet_terrain(frame.pose.eye_m, rays, TERRAIN)[:, :2]
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    image[..., :2] = np.round(ground + 128).reshape(SIZE[1], SIZE[0], 2)
    image[..., 2] = 10 * (int(frame.ref.frame_id[1:]) + 1)
    return image


class Kept:
    """Stands in for the writer of tiles."""

    def __init__(self):
        self.tiles = {}

    def __call__(self, folder, tile):
        self.tiles[tile.key] = tile
        return TileEntry(tile.key, tile.sortie_id, (), "", 0, 0, float(tile.views[0].valid.mean()), tile.ce95_m)


def mosaic_of(frames, folder, gsd_mm=200, **more):
    kept = Kept()
    settings = MosaicSettings(**more)
    mosaic = Mosaic(SITE, TERRAIN, settings, folder, "S1", flight=frames, gsd_mm=gsd_mm, write_tile=kept)
    taken = [mosaic.add(frame, painted(frame)) for frame in frames]
    entries = mosaic.finish()
    assert [entry.key for entry in entries] == sorted(kept.tiles)
    return kept.tiles, taken


def grid_places(key):
    axis = (np.arange(TILE_PX) + 0.5) * key.gsd_mm / 1000
    east, north = np.meshgrid(key.west_m + axis, key.north_m - axis)
    return SITE.from_utm(np.column_stack([east.ravel(), north.ravel()])).reshape(TILE_PX, TILE_PX, 2)


FLIGHT = [(0, -20.0, -5.0), (1, 0.0, 0.0), (2, 20.0, 5.0), (3, 22.0, 5.0)]


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Tiles of the whole flight."""
    return mosaic_of([placed(*at) for at in FLIGHT], tmp_path_factory.mktemp("flown"), second_view_base=0.2)[0]


def test_each_pixel_holds_the_colour_of_its_own_ground(flown):
    seen = 0
    for key, tile in flown.items():
        places = grid_places(key) + 128
        for view in tile.views:
            off = np.abs(view.image[..., :2].astype(float) - places)[view.valid]
            assert np.quantile(off, 0.99) < 0.75  # half a metre of rounding, a pixel of interpolation
            seen += view.valid.sum()
    assert seen > 100_000


def test_source_names_the_frame_that_the_pixel_is_from(flown):
    for tile in flown.values():
        for view in tile.views:
            numbers = np.array([int(name[1:]) for name in tile.frame_ids])
            assert (view.image[..., 2][view.valid] == 10 * (numbers[view.source[view.valid]] + 1)).all()
            assert (view.image[~view.valid] == 0).all()


def test_best_view_is_the_steepest_and_the_second_stands_elsewhere(flown):
    eyes = {f"f{number}": np.array([east, north]) for number, east, north in FLIGHT}
    seconds = 0
    for key, tile in flown.items():
        known = np.array([eyes[name] for name in tile.frame_ids])
        away = np.linalg.norm(grid_places(key)[:, :, None] - known, axis=-1)
        best = tile.views[0]
        chosen = np.take_along_axis(away, np.maximum(best.source, 0)[..., None].astype(int), axis=2)[..., 0]
        near_edge = 3.0  # the steepest frame may end just there
        inside = best.valid & (away.min(axis=2) < 12)
        assert (chosen[inside] <= away.min(axis=2)[inside] + near_edge).all()
        if len(tile.views) == 2:
            both = best.valid & tile.views[1].valid
            base = np.linalg.norm(known[best.source[both]] - known[tile.views[1].source[both]], axis=1)
            assert (base >= 0.2 * 45).all()
            assert not (tile.views[1].valid & ~best.valid).any()
            seconds += both.sum()
    assert seconds > 20_000


def test_registered_frame_goes_before_a_steeper_one_that_is_not(tmp_path):
    frames = [placed(0, 0, 0), placed(1, 12.0, 0, method=GeorefMethod.IMAGE_MATCH)]
    tiles, _ = mosaic_of(frames, tmp_path)
    for tile in tiles.values():
        if "f1" in tile.frame_ids:
            outline = grid_places(tile.key)[..., 0] > 5
            seen = tile.views[0].valid & outline & (np.abs(grid_places(tile.key)[..., 1]) < 10)
            seen &= grid_places(tile.key)[..., 0] < 20
            assert (tile.views[0].source[seen] == tile.frame_ids.index("f1")).all()


def test_vague_frame_stays_out(tmp_path):
    tiles, taken = mosaic_of([placed(0, 0, 0), placed(1, 5.0, 0, ellipse=200.0)], tmp_path)

    assert taken == [True, False]
    assert all(tile.frame_ids == ("f0",) for tile in tiles.values())


@pytest.mark.parametrize("memory_mb", [1])
def test_tiles_that_wait_on_disk_come_back_unchanged(tmp_path, memory_mb):
    frames = [placed(*at) for at in FLIGHT]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole, _ = mosaic_of(frames, tmp_path / "a", gsd_mm=80, memory_mb=500)
    spilled, _ = mosaic_of(frames, tmp_path / "b", gsd_mm=80, memory_mb=memory_mb)

    assert len(whole) > 2
    assert whole.keys() == spilled.keys()
    for key, tile in whole.items():
        for ours, theirs in zip(tile.views, spilled[key].views, strict=True):
            assert np.array_equal(ours.image, theirs.image)
            assert np.array_equal(ours.source, theirs.source)
    assert list((tmp_path / "b").iterdir()) == []


def test_thermal_counts_share_one_scale_and_grey_becomes_rgb(tmp_path):
    kept = Kept()
    flight = [placed(0, 0, 0), placed(1, 60.0, 0)]
    mosaic = Mosaic(SITE, TERRAIN, MosaicSettings(), tmp_path, "S1", flight=flight, gsd_mm=500, write_tile=kept)
    counts = np.tile(np.linspace(3000, 4000, SIZE[0]).astype(np.uint16), (SIZE[1], 1))
    mosaic.add(flight[0], counts)
    mosaic.add(flight[1], np.full_like(counts, 3500))
    mosaic.finish()

    seen = np.concatenate([tile.views[0].image[tile.views[0].valid] for tile in kept.tiles.values()])
    assert (seen[:, 0] == seen[:, 1]).all()
    assert 30 < seen.min() < 60
    assert 195 < seen.max() < 225
    other = np.concatenate(
        [
            t.views[0].image[t.views[0].source == t.frame_ids.index("f1")]
            for t in kept.tiles.values()
            if "f1" in t.frame_ids
        ]
    )
    assert np.abs(other.astype(int) - 127).max() <= 2


def test_tile_names_utm_eyes_times_and_the_worst_ellipse(tmp_path):
    tiles, _ = mosaic_of([placed(0, 0, 0, ellipse=2.0), placed(1, 20.0, 0, ellipse=6.0)], tmp_path)
    tile = max(tiles.values(), key=lambda tile: len(tile.frame_ids))

    assert tile.frame_ids == ("f0", "f1")
    assert tile.frame_t_utc_ns == (1000, 1001)
    assert tile.ce95_m == 6.0
    assert SITE.from_utm(tile.frame_eye_m[:, :2]) == pytest.approx(np.array([[0, 0], [20.0, 0]]), abs=1e-6)


def test_ground_sample_distance_climbs_the_ladder_or_joins_the_archive():
    frames = [placed(n, 0, 0) for n in range(3)]  # 0.17 m

    assert choose_gsd_mm(frames, MosaicSettings()) == 200
    assert choose_gsd_mm(frames, MosaicSettings(gsd_mm=120)) == 120
    assert choose_gsd_mm(frames, MosaicSettings(), archived_mm=[100, 300, 500]) == 300
    assert choose_gsd_mm(frames, MosaicSettings(), archived_mm=[100, 500]) == 200
    with pytest.raises(GeometryError, match="no frame is placed"):
        choose_gsd_mm([], MosaicSettings())


def test_tiles_of_a_footprint_cover_it():
    outline = np.array([[-30.0, -30], [30, -30], [30, 30], [-30, 30]])
    keys = tiles_of(outline, SITE, 20)
    corners = SITE.to_utm(outline)

    assert min(key.west_m for key in keys) <= corners[:, 0].min()
    assert max(key.west_m + key.span_m for key in keys) >= corners[:, 0].max()
    assert max(key.north_m for key in keys) >= corners[:, 1].max()
    assert len(keys) in {9, 12, 16}
