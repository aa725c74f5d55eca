"""Craters, burns, worn earth and puddles: what is round, more or less."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.events.covering import Cover, Window, covered, edge, spread, texture, tone, window
from pipeline.simulator.scene.ground import Axis, Float32, Ground
from pipeline.simulator.scene.material import Material

Rgb = tuple[float, float, float]
CORNERS = 72
BARE_RGB: Rgb = (0.285, 0.225, 0.150)


def wavy(seed: int, turn: Float, waves: tuple[tuple[int, float], ...]) -> Float:
    """A closed line's deviation from a circle at angles: a sum of waves of stated numbers and heights."""
    rng = np.random.default_rng([seed, 911])
    phases = rng.uniform(0, 2 * np.pi, len(waves))
    total = np.zeros_like(turn)
    for (number, height), phase in zip(waves, phases, strict=True):
        total = total + height * np.cos(number * turn + phase)
    return total


def _round(x_m: float, y_m: float, radius: Float) -> Float:
    turn = np.linspace(0, 2 * np.pi, len(radius), endpoint=False)
    return np.column_stack([x_m + radius * np.cos(turn), y_m + radius * np.sin(turn)])


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
        return _round(self.x_m, self.y_m, self._blanket(turn))

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
        return _round(self.x_m, self.y_m, self._radius(turn))

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
