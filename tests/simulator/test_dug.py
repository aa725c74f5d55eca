"""What is dug: volumes, edges and colours against numbers computed otherwise."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from shapely import contains_xy
from shapely.geometry import LineString, Polygon

from pipeline.simulator.events.burn import BurnScar
from pipeline.simulator.events.crater import Crater
from pipeline.simulator.events.earthwork import Berm, Trench
from pipeline.simulator.events.field import Field, Tracks
from pipeline.simulator.events.patch import Patch
from pipeline.simulator.events.polyline import length_of, part_of, zigzag
from pipeline.simulator.scene.material import Material

_found = importlib.util.spec_from_file_location("event_land", Path(__file__).with_name("event_land.py"))
assert _found is not None and _found.loader is not None
event_land = importlib.util.module_from_spec(_found)
_found.loader.exec_module(event_land)

LAND = event_land.PlainLand()
LINE = zigzag((0.0, 0.0), 0.3, 40.0, 0.5, 3)
AGES = ((40.0, 1.0),)
DUG = [
    Trench("t", LINE, 1.3, 1.5, "both", AGES),
    Trench("l", ((0.0, 0.0), (20.0, 5.0)), 1.3, 1.5, "left", AGES),
    Trench("f", LINE, 1.3, 1.5, "both", AGES, filled=True),
    Berm("b", ((0.0, 0.0), (18.0, -4.0)), 1.8),
    Crater("c", 2.0, 1.0, 4.0, 1.0),
    Crater("c2", 2.0, 1.0, 11.0, 2.6, 3.0, 7),
    BurnScar("s", -3.0, 2.0, 9.0, 1.5, 0.6),
    Patch("w", 0.0, 0.0, 4.0),
    Patch("p", 0.0, 0.0, 3.0, "puddle"),
    Field("h", (-10.0, -8.0), 0.5, 25.0, 20.0, 12.0, "harvest"),
    Field("pl", (-10.0, -8.0), 0.5, 25.0, 20.0, 12.0, "ploughing"),
    Field("m", (-10.0, -8.0), 0.5, 25.0, 20.0, 12.0, "mowing"),
    Tracks("k", ((0.0, 0.0), (8.0, 1.0), (16.0, 4.0))),
]


def axes(dug, cell=0.1, margin=1.0):
    reach = dug.reach_m + margin
    return (
        np.arange(dug.x_m - reach, dug.x_m + reach, cell),
        np.arange(dug.y_m - reach, dug.y_m + reach, cell),
    )


@pytest.mark.parametrize("dug", DUG, ids=lambda d: d.thing_id)
def test_nothing_reaches_beyond_its_reach(dug):
    x, y = axes(dug, 0.15)
    ground = LAND.ground(x, y)
    painted, rise = dug.paint(ground, x, y), dug.rise(x, y)
    far = np.hypot(*np.meshgrid(x - dug.x_m, y - dug.y_m)) > 1.42 * dug.reach_m

    assert not rise[far].any()
    assert (painted.albedo[far] == ground.albedo[far]).all()
    assert np.isfinite(rise).all()
    assert painted.albedo.min() > 0
    assert painted.albedo.max() < 1
    assert np.hypot(*(dug.outline_m - [dug.x_m, dug.y_m]).T).max() <= dug.reach_m
    assert (ground.albedo == np.float32(event_land.GRASS)).all()  # the land's own tile is untouched


@pytest.mark.parametrize("dug", DUG, ids=lambda d: d.thing_id)
def test_what_looks_changed_is_what_the_outline_says(dug):
    x, y = axes(dug, 0.1)
    ground = LAND.ground(x, y)
    change = np.abs(dug.paint(ground, x, y).albedo - ground.albedo).max(axis=2)
    inside = contains_xy(Polygon(dug.outline_m), *np.meshgrid(x, y))
    share = ((change > 0.02) & inside).sum() / inside.sum()
    spilt = ((change > 0.03) & ~inside).sum() / inside.sum()

    assert share > (0.2 if dug.thing_id in ("k",) else 0.6)
    assert spilt < 0.75 if isinstance(dug, Trench | Berm | Crater | Patch) else spilt < 0.35
    if dug.thing_id in ("s", "h", "pl"):
        assert share > 0.9


@pytest.mark.parametrize("dug", DUG, ids=lambda d: d.thing_id)
def test_tiles_agree_where_they_meet(dug):
    """A place looks the same whichever tile it was rendered in."""
    x, y = axes(dug, 0.2)
    half = len(x) // 2
    whole = dug.paint(LAND.ground(x, y), x, y)
    left = dug.paint(LAND.ground(x[:half], y), x[:half], y)

    assert left.albedo == pytest.approx(whole.albedo[:, :half], abs=2e-4)
    assert dug.rise(x[:half], y) == pytest.approx(dug.rise(x, y)[:, :half], abs=2e-3)


@pytest.mark.parametrize("dug", DUG, ids=lambda d: d.thing_id)
def test_coarse_tiles_are_averages_of_fine_ones(dug):
    x, y = axes(dug, 0.1)
    x, y = x[: len(x) // 5 * 5], y[: len(y) // 5 * 5]
    xc, yc = x.reshape(-1, 5).mean(axis=1), y.reshape(-1, 5).mean(axis=1)
    fine = dug.paint(LAND.ground(x, y), x, y).albedo.reshape(len(yc), 5, len(xc), 5, 3).mean(axis=(1, 3))
    coarse = dug.paint(LAND.ground(xc, yc), xc, yc).albedo

    assert np.abs(fine - coarse).mean() < 0.02
    assert coarse.mean() == pytest.approx(fine.mean(), rel=0.05)


@pytest.mark.parametrize("spoil", ["left", "right", "both"])
@pytest.mark.parametrize("depth_m", [0.9, 1.6])
def test_spoil_is_what_came_out_loosened_by_a_fifth(spoil, depth_m):
    trench = Trench("t", LINE, 1.2, depth_m, spoil, AGES, seed=11)
    x, y = axes(trench, 0.05)
    rise = trench.rise(x, y)
    dug_m3, heaped_m3 = -rise[rise < 0].sum() * 0.05**2, rise[rise > 0].sum() * 0.05**2

    assert dug_m3 == pytest.approx(40.0 * depth_m * 1.2 * 0.81, rel=0.1)
    assert heaped_m3 / dug_m3 == pytest.approx(1.2, rel=0.2)
    assert -rise.min() == pytest.approx(depth_m, rel=0.15)


def test_the_outline_of_a_trench_is_foot_to_foot():
    trench = Trench("t", ((0.0, 0.0), (30.0, 0.0)), 1.2, 1.5, "left", AGES)
    foot = trench.heap_m[0]

    assert Polygon(trench.outline_m).area == pytest.approx(30 * (1.2 + 0.35 + foot), rel=1e-3)
    assert trench.outline_m[:, 1].max() == pytest.approx(0.6 + 0.35 + foot)
    assert trench.outline_m[:, 1].min() == pytest.approx(-0.6)


def test_fresh_soil_is_darker_than_dry():
    old, new = (Trench("t", LINE, 1.2, 1.4, "both", ((40.0, age),)) for age in (6.0, 0.0))
    x, y = axes(old)
    looks = [
        t.paint(LAND.ground(x, y), x, y).albedo[contains_xy(Polygon(t.outline_m), *np.meshgrid(x, y))]
        for t in (old, new)
    ]

    assert looks[1].mean() < 0.85 * looks[0].mean()


def test_growing_a_trench_leaves_what_was_dug_before():
    short = Trench("t", part_of(LINE, 0, 20), 1.2, 1.4, "both", ((20.0, 1.0),))
    long = Trench("t", part_of(LINE, 0, 30), 1.2, 1.4, "both", ((20.0, 1.0), (30.0, 0.0)))
    x, y = axes(long)
    near = LineString(part_of(LINE, 0, 16)).buffer(1.0)
    same = contains_xy(near, *np.meshgrid(x, y))

    assert long.rise(x, y)[same] == pytest.approx(short.rise(x, y)[same], abs=1e-4)


@pytest.mark.parametrize("diameter_m", [1.0, 4.0, 12.0])
def test_a_crater_is_as_wide_and_deep_as_stated(diameter_m):
    crater = Crater("c", 5.0, -3.0, diameter_m, 0.25 * diameter_m, seed=2)
    cell = diameter_m / 80
    x, y = axes(crater, cell)
    rise = crater.rise(x, y)
    far = np.hypot(*np.meshgrid(x - 5.0, y + 3.0))
    rings = np.linspace(0, diameter_m, 41)
    profile = [rise[(far >= a) & (far < b)].mean() for a, b in pairwise(rings)]
    rim = rings[int(np.argmax(profile))] + (rings[1] - rings[0]) / 2

    assert -rise.min() == pytest.approx(0.25 * diameter_m, rel=0.15)
    assert 2 * rim == pytest.approx(diameter_m, rel=0.15)
    assert 0.03 < max(profile) / diameter_m < 0.09


def test_materials_follow_what_lies_there():
    x, y = np.arange(-6, 6, 0.1), np.arange(-6, 6, 0.1)
    puddle = Patch("p", 0.0, 0.0, 3.0, "puddle").paint(LAND.ground(x, y), x, y).material
    burnt = BurnScar("b", 0.0, 0.0, 4.0).paint(LAND.ground(x, y), x, y).material

    assert puddle[60, 60] == Material.WATER
    assert (burnt[50:70, 50:70] == Material.ASH).mean() > 0.6
    assert puddle[0, 0] == burnt[0, 0] == Material.GRASS


def test_burns_fade_with_the_weeks():
    x, y = np.arange(-8, 8, 0.2), np.arange(-8, 8, 0.2)
    change = [
        np.abs(
            BurnScar("b", 0.0, 0.0, 4.0, age_days=age).paint(LAND.ground(x, y), x, y).albedo - event_land.GRASS
        ).mean()
        for age in (0.0, 20.0, 90.0)
    ]

    assert change[0] > 1.4 * change[1] > 1.6 * change[2] > 0


def test_zigzags_are_as_long_as_asked_and_turn():
    line = zigzag((1.0, 2.0), 0.7, 75.0, 0.5, 9)
    legs = np.diff(np.array(line), axis=0)
    turns = np.arctan2(legs[:, 1], legs[:, 0]) - 0.7

    assert length_of(line) == pytest.approx(75.0)
    assert (np.sign(turns[1:]) == -np.sign(turns[:-1])).all()
    assert np.abs(turns).max() <= 0.5 + 1e-9


def test_a_field_is_worked_up_to_where_it_is_done():
    field = Field("f", (0.0, 0.0), 0.0, 30.0, 20.0, 8.0, "ploughing")
    x, y = np.arange(-1, 31, 0.1), np.arange(-1, 21, 0.1)
    changed = np.abs(field.paint(LAND.ground(x, y), x, y).albedo - event_land.GRASS).max(axis=2) > 0.02

    assert Polygon(field.outline_m).area == pytest.approx(240.0)
    assert changed.sum() * 0.01 == pytest.approx(240.0, rel=0.12)
