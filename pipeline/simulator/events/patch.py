"""Worn earth, dust and puddles."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.events.covering import Cover, covered, edge, texture, tone, window
from pipeline.simulator.events.round import BARE_RGB, CORNERS, around, wavy
from pipeline.simulator.scene.ground import Axis, Float32, Ground
from pipeline.simulator.scene.material import Material


@dataclass(frozen=True)
class Patch:
    """Worn earth around a post, or a puddle.

    Attributes:
        thing_id: Unique in its world.
        x_m, y_m: Its middle.
        radius_m: Mean radius.
        form: ``worn``, ``puddle`` or ``rubble`` (dust and splinters).
        strength: How thoroughly it covers, 0 to 1.
        seed: Which shape.
    """

    thing_id: str
    x_m: float
    y_m: float
    radius_m: float
    form: Literal["worn", "puddle", "rubble"] = "worn"
    strength: float = 0.8
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "puddle" if self.form == "puddle" else "worn_earth"

    @property
    def reach_m(self) -> float:
        """Past its edge."""
        return 1.7 * self.radius_m + 1

    @cached_property
    def outline_m(self) -> Float:
        """Its edge."""
        turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        return around(self.x_m, self.y_m, self._radius(turn))

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """Nothing."""
        return np.zeros((len(y_m), len(x_m)), np.float32)

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """Trodden soil that thins towards its edge, or still water."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return ground
        x, y = part.grid()
        far, turn = np.hypot(x - self.x_m, y - self.y_m), np.arctan2(y - self.y_m, x - self.x_m)
        rough = texture(self.seed, part, ((1.3, 0.12), (0.5, 0.12), (0.2, 0.10), (0.08, 0.08)))
        inside = self._radius(turn) - far
        if self.form == "puddle":
            mud = Cover(
                edge(inside + 0.5 + 0.6 * rough, part, 0.5) * 0.8,
                tone((0.12, 0.095, 0.065), 1 + rough),
                0.02 * rough,
                Material.SOIL,
            )
            water = Cover(
                edge(inside + 0.3 * rough, part, 0.08),
                tone((0.05, 0.045, 0.035), 1 + 0 * rough),
                0 * rough,
                Material.WATER,
            )
            return covered(ground, part, (mud, water))
        soft = 0.5 * self.radius_m
        share = self.strength * edge(inside + 0.35 * self.radius_m * rough * 2, part, soft)
        rgb = BARE_RGB if self.form == "worn" else (0.235, 0.215, 0.185)
        return covered(ground, part, (Cover(share, tone(rgb, 1 + rough), 0.03 * rough, Material.SOIL),))

    def _radius(self, turn: Float) -> Float:
        return self.radius_m * (1 + wavy(self.seed, turn, ((2, 0.10), (3, 0.09), (5, 0.06), (7, 0.04))))
