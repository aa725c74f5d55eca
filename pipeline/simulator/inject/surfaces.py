"""Reflectance of the triangles of a thing, with the fine unevenness of its material."""

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.inject.stage import Part
from pipeline.simulator.noise import hash_lattice
from pipeline.simulator.render.embree import Int32
from pipeline.simulator.scene.material import Material

_ROUGH: dict[int, tuple[float, float]] = {
    Material.SOIL: (0.28, 0.09), Material.SANDBAG: (0.16, 0.12), Material.CLOTH: (0.04, 0.9),
    Material.NET: (0.35, 0.12),
    Material.WOOD: (0.16, 0.10), Material.HAY: (0.22, 0.06), Material.LEAF: (0.35, 0.15), Material.BARK: (0.25, 0.08),
    Material.ROCK: (0.22, 0.15), Material.GRAVEL: (0.25, 0.05), Material.SAND: (0.12, 0.08),
    Material.CONCRETE: (0.09, 0.3),
    Material.PLASTER: (0.07, 0.4), Material.ROOF_TILE: (0.18, 0.25), Material.SHEET_METAL: (0.08, 0.5),
    Material.RUBBER: (0.15, 0.1), Material.FUR: (0.15, 0.08), Material.GRASS: (0.25, 0.08), Material.ASH: (0.3, 0.1),
}  # fmt: skip
"""Relative spread of the reflectance, and how many metres its patches are apart."""

_SHINE: dict[int, float] = {Material.GLASS: 0.16, Material.PAINT: 0.045, Material.SHEET_METAL: 0.07}
"""Share of the sky that comes back as from a mirror."""


def face_look(part: Part, face: Int32, point_m: Float) -> tuple[Float, Float, Float, Float]:
    """Look of places on a thing: reflectance ``(N, 3)``, shine ``(N,)``, glow ``(N, 3)``, normal ``(N, 3)``.

    Args:
        part: The thing.
        face: ``(N,)`` its triangles.
        point_m: ``(N, 3)`` the places, in the coordinates of its vertices.
    """
    mesh, placed = part.mesh, part.placed
    corner = part.vertices_m[mesh.triangles[face]].astype(np.float64)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    material = mesh.material[face]
    spread = np.zeros(256)
    size = np.ones(256)
    shine = np.zeros(256)
    for name, (amount, metres) in _ROUGH.items():
        spread[name], size[name] = amount, metres
    for name, amount in _SHINE.items():
        shine[name] = amount
    own = _own_axes(part, point_m) / placed.scale
    uneven = 0.6 * _field(own / size[material][:, None], 11) + 0.4 * _field(own / (0.4 * size[material][:, None]), 12)
    albedo = mesh.colour[face] * np.clip(1 + 1.7 * spread[material] * uneven, 0.2, 2.0)[:, None]
    glow = np.zeros_like(albedo) if mesh.glow is None else mesh.glow[face]
    return albedo.astype(np.float64), shine[material], glow.astype(np.float64), normal


def _own_axes(part: Part, point_m: Float) -> Float:
    """Places in the thing's own axes, but for a shift: its texture moves and turns with it."""
    turn = part.placed.azimuth_rad
    c, s = np.cos(turn), np.sin(turn)
    away = point_m - part.vertices_m.mean(axis=0)
    return np.asarray(away @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]), np.float64)


def _field(place: Float, seed: int) -> Float:
    """``(N,)`` smooth noise of about unit spread at ``(N, 3)`` places, one lattice step apart."""
    low = np.floor(place).astype(np.int64)
    f = place - low
    f = f * f * (3 - 2 * f)
    total = np.zeros(len(place))
    for corner in range(8):
        step = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        weight = np.where(step, f, 1 - f).prod(axis=1)
        node = low + step
        total += weight * hash_lattice(
            seed, node[:, 0] + 7919 * node[:, 2], node[:, 1] + 104729 * (node[:, 2] & 0xFFFF)
        )
    return 2.2 * total
