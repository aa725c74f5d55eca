from concurrent.futures import ThreadPoolExecutor

import geopandas
import numpy as np
import pytest
import rasterio

from pipeline.archive import archive as archive_module
from pipeline.archive.archive import Archive
from pipeline.archive.snapshot import Snapshot
from pipeline.archive.snapshot_picture import SnapshotPicture
from pipeline.archive.tile_file import read_tile, write_tile
from pipeline.errors import InputError, PublishError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.tile import TILE_PX, Tile, TileEntry, TileKey, View

DAY = 86_400_000_000_000
KEY = TileKey(32638, 100, 6357, 43100)
EAST_OF_IT = TileKey(32638, 100, 6358, 43100)
SITE = SiteFrame(32638, 651_000.0, 4_413_000.0, 0.9998, 0.02)


def tile(sortie="S1", key=KEY, day=1, seed=0, views=2, holes=True, paint=None):
    rng = np.random.default_rng(seed)
    looks = []
    for number in range(views):
        source = rng.integers(0, 2, (TILE_PX, TILE_PX)).astype(np.int16)
        if holes:
            source[: 100 + 50 * number] = -1
        image = rng.integers(0, 256, (TILE_PX, TILE_PX, 3)).astype(np.uint8) if paint is None else paint(key)
        image[source < 0] = 0
        looks.append(View(image, source))
    eyes = np.array([[1.0, 2, 3], [4, 5, 6.5]])
    return Tile(key, sortie, tuple(looks), ("a", "b"), (day * DAY, day * DAY + 5), eyes, 2.5)


def add(root, folder, *tiles):
    folder.mkdir()
    return Archive(root).add(tiles[0].sortie_id, folder, [write_tile(folder, one) for one in tiles])


def test_tile_comes_back_as_it_was_written(tmp_path):
    written = tile()
    again = read_tile(tmp_path, write_tile(tmp_path, written))

    assert (again.key, again.sortie_id, again.frame_ids, again.frame_t_utc_ns, again.ce95_m) == (
        KEY,
        "S1",
        ("a", "b"),
        written.frame_t_utc_ns,
        2.5,
    )
    assert again.frame_eye_m == pytest.approx(written.frame_eye_m)
    for ours, theirs in zip(written.views, again.views, strict=True):
        assert np.array_equal(ours.image, theirs.image)
        assert np.array_equal(ours.source, theirs.source)


def test_same_tile_gives_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = write_tile(tmp_path / "a", tile()), write_tile(tmp_path / "b", tile())

    assert first == second
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in first.files)


def test_tile_is_a_cloud_optimised_geotiff_at_its_place(tmp_path):
    entry = write_tile(tmp_path, tile(views=1))
    with rasterio.open(tmp_path / entry.files[0]) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.crs.to_epsg() == 32638
        assert source.bounds == pytest.approx(
            (KEY.west_m, KEY.north_m - KEY.span_m, KEY.west_m + KEY.span_m, KEY.north_m)
        )
        assert source.overviews(1) == [2]
        assert (source.read(4) == np.where(tile(views=1).views[0].valid, 255, 0)).all()
    assert entry.valid_share == pytest.approx(1 - 100 / 1024)


def test_damaged_or_missing_tile_names_itself(tmp_path):
    entry = write_tile(tmp_path, tile())
    (tmp_path / entry.files[0]).write_bytes(b"II*\0 and no more")
    with pytest.raises(InputError, match=rf"tile {KEY.name.replace('+', '.')} of sortie S1.*copied whole"):
        read_tile(tmp_path, entry)
    (tmp_path / entry.files[-1]).unlink()
    with pytest.raises(InputError, match="S1"):
        read_tile(tmp_path, entry)


def test_added_tiles_are_listed_and_readable(tmp_path):
    listed = add(tmp_path / "archive", tmp_path / "work", tile(), tile(key=EAST_OF_IT))
    snapshot = Archive(tmp_path / "archive").snapshot()

    assert snapshot.entries == listed
    assert np.array_equal(snapshot.read(listed[0]).views[0].image, tile().views[0].image)
    assert list((tmp_path / "archive" / "staging").iterdir()) == []


def test_index_opens_in_geopandas_at_the_right_place(tmp_path):
    add(tmp_path / "archive", tmp_path / "work", tile())
    table = geopandas.read_parquet(tmp_path / "archive" / "index" / "S1.parquet")

    assert table.crs.to_string() == "OGC:CRS84"
    assert table.to_crs(32638).total_bounds == pytest.approx(
        [KEY.west_m, KEY.north_m - KEY.span_m, KEY.west_m + KEY.span_m, KEY.north_m], abs=1e-3
    )


def test_snapshot_does_not_depend_on_the_order_of_adding(tmp_path):
    for name, order in (("x", (1, 2, 3)), ("y", (3, 1, 2))):
        for day in order:
            add(tmp_path / name, tmp_path / f"{name}{day}", tile(sortie=f"S{day}", day=day, seed=day))

    assert Archive(tmp_path / "x").snapshot().sha256 == Archive(tmp_path / "y").snapshot().sha256
    assert Archive(tmp_path / "x").snapshot().entries == Archive(tmp_path / "y").snapshot().entries


def test_snapshot_stays_as_it_was_while_others_add(tmp_path):
    root = tmp_path / "archive"
    add(root, tmp_path / "1", tile(sortie="S1", seed=1))
    before = Archive(root).snapshot()
    add(root, tmp_path / "2", tile(sortie="S1", seed=2))
    add(root, tmp_path / "3", tile(sortie="S2", seed=3))

    assert np.array_equal(before.read(before.entries[0]).views[0].image, tile(seed=1).views[0].image)
    after = Archive(root).snapshot()
    assert [entry.sortie_id for entry in after.entries] == ["S1", "S2"]
    assert after.sha256 != before.sha256
    assert np.array_equal(after.read(after.entries[0]).views[0].image, tile(seed=2).views[0].image)


def test_empty_archive_is_a_snapshot_too(tmp_path):
    assert Archive(tmp_path / "none").snapshot().entries == ()


def test_baselines_are_newest_first_and_never_from_the_sorties_own_time_or_later(tmp_path):
    for day in (1, 3, 2, 5, 7):
        add(tmp_path / "archive", tmp_path / str(day), tile(sortie=f"S{day}", day=day, views=1, seed=day))
    snapshot = Archive(tmp_path / "archive").snapshot()

    def ids(entries):
        return [entry.sortie_id for entry in entries]

    assert ids(snapshot.baselines(KEY, 5 * DAY, "S9")) == ["S3", "S2", "S1"]
    assert ids(snapshot.baselines(KEY, 8 * DAY, "S3")) == ["S7", "S5", "S2", "S1"]
    assert snapshot.baselines(EAST_OF_IT, 8 * DAY, "S9") == []
    assert snapshot.pinned(KEY, 8 * DAY, "S9").sortie_id == "S1"
    assert snapshot.pinned(KEY, 8 * DAY, "S9", from_utc_ns=2 * DAY).sortie_id == "S2"
    assert snapshot.pinned(KEY, 8 * DAY, "S9", from_utc_ns=9 * DAY).sortie_id == "S1"
    assert snapshot.pinned(KEY, 1 * DAY, "S9") is None
    assert snapshot.gsds_mm(32638) == {100}


def look(day, share, ce95_m):
    return TileEntry(KEY, f"S{day}", (), f"{day}", day * DAY, day * DAY + 5, share, ce95_m)


@pytest.mark.parametrize(
    ("looks", "chosen"),
    [
        ([look(1, 0.9, 0.1), look(2, 0.9, 0.1)], "S2"),  # the newest of equals
        ([look(1, 0.9, 0.1), look(2, 0.1, 0.1)], "S1"),  # not a sliver
        ([look(1, 0.3, 0.1), look(2, 0.1, 0.1)], "S1"),  # slivers only: the widest
        ([look(1, 0.9, 0.3), look(2, 0.9, 0.9)], "S2"),  # both well enough known
        ([look(1, 0.9, 0.3), look(2, 0.9, 9.0)], "S1"),  # a vague place stands back
        ([look(1, 0.9, 6.0), look(2, 0.9, 9.0)], "S2"),  # unless the others are no better
        ([look(1, 0.2, 0.1), look(2, 0.9, 9.0)], "S2"),  # quality is asked of looks that saw enough
        ([look(8, 0.9, 0.1)], None),  # later than tonight
    ],
)
def test_baseline_is_chosen_by_date_coverage_and_quality(tmp_path, looks, chosen):
    for order in (looks, looks[::-1]):
        found = Snapshot.of(tmp_path, order).recent(KEY, 7 * DAY, "S9", min_valid_share=0.45)

        assert (found and found.sortie_id) == chosen


def test_adding_is_all_or_nothing(tmp_path, monkeypatch):
    root = tmp_path / "archive"
    add(root, tmp_path / "1", tile(seed=1))
    before = Archive(root).snapshot()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive_module, "write_index", full)
    with pytest.raises(PublishError, match=r"S1: .*No space left on device.*as it was"):
        add(root, tmp_path / "2", tile(seed=2))

    assert Archive(root).snapshot() == before
    assert list((root / "staging").iterdir()) == []


def test_tile_that_went_missing_is_named(tmp_path):
    entry = write_tile(tmp_path, tile())
    (tmp_path / entry.files[0]).unlink()
    with pytest.raises(InputError, match=r"S1: tile .*\.v1\.tif is gone"):
        Archive(tmp_path / "archive").add("S1", tmp_path, [entry])


def test_damaged_index_names_itself(tmp_path):
    add(tmp_path / "archive", tmp_path / "work", tile())
    (tmp_path / "archive" / "index" / "S1.parquet").write_bytes(b"PAR1 broken")

    with pytest.raises(InputError, match=r"S1\.parquet cannot be read"):
        Archive(tmp_path / "archive").snapshot()


def test_sorties_added_at_once_are_all_there(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(add, tmp_path / "archive", tmp_path / str(day), tile(sortie=f"S{day}", day=day, views=1))
            for day in range(1, 6)
        ]
        for job in jobs:
            job.result()

    assert len(Archive(tmp_path / "archive").snapshot().entries) == 5


MIDDLE = SITE.from_utm(np.array([[EAST_OF_IT.west_m, KEY.north_m - 50]]))[0]


def coordinates(key):
    """East and north of each pixel from the middle of the seam, two metres a grey level."""
    axis = (np.arange(TILE_PX) + 0.5) * key.gsd_mm / 1000
    east, north = np.meshgrid(key.west_m + axis, key.north_m - axis)
    xy = SITE.from_utm(np.column_stack([east.ravel(), north.ravel()])).reshape(TILE_PX, TILE_PX, 2) - MIDDLE
    return np.dstack([np.round(xy / 2 + 128), np.full((TILE_PX, TILE_PX), 9)]).astype(np.uint8)


@pytest.mark.parametrize("gsd_m", [0.05, 0.1, 0.37, 1.0])
def test_picture_of_a_snapshot_shows_each_place_at_its_place_across_tiles(tmp_path, gsd_m):
    tiles = [tile(key=key, holes=False, views=1, paint=coordinates) for key in (KEY, EAST_OF_IT)]
    add(tmp_path / "archive", tmp_path / "work", *tiles)
    picture = SnapshotPicture(Archive(tmp_path / "archive").snapshot(), SITE, 9 * DAY, "S9")
    west, south, east, north = MIDDLE[0] - 13.3, MIDDLE[1] - 9.7, MIDDLE[0] + 12.1, MIDDLE[1] + 8.2

    image, valid = picture.read(west, south, east, north, gsd_m)

    assert image.shape[:2] == valid.shape == (np.ceil((north - south) / gsd_m), np.ceil((east - west) / gsd_m))
    assert valid.mean() > 0.97
    x = west + gsd_m * (np.arange(image.shape[1]) + 0.5)
    y = north - gsd_m * (np.arange(image.shape[0]) + 0.5)
    assert np.abs(image[..., 0] - ((x - MIDDLE[0]) / 2 + 128)[None])[valid].max() < 0.75
    assert np.abs(image[..., 1] - ((y - MIDDLE[1]) / 2 + 128)[:, None])[valid].max() < 0.75
    assert picture.sigma_m == pytest.approx(2.5 / np.sqrt(5.991))


def test_picture_takes_the_newest_look_and_fills_its_holes_from_older_ones(tmp_path):
    def grey(level):
        return lambda key: np.full((TILE_PX, TILE_PX, 3), level, np.uint8)

    for name, day, level, holes in (("S1", 1, 50, False), ("S2", 2, 100, True), ("S3", 6, 200, False)):
        add(tmp_path / "archive", tmp_path / name, tile(sortie=name, day=day, views=1, holes=holes, paint=grey(level)))
    picture = SnapshotPicture(Archive(tmp_path / "archive").snapshot(), SITE, 5 * DAY, "S9")
    corner = SITE.from_utm(np.array([[KEY.west_m, KEY.north_m]]))[0]

    image, valid = picture.read(corner[0] + 5, corner[1] - 50, corner[0] + 45, corner[1] - 2, 0.1)

    assert valid.all()
    assert len(picture) == 2
    assert (image[:70] == 50).all()  # the newer look has a hole in its upper 10 m
    assert (image[90:] == 100).all()
    elsewhere, seen = picture.read(corner[0] - 500, corner[1], corner[0] - 490, corner[1] + 10, 0.1)
    assert not seen.any()
    assert not elsewhere.any()
