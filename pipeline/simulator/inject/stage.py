"""The real surface with what events put on it and dig into it, as triangles that rays meet."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Bool, Float
from pipeline.simulator.inject.dug_patch import DugPatch, grid_faces
from pipeline.simulator.inject.surface import SurfaceLand
from pipeline.simulator.render.embree import Hits, Soup, Tracer
from pipeline.simulator.scene.mesh import Extent, Float32, Mesh, Placed

_MOST_NODES = 1_500_000
"""Of the surface around the events."""

_LARGE_M = 25.0
"""Longer things follow the ground by themselves."""

_FINEST_M = 0.5
"""Cells of a coarse surface model are split to this, so that little of it is cut away around what is dug."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A thing as it stands.

    Attributes:
        placed: The thing.
        mesh: Its form in its own axes.
        vertices_m: ``(V, 3)`` float32 relative to the stage's origin.
    """

    placed: Placed
    mesh: Mesh
    vertices_m: Float32


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Three sets of triangles: all that can be seen, what events added, and the surface as it was.

    Attributes:
        land: The surface.
        origin_m: ``(3,)`` of all coordinates that rays use.
        patches: What is dug, in order.
        parts: What stands or moves, in order.
        seen, added, bare: The sets. Of `seen`, soup 0 is the untouched surface, then come patches and parts.
    """

    land: SurfaceLand
    origin_m: Float
    patches: tuple[DugPatch, ...]
    parts: tuple[Part, ...]
    seen: Tracer
    added: Tracer
    bare: Tracer

    def knows(self, xy_m: Float) -> Bool:
        """Whether the surface model held heights at ``(N, 2)`` site places."""
        return self.land.known_at(xy_m)

    def look(self, eye_m: Float, rays: Float) -> Hits:
        """First meeting of each ray ``(N, 3)`` from one eye with everything."""
        return self.seen.first(*_single(eye_m - self.origin_m, rays))

    def look_before(self, eye_m: Float, rays: Float) -> Hits:
        """The same with the surface as it was."""
        return self.bare.first(*_single(eye_m - self.origin_m, rays))

    def added_hides(self, points_m: Float, towards: Float, reach_m: Float32 | None = None) -> Bool:
        """Whether what was added stands between points (relative to the origin) and a direction, ``(N, 3)`` each."""
        return self.added.blocked(*_single(points_m, towards), reach_m)

    def surface_hides(self, points_m: Float, towards: Float) -> Bool:
        """The same for the surface as it was."""
        return self.bare.blocked(*_single(points_m, towards))


def build_stage(
    land: SurfaceLand, patches: tuple[DugPatch, ...], things: tuple[Placed, ...], around: Extent, detail_m: float
) -> Stage:
    """A stage.

    Args:
        land: The surface.
        patches: What is dug into it.
        things: What stands on it.
        around: How far the surface reaches.
        detail_m: Parts of things much smaller may be left out.
    """
    x, y, heights = _surface(land, around)
    origin = np.array([x.mean(), y.mean(), float(np.median(heights))])
    vertices = np.empty((len(y), len(x), 3), np.float32)
    vertices[..., 0], vertices[..., 1] = (x - origin[0])[None, :], (y - origin[1])[:, None]
    vertices[..., 2] = heights - origin[2]
    faces = grid_faces(len(y), len(x))
    middle = vertices.reshape(-1, 3)[faces].mean(axis=1)[:, :2] + origin[:2]
    keep = np.ones(len(faces), bool)
    for patch in patches:
        keep &= ~patch.covers(middle)
    parts = tuple(_part(thing, land, origin, detail_m) for thing in things)
    corners = vertices.reshape(-1, 3)
    new = [Soup(patch.vertices(origin), patch.faces) for patch in patches]
    new += [Soup(part.vertices_m, part.mesh.triangles) for part in parts]
    seen = Tracer([Soup(corners, np.ascontiguousarray(faces[keep])), *new])
    return Stage(land, origin, patches, parts, seen, Tracer(new), Tracer([Soup(corners, faces)]))


def _surface(land: SurfaceLand, around: Extent) -> tuple[Float, Float, Float32]:
    """Axes and heights, at the model's own spacing or finer."""
    wide, high = around.east_m - around.west_m, around.north_m - around.south_m
    cell = max(min(land.grid.cell_m, _FINEST_M), float(np.sqrt(wide * high / _MOST_NODES)))
    x = around.west_m + cell * np.arange(int(np.ceil(wide / cell)) + 1, dtype=np.float64)
    y = around.south_m + cell * np.arange(int(np.ceil(high / cell)) + 1, dtype=np.float64)
    return x, y, land.terrain(x, y)


def _part(thing: Placed, land: SurfaceLand, origin_m: Float, detail_m: float) -> Part:
    mesh = thing.model.mesh(detail_m)
    c, s = np.cos(thing.azimuth_rad), np.sin(thing.azimuth_rad)
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.0]]) * thing.scale
    ground = _footing(thing, land)
    foot = np.array([thing.x_m, thing.y_m, ground + thing.lift_m]) - origin_m
    vertices = (mesh.vertices_m.astype(np.float64) @ turn + foot).astype(np.float32)
    return Part(thing, mesh, np.ascontiguousarray(vertices))


def _footing(thing: Placed, land: SurfaceLand) -> float:
    """Height that a thing stands on: above most of the surface model's unevenness below it, or it would show inside."""
    outline = thing.outline_m
    if np.ptp(outline, axis=0).max() > _LARGE_M:
        return float(land.terrain(np.array([thing.x_m]), np.array([thing.y_m]))[0, 0])
    low, high = outline.min(axis=0), outline.max(axis=0)
    below = land.terrain(np.linspace(low[0], high[0], 9), np.linspace(low[1], high[1], 9))
    return float(np.percentile(below, 75))


def _single(start_m: Float, rays: Float) -> tuple[Float32, Float32]:
    return np.broadcast_to(start_m, rays.shape).astype(np.float32), rays.astype(np.float32)
