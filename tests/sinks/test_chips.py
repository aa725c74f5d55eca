"""What reviewers see: the right place, never too fine, never a person."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.geometry.projection import SiteFrame
from pipeline.records.candidate import Chip
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import MoverKind
from pipeline.records.tile import TILE_PX, Tile, TileKey, View
from pipeline.sinks.chip_picture import HATCH_RGB, OUTLINE_RGB, TRAIL_RGB, UNSEEN_RGB
from pipeline.sinks.chips import ChipCutter, ChipSettings, best_moment
from pipeline.sinks.flown_ground import FlownGround, Grid

SITE = SiteFrame.at(46.75, 39.75)
GREY = 90


def key_at_origin(gsd_mm):
    span = TILE_PX * gsd_mm / 1000
    return TileKey(SITE.epsg, gsd_mm, int(SITE.east0_m // span), int(SITE.north0_m // span))


def tile(gsd_mm=50, paint=None, seen=True, sortie="S0001", east=0, north=0):
    image = np.full((TILE_PX, TILE_PX, 3), GREY, np.uint8)
    source = np.full((TILE_PX, TILE_PX), 1 if seen else -1, np.int16)
    key = key_at_origin(gsd_mm)
    key = replace(key, column=key.column + east, row=key.row + north)
    made = Tile(key, sortie, (View(image, source),), ("F0", "F1"), (10, 20), np.zeros((2, 3)), 1.0)
    if paint is not None:
        paint(made, image)
    return made


def ground(*tiles):
    """One flight's tiles."""
    by_key = {made.key: made for made in tiles}
    return FlownGround(tiles[0].sortie_id, tiles[0].key.gsd_mm, by_key.get)


def tile_pixels(made, xy_m):
    """Columns and rows in a tile."""
    return Grid(SITE, made.key.gsd_mm).pixels(xy_m) - [made.key.column * TILE_PX, -(made.key.row + 1) * TILE_PX]


def level(xy_m):
    return np.zeros(len(xy_m))


def centre_m(made):
    """Site metres of the tile's middle."""
    span = made.key.span_m
    return SITE.from_utm(np.array([[made.key.west_m + span / 2, made.key.north_m - span / 2]]))[0]


def square_m(middle, side_m):
    half = side_m / 2
    return middle + np.array([[-half, -half], [half, -half], [half, half], [-half, half]])


def pixels(chip):
    return cv2.imdecode(np.frombuffer(chip.jpeg, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


def cutter(tracks=(), **settings):
    return ChipCutter("S0001", SITE, tracks, {("S0001", "F1"): "aa"}, level, ChipSettings(**settings))


def a_change(make, made, side_m=6.0):
    return replace(make.change(), outline_m=square_m(centre_m(made), side_m))


def painted(side_m):
    """Paints the square of the change red, so that the picture itself tells where it was cut."""

    def paint(made, image):
        box = np.round(tile_pixels(made, square_m(centre_m(made), side_m))).astype(int)
        image[box[:, 1].min() : box[:, 1].max() + 1, box[:, 0].min() : box[:, 0].max() + 1] = (200, 30, 30)

    return paint


def test_pixel_centres_of_a_tile_lie_where_the_grid_says():
    made = tile(200)
    utm = [[made.key.west_m + 0.1, made.key.north_m - 0.1], [made.key.west_m + 0.5, made.key.north_m - 0.3]]

    assert tile_pixels(made, SITE.from_utm(np.array(utm))) == pytest.approx(np.array([[0, 0], [2, 1]]), abs=1e-4)


@pytest.mark.parametrize("gsd_mm", [50, 100, 250])
def test_a_change_is_shown_in_the_middle_before_and_after(make, gsd_mm):
    after = tile(gsd_mm, painted(6.0))
    before = tile(gsd_mm, sortie="S0000")

    chips = {chip.role: chip for chip in cutter().change("c1", a_change(make, after), ground(before), ground(after))}

    assert set(chips) == {"before", "after", "context"}
    shown = pixels(chips["after"])
    red = (shown[:, :, 0] > 150) & (shown[:, :, 1] < 90)
    rows, columns = np.nonzero(red)
    assert (rows.mean(), columns.mean()) == pytest.approx((shown.shape[0] / 2, shown.shape[1] / 2), abs=1.5)
    assert red.sum() * chips["after"].gsd_m ** 2 == pytest.approx(36, rel=0.06)
    assert abs(pixels(chips["before"]).astype(int) - GREY).max() <= 2
    assert shown.shape == pixels(chips["before"]).shape == (chips["after"].height_px, chips["after"].width_px, 3)
    assert (chips["after"].frame_id, chips["after"].frame_sha256, chips["after"].t_utc_ns) == ("F1", "aa", 20)


def test_the_context_is_wider_and_outlined(make):
    after = tile(100)

    chips = {chip.role: chip for chip in cutter().change("c1", a_change(make, after), None, ground(after))}

    wide = pixels(chips["context"]).astype(int)
    assert chips["context"].width_px * chips["context"].gsd_m > 2.5 * chips["after"].width_px * chips["after"].gsd_m
    yellow = (abs(wide - OUTLINE_RGB).sum(axis=2) < 150).sum()
    assert yellow > 4 * 6 / chips["context"].gsd_m * 0.6
    assert abs(pixels(chips["after"]).astype(int) - GREY).max() <= 2


@pytest.mark.parametrize("gsd_mm", [10, 20, 49, 50, 100])
@pytest.mark.parametrize("largest_px", [640, 100])
def test_no_picture_is_finer_than_allowed_or_larger_than_wanted(make, gsd_mm, largest_px):
    after = tile(gsd_mm)

    chips = list(
        cutter(largest_px=largest_px, margin_m=3).change("c1", a_change(make, after, 2.0), None, ground(after))
    )

    for chip in chips:
        assert chip.gsd_m >= 0.05 * 0.999
        assert max(pixels(chip).shape[:2]) <= largest_px


def test_the_stated_ground_sample_distance_is_that_of_the_pixels(make):
    after = tile(20, painted(5.0))

    chip = next(
        chip for chip in cutter().change("c1", a_change(make, after, 5.0), None, ground(after)) if chip.role == "after"
    )

    red = shows(pixels(chip), RED, 60).sum()
    assert np.sqrt(red) * chip.gsd_m == pytest.approx(5.0, abs=0.15)


def test_a_change_outside_all_tiles_is_dropped_with_a_reason(make):
    after = tile(50)
    change = replace(make.change(), outline_m=square_m(centre_m(after) + 500.0, 4.0))

    (dropped,) = cutter().change("c1", change, None, ground(after))

    assert isinstance(dropped, Dropped)
    assert (dropped.code, dropped.item) == ("outside_tiles", "c1")


def test_ground_that_no_frame_saw_gives_no_picture(make):
    after = tile(50)

    roles = [
        chip.role for chip in cutter().change("c1", a_change(make, after), ground(tile(50, seen=False)), ground(after))
    ]

    assert roles == ["after", "context"]


def striped(made, image):
    """Stripes as narrow as arms and legs: what blurring must take away."""
    image[:, ::6] = 250


@pytest.mark.parametrize("kind", [MoverKind.PERSON_SIZE, MoverKind.UNKNOWN, MoverKind.VEHICLE_SIZE])
def test_persons_in_tiles_are_blurred_and_vehicles_are_not(make, kind):
    after = tile(50, striped)
    mover = replace(make.track(1, kind), xy_m=np.tile(centre_m(after), (3, 1)))

    chip = next(
        chip
        for chip in cutter((mover,)).change("c1", a_change(make, after), None, ground(after))
        if chip.role == "after"
    )

    middle = pixels(chip)[chip.height_px // 2 - 10 : chip.height_px // 2 + 10, chip.width_px // 2 - 10 :][:, :20]
    hidden = kind is not MoverKind.VEHICLE_SIZE
    assert chip.blurred is hidden
    assert bool(middle.std() < 8) is hidden


def test_an_earlier_flight_s_frame_of_the_same_name_is_another_frame(make):
    after = tile(50)
    person = replace(make.track(1, MoverKind.PERSON_SIZE), xy_m=np.tile(centre_m(after), (3, 1)))
    chips = cutter((person,)).change("c1", a_change(make, after), ground(tile(50, sortie="S0000")), ground(after))

    found = {chip.role: chip for chip in chips}

    assert (found["before"].frame_id, found["before"].frame_sha256, found["before"].blurred) == ("F1", "", False)
    assert found["after"].blurred


def test_a_person_in_a_frame_is_blurred_in_both_pictures_of_the_frame(make):
    image = np.full((480, 640, 3), GREY, np.uint8)
    image[200:220, 300:312:3] = 255
    person = replace(make.track(1, MoverKind.PERSON_SIZE), boxes_px=np.array([[300.0, 200, 12, 20]] * 3))
    frames = {name: make.frame(name) for name in ("F1", "F2", "F3")}

    chips = {c.role: c for c in cutter((person,)).track("c1", person, frames, lambda _: image, None)}

    assert set(chips) == {"after", "context"}
    assert all(chip.blurred for chip in chips.values())
    assert pixels(chips["after"]).astype(int).max() < 180


def test_a_mover_is_shown_close_and_in_its_frame_and_its_place_before(make):
    image = np.full((480, 640, 3), GREY, np.uint8)
    image[100:112, 300:320] = (30, 30, 220)
    track = replace(make.track(1), boxes_px=np.array([[300.0, 100, 20, 12]] * 3))
    before = tile(50, sortie="S0000")
    track = replace(track, xy_m=np.tile(centre_m(before), (3, 1)))
    asked = []

    def read(frame):
        asked.append(frame.ref.frame_id)
        return image

    frames = {name: make.frame(name) for name in ("F1", "F2", "F3")}
    chips = {chip.role: chip for chip in cutter(margin_m=2).track("c1", track, frames, read, ground(before))}

    assert asked == ["F1"]
    assert set(chips) == {"before", "after", "context"}
    close = pixels(chips["after"])
    assert close.shape[:2] == pytest.approx((12 + 80, 20 + 80), abs=3)
    blue = (close[:, :, 2] > 170) & (close[:, :, 0] < 80)
    assert blue.sum() == pytest.approx(240, rel=0.1)
    assert pixels(chips["context"]).shape == (384, 512, 3)
    yellow = abs(pixels(chips["context"]).astype(int) - OUTLINE_RGB).sum(axis=2) < 150
    rows, columns = np.nonzero(yellow)
    assert (rows.mean(), columns.mean()) == pytest.approx((106 * 0.8, 310 * 0.8), abs=3)


def test_thermal_counts_are_shown_as_grey(make):
    counts = np.linspace(20_000, 22_000, 480 * 640).reshape(480, 640).astype(np.uint16)
    frames = {"F1": make.frame("F1")}

    chips = [c for c in cutter().track("c1", make.track(1), frames, lambda _: counts, None) if c.role == "context"]

    shown = pixels(chips[0])[:, 300:]
    assert shown[0].mean() < 20
    assert shown[-1].mean() > 235


def test_the_best_moment_is_the_largest_detected_box_at_hand(make):
    boxes = np.array([[0.0, 0, 10, 10], [0, 0, 90, 90], [0, 0, 20, 10]])
    track = replace(make.track(1), boxes_px=boxes)  # the second is bridged
    frames = {name: make.frame(name) for name in ("F1", "F2", "F3")}

    assert best_moment(track, frames) == 2
    assert best_moment(track, {"F1": frames["F1"], "F2": frames["F2"]}) == 0
    assert best_moment(track, {}) is None
    assert [d.code for d in cutter().track("c1", track, {}, lambda _: None, None)] == ["no_frame"]


def test_the_same_pictures_give_the_same_bytes(make):
    rng = np.random.default_rng(3)
    after = tile(50, lambda _, image: image.__setitem__(slice(None), rng.integers(0, 255, image.shape)))
    change = a_change(make, after)

    first, second = (list(cutter().change("c1", change, None, ground(after))) for _ in range(2))

    assert first == second
    assert all(isinstance(chip, Chip) for chip in first)


RED = (200, 30, 30)


def shows(picture, rgb, tolerance=40):
    """Where a picture has a colour."""
    return abs(picture.astype(int) - rgb).max(axis=2) < tolerance


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


def test_the_trail_runs_where_the_mover_drove(make):
    """A camera 100 m up that looks straight down: 10 px a metre, east to the right."""
    image = np.full((480, 640, 3), GREY, np.uint8)
    frame = make.frame("F1")
    camera = replace(frame.camera, K=np.array([[1000.0, 0, 320], [0, 1000, 240], [0, 0, 1]]))
    pose = replace(frame.pose, eye_m=np.array([0.0, 0, 100]), rotation=np.diag([1.0, -1, -1]))
    frame = replace(frame, camera=camera, pose=pose, gsd_m=0.1)
    along = np.array([[-20.0, 10], [0, 10], [20, 10]])
    track = replace(make.track(1), xy_m=along, boxes_px=np.array([[115.0, 135, 10, 10]] * 3))

    chips = {c.role: c for c in cutter(largest_px=640).track("c1", track, {"F1": frame}, lambda _: image, None)}

    trail = shows(pixels(chips["context"]), TRAIL_RGB, 90)
    rows, columns = np.nonzero(trail)
    assert np.median(rows) == pytest.approx(140, abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((120, 520), abs=16)
    assert not shows(pixels(chips["after"]), TRAIL_RGB, 90).any()


def test_a_trail_over_unknown_ground_is_left_out(make):
    image = np.full((480, 640, 3), GREY, np.uint8)
    blind = replace(cutter(), height_at=lambda xy_m: np.full(len(xy_m), np.nan))

    chips = {c.role: c for c in blind.track("c1", make.track(1), {"F1": make.frame("F1")}, lambda _: image, None)}

    assert not shows(pixels(chips["context"]), TRAIL_RGB, 90).any()
