"""A plain land to set events on: one curved road, one house, one shed, a slope."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.scene.ground import Ground
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.things.house import House
from pipeline.simulator.things.shelters import Shed

BEND = 0.004
GRASS = (0.12, 0.13, 0.05)
HOUSE = Placed("land-house", House(seed=4), 30.0, 10.0, 0.3)
SHED = Placed("land-shed", Shed(), -20.0, -25.0, 1.0)


@dataclass(frozen=True)
class Bow:
    """An arc from (-200, -60), turning left."""

    road_id: str = "bow"
    kind: str = "gravel"
    width_m: float = 6.0
    length_m: float = 400.0

    def at(self, along_m, left_m=0.0):
        turn = BEND * along_m
        x, y = -200 + np.sin(turn) / BEND, -60 + (1 - np.cos(turn)) / BEND
        return float(x - left_m * np.sin(turn)), float(y + left_m * np.cos(turn)), float(turn)


class PlainLand:
    roads = (Bow(),)

    def terrain(self, x_m, y_m):
        return (100 + 0.05 * x_m[None, :] + 0 * y_m[:, None]).astype(np.float32)

    def ground(self, x_m, y_m):
        shape = (len(y_m), len(x_m))
        return Ground(np.full((*shape, 3), GRASS, np.float32), np.zeros(shape, np.float32), np.ones(shape, np.uint8))

    def things(self, extent, detail_m):
        return tuple(t for t in (HOUSE, SHED) if extent.touches(t.x_m, t.y_m, 0.0))
