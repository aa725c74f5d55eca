"""Light, air, smoke and warmth against what they are made of."""

import numpy as np
import pytest
from render_scenes import CLEAR, NOON, PLAIN, Box, Field, lens_of, moment, shot

from pipeline.errors import ConfigError
from pipeline.simulator.render import embree
from pipeline.simulator.render.look import Look
from pipeline.simulator.render.puffs import optical_depth
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Placed, Puff
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.sensor.lens_rays import lens_rays

SMALL = lens_of((120, 90), 100.0)
FLAT = Field(relief=0.0)
NIGHT = np.array([0.2, 0.3, -0.7])


@pytest.fixture(scope="module")
def renderer():
    return Renderer(lens_rays, PLAIN)


def above(up=40.0):
    return shot((0.0, 0.0, FLAT.base_m + up), (0, -90, 0), SMALL)


def test_smoke_is_as_thick_as_its_density_summed_along_the_ray():
    rng = np.random.default_rng(4)
    puff = Puff(np.array([3.0, -2.0, 20.0]), 2.5, 1.7)
    origin = rng.normal(0, 6, (20, 3)).astype(np.float32)
    ray = rng.normal(size=(20, 3))
    ray = (ray / np.linalg.norm(ray, axis=1, keepdims=True)).astype(np.float32)
    ray[:10] = puff.centre_m - origin[:10]
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    far = rng.uniform(5, 40, 20).astype(np.float32)

    found = optical_depth(puff, origin, ray, far, np.zeros(3))

    for k in range(20):
        s = np.linspace(0, far[k], 40_001)
        place = origin[k].astype(float) + s[:, None] * ray[k]
        density = np.exp(-((place - puff.centre_m) ** 2).sum(axis=1) / (2 * puff.sigma_m**2))
        summed = np.trapezoid(density, s) * puff.depth / (puff.sigma_m * np.sqrt(2 * np.pi))
        assert found[k] == pytest.approx(summed, abs=2e-4)


def test_smoke_dims_what_lies_behind_it(renderer):
    puff = Puff(np.array([0.0, 0.0, FLAT.base_m + 10]), 2.0, 3.0, colour=(0.0, 0.0, 0.0))
    without = renderer.render(moment(FLAT, sun=NIGHT), above())
    with_it = renderer.render(moment(FLAT, sun=NIGHT, puffs=(puff,)), above())

    ratio = with_it.radiance / without.radiance
    # by night the sky's light on the ground is not dimmed, only the moon's, which comes from aside
    assert ratio[45, 60] == pytest.approx(np.exp(-3.0), rel=0.15)
    assert ratio[2, 2] == pytest.approx(1.0, rel=0.05)


def test_warmth_turns_over_between_day_and_night(renderer):
    """Sheet metal and grass against concrete and water: warmest by day is coldest by night."""
    block = Placed("b", Box(8, 8, 0.5, Material.CONCRETE), 0.0, 0.0)
    lid = Placed("m", Box(8, 8, 0.5, Material.PAINT), 12.0, 0.0)

    def kelvin(sun):
        seen = renderer.render(moment(FLAT, sun=sun, placed=(block, lid)), above(), thermal=True)
        assert seen.radiance is None
        return [float(np.median(seen.kelvin[seen.number == k])) for k in (1, 2)]

    concrete_day, metal_day = kelvin(NOON)
    concrete_night, metal_night = kelvin(NIGHT)

    assert metal_day > concrete_day + 5
    assert metal_night < concrete_night - 3
    assert metal_day > metal_night + 15


def test_engines_and_embers_are_warm(renderer):
    cold = Placed("c", Box(4, 4, 1, Material.ENGINE), -6.0, 0.0)
    warm = Placed("w", Box(4, 4, 1, Material.ENGINE), 6.0, 0.0, warm=1.0)
    fire = Placed("e", Box(2, 2, 1, Material.EMBER), 0.0, 6.0)
    seen = renderer.render(moment(FLAT, sun=NIGHT, placed=(cold, warm, fire)), above(), thermal=True)

    c, e, w = (float(np.median(seen.kelvin[seen.number == 1 + seen.thing_ids.index(k)])) for k in "cew")
    assert w > c + 30
    assert e > w + 100


def test_haze_takes_contrast_as_visibility_says(renderer):
    """Over the meteorological range 2 % are left; haze thins out with height, which hardly matters here."""
    level = shot((0.0, 0.0, FLAT.base_m + 12.0), (0, 0.0, 0), SMALL)
    walls = tuple(
        Placed(f"w{k}", Box(4.0, 60.0, 30.0, white=white), 60.0 * k - 30, 300.0, np.pi / 2)
        for k, white in enumerate((0.1, 0.8))
    )

    def contrast(visibility):
        weather = Weather(visibility_m=visibility, wind_mps=0.0)
        seen = renderer.render(moment(FLAT, weather=weather, placed=walls), level)
        dark, bright = (np.median(seen.radiance[seen.number == k], axis=0) for k in (1, 2))
        return float((bright - dark).mean())

    assert contrast(1000.0) / contrast(1e7) == pytest.approx(np.exp(-3.912 * 0.298), rel=0.08)


def test_overcast_has_no_shadow_but_the_mask_keeps_it(renderer):
    block = Placed("b", Box(2, 2, 6), 0.0, 0.0)
    seen = renderer.render(moment(FLAT, weather=Weather(cloud_cover=1.0), placed=(block,)), above())

    dark = seen.shadow & (seen.number == 0)
    light = ~seen.shadow & (seen.number == 0)
    assert dark.sum() > 30
    assert seen.radiance[dark].mean() == pytest.approx(seen.radiance[light].mean(), rel=0.03)


def test_wet_ground_is_darker(renderer):
    dry = renderer.render(moment(FLAT, weather=CLEAR), above())
    wet = renderer.render(moment(FLAT, weather=Weather(visibility_m=1e7, wetness=0.2)), above())

    assert 0.8 < wet.radiance.mean() / dry.radiance.mean() < 0.95


def test_grass_seen_from_elsewhere_shows_other_blades():
    """The fine pattern stays for the same direction, and is another one a few degrees on."""
    grass = Field(relief=0.0, material=Material.GRASS)
    renderer = Renderer(lens_rays, Look(blades=0.5))

    def pattern(east, t_s=0.0):
        pitch = -90.0
        seen = renderer.render(
            moment(grass, weather=CLEAR, t_s=t_s), shot((east, 0.0, grass.base_m + 20.0), (0, pitch, 0), SMALL)
        )
        columns = np.round(59.5 + (np.arange(-4.0, 4.0, 0.2) - east) / 20.0 * 100).astype(int)
        return seen.radiance[20:70, columns, 1]

    still, near, far = pattern(0.0), pattern(0.2), pattern(6.0)
    agree = [np.corrcoef(still.ravel(), other.ravel())[0, 1] for other in (near, far)]
    assert agree[0] > 0.8
    assert agree[1] < 0.35
    assert still.std() / still.mean() > 0.05


def test_a_lamp_lights_the_ground_by_night(renderer):
    class Lamp(Box):
        def mesh(self, detail_m):
            mesh = super().mesh(detail_m)
            glow = np.full((len(mesh.triangles), 3), 0.5, np.float32)
            return type(mesh)(mesh.vertices_m, mesh.triangles, mesh.colour, mesh.material, glow)

    lamp = Placed("l", Lamp(1.6, 1.6, 1.0, Material.LAMP), 0.0, 0.0)
    seen = renderer.render(moment(FLAT, sun=NIGHT, placed=(lamp,)), above())
    bright = seen.radiance.mean(axis=2)

    assert bright[45, 60] > 0.3
    assert bright[45, 70] > 30 * bright[2, 2]


def test_missing_embree_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "embreex", None)
    with pytest.raises(ConfigError, match=r"trucewatch\[simulator\]"):
        embree.Tracer([])
