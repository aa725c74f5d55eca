"""Ground blackened by fire."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.events.covering import Cover, covered, edge, texture, tone, window
from pipeline.simulator.events.round import CORNERS, wavy
from pipeline.simulator.scene.ground import Axis, Float32, Ground
from pipeline.simulator.scene.material import Material


@dataclass(frozen=True)
class BurnScar:
    """Ground blackened by fire.

    Its outline is the fire's edge; unburnt islands within are not taken out of it.

    Attributes:
        thing_id: Unique in its world.
        x_m, y_m: Its middle.
        radius_m: Mean radius.
        stretch: Length over width, along `azimuth_rad`.
        azimuth_rad: Which way the fire ran.
        age_days: Since it burnt; rain and growth take it back over weeks.
        seed: Which shape.
    """

    thing_id: str
    x_m: float
    y_m: float
    radius_m: float
    stretch: float = 1.4
    azimuth_rad: float = 0.0
    age_days: float = 0.0
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "burn"

    @property
    def reach_m(self) -> float:
        """Longest tongue."""
        return 1.75 * self.radius_m * float(np.sqrt(self.stretch)) + 1

    @cached_property
    def outline_m(self) -> Float:
        """The fire's edge."""
        turn = np.linspace(0, 2 * np.pi, 2 * CORNERS, endpoint=False)
        radius = self.radius_m * (1 + self._tongues(turn))
        u = radius * np.cos(turn) * self.stretch**0.5
        v = radius * np.sin(turn) / self.stretch**0.5
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        return np.column_stack([self.x_m + u * c - v * s, self.y_m + u * s + v * c])

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """Nothing."""
        return np.zeros((len(y_m), len(x_m)), np.float32)

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """Char with grey ash, a scorched border, tufts and islands that did not burn."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return ground
        x, y = part.grid()
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        u = ((x - self.x_m) * c + (y - self.y_m) * s) / self.stretch**0.5
        v = (-(x - self.x_m) * s + (y - self.y_m) * c) * self.stretch**0.5
        inside = self.radius_m * (1 + self._tongues(np.arctan2(v, u))) - np.hypot(u, v)
        tufts = texture(self.seed + 3, part, ((1.1, 0.4), (0.5, 0.5), (0.22, 0.45), (0.1, 0.35)))
        grain = min(1.0, self.radius_m / 16.0)  # a small fire leaves small islands
        patches = texture(self.seed + 5, part, ((7.0 * grain, 0.6), (3.1 * grain, 0.5), (1.4 * grain, 0.35)))
        fringe = texture(self.seed + 9, part, ((2.3, 0.5), (0.9, 0.4), (0.35, 0.3)))
        fade = 0.25 + 0.75 * float(np.exp(-self.age_days / 25.0))
        burnt = edge(inside + 0.7 * fringe, part, 0.35) * np.clip(1.15 + 0.35 * tufts, 0.2, 1)
        islands = np.clip((patches - 1.35) * 3, 0, 1) * (inside > 1.0)
        scorched = edge(inside + 1.4 + 0.9 * fringe, part, 1.6) * 0.6
        ash = np.clip(1.1 * patches + 0.5 * tufts - 0.7, 0, 1) * 0.75 * float(np.exp(-self.age_days / 4.0))
        black, grey = np.array((0.028, 0.026, 0.024)), np.array((0.17, 0.166, 0.162))
        colour = (black + ash[..., None] * (grey - black)) * (1 + 0.35 * tufts)[..., None]
        layers = (
            Cover(
                (fade * scorched).astype(np.float32),
                tone((0.20, 0.145, 0.075), 1 + 0.25 * tufts),
                0.02 * tufts,
                Material.STUBBLE,
            ),
            Cover(
                (fade * burnt * (1 - 0.9 * islands)).astype(np.float32),
                colour.astype(np.float32),
                0.02 * tufts,
                Material.ASH,
            ),
        )
        return covered(ground, part, layers)

    def _tongues(self, turn: Float) -> Float:
        waves = ((2, 0.10), (3, 0.12), (5, 0.09), (9, 0.06), (14, 0.045), (23, 0.03))
        return np.clip(wavy(self.seed, turn, waves), -0.5, 0.6)
