"""Trenches and berms."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.events.covering import Cover, Window, covered, edge, spread, texture, tone, window
from pipeline.simulator.events.polyline import Nearness, Points, band, length_of, nearness
from pipeline.simulator.scene.ground import Axis, Float32, Ground
from pipeline.simulator.scene.material import Material

Side = Literal["left", "right", "both", "none"]
Rgb = tuple[float, float, float]

BULKING = 1.2  # loosened soil takes more room than it did in the ground
REPOSE = 0.32  # height of a heap over its foot, at 33° of repose and a rounded top
FLOOR = 0.62  # width of a trench's floor over that of its mouth
BANK_M = 0.35  # between the mouth and the heap
DRIES_DAYS = 1.6
DRY_RGB: Rgb = (0.335, 0.265, 0.180)
FRESH_RGB: Rgb = (0.200, 0.146, 0.092)
CLODS = ((1.9, 0.10), (0.75, 0.10), (0.31, 0.08), (0.13, 0.07), (0.06, 0.06))
LUMPS = ((4.3, 0.16), (1.9, 0.17), (0.75, 0.11), (0.31, 0.06), (0.13, 0.035))
WANDERS = ((3.1, 0.16), (1.3, 0.12), (0.5, 0.05))
Sections = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Trench:
    """A ditch along a line and the soil thrown out of it.

    Its outline goes from foot to foot of what was dug and heaped; scattered clods and trodden grass are outside.

    Attributes:
        thing_id: Unique in its world.
        points_m: Its middle line.
        width_m: Of the mouth.
        depth_m: Below the ground.
        spoil: Where the soil lies, seen along the line.
        sections: Up to where along the line it is how old: ``(along_m, age_days)``, ascending.
        filled: Whether it has been filled in again: a low band of raw soil.
        dry_rgb: Of the soil when dry; fresh soil is darker.
        seed: Which clods.
    """

    thing_id: str
    points_m: Points
    width_m: float
    depth_m: float
    spoil: Side
    sections: Sections
    filled: bool = False
    dry_rgb: Rgb = DRY_RGB
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "trench"

    @cached_property
    def x_m(self) -> float:
        """Middle of its bounds."""
        return float((self.outline_m[:, 0].min() + self.outline_m[:, 0].max()) / 2)

    @cached_property
    def y_m(self) -> float:
        """Middle of its bounds."""
        return float((self.outline_m[:, 1].min() + self.outline_m[:, 1].max()) / 2)

    @cached_property
    def reach_m(self) -> float:
        """Past the outermost clods."""
        return float(np.hypot(*(self.outline_m - [self.x_m, self.y_m]).T).max()) + 2.0

    @property
    def length_m(self) -> float:
        """Along the middle line."""
        return length_of(self.points_m)

    @property
    def ditch_m2(self) -> float:
        """Cross-section of the ditch."""
        return self.depth_m * self.width_m * (1 + FLOOR) / 2

    @property
    def heap_m(self) -> tuple[float, float]:
        """Foot and height of a heap of spoil; 0 where there is none."""
        sides = {"left": 1, "right": 1, "both": 2, "none": 0}[self.spoil]
        if sides == 0:
            return 0.0, 0.0
        foot = float(np.sqrt(1.5 * BULKING * self.ditch_m2 / sides / REPOSE))
        return foot, REPOSE * foot

    @cached_property
    def outline_m(self) -> Float:
        """Foot to foot."""
        half, heap = self.width_m / 2, self.heap_m[0] + BANK_M
        left = half + (heap if self.spoil in ("left", "both") else 0.0)
        right = half + (heap if self.spoil in ("right", "both") else 0.0)
        return band(self.points_m, left, right)

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """A trapezoid with battered walls, and rounded heaps whose soil is what came out, loosened."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return np.zeros((len(y_m), len(x_m)), np.float32)
        near = nearness(self.points_m, *part.grid())
        rough = texture(self.seed, part, CLODS)
        ends = edge(-near.past_m, part, 0.3)
        if self.filled:
            reach = self.width_m / 2 + self.heap_m[0] * 0.3
            mound = np.clip(1 - (near.aside_m / reach) ** 2, 0, 1) * (0.16 + 0.10 * rough)
            return spread((ends * mound).astype(np.float32), part, (len(y_m), len(x_m)))
        ditch = self._ditch(near, part, rough)
        lumps = texture(self.seed, part, LUMPS)
        heaped = self._heap(near, texture(self.seed + 11, part, WANDERS)) * np.clip(1 + lumps, 0.2, 2)
        heaped = heaped * (1 - np.clip(ditch * 4, 0, 1))
        floor = 1 + 0.06 * rough
        return spread((ends * (heaped - self.depth_m * ditch * floor)).astype(np.float32), part, (len(y_m), len(x_m)))

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """Trodden grass, clods, raw soil that dries from the top of the heaps, a damp dark ditch."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return ground
        near = nearness(self.points_m, *part.grid())
        rough = texture(self.seed, part, CLODS)
        blotches = texture(self.seed + 7, part, ((3.7, 0.5), (1.3, 0.4), (0.5, 0.35), (0.2, 0.3)))
        soil = self._soil(near, rough, blotches)
        outside = self._outside(near)
        trodden = 0.45 * np.clip(1.1 - outside / 1.6 + 0.5 * blotches, 0, 1) * edge(1.6 - near.past_m, part, 0.8)
        clods = (np.clip((blotches - 0.5 - outside / 1.1) * 2.5, 0, 1) * edge(0.8 - near.past_m, part, 0.5)).astype(
            np.float32
        )
        raw = edge(0.10 - outside + 0.32 * blotches, part, 0.18) * edge(-near.past_m + 0.1 * blotches, part, 0.25)
        bumps = 0.16 * rough
        worn = tone((0.25, 0.205, 0.135), 1 + 0.5 * rough)
        layers = [
            Cover(trodden.astype(np.float32), worn, 0.02 * rough, Material.SOIL),
            Cover(clods, soil, bumps, Material.SOIL),
            Cover(raw, soil, bumps, Material.SOIL),
        ]
        if not self.filled:
            wet = np.asarray(self._ditch(near, part, rough) * edge(-near.past_m, part, 0.3), np.float32)
            damp = tone((0.105, 0.076, 0.05), 1 + 0.6 * rough)
            layers.append(Cover(0.92 * wet, damp, 0.03 * rough, Material.SOIL))
        return covered(ground, part, tuple(layers))

    def _ditch(self, near: Nearness, part: Window, rough: Float32) -> Float32:
        """1 at the floor, 0 at the mouth and outside."""
        wall = max(self.width_m * (1 - FLOOR) / 2, 0.7 * part.cell_m)
        middle = self.width_m * (1 + FLOOR) / 4
        return np.clip(0.5 + (middle - np.abs(near.aside_m + 0.25 * rough)) / wall, 0, 1).astype(np.float32)

    def _heap(self, near: Nearness, wander: Float32) -> Float:
        """Height of the spoil: parabolas whose foot is stated, and which wander along the line."""
        foot, high = self.heap_m
        if foot == 0:
            return np.zeros_like(near.aside_m)
        middle = self.width_m / 2 + BANK_M + foot / 2
        sides = {"left": (1,), "right": (-1,), "both": (1, -1)}[self.spoil]
        return np.asarray(
            sum(high * np.clip(1 - ((side * near.aside_m - middle + wander) / (foot / 2)) ** 2, 0, 1) for side in sides)
        )

    def _outside(self, near: Nearness) -> Float:
        """Distance past the outline's sides, negative inside."""
        half, heap = self.width_m / 2, self.heap_m[0] + BANK_M
        left = half + (heap if self.spoil in ("left", "both") else 0.0)
        right = half + (heap if self.spoil in ("right", "both") else 0.0)
        return np.where(near.aside_m >= 0, near.aside_m - left, -near.aside_m - right)

    def _soil(self, near: Nearness, rough: Float32, blotches: Float32) -> Float32:
        """Fresh where it was dug last; clods differ."""
        ends = np.array([along for along, _ in self.sections])
        ages = np.array([age for _, age in self.sections])
        which = np.clip(np.searchsorted(ends, near.along_m), 0, len(ages) - 1)
        dry = 1 - np.exp(-np.clip(ages[which] + 0.5 * blotches, 0, None) / DRIES_DAYS)
        fresh_rgb = np.array(FRESH_RGB) / np.array(DRY_RGB) * np.array(self.dry_rgb)
        colour = fresh_rgb + dry[..., None] * (np.array(self.dry_rgb) - fresh_rgb)
        return np.asarray(colour * (1 + 0.55 * rough + 0.08 * blotches)[..., None], np.float32)


@dataclass(frozen=True)
class Berm:
    """A bank of earth along a line.

    Attributes:
        thing_id: Unique in its world.
        points_m: Its crest.
        height_m: Of the crest; its foot is three times as wide.
        age_days: Since it was heaped.
        dry_rgb: Of its soil when dry.
        seed: Which clods.
    """

    thing_id: str
    points_m: Points
    height_m: float
    age_days: float = 0.0
    dry_rgb: Rgb = DRY_RGB
    seed: int = 0

    @property
    def kind(self) -> str:
        """Class in the truth."""
        return "berm"

    @cached_property
    def x_m(self) -> float:
        """Middle of its bounds."""
        return float((self.outline_m[:, 0].min() + self.outline_m[:, 0].max()) / 2)

    @cached_property
    def y_m(self) -> float:
        """Middle of its bounds."""
        return float((self.outline_m[:, 1].min() + self.outline_m[:, 1].max()) / 2)

    @cached_property
    def reach_m(self) -> float:
        """Past its foot."""
        return float(np.hypot(*(self.outline_m - [self.x_m, self.y_m]).T).max()) + 1.5

    @property
    def foot_m(self) -> float:
        """Width at the ground."""
        return self.height_m / REPOSE

    @cached_property
    def outline_m(self) -> Float:
        """Its foot."""
        return band(self.points_m, self.foot_m / 2, self.foot_m / 2)

    def rise(self, x_m: Axis, y_m: Axis) -> Float32:
        """Rounded, with an uneven crest."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return np.zeros((len(y_m), len(x_m)), np.float32)
        near = nearness(self.points_m, *part.grid())
        rough = texture(self.seed, part, LUMPS)
        aside = near.aside_m + 1.5 * texture(self.seed + 11, part, WANDERS)
        bank = self.height_m * np.clip(1 - (2 * aside / self.foot_m) ** 2, 0, 1) * np.clip(1 + 0.7 * rough, 0.2, 2)
        ends = np.clip(-near.past_m / (0.4 * self.foot_m), 0, 1)
        return spread((bank * ends).astype(np.float32), part, (len(y_m), len(x_m)))

    def paint(self, ground: Ground, x_m: Axis, y_m: Axis) -> Ground:
        """Raw soil, and the scraped strip it was pushed from on its right."""
        part = window(x_m, y_m, (self.x_m, self.y_m), self.reach_m)
        if part.empty:
            return ground
        near = nearness(self.points_m, *part.grid())
        rough = texture(self.seed, part, CLODS)
        blotches = texture(self.seed + 7, part, ((3.7, 0.5), (1.3, 0.4), (0.5, 0.35), (0.2, 0.3)))
        dry = float(1 - np.exp(-self.age_days / DRIES_DAYS))
        fresh = np.array(FRESH_RGB) / np.array(DRY_RGB) * np.array(self.dry_rgb)
        mixed = fresh + dry * (np.array(self.dry_rgb) - fresh)
        soil = tone((float(mixed[0]), float(mixed[1]), float(mixed[2])), 1 + 0.55 * rough + 0.08 * blotches)
        inside = np.minimum(self.foot_m / 2 - np.abs(near.aside_m), -near.past_m)
        raw = edge(inside + 0.25 * blotches, part, 0.25)
        stray = (0.5 * np.clip(1 + inside / 1.2 + 0.5 * blotches, 0, 1)).astype(np.float32)
        layers = (Cover(stray, soil, 0.02 * rough, Material.SOIL), Cover(raw, soil, 0.16 * rough, Material.SOIL))
        return covered(ground, part, layers)
