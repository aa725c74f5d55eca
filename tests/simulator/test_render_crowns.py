"""How light falls on crowns."""

import numpy as np
import pytest
from render_scenes import NOON, PLAIN, Box, Field, lens_of, moment, shot

from pipeline.simulator.render import scene_rays
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.sensor.lens_rays import lens_rays
from pipeline.simulator.things import tree
from pipeline.simulator.things.tree import Tree

SMALL = lens_of((160, 120), 200.0)


def seen_from_above(*standing, up=40.0):
    land = Field(relief=0.0, material=Material.SOIL, standing=standing)
    eye = shot((0.0, 0.0, land.base_m + up), (0, -90, 0), SMALL)
    return Renderer(lens_rays, PLAIN).render(moment(land, NOON), eye)


def light_of(seen, thing_id):
    number = seen.thing_ids.index(thing_id) + 1
    return seen.radiance[seen.number == number]


@pytest.mark.parametrize(("form", "off"), [("broad", 0.12), ("conifer", 0.28)])
def test_a_crown_is_as_bright_in_lumps_as_in_leaves(form, off, monkeypatch):
    crown = Placed("T", Tree(form, 10.0, 6.0), 0.0, 0.0)

    leaves = light_of(seen_from_above(crown), "T").mean()
    monkeypatch.setattr(tree, "LUMPS_FROM_M", 0.01)
    monkeypatch.setattr(scene_rays, "LUMPS_FROM_M", 0.01)
    lumps = light_of(seen_from_above(crown), "T").mean()

    assert lumps == pytest.approx(leaves, rel=off)


def shaded(above_m):
    """Light of foliage in the shadow of a mat of leaves so far above it, and in the sun."""
    low = np.array([0.8, 0.0, 0.6])
    bed = Placed("bed", Box(9.0, 9.0, 2.0, Material.LEAF), 0.0, 0.0)
    mat = Placed("mat", Box(2.0, 2.0, 0.4, Material.LEAF), above_m * 0.8 / 0.6 - 0.4, 0.0, lift_m=2.0 + above_m)
    land = Field(relief=0.0, material=Material.SOIL, standing=(bed, mat))
    seen = Renderer(lens_rays, PLAIN).render(
        moment(land, low), shot((0.0, 0.0, land.base_m + 40.0), (0, -90, 0), SMALL)
    )
    top = (seen.number == seen.thing_ids.index("bed") + 1) & (seen.depth_m < 38.5)
    bright = seen.radiance.mean(axis=2)
    return np.median(bright[top & seen.shadow]), np.median(bright[top & ~seen.shadow])


def test_light_comes_through_near_leaves_but_not_through_what_stands_far_off():
    near, sun = shaded(0.8)
    far, sun_too = shaded(9.0)

    assert sun == pytest.approx(sun_too, rel=0.02)
    assert 1.2 * far < near < 0.8 * sun
