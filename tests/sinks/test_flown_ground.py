"""Pieces of ground across tiles: whole, from the right frame, and never dark where nobody looked."""

from dataclasses import replace

import numpy as np
import pytest
from chip_scene import (
    GREY,
    RED,
    SITE,
    a_change,
    centre_m,
    cutter,
    ground,
    pixels,
    shows,
    square_m,
    striped,
    tile,
    tile_pixels,
)

from pipeline.records.evidence import MoverKind
from pipeline.records.tile import TILE_PX
from pipeline.sinks.chip_picture import HATCH_RGB, UNSEEN_RGB


def test_pixel_centres_of_a_tile_lie_where_the_grid_says():
    made = tile(200)
    utm = [[made.key.west_m + 0.1, made.key.north_m - 0.1], [made.key.west_m + 0.5, made.key.north_m - 0.3]]

    assert tile_pixels(made, SITE.from_utm(np.array(utm))) == pytest.approx(np.array([[0, 0], [2, 1]]), abs=1e-4)


@pytest.mark.parametrize(("east", "north"), [(0, 0), (1, 0), (0, -1), (1, -1)])
def test_a_change_at_the_corner_of_four_tiles_is_shown_whole(make, east, north):
    """Whichever of the four it was found in."""
    tiles = [tile(50, east=i, north=-j) for i in (0, 1) for j in (0, 1)]
    corner = centre_m(tiles[0]) + np.array([[1, -1]]) * tiles[0].key.span_m / SITE.scale / 2
    square = square_m(corner[0], 6.0)
    for made in tiles:
        box = np.clip(np.round(tile_pixels(made, square)).astype(int), 0, TILE_PX)
        made.views[0].image[box[:, 1].min() : box[:, 1].max(), box[:, 0].min() : box[:, 0].max()] = RED
    found_in = next(made for made in tiles if (made.key.column, made.key.row) == _moved(tiles[0].key, east, north))
    change = replace(make.change(), outline_m=square, tile=found_in.key.name)

    chips = {chip.role: chip for chip in cutter().change("c1", change, ground(tiles[0]), ground(*tiles))}

    after = pixels(chips["after"])
    red = shows(after, RED)
    rows, columns = np.nonzero(red)
    assert (rows.mean(), columns.mean()) == pytest.approx((after.shape[0] / 2, after.shape[1] / 2), abs=1.5)
    assert red.sum() * chips["after"].gsd_m ** 2 == pytest.approx(36, rel=0.06)
    assert not shows(after, UNSEEN_RGB).any()
    before = pixels(chips["before"])
    assert before.shape == after.shape, "the same window, though three of its tiles are missing"
    assert shows(before, (GREY,) * 3).mean() == pytest.approx(0.25, abs=0.02)
    assert (shows(before, UNSEEN_RGB) | shows(before, HATCH_RGB)).mean() == pytest.approx(0.75, abs=0.03)


def _moved(key, east, north):
    return key.column + east, key.row + north


def test_ground_that_nobody_saw_is_hatched_and_never_dark(make):
    def half(made, image):
        image[:, : TILE_PX // 2] = 0

    after = tile(50, half)
    after.views[0].source[:, : TILE_PX // 2] = -1

    chips = {chip.role: chip for chip in cutter().change("c1", a_change(make, after), None, ground(after))}

    for chip in chips.values():
        shown = pixels(chip)
        left = shown[:, : shown.shape[1] // 2 - 6]
        if chip.role == "after":
            assert left.min() > 130
            assert shows(left, HATCH_RGB, 25).mean() == pytest.approx(0.2, abs=0.1)
            assert shows(left, UNSEEN_RGB, 25).mean() > 0.6


def test_the_frame_that_gave_most_pixels_of_all_tiles_is_named(make):
    """F0 gave most of the tile that the change was found in, F1 most of the window."""
    first, second = tile(50), tile(50, east=1)
    first.views[0].source[:] = 0
    first.views[0].source[:, -120:] = 1
    edge = centre_m(first) + np.array([first.key.span_m / 2 - 4, 0])
    change = replace(make.change(), outline_m=square_m(edge, 2.0), tile=first.key.name)

    chips = [chip for chip in cutter().change("c1", change, None, ground(first, second)) if chip.role == "after"]

    assert [(chip.frame_id, chip.t_utc_ns) for chip in chips] == [("F1", 20)]


def test_a_person_across_the_edge_of_two_tiles_is_blurred_in_both(make):
    first, second = tile(50, striped), tile(50, striped, east=1)
    edge = centre_m(first) + np.array([first.key.span_m / SITE.scale / 2, 0])
    person = replace(make.track(1, MoverKind.PERSON_SIZE), xy_m=np.tile(edge, (3, 1)))
    change = replace(make.change(), outline_m=square_m(edge, 6.0), tile=first.key.name)

    chips = {c.role: c for c in cutter((person,)).change("c1", change, None, ground(first, second))}

    assert chips["after"].blurred
    middle = pixels(chips["after"])[chips["after"].height_px // 2][chips["after"].width_px // 2 - 10 :][:20]
    assert middle.std() < 8


def test_a_long_trench_is_read_reduced_and_shown_whole(make):
    """Reading 160 m at 20 mm would take an 8000 px picture."""
    row = [tile(20, east=i) for i in range(8)]
    start = centre_m(row[0])
    outline = start + np.array([[0.0, -1], [140, -1], [140, 1], [0, 1]])
    for made in row:
        box = np.clip(np.round(tile_pixels(made, outline)).astype(int), 0, TILE_PX)
        made.views[0].image[box[:, 1].min() : box[:, 1].max(), box[:, 0].min() : box[:, 0].max()] = RED
    flown = ground(*row)
    change = replace(make.change(), outline_m=outline)
    grid = flown.grid_for(SITE, outline, 10.0, 512)
    piece = flown.piece(grid, grid.window_around(outline, 10.0))

    chip = next(chip for chip in cutter().change("c1", change, None, flown) if chip.role == "after")

    assert grid.step == 8 and max(piece.seen.shape) < 1024
    assert sum(count for _, count in piece.pixels) == pytest.approx(160 * 20.48 / 0.02**2, rel=0.02)
    red = shows(pixels(chip), RED, 60).sum() * chip.gsd_m**2
    assert red == pytest.approx(280, rel=0.15)
