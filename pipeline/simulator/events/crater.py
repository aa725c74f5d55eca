"""Craters of explosions."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.events.covering import Cover, Window, covered, edge, spread, texture, tone, window
from pipeline.simulator.events.round import BARE_RGB, CORNERS, around, wavy
from pipeline.simulator.scene.ground import Axis, Float32, Ground
from pipeline.simulator.scene.material import Material


@dataclass(frozen=True)
class Crater:
    """A bowl with a raised rim and earth thrown around it.

    Its outline is the edge of the closed blanket of thrown earth; single rays and clods are outside.

    Attributes:
        thing_id: Unique in its world.
        x_m, y_m: Its middle.
        diameter_m: From rim to rim.
        depth_m: Of the bowl below the ground.
        age_days: Since it fell; soot and dampness fade.
        seed: Which shape.
    """

    thing_id: str
    x_m: float
    y_m: float
    diameter_m: float
    depth_m: float
    age_days: float = 0.0
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "crater"

    @property
    def reach_m(self) -> float:
        """End of the longest rays."""
        return 2.6 * self.diameter_m

    @cached_property
    def outline_m(self) -> Float:
        """Edge of the blanket."""
        turn = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        return around(self.x_m, self.y_m, self._blanket(turn))

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """A bowl, a rim of a sixteenth of the diameter, thrown earth that thins out with the third power."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return np.zeros((len(y_m), len(x_m)), np.float32)
        far, turn = self._polar(part)
        rough = texture(self.seed, part, ((0.9, 0.11), (0.37, 0.10), (0.15, 0.09)))
        share = far / self._rim(turn) * (1 + 0.12 * rough)
        bowl = -self.depth_m * np.clip(1 - share**2, 0, 1) ** 0.8
        rim = (
            self.diameter_m
            / 16
            * np.where(share < 1, np.exp(-(((share - 1) / 0.16) ** 2)), np.maximum(share, 1) ** -3.0)
        )
        rim = rim * np.clip((2.6 - share) / 1.2, 0, 1) * (1 + 1.2 * rough)
        return spread((bowl + rim).astype(np.float32), part, (len(y_m), len(x_m)))

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """Sooty bowl, fresh subsoil around, rays and clods."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return ground
        far, turn = self._polar(part)
        rough = texture(self.seed, part, ((0.9, 0.11), (0.37, 0.11), (0.15, 0.11), (0.07, 0.09)))
        clods = texture(self.seed + 3, part, ((0.9, 0.25), (0.3, 0.4), (0.13, 0.5)))
        fresh = float(np.exp(-self.age_days / 6.0))
        rays = np.clip(wavy(self.seed + 1, turn, ((11, 0.5), (17, 0.5), (29, 0.4))) - 0.15, 0, 1)
        length = self._blanket(turn) * (1 + 0.75 * rays)
        thrown = edge(self._blanket(turn) - far + 0.10 * self.diameter_m * rough * 3, part, 0.10 * self.diameter_m)
        streaks = np.clip(1.6 * (1 - far / length) + 0.5 * clods, 0, 1) * np.clip(rays * 6, 0, 1)
        specks = np.clip((clods - 0.85 - 0.5 * (far / self._blanket(turn) - 1)) * 3, 0, 1)
        specks = specks * np.clip((self.reach_m - far) / self.diameter_m, 0, 1)
        soil = tone(BARE_RGB, 0.82 + 0.18 * (1 - fresh) + 1.1 * rough)
        soot = np.clip(1.25 - far / (0.62 * self.diameter_m), 0, 1) * (0.45 + 0.5 * fresh)
        black = tone((0.05, 0.043, 0.036), 1 + 0.9 * rough)
        halo = (0.35 * fresh * np.clip(1.6 - far / self.diameter_m + 0.4 * clods, 0, 1)).astype(np.float32)
        layers = (
            Cover(halo, tone((0.09, 0.078, 0.06), 1 + rough), 0.02 * rough, Material.SOIL),
            Cover(np.maximum(0.75 * streaks, specks).astype(np.float32), soil, 0.12 * rough, Material.SOIL),
            Cover(thrown, soil, 0.18 * rough, Material.SOIL),
            Cover(soot.astype(np.float32), black, 0.10 * rough, Material.SOIL),
        )
        return covered(ground, part, layers)

    def _polar(self, part: Window) -> tuple[Float, Float]:
        x, y = part.grid()
        return np.hypot(x - self.x_m, y - self.y_m), np.arctan2(y - self.y_m, x - self.x_m)

    def _rim(self, turn: Float) -> Float:
        return self.diameter_m / 2 * (1 + wavy(self.seed, turn, ((2, 0.04), (3, 0.035), (5, 0.02))))

    def _blanket(self, turn: Float) -> Float:
        return self.diameter_m / 2 * (1.6 + wavy(self.seed + 2, turn, ((2, 0.13), (3, 0.12), (5, 0.10), (8, 0.08))))
