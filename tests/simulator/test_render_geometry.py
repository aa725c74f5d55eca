"""The picture against the truth, with targets of known place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render_scenes import LENS, NOON, PLAIN, Box, Disc, Field, lens_of, moment, rolling, shot

from pipeline.errors import GeometryError
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.sensor.lens_rays import lens_rays, project_lens

LAND = Field()
GRID = [(x, y) for x in np.arange(-24.0, 25.0, 6.0) for y in np.arange(-18.0, 31.0, 8.0)]
DISCS = tuple(Disc(f"d{k:03d}", x, y, 1.2) for k, (x, y) in enumerate(GRID))


@pytest.fixture(scope="module")
def renderer():
    return Renderer(lens_rays, PLAIN)


def expected_of(points_m, taken):
    """Where points appear; with a rolling shutter, in the row whose pose sees them there."""
    rows = np.full(len(points_m), taken.middle)
    for _ in range(6):
        pose = rows if len(taken.eye_m) > 1 else np.zeros(len(rows), int)
        places = np.vstack(
            [
                project_lens(points_m[k : k + 1], taken.eye_m[i], taken.rotation[i], taken.lens)
                for k, i in enumerate(pose)
            ]
        )
        rows = np.clip(np.nan_to_num(np.round(places[:, 1])), 0, taken.lens.size_px[1] - 1).astype(int)
    return places


@pytest.mark.parametrize(("attitude", "rolls"), [((0, -90, 0), False), ((200, -60, -4), True), ((20, -40, 12), False)])
def test_targets_appear_within_half_a_pixel_of_their_projection(renderer, attitude, rolls):
    back = np.array([np.sin(np.radians(attitude[0])), np.cos(np.radians(attitude[0]))])
    away = 38 / np.tan(np.radians(-attitude[1]))
    eye = np.array([*(-back * away), LAND.height_at(0, 0) + 38])
    eye += [0, 5, 0]
    taken = rolling(eye, attitude, (12, -5, 1), (20, 9, -15)) if rolls else shot(eye, attitude)

    seen = renderer.render(moment(LAND, dug=DISCS), taken)

    ground = np.array([[d.x_m, d.y_m, LAND.height_at(d.x_m, d.y_m)] for d in DISCS])
    red = seen.radiance[..., 0] > 4 * seen.radiance[..., 1]
    checked = 0
    for disc, (column, row) in zip(DISCS, expected_of(ground, taken), strict=True):
        if not (12 < column < 308 and 12 < row < 228):
            continue
        rows, columns = np.nonzero(red & (seen.number == 1 + seen.thing_ids.index(disc.thing_id)))
        # the middle of a disc's picture is not quite the picture of its middle: allow for the perspective
        rim = expected_of(np.column_stack([disc.outline_m, [LAND.height_at(*p) for p in disc.outline_m]]), taken)
        middle = (rim.max(axis=0) + rim.min(axis=0)) / 2
        found = np.array([(columns.max() + columns.min()) / 2, (rows.max() + rows.min()) / 2])
        assert len(rows) >= 10
        assert np.abs(found - middle).max() <= 0.75  # extremes are whole pixels
        assert np.hypot(columns.mean() - rim[:, 0].mean(), rows.mean() - rim[:, 1].mean()) < 0.5
        checked += 1
    assert checked >= 6


def test_two_poses_agree_on_the_ground(renderer):
    """What one camera sees in a pixel, the other sees where the first says it lies."""
    high = LAND.height_at(0, 0) + 42
    one = renderer.render(moment(LAND), shot((-3.0, 0.0, high), (0, -88, 0)))
    second = shot((2.0, -3.0, high), (40, -78, 2))
    two = renderer.render(moment(LAND), second)

    points = one.ground_m[20:220:12, 20:300:12].reshape(-1, 3).astype(float) + one.origin_m
    places = project_lens(points, second.eye_m[0], second.rotation[0], LENS)
    inside = (places > 2).all(axis=1) & (places < [317, 237]).all(axis=1)
    at = np.round(places[inside]).astype(int)
    again = two.ground_m[at[:, 1], at[:, 0]] + two.origin_m
    far = np.linalg.norm(again - points[inside], axis=1)

    assert inside.sum() > 50
    assert far.max() < 0.2  # a pixel is 0.16 m: the nearest is up to 0.7 of it away


@settings(max_examples=3, deadline=None)
@given(
    yaw=st.floats(0, 360),
    pitch=st.floats(-90, -15),
    roll=st.floats(-15, 15),
    up=st.floats(40, 600),
    rolls=st.booleans(),
)
def test_depth_ground_and_projection_tell_the_same(renderer, yaw, pitch, roll, up, rolls):
    eye = np.array([15.0, -7.0, LAND.height_at(15, -7) + up])
    taken = rolling(eye, (yaw, pitch, roll), (9, 9, 0), (8, 8, 8)) if rolls else shot(eye, (yaw, pitch, roll))

    seen = renderer.render(moment(LAND), taken)

    for row, column in [(5, 5), (120, 160), (230, 300), (200, 30), (60, 250)]:
        if not np.isfinite(seen.depth_m[row, column]):
            continue
        pose = row if rolls else 0
        point = seen.ground_m[row, column].astype(float) + seen.origin_m
        place = project_lens(point[None], taken.eye_m[pose], taken.rotation[pose], LENS)[0]
        depth = float((point - taken.eye_m[pose]) @ taken.rotation[pose][:, 2])
        assert place == pytest.approx([column, row], abs=0.05)
        assert seen.depth_m[row, column] == pytest.approx(depth, rel=1e-4)
        if np.linalg.norm(point - eye) < 900:  # farther, the mesh is coarser than the relief it stands for
            assert point[2] == pytest.approx(LAND.height_at(point[0], point[1]), abs=0.12 + 4e-4 * depth)


def test_a_house_hides_the_ground_behind_it_and_leans_outward(renderer):
    house = Placed("house", Box(8, 8, 6), 14.0, 0.0)
    eye = np.array([0.0, 0.0, LAND.height_at(0, 0) + 40.0])
    taken = shot(eye, (0, -90, 0))

    seen = renderer.render(moment(LAND, placed=(house,)), taken)

    corners = np.column_stack([house.outline_m, np.full(4, LAND.height_at(14.0, 0.0))])
    base = project_lens(corners, eye, taken.rotation[0], LENS)
    top = project_lens(np.add(corners, [0, 0, 6.0]), eye, taken.rotation[0], LENS)
    assert seen.thing_ids == ("house",)
    rows, columns = np.nonzero(seen.number == 1)
    assert columns.max() == pytest.approx(top[:, 0].max(), abs=1.0)
    assert columns.min() == pytest.approx(base[:, 0].min(), abs=1.0)  # the near wall is seen down to its foot
    assert rows.min() == pytest.approx(top[:, 1].min(), abs=1.0)
    assert rows.max() == pytest.approx(top[:, 1].max(), abs=1.0)


@pytest.mark.parametrize(("height", "azimuth", "elevation"), [(9.0, 250.0, 35.0), (6.0, 110.0, 20.0)])
def test_the_shadow_of_a_pole_lies_where_the_sun_says(renderer, height, azimuth, elevation):
    flat = Field(relief=0.0)
    a, e = np.radians([azimuth, elevation])
    sun = np.array([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])
    pole = Placed("pole", Box(0.4, 0.4, height), 0.0, 0.0)
    tip = -sun[:2] / np.tan(e) / np.cos(e) * height
    eye = np.array([*(tip / 2), flat.base_m + 40.0])

    seen = renderer.render(moment(flat, sun=sun, placed=(pole,)), shot(eye, (0, -90, 0)))

    ground = seen.ground_m.astype(float) + seen.origin_m
    dark = seen.shadow & (seen.number == 0)
    along = ground[dark][:, :2] @ (tip / np.linalg.norm(tip))
    aside = ground[dark][:, :2] @ np.array([-tip[1], tip[0]]) / np.linalg.norm(tip)
    assert dark.sum() > 60
    assert along.max() == pytest.approx(np.linalg.norm(tip), rel=0.02, abs=0.35)
    assert np.abs(aside).max() < 0.5
    brightness = seen.radiance.mean(axis=2)
    assert np.median(brightness[dark]) < 0.5 * np.median(brightness[~seen.shadow & (seen.number == 0)])


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), yaw=st.floats(0, 360), pitch=st.floats(-90, -5), up=st.floats(40, 1500))
def test_no_ray_slips_through_the_ground(renderer, seed, yaw, pitch, up):
    """Between squares of unequal cells, around pits, out to the horizon."""
    land = Field(seed=seed, relief=2.0)
    pits = tuple(Disc(f"p{k}", 11.0 * k, 17.0 * k, 2.0, 1.5) for k in range(-2, 3))
    taken = shot((0.0, 0.0, land.height_at(0, 0) + up), (yaw, pitch, 5))

    seen = renderer.render(moment(land, dug=pits), taken)

    down = (lens_rays(LENS) @ taken.rotation[0].T)[..., 2] < -np.sin(np.radians(0.5))
    assert down.any()
    assert np.isfinite(seen.depth_m[down]).all()


def test_a_pit_is_as_deep_as_it_was_dug(renderer):
    pit = Disc("pit", 2.0, 1.0, 3.0, 1.2)
    seen = renderer.render(moment(LAND, dug=(pit,)), shot((2.0, 1.0, LAND.height_at(2, 1) + 40), (0, -90, 0)))

    ground = seen.ground_m.astype(float) + seen.origin_m
    bottom = (np.hypot(ground[..., 0] - 2, ground[..., 1] - 1) < 2.5) & (seen.number == 1)
    assert bottom.sum() > 200
    for x, y, z in ground[bottom][::40]:
        assert z == pytest.approx(LAND.height_at(x, y) - 1.2, abs=0.03)


def test_above_the_horizon_there_is_sky(renderer):
    taken = shot((0.0, 0.0, LAND.height_at(0, 0) + 60), (30, 0, 0))
    seen = renderer.render(moment(LAND), taken)

    up = (lens_rays(LENS) @ taken.rotation[0].T)[..., 2] > 0.02
    assert np.isinf(seen.depth_m[up]).all()
    assert np.isnan(seen.ground_m[up]).all()
    assert (seen.number[up] == 0).all()
    assert not seen.shadow[up].any()
    assert (seen.radiance[up][:, 2] > seen.radiance[up][:, 0]).mean() > 0.9


def test_a_mover_is_where_it_is_at_its_row(renderer):
    """Rows that are read out later see it farther on."""
    flat, lens = Field(relief=0.0), lens_of((320, 240), 270.0)
    block = Placed("m", Box(4.0, 4.0, 0.2), 0.0, 0.0, velocity_mps=(20.0, 0.0))
    taken = rolling((0.0, 0.0, flat.base_m + 40), (0, -90, 0), (0, 0, 0), (0, 0, 0), readout_s=0.4, lens=lens)

    seen = renderer.render(moment(flat, movers=(block,)), taken)

    rows, columns = np.nonzero(seen.number == 1)
    for row in np.unique(rows)[2:-2]:
        run = 20.0 * taken.t_s[row]
        here = columns[rows == row]
        x = (here.mean() - 159.5) / 270.0 * 39.8
        assert x == pytest.approx(run, abs=0.12)
    assert len(np.unique(rows)) > 20


def test_the_unit_of_light_is_a_white_surface_square_to_the_noon_sun(renderer):
    flat = Field(relief=0.0)
    up = np.array([0.0, 0.0, 1.0])
    seen = renderer.render(moment(flat, sun=up), shot((0, 0, flat.base_m + 50.0), (0, -90, 0)))

    assert seen.radiance[120, 160] / 0.2 == pytest.approx([1.2, 1.19, 1.17], rel=0.08)  # sun and a fifth of sky


def test_a_camera_below_the_ground_is_told_so(renderer):
    with pytest.raises(GeometryError, match="above the ground"):
        renderer.render(moment(LAND, sun=NOON), shot((0.0, 0.0, LAND.height_at(0, 0) - 5), (0, -90, 0)))


@pytest.mark.parametrize("away_m", [300.0, 1500.0, 5500.0, 9000.0])
def test_a_long_lens_sees_from_afar_what_stands_where_it_looks(renderer, away_m):
    """The march along a ray takes growing steps: it leapt over the place and left it bare."""
    lens = lens_of((160, 120), 3.0 * away_m)
    eye = np.array([0.0, -0.77 * away_m, LAND.height_at(0, 0) + 0.64 * away_m])
    look_down = -np.degrees(np.arctan2(0.64, 0.77))
    box = Placed("box", Box(), 0.0, 0.0)

    seen = renderer.render(moment(LAND, placed=(box,)), shot(eye, (0, look_down, 0), lens))

    assert "box" in seen.thing_ids
