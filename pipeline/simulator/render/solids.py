"""Things as triangles, and what is known of each triangle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.render.embree import Soup
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Float32, Mesh, Model, Placed

_THICKEN = 1.5  # of the detail, on either side of a wire: a pixel at least, as the detail is up to 2 times finer
_SWELLS = 1.6  # by how much a prism of three sides gets wider where its corners go out by 1


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A mesh at one detail, its wires apart, with its normals.

    Attributes:
        mesh: Its triangles.
        normal: ``(T, 3)`` float32 in its own axes.
        share: ``(T,)`` float32: of a triangle's width that is really there (wires are drawn a pixel thick).
    """

    mesh: Mesh
    normal: Float32
    share: Float32


@dataclass(frozen=True, slots=True)
class Stand:
    """A thing with the detail at which it is drawn and the height of the terrain at its place."""

    placed: Placed
    detail_m: float
    ground_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Touch:
    """What rays met on things, ``(N, ...)`` arrays.

    Attributes:
        stand: Index of the thing among those given.
        local_m: Place in its own axes (not turned, not scaled, from its own ground).
        local_normal: In its own axes.
        normal: In site axes, towards the outside.
        colour, glow: Of the triangle.
        material: Of the triangle.
        share: As in `Form`.
    """

    stand: NDArray[np.int32]
    local_m: Float32
    local_normal: Float32
    normal: Float32
    colour: Float32
    glow: Float32
    material: NDArray[np.uint8]
    share: Float32


class FormShelf:
    """Meshes that were made before, by model and detail."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Model, float], tuple[Form, Form]] = {}

    def forms(self, model: Model, detail_m: float) -> tuple[Form, Form]:
        """What is solid of a model, and its wires."""
        key = (model, detail_m)
        if key not in self._kept:
            if len(self._kept) > 1_500:
                self._kept.clear()
            self._kept[key] = _split(model.mesh(detail_m), detail_m)
        return self._kept[key]


class Solids:
    """Things flattened into soups relative to an origin; one soup for all things of one form.

    Args:
        stands: The things.
        shelf: Where forms come from.
        origin_m: ``(3,)`` site metres.
        wires: Take the things' wires instead of the rest.
    """

    def __init__(
        self, stands: Sequence[Stand], shelf: FormShelf, origin_m: NDArray[np.float64], wires: bool = False
    ) -> None:
        groups: dict[tuple[Model, float], list[int]] = {}
        for index, stand in enumerate(stands):
            groups.setdefault((stand.placed.model, stand.detail_m), []).append(index)
        self.soups: list[Soup] = []
        forms, faces, members = [], [], []
        for (model, detail), indices in groups.items():
            form = shelf.forms(model, detail)[1 if wires else 0]
            if len(form.mesh.triangles) == 0:
                continue
            self.soups.append(_flat(form.mesh, [stands[i] for i in indices], origin_m))
            forms.append(form)
            faces.append(len(form.mesh.triangles))
            members.append(indices)
        self._faces = np.array(faces, np.int32)
        self._first_face = np.concatenate([[0], np.cumsum(faces)]).astype(np.int64)
        self._first_stand = np.concatenate([[0], np.cumsum([len(m) for m in members])]).astype(np.int64)
        self._stand = np.array([i for m in members for i in m], np.int32)
        self._tables = _tables(forms)
        self._origin = np.array([_foot(stand) for stand in stands]).reshape(-1, 3) - origin_m
        azimuth = np.array([stand.placed.azimuth_rad for stand in stands])
        self._turn = np.column_stack([np.cos(azimuth), np.sin(azimuth)]).astype(np.float32)
        self._scale = np.array([stand.placed.scale for stand in stands], np.float32)

    def touch(self, soup: NDArray[np.int32], triangle: NDArray[np.int32], at_m: Float32) -> Touch:
        """What is at ``(N,)`` hits; `at_m` ``(N, 3)`` relative to the origin."""
        copy, face = np.divmod(triangle, self._faces[soup])
        stand = self._stand[self._first_stand[soup] + copy]
        face = self._first_face[soup] + face
        tables = self._tables
        c, s = self._turn[stand].T
        off = at_m - self._origin[stand].astype(np.float32)
        local = np.stack([off[:, 0] * c + off[:, 1] * s, off[:, 1] * c - off[:, 0] * s, off[:, 2]], axis=1)
        local /= self._scale[stand][:, None]
        own = tables.normal[face]
        normal = np.stack([own[:, 0] * c - own[:, 1] * s, own[:, 0] * s + own[:, 1] * c, own[:, 2]], axis=1)
        return Touch(
            stand,
            local.astype(np.float32),
            own,
            normal.astype(np.float32),
            tables.colour[face],
            tables.glow[face],
            tables.material[face],
            tables.share[face],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    normal: Float32
    colour: Float32
    glow: Float32
    material: NDArray[np.uint8]
    share: Float32


def _tables(forms: Sequence[Form]) -> _Tables:
    if not forms:
        none = np.zeros((0, 3), np.float32)
        return _Tables(none, none, none, np.zeros(0, np.uint8), np.zeros(0, np.float32))
    meshes = [form.mesh for form in forms]
    return _Tables(
        np.concatenate([form.normal for form in forms]),
        np.concatenate([mesh.colour for mesh in meshes]).astype(np.float32),
        np.concatenate([_glow(mesh) for mesh in meshes]),
        np.concatenate([mesh.material for mesh in meshes]),
        np.concatenate([form.share for form in forms]),
    )


def _glow(mesh: Mesh) -> Float32:
    return np.zeros((len(mesh.triangles), 3), np.float32) if mesh.glow is None else mesh.glow.astype(np.float32)


def _foot(stand: Stand) -> tuple[float, float, float]:
    return stand.placed.x_m, stand.placed.y_m, stand.ground_m + stand.placed.lift_m


def _flat(mesh: Mesh, stands: Sequence[Stand], origin_m: NDArray[np.float64]) -> Soup:
    """Copies of a mesh, each where its thing stands."""
    azimuth = np.array([stand.placed.azimuth_rad for stand in stands])
    scale = np.array([stand.placed.scale for stand in stands])
    foot = np.array([_foot(stand) for stand in stands]) - origin_m
    c, s = (scale * np.cos(azimuth))[:, None], (scale * np.sin(azimuth))[:, None]
    x, y, z = mesh.vertices_m.astype(np.float64).T
    vertices = np.empty((len(stands), len(x), 3), np.float32)
    vertices[..., 0] = foot[:, 0, None] + x * c - y * s
    vertices[..., 1] = foot[:, 1, None] + x * s + y * c
    vertices[..., 2] = foot[:, 2, None] + z * scale[:, None]
    offsets = (np.arange(len(stands), dtype=np.int32) * len(x))[:, None, None]
    triangles = (mesh.triangles[None] + offsets).astype(np.int32)
    return Soup(vertices.reshape(-1, 3), triangles.reshape(-1, 3))


def _split(mesh: Mesh, detail_m: float) -> tuple[Form, Form]:
    """Solid part and wires; wires are thickened so that no pixel misses them."""
    wire = mesh.material == Material.WIRE
    solid = _part(mesh, ~wire)
    normal = _normals(solid)
    thin = _part(mesh, wire)
    if not wire.any():
        return Form(solid, normal, np.ones(len(normal), np.float32)), _bare(thin)
    return Form(solid, normal, np.ones(len(normal), np.float32)), _thickened(thin, _THICKEN * detail_m)


def _bare(mesh: Mesh) -> Form:
    return Form(mesh, _normals(mesh), np.ones(len(mesh.triangles), np.float32))


def _thickened(mesh: Mesh, by_m: float) -> Form:
    """A mesh of thin prisms grown outward, with the share of its width that was there before."""
    corners = mesh.vertices_m[mesh.triangles].astype(np.float64)
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    width = 1.2 * 2 * area / np.maximum(sides.max(axis=1), 1e-9)  # a prism's face is narrower than the prism
    normal = _normals(mesh)
    outward = np.zeros((len(mesh.vertices_m), 3))
    for k in range(3):
        np.add.at(outward, mesh.triangles[:, k], normal)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    thick = (mesh.vertices_m + by_m * outward).astype(np.float32)
    share = (width / (width + _SWELLS * by_m)).astype(np.float32)
    return Form(Mesh(thick, mesh.triangles, mesh.colour, mesh.material, mesh.glow), normal, share)


def _part(mesh: Mesh, keep: NDArray[np.bool_]) -> Mesh:
    if keep.all():
        return mesh
    used, triangles = np.unique(mesh.triangles[keep], return_inverse=True)
    return Mesh(
        mesh.vertices_m[used],
        triangles.reshape(-1, 3).astype(np.int32),
        mesh.colour[keep],
        mesh.material[keep],
        None if mesh.glow is None else mesh.glow[keep],
    )


def _normals(mesh: Mesh) -> Float32:
    corners = mesh.vertices_m[mesh.triangles].astype(np.float64).reshape(-1, 3, 3)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal: Float32 = (across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    return normal
