"""Places made from a seed: the same whoever asks, level water, free roads, even means over levels of detail."""

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Extent
from pipeline.simulator.worlds.catalogue import BIOMES, SEASONS, WorldSettings, make_land

VIEW = Extent(-90.0, -90.0, 90.0, 90.0)


def axis(start_m: float, cell_m: float, count: int) -> np.ndarray:
    return start_m + (np.arange(count) + 0.5) * cell_m


@pytest.mark.parametrize("biome", BIOMES)
@pytest.mark.parametrize("season", SEASONS)
def test_every_place_has_a_plausible_ground_in_every_season(biome, season):
    land = make_land(WorldSettings(biome, 3, season, wetness=0.6))

    ground = land.ground(axis(-48, 1.5, 64), axis(-48, 1.5, 64))

    assert np.isfinite(ground.bumps_m).all()
    assert 0.01 <= ground.albedo.min() <= ground.albedo.max() <= 0.95
    assert set(np.unique(ground.material)) <= {int(m) for m in Material}
    assert np.isfinite(land.terrain(axis(-900, 30, 60), axis(-900, 30, 60))).all()


@pytest.mark.parametrize("biome", BIOMES)
@pytest.mark.parametrize("cell_m", [0.0625, 0.5])
def test_a_place_looks_the_same_from_any_tile(biome, cell_m):
    whole = make_land(WorldSettings(biome, 5)).ground(axis(0, cell_m, 96), axis(0, cell_m, 96))
    other = make_land(WorldSettings(biome, 5))
    other.ground(axis(500, cell_m, 8), axis(0, cell_m, 8))

    part = other.ground(axis(40 * cell_m, cell_m, 48), axis(32 * cell_m, cell_m, 48))

    away = np.abs(part.albedo - whole.albedo[32:80, 40:88])
    assert np.mean(away > 1e-3) < 2e-3  # float32 rounding moves single cells over a cover's edge
    assert np.mean(part.material != whole.material[32:80, 40:88]) < 2e-3


@pytest.mark.parametrize("biome", BIOMES)
def test_levels_of_detail_agree_in_the_mean(biome):
    land = make_land(WorldSettings(biome, 5))

    fine = land.ground(axis(-64, 0.25, 256), axis(-64, 0.25, 256)).albedo.mean(axis=(0, 1))
    coarse = land.ground(axis(-64, 0.5, 128), axis(-64, 0.5, 128)).albedo.mean(axis=(0, 1))

    assert coarse == pytest.approx(fine, rel=0.05)


@pytest.mark.parametrize("biome", BIOMES)
def test_things_stand_neither_on_roads_nor_in_water_and_whoever_asks_sees_the_same(biome):
    land = make_land(WorldSettings(biome, 4))
    whole = land.things(VIEW, 0.1)
    halves = make_land(WorldSettings(biome, 4))
    east = halves.things(Extent(0.0, -90.0, 90.0, 90.0), 0.1)
    west = halves.things(Extent(-90.0, -90.0, 0.0, 90.0), 0.1)

    assert len(whole) > 10
    assert sorted((*west, *east), key=lambda thing: thing.thing_id) == list(whole)
    assert len({thing.thing_id for thing in whole}) == len(whole)
    x, y = np.array([thing.x_m for thing in whole]), np.array([thing.y_m for thing in whole])
    for road in land.roads:
        line = np.array([road.at(s)[:2] for s in np.arange(0.0, road.length_m, 2.0)])
        line = line[np.hypot(line[:, 0], line[:, 1]) < 200]
        if len(line):
            away = np.hypot(x[:, None] - line[:, 0], y[:, None] - line[:, 1]).min(axis=1)
            assert away.min() > road.width_m / 2 - 0.1


@pytest.mark.parametrize("biome", BIOMES)
def test_roads_are_parametrised_by_their_length(biome):
    for road in make_land(WorldSettings(biome, 7)).roads:
        for along in np.linspace(0, road.length_m - 1, 23):
            (x0, y0, _), (x1, y1, _) = road.at(along), road.at(along + 1)
            assert np.hypot(x1 - x0, y1 - y0) == pytest.approx(1.0, rel=0.01)
        (x0, y0, _), (x1, y1, _) = road.at(-50.0), road.at(0.0)
        assert np.hypot(x1 - x0, y1 - y0) == pytest.approx(50.0, rel=1e-6)


@pytest.mark.parametrize("biome", ["river", "reservoir"])
def test_water_is_level(biome):
    land = make_land(WorldSettings(biome, 4))
    x, y = axis(-200, 4, 100), axis(-200, 4, 100)

    wet = land.ground(x, y).material == Material.WATER

    assert wet.sum() > 100
    inner = wet[1:-1, 1:-1] & wet[:-2, 1:-1] & wet[2:, 1:-1] & wet[1:-1, :-2] & wet[1:-1, 2:]
    assert np.ptp(land.terrain(x, y)[1:-1, 1:-1][inner]) < 0.02


@pytest.mark.parametrize("biome", ["river", "reservoir"])
def test_nothing_grows_in_water(biome):
    land = make_land(WorldSettings(biome, 4))
    cells = axis(-90, 0.5, 360)

    material = land.ground(cells, cells).material

    for thing in land.things(VIEW, 0.1):
        if thing.model.kind in ("tree", "bush", "boulder", "hay_bale"):
            column, row = int((thing.x_m + 90) / 0.5), int((thing.y_m + 90) / 0.5)
            assert material[row, column] != Material.WATER


def test_coarse_views_leave_out_small_things():
    land = make_land(WorldSettings("village", 4))

    near, far = land.things(VIEW, 0.1), land.things(VIEW, 6.0)

    assert {t.thing_id for t in far} < {t.thing_id for t in near}
    assert all(t.model.height_m * t.scale >= 0.6 * 6.0 for t in far)


def test_a_mountain_valley_has_hundreds_of_metres_of_relief():
    up = make_land(WorldSettings("mountain_valley", 4)).terrain(axis(-2500, 25, 200), axis(-2500, 25, 200))

    assert np.ptp(up) > 250


def test_unknown_names_are_answered_with_the_likely_one():
    with pytest.raises(ConfigError, match="did you mean 'steppe'"):
        WorldSettings(biome="stepe")
