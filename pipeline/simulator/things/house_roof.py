"""Roofs: slopes of panels over a rectangle, with eaves, gables and holes."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import Rgb, join, prism, rectangle, rod, surface

PITCH = {"gable": 0.62, "hip": 0.55, "shed": 0.22, "flat": 0.0}
EAVES_M = 0.5
SNOW_RGB = (0.80, 0.81, 0.83)
RAFTER_RGB = (0.15, 0.11, 0.08)


@dataclass(frozen=True, slots=True)
class Roof:
    """A roof over walls of a length (x, along the ridge), a width and a height."""

    form: str
    length_m: float
    width_m: float
    eaves_m: float
    rgb: Rgb
    wall_rgb: Rgb
    damage: float
    seed: int
    snow: bool

    @property
    def ridge_m(self) -> float:
        """Its highest point."""
        if self.form == "flat":
            return self.eaves_m + 0.35
        span = self.width_m if self.form == "shed" else self.width_m / 2
        return self.eaves_m + PITCH[self.form] * span


def roof_mesh(roof: Roof, detail_m: float) -> Mesh:
    """Panels that differ a little, without those that damage took; rafters show where many are gone."""
    if roof.form == "flat":
        return _flat(roof, detail_m)
    harmed = roof.damage >= 0.2
    fine = detail_m < (0.4 if harmed else 0.12)
    panel_m = 0.9 if fine else 1.8 if harmed else 2.4 if detail_m < 0.4 else 100.0
    rng = np.random.default_rng([roof.seed, 409])
    parts = [_slope(roof, corners, panel_m, rng) for corners in _slopes(roof)]
    if roof.form in ("gable", "shed"):
        parts.append(_gables(roof))
    if roof.damage >= 0.2 and detail_m < 0.4:
        parts.append(_rafters(roof))
    return join(parts)


def _slopes(roof: Roof) -> list[Float]:
    """``(4, 3)`` of each slope: eaves left and right seen from outside, then the top right and left."""
    x, y, low = roof.length_m / 2 + EAVES_M, roof.width_m / 2 + EAVES_M, roof.eaves_m - PITCH[roof.form] * EAVES_M
    top = roof.ridge_m
    if roof.form == "shed":
        return [
            np.array([(-x, -y, low), (x, -y, low), (x, roof.width_m / 2, top), (-x, roof.width_m / 2, top)])
        ]  # ends at the upper wall
    inset = min(y, roof.length_m / 2) if roof.form == "hip" else 0.0
    ridge = x - inset
    south = np.array([(-x, -y, low), (x, -y, low), (ridge, 0, top), (-ridge, 0, top)])
    slopes = [south, south * [-1, -1, 1]]
    if roof.form == "hip":
        east = np.array([(x, -y, low), (x, y, low), (ridge, 0, top), (ridge, 0, top)])
        slopes += [east, east * [-1, -1, 1]]
    return slopes


def _slope(roof: Roof, corners: Float, panel_m: float, rng: np.random.Generator) -> Mesh:
    """A slope cut into panels by its own two directions."""
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    deep = float(np.linalg.norm(corners[3] - corners[0]))
    nu, nv = max(1, round(wide / panel_m)), max(1, round(deep / panel_m))
    u, v = np.meshgrid(np.linspace(0, 1, nu + 1), np.linspace(0, 1, nv + 1))
    low = corners[0] + u[..., None] * (corners[1] - corners[0])
    high = corners[3] + u[..., None] * (corners[2] - corners[3])
    at = (low + v[..., None] * (high - low)).reshape(-1, 3)
    row, column = np.meshgrid(np.arange(nv), np.arange(nu), indexing="ij")
    a = (row * (nu + 1) + column).ravel()
    faces = np.stack([np.column_stack([a, a + 1, a + nu + 2]), np.column_stack([a, a + nu + 2, a + nu + 1])], axis=1)
    shade = 1 + 0.09 * rng.uniform(-1, 1, (len(a), 1)) + 0.10 * (rng.random((len(a), 1)) < 0.06)
    base = np.array(SNOW_RGB) if roof.snow else np.array(roof.rgb)
    colour = np.repeat(base * shade, 2, axis=0)
    there = ~_holes(roof, (u[:-1, :-1] + 0.5 / nu).ravel(), (v[:-1, :-1] + 0.5 / nv).ravel(), rng)
    keep = np.repeat(there, 2)
    flat = faces.reshape(-1, 3)
    keep &= np.linalg.norm(np.cross(at[flat[:, 1]] - at[flat[:, 0]], at[flat[:, 2]] - at[flat[:, 0]]), axis=1) > 1e-9
    material = Material.SNOW if roof.snow else Material.ROOF_TILE
    return surface(at, flat[keep], colour[keep], material)


def _holes(roof: Roof, u: Float, v: Float, rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Panels that are gone: a few round holes, then most of the roof."""
    centres = rng.uniform(0.15, 0.85, (5, 2))
    ragged = rng.uniform(0.75, 1.25, len(u))
    if roof.damage < 0.2:
        return np.zeros(len(u), np.bool_)
    count = 2 if roof.damage < 0.5 else 5
    radius = 0.14 + 0.28 * (roof.damage - 0.2) if roof.damage < 0.5 else 0.30 + 0.4 * (roof.damage - 0.5)
    aspect = roof.length_m / max(roof.width_m / 2, 1.0)
    far = np.min([np.hypot((u - cu) * aspect**0.5, (v - cv) * aspect**-0.5) for cu, cv in centres[:count]], axis=0)
    return np.asarray(far < radius * ragged)


def _gables(roof: Roof) -> Mesh:
    """The walls' triangles under the slopes."""
    x, y, top, low = roof.length_m / 2, roof.width_m / 2, roof.ridge_m - 0.05, roof.eaves_m
    if roof.form == "shed":
        at = np.array([(-x, -y, low), (-x, y, low), (-x, y, top), (x, -y, low), (x, y, low), (x, y, top)])
        faces = [(0, 2, 1), (3, 4, 5), (1, 2, 5), (1, 5, 4)]
    else:
        at = np.array([(-x, -y, low), (-x, y, low), (-x, 0, top), (x, -y, low), (x, y, low), (x, 0, top)])
        faces = [(0, 2, 1), (3, 4, 5)]
    return surface(at, faces, roof.wall_rgb, Material.PLASTER)


def _rafters(roof: Roof) -> Mesh:
    """Beams from the eaves to the ridge; after severe damage some are gone."""
    rng = np.random.default_rng([roof.seed, 419])
    y, low, top = roof.width_m / 2, roof.eaves_m - 0.13, roof.ridge_m - 0.13
    hip = min(y, roof.length_m / 2) if roof.form == "hip" else 0.0
    half = roof.length_m / 2 - hip
    parts = []
    if roof.form != "shed" and half > 0.3:
        parts.append(rod((-half, 0.0, top), (half, 0.0, top), 0.16, RAFTER_RGB, Material.WOOD, 4))
    for x in np.linspace(-roof.length_m / 2 + 0.3, roof.length_m / 2 - 0.3, max(3, round(roof.length_m / 1.0))):
        if rng.random() < 0.55 * (roof.damage >= 0.5):
            continue
        if roof.form == "shed":
            parts.append(rod((x, -y, low), (x, y, top), 0.14, RAFTER_RGB, Material.WOOD, 4))
            continue
        tip = float(np.clip(x, -half, half))
        for side in (-1.0, 1.0):
            parts.append(rod((x, side * y, low), (tip, 0.0, top), 0.13, RAFTER_RGB, Material.WOOD, 4))
    return join(parts)


def _flat(roof: Roof, detail_m: float) -> Mesh:
    """A deck behind a parapet, with a hatch; damage opens dark holes in it."""
    rng = np.random.default_rng([roof.seed, 421])
    step = (1.0 if detail_m < 0.4 else 1.8) if roof.damage >= 0.2 else 2.5 if detail_m < 0.4 else 100.0
    x, y, deck = roof.length_m / 2, roof.width_m / 2, roof.eaves_m + 0.02
    slope = np.array([(-x, -y, deck), (x, -y, deck), (x, y, deck), (-x, y, deck)])
    parts = [_slope(roof, slope, step, rng)]
    for side in range(4):
        along = roof.length_m if side % 2 == 0 else roof.width_m
        middle = [(0.0, -y + 0.1), (x - 0.1, 0.0), (0.0, y - 0.1), (-x + 0.1, 0.0)][side]
        size = (along, 0.2) if side % 2 == 0 else (0.2, along)
        outline = rectangle(*size, *middle)
        parts.append(prism(outline, deck - 0.1, roof.ridge_m, roof.wall_rgb, Material.PLASTER))
    if roof.damage < 0.2 and detail_m < 0.4:
        parts.append(
            prism(rectangle(1.0, 1.0, 0.25 * x, 0.3 * y), deck, deck + 0.3, (0.3, 0.3, 0.3), Material.SHEET_METAL)
        )
    return join(parts)
