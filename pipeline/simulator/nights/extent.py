"""Which ground the sorties of a description look at."""

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.nights.flown import FlownSortie, fly
from pipeline.simulator.nights.sorties import Sorties
from pipeline.simulator.nights.world import World
from pipeline.simulator.scene.mesh import Extent
from pipeline.simulator.sensor.lens_rays import rays_of
from pipeline.simulator.sensor.shoot import rotations

FARTHEST_M = 2500.0
"""An oblique picture reaches to the horizon; no more ground than this is surveyed beyond the camera."""
_LOOKS = 40
_LOWEST_SLOPE = 0.05


def flown_extent(world: World, margin_m: float) -> Extent:
    """The ground that all sorties together see, from one flight of each template; with a margin."""
    sorties, first = Sorties(world.night), 0
    boxes: list[Float] = []
    for template in world.night.templates:
        seen = seen_box(world, fly(world, sorties[first]))
        shifts = np.array([sorties[first + number].shift_m for number in range(template.a_night)])
        base = shifts - shifts[0]
        boxes.append(np.concatenate([seen[:2] + base.min(axis=0), seen[2:] + base.max(axis=0)]))
        first += template.a_night * len(template.nights)
    all_boxes = np.array(boxes)
    west, south = all_boxes[:, :2].min(axis=0) - margin_m
    east, north = all_boxes[:, 2:].max(axis=0) + margin_m
    return Extent(float(west), float(south), float(east), float(north))


def seen_box(world: World, flown: FlownSortie) -> Float:
    """``(4,)`` west, south, east, north of what a flight sees on level ground, and of its way."""
    picks = np.linspace(0, len(flown.times_s) - 1, min(_LOOKS, len(flown.times_s))).round().astype(int)
    states = flown.path.at(flown.times_s[picks])
    wide, high = flown.lens.size_px
    corners = np.array([[0, 0], [wide - 1, 0], [0, high - 1], [wide - 1, high - 1]], np.float64)
    places = [states.eye_m[:, :2]]
    for eye, turn, zoom in zip(states.eye_m, rotations(states, world.site.convergence_rad), states.zoom, strict=True):
        rays = rays_of(corners, flown.lens.zoomed(float(zoom))) @ turn.T
        rays = rays[np.isfinite(rays).all(axis=1)]
        level = np.hypot(rays[:, 0], rays[:, 1])
        slope = np.maximum(-rays[:, 2], _LOWEST_SLOPE * level + 1e-9)
        reach = np.minimum(max(float(eye[2] - flown.centre_m[2]), 1.0) / slope * level, FARTHEST_M)
        places.append(eye[:2] + rays[:, :2] / np.maximum(level, 1e-9)[:, None] * reach[:, None])
    every = np.concatenate(places)
    return np.concatenate([every.min(axis=0), every.max(axis=0)])
