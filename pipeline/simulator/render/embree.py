"""Rays against triangles: the one place that knows Embree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.simulator.scene.mesh import Float32

Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

_RAYS_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Soup:
    """Triangles, ``(V, 3)`` float32 and ``(T, 3)`` int32."""

    vertices_m: Float32
    triangles: Int32


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What ``(N,)`` rays meet first.

    Attributes:
        far_m: ``(N,)`` along the ray; inf where it meets nothing.
        soup: ``(N,)`` index of the soup; -1 for none.
        triangle: ``(N,)`` index in it.
    """

    far_m: Float32
    soup: Int32
    triangle: Int32


class Tracer:
    """A set of soups to send rays through.

    Raises:
        ConfigError: Embree is not installed.
    """

    def __init__(self, soups: Sequence[Soup]) -> None:
        embree, mesh = _embree()
        self._scene = embree.EmbreeScene(robust=True)
        full = [(index, soup) for index, soup in enumerate(soups) if len(soup.triangles)]
        self._index = np.array([index for index, _ in full] + [-1], np.int32)
        self._kept = [
            mesh.TriangleMesh(
                self._scene,
                np.ascontiguousarray(soup.vertices_m, np.float32),
                np.ascontiguousarray(soup.triangles, np.int32),
            )
            for _, soup in full
        ]

    def first(self, origins_m: Float32, rays: Float32) -> Hits:
        """First hits of ``(N, 3)`` origins along ``(N, 3)`` unit rays."""
        count = len(rays)
        far, soup = np.full(count, np.inf, np.float32), np.full(count, -1, np.int32)
        triangle = np.full(count, -1, np.int32)
        if self._kept:
            for part in _parts(count):
                out = self._scene.run(_dense(origins_m[part]), _dense(rays[part]), output=True)
                met = out["geomID"] >= 0
                far[part] = np.where(met, out["tfar"], np.inf)
                soup[part] = self._index[out["geomID"]]
                triangle[part] = out["primID"]
        return Hits(far, soup, triangle)

    def blocked(self, origins_m: Float32, rays: Float32, reach_m: Float32 | None = None) -> Bool:
        """``(N,)`` whether anything lies on the rays, up to a reach ``(N,)``."""
        out = np.zeros(len(rays), np.bool_)
        if self._kept:
            for part in _parts(len(rays)):
                reach = np.full(part.stop - part.start, 1e6, np.float32) if reach_m is None else _dense(reach_m[part])
                out[part] = (
                    self._scene.run(_dense(origins_m[part]), _dense(rays[part]), dists=reach, query="OCCLUDED") >= 0
                )
        return out


def _parts(count: int) -> list[slice]:
    return [slice(a, min(a + _RAYS_AT_ONCE, count)) for a in range(0, count, _RAYS_AT_ONCE)]


def _dense(array: Float32) -> Float32:
    return np.ascontiguousarray(array, np.float32)


def _embree() -> tuple[Any, Any]:
    try:
        from embreex import mesh_construction, rtcore_scene  # noqa: PLC0415 (an extra: not needed to import the package)
    except ImportError as error:
        raise ConfigError(
            "the simulator traces rays with Embree, and embreex is not installed; pip install 'trucewatch[simulator]'"
        ) from error
    return rtcore_scene, mesh_construction
