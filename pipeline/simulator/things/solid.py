"""Simple forms that meshes of things are joined from."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Float32, Mesh

Rgb = tuple[float, float, float]
"""Linear reflectance."""
Point = tuple[float, float, float]


def surface(
    vertices_m: Float | Float32,
    triangles: NDArray[np.integer] | Sequence[tuple[int, int, int]],
    rgb: Rgb | Float | Float32,
    material: Material,
    glow: Rgb | None = None,
) -> Mesh:
    """A mesh of one material; `rgb` for all ``(3,)`` or for each triangle ``(T, 3)``."""
    faces = np.asarray(triangles, np.int32).reshape(-1, 3)
    colour = np.broadcast_to(np.asarray(rgb, np.float32), (len(faces), 3)).copy()
    light = None if glow is None else np.broadcast_to(np.asarray(glow, np.float32), (len(faces), 3)).copy()
    corners = np.asarray(vertices_m, np.float32).reshape(-1, 3)
    return Mesh(corners, faces, colour, np.full(len(faces), int(material), np.uint8), light)


def join(parts: Iterable[Mesh]) -> Mesh:
    """All parts as one mesh, in their order."""
    some = [part for part in parts if len(part.triangles)]
    if not some:
        return surface(np.zeros((0, 3)), np.zeros((0, 3), np.int32), (0.0, 0.0, 0.0), Material.SOIL)
    firsts = np.cumsum([0] + [len(part.vertices_m) for part in some[:-1]])
    glow = None
    if any(part.glow is not None for part in some):
        glow = np.concatenate([np.zeros_like(part.colour) if part.glow is None else part.glow for part in some])
    return Mesh(
        np.concatenate([part.vertices_m for part in some]),
        np.concatenate([part.triangles + np.int32(first) for part, first in zip(some, firsts, strict=True)]),
        np.concatenate([part.colour for part in some]),
        np.concatenate([part.material for part in some]),
        glow,
    )


def moved(mesh: Mesh, x_m: float, y_m: float, z_m: float = 0.0, azimuth_rad: float = 0.0) -> Mesh:
    """The mesh turned about its own upright axis, then shifted."""
    c, s = np.cos(azimuth_rad), np.sin(azimuth_rad)
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    at = (mesh.vertices_m @ turn + [x_m, y_m, z_m]).astype(np.float32)
    return Mesh(at, mesh.triangles, mesh.colour, mesh.material, mesh.glow)


def tinted(mesh: Mesh, spread: float, rng: np.random.Generator) -> Mesh:
    """The mesh with each triangle a little lighter or darker."""
    factor = 1 + spread * rng.uniform(-1, 1, (len(mesh.triangles), 1))
    colour = (mesh.colour * factor).astype(np.float32)
    return Mesh(mesh.vertices_m, mesh.triangles, colour, mesh.material, mesh.glow)


def stretched(mesh: Mesh, height_m: float) -> Mesh:
    """The mesh, its upright axis scaled so that it is as high as stated."""
    factor = height_m / float(mesh.vertices_m[:, 2].max())
    at = (mesh.vertices_m * np.array([1, 1, factor])).astype(np.float32)
    return Mesh(at, mesh.triangles, mesh.colour, mesh.material, mesh.glow)


def quad(a: Point, b: Point, c: Point, d: Point, rgb: Rgb, material: Material, glow: Rgb | None = None) -> Mesh:
    """Two triangles, counter-clockwise seen from outside."""
    return surface(np.array([a, b, c, d]), [(0, 1, 2), (0, 2, 3)], rgb, material, glow)


def prism(outline: Float, low_m: float, high_m: float, rgb: Rgb, material: Material, top: bool = True) -> Mesh:
    """An upright prism over a convex counter-clockwise outline ``(N, 2)``, open below."""
    n = len(outline)
    corners = np.vstack([np.column_stack([outline, np.full(n, z)]) for z in (low_m, high_m)])
    k = np.arange(n)
    after = (k + 1) % n
    faces = [np.column_stack([k, after, after + n]), np.column_stack([k, after + n, k + n])]
    if top:
        faces.append(np.column_stack([np.full(n - 2, n), k[1:-1] + n, k[2:] + n]))
    return surface(corners, np.vstack(faces), rgb, material)


def rectangle(length_m: float, width_m: float, x_m: float = 0.0, y_m: float = 0.0) -> Float:
    """``(4, 2)`` counter-clockwise around a middle."""
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
    return half * [length_m, width_m] + [x_m, y_m]


def circle(radius_m: float, corners: int, x_m: float = 0.0, y_m: float = 0.0) -> Float:
    """``(corners, 2)`` counter-clockwise."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.column_stack([x_m + radius_m * np.cos(turn), y_m + radius_m * np.sin(turn)])


def box(
    middle: tuple[float, float], size: tuple[float, float], low_m: float, high_m: float, rgb: Rgb, material: Material
) -> Mesh:
    """An upright box, open below."""
    return prism(rectangle(*size, *middle), low_m, high_m, rgb, material)


def rod(a: Point, b: Point, thick_m: float, rgb: Rgb, material: Material, sides: int = 3) -> Mesh:
    """A thin prism between two points, open at its ends."""
    start, end = np.array(a, float), np.array(b, float)
    way = (end - start) / np.linalg.norm(end - start)
    aside = np.cross(way, [0.0, 0.0, 1.0] if abs(way[2]) < 0.9 else [1.0, 0.0, 0.0])
    aside /= np.linalg.norm(aside)
    over = np.cross(way, aside)
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)[:, None]
    ring = thick_m / 2 * (np.cos(turn) * aside + np.sin(turn) * over)
    k = np.arange(sides)
    after = (k + 1) % sides
    faces = np.vstack([np.column_stack([k, after, after + sides]), np.column_stack([k, after + sides, k + sides])])
    return surface(np.vstack([start + ring, end + ring]), faces, rgb, material)


def wheel(
    x_m: float, y_m: float, radius_m: float, width_m: float, rgb: Rgb = (0.02, 0.02, 0.021), sides: int = 10
) -> Mesh:
    """A wheel standing on the ground, its axle across."""
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.column_stack([x_m + radius_m * np.cos(turn), np.zeros(sides), radius_m + radius_m * np.sin(turn)])
    left, right = (ring + np.array([0, y_m + side * width_m / 2, 0]) for side in (1, -1))
    k = np.arange(sides)
    after = (k + 1) % sides
    tread = np.vstack([np.column_stack([k, k + sides, after + sides]), np.column_stack([k, after + sides, after])])
    discs = np.vstack(
        [
            np.column_stack([np.zeros(sides - 2, int), k[2:], k[1:-1]]),
            np.column_stack([np.full(sides - 2, sides), k[1:-1] + sides, k[2:] + sides]),
        ]
    )
    return surface(np.vstack([left, right]), np.vstack([tread, discs]), rgb, Material.RUBBER)


def loft(sections: Float, rgb: Float, material: NDArray[np.uint8]) -> Mesh:
    """A skin over sections along x, its two ends closed.

    Args:
        sections: ``(S, P, 3)`` points of each section, from the left side over the top to the right.
        rgb: ``(S - 1, P - 1, 3)`` of each panel.
        material: ``(S - 1, P - 1)``.
    """
    count, points = sections.shape[:2]
    s, p = np.meshgrid(np.arange(count - 1), np.arange(points - 1), indexing="ij")
    a = (s * points + p).ravel()
    b, c, d = a + points, a + points + 1, a + 1
    panels = np.stack([np.column_stack([a, b, c]), np.column_stack([a, c, d])], axis=1).reshape(-1, 3)
    k = np.arange(1, points - 1)
    back = np.column_stack([np.zeros_like(k), k, k + 1])
    last = (count - 1) * points
    front = np.column_stack([np.full_like(k, last), last + k + 1, last + k])
    skin = np.repeat(rgb.reshape(-1, 3), 2, axis=0)
    ends = np.vstack([np.tile(rgb[0, 0], (len(k), 1)), np.tile(rgb[-1, 0], (len(k), 1))])
    stuff = np.concatenate([np.repeat(material.ravel(), 2), np.full(2 * len(k), material[0, 0])]).astype(np.uint8)
    faces = np.vstack([panels, back, front]).astype(np.int32)
    at = sections.reshape(-1, 3).astype(np.float32)
    colour = np.vstack([skin, ends]).astype(np.float32)
    whole = _areas(at, faces) > 1e-7  # a belt that meets the roof leaves no panel
    return Mesh(at, faces[whole], colour[whole], stuff[whole])


def _areas(vertices: Float32, triangles: NDArray[np.int32]) -> Float:
    a, b, c = (vertices[triangles[:, k]].astype(np.float64) for k in range(3))
    area: Float = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    return area


def height_field(x_m: Float, y_m: Float, z_m: Float, rgb: Rgb | Float, material: Material) -> Mesh:
    """A surface over the nodes of a grid; cells with a NaN corner stay open. `rgb` may be ``(H-1, W-1, 3)``."""
    columns, rows = len(x_m), len(y_m)
    gx, gy = np.meshgrid(x_m, y_m)
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (r * columns + c).ravel()
    faces = np.stack(
        [np.column_stack([a, a + 1, a + columns + 1]), np.column_stack([a, a + columns + 1, a + columns])], axis=1
    ).reshape(-1, 3)
    colour = np.asarray(rgb, float)
    each = np.repeat(colour.reshape(-1, 3), 2, axis=0) if colour.ndim == 3 else np.tile(colour, (len(faces), 1))
    whole = np.isfinite(z_m.ravel()[faces]).all(axis=1)
    corners = np.column_stack([gx.ravel(), gy.ravel(), np.nan_to_num(z_m.ravel())])
    return surface(corners, faces[whole], each[whole], material)
