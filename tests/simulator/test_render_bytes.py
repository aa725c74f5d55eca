"""A frame depends on itself alone: not on what was rendered before, nor on how many processors there are."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from render_scenes import CLEAR, Box, Disc, Field, lens_of, moment, rolling, shot

from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.mesh import Placed, Puff
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.sensor.lens_rays import lens_rays
from pipeline.simulator.things.tree import Tree

SMALL = lens_of((96, 72), 80.0)
LAND = Field(
    standing=tuple(Placed(f"t{k}", Tree(seed=k % 2), 7.0 * k - 20, 5.0 * (k % 4) - 8, 0.4 * k) for k in range(8))
)


def frames():
    """A few unlike frames: ground, things, pits, movers, smoke, clouds, rolling shutter, sky."""
    high = LAND.height_at(0, 0) + 45
    pit = Disc("pit", 3.0, 2.0, 2.0, 1.0)
    car = Placed("car", Box(4, 2, 1.5), 5.0, -4.0, 0.3, velocity_mps=(9.0, 3.0))
    puff = Puff(np.array([4.0, 6.0, LAND.height_at(4, 6) + 3]), 3.0, 1.2)
    windy = Weather(cloud_cover=0.5, wind_mps=6.0, wetness=0.6)
    yield (
        moment(LAND, dug=(pit,), movers=(car,), puffs=(puff,), weather=windy, t_s=3.0),
        rolling((0, -5, high), (10, -75, 0), (8, 0, 0), (5, 0, 0), lens=SMALL),
    )
    hut = Placed("hut", Box(), 8.0, 8.0)
    yield moment(LAND, weather=CLEAR, placed=(hut,)), shot((30.0, 20.0, high), (250, -25, 0), SMALL)


def digest(seen):
    """Of everything in a frame."""
    whole = hashlib.sha256(repr(seen.thing_ids).encode())
    for array in (seen.radiance, seen.number, seen.depth_m, seen.ground_m, seen.origin_m, seen.shadow):
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def test_the_same_bytes_whatever_was_rendered_before():
    listed = list(frames())
    fresh = [digest(Renderer(lens_rays).render(*frame)) for frame in listed]

    used = Renderer(lens_rays, keep_tiles=48)  # so few that tiles go and come back elsewhere
    backwards = [digest(used.render(*frame)) for frame in (*listed[::-1], *listed)]

    assert backwards[:2] == fresh[::-1]
    assert backwards[2:] == fresh
    assert len(set(fresh)) == 2


def test_the_same_bytes_on_one_processor():
    """Embree builds its trees with as many threads as it is allowed."""
    here = Path(__file__).parent
    code = (
        "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); import cv2; cv2.setNumThreads(1);"
        "from test_render_bytes import *; f = next(frames()); print(digest(Renderer(lens_rays).render(*f)))"
    )
    path = os.pathsep.join([str(here), str(here.parents[1])])
    env = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    alone = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)

    assert alone.stdout.strip() == digest(Renderer(lens_rays).render(*next(frames())))
