"""The rays of a shot's pixels, and what part of the world they may reach."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.records.arrays import Float
from pipeline.simulator.render.stage import Reach
from pipeline.simulator.render.terrain_mesh import Relief
from pipeline.simulator.scene.mesh import Float32
from pipeline.simulator.scene.shot import Shot

FAR_M = 12_000.0
"""Farther ground is drawn from a coarse mesh, without things."""

_TALL_M = 30.0
_LONGEST_SHADOW_M = 120.0
_MARCH_CELL_M = 32.0


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """Rays in a stage's axes.

    Attributes:
        origin_m: ``(N, 3)`` float32.
        ray: ``(N, 3)`` float32 unit.
        t_s: ``(N,)`` float32 since the moment.
        pixel_rad: ``(N,)`` float32 angle of a pixel.
    """

    origin_m: Float32
    ray: Float32
    t_s: Float32
    pixel_rad: Float32

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "Rays":
        """Some of them."""
        return Rays(self.origin_m[which], self.ray[which], self.t_s[which], self.pixel_rad[which])


class Optics:
    """A lens's rays in the camera, and how they change from pixel to pixel.

    Args:
        rays: ``(H, W, 3)`` unit vectors in camera axes.
    """

    def __init__(self, rays: Float32) -> None:
        if not np.isfinite(rays).all():
            raise GeometryError("a lens has pixels without a viewing ray; is its distortion too strong for its size?")
        self.rays = np.ascontiguousarray(rays, np.float32)
        self.pixel_rad = np.zeros(rays.shape[:2], np.float32)
        columns = np.arange(rays.shape[1])
        for row in range(rays.shape[0]):
            across, down = self._steps(np.full(len(columns), row), columns)
            area = np.linalg.norm(np.cross(across, down), axis=1)
            self.pixel_rad[row] = np.sqrt(np.maximum(area, 1e-12))

    def _steps(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> tuple[Float32, Float32]:
        """``(N, 3)`` change of the ray by a pixel to the right, and by one down."""
        last_row, last_column = self.rays.shape[0] - 1, self.rays.shape[1] - 1
        left, right = np.maximum(columns - 1, 0), np.minimum(columns + 1, last_column)
        up, low = np.maximum(rows - 1, 0), np.minimum(rows + 1, last_row)
        across = (self.rays[rows, right] - self.rays[rows, left]) / np.maximum(right - left, 1)[:, None]
        down = (self.rays[low, columns] - self.rays[up, columns]) / np.maximum(low - up, 1)[:, None]
        return across.astype(np.float32), down.astype(np.float32)

    def of(
        self, shot: Shot, origin_m: Float, rows: NDArray[np.int64], columns: NDArray[np.int64], dx: float, dy: float
    ) -> Rays:
        """Rays through pixels ``(N,)``, off their centres by ``dx, dy`` pixels."""
        camera = self.rays[rows, columns]
        if dx or dy:
            across, down = self._steps(rows, columns)
            camera = camera + np.float32(dx) * across + np.float32(dy) * down
            camera /= np.linalg.norm(camera, axis=1, keepdims=True)
        if len(shot.eye_m) == 1:
            turned = camera @ shot.rotation[0].T.astype(np.float32)
            eye = np.broadcast_to((shot.eye_m[0] - origin_m).astype(np.float32), camera.shape)
            t = np.full(len(camera), shot.t_s[0], np.float32)
        else:
            turned = np.einsum("nij,nj->ni", shot.rotation.astype(np.float32)[rows], camera)
            eye = (shot.eye_m - origin_m).astype(np.float32)[rows]
            t = shot.t_s.astype(np.float32)[rows]
        return Rays(eye, np.asarray(turned, np.float32), t, self.pixel_rad[rows, columns])


def reach_of(shot: Shot, optics: Optics, sun: Float, relief: Relief) -> Reach:
    """What a shot may see, rounded.

    Raises:
        GeometryError: The camera is below the ground.
    """
    eye, turn = shot.eye_m[shot.middle], shot.rotation[shot.middle]
    ground = float(relief.at(eye[:1], eye[1:2], 1.0)[0])
    above = float(eye[2]) - ground
    if above < 0.5:
        raise GeometryError(
            f"the simulated camera is {above:.1f} m above the ground; is its altitude in the world's own datum?"
        )
    above = 2.0 ** (np.floor(2 * np.log2(max(above, 2.0))) / 2)
    grid = 2.0 ** np.floor(np.log2(max(32.0, above / 2)))
    place = (float(np.round(eye[0] / grid) * grid), float(np.round(eye[1] / grid) * grid))
    west, south, east, north = _seen(eye, _sample(optics.rays) @ turn.T, relief)
    if sun[2] > 0:
        long = float(min(_LONGEST_SHADOW_M, _TALL_M * np.hypot(sun[0], sun[1]) / max(float(sun[2]), 0.05)))
        toward = sun[:2] / max(float(np.hypot(sun[0], sun[1])), 1e-9) * long
        west, east = west + min(toward[0], 0.0), east + max(toward[0], 0.0)
        south, north = south + min(toward[1], 0.0), north + max(toward[1], 0.0)
    step = 2.0 ** np.floor(np.log2(max(32.0, max(east - west, north - south) / 4)))
    low = np.floor(np.array([west - 4, south - 4]) / step) * step
    high = np.ceil(np.array([east + 4, north + 4]) / step) * step
    pixel = 2.0 ** (np.floor(2 * np.log2(float(np.median(optics.pixel_rad)))) / 2)
    base = float(np.round(ground / 64) * 64)
    return Reach(
        place, float(above), base, (float(low[0]), float(low[1]), float(high[0]), float(high[1])), float(pixel)
    )


def _sample(rays: Float32) -> Float:
    """A dozen rays each way, with those at the rim."""
    rows = np.unique(np.linspace(0, rays.shape[0] - 1, 13).astype(int))
    columns = np.unique(np.linspace(0, rays.shape[1] - 1, 13).astype(int))
    sample: Float = rays[np.ix_(rows, columns)].reshape(-1, 3).astype(np.float64)
    return sample


def _seen(eye: Float, rays: Float, relief: Relief) -> tuple[float, float, float, float]:
    """West, south, east, north of where rays are near the ground; marched in growing steps over coarse terrain."""
    far = np.geomspace(2.0, FAR_M * 1.2, 90)
    x = eye[0] + rays[:, 0, None] * far
    y = eye[1] + rays[:, 1, None] * far
    z = eye[2] + rays[:, 2, None] * far
    reached = np.hypot(x - eye[0], y - eye[1]) <= FAR_M
    ground = np.full(x.shape, np.inf)
    ground[reached] = relief.at(x[reached], y[reached], _MARCH_CELL_M)
    below = np.maximum.accumulate(z < ground - 15.0, axis=1)
    over = np.pad(below, ((0, 0), (1, 0)))[:, :-1]  # one step more than needed
    near = reached & ~over & (z < ground + _TALL_M + 15.0)
    places = [np.column_stack([x[near], y[near]]), _jumped(eye, rays, far, z - ground, relief)]
    found = np.concatenate(places)
    if not len(found):
        return float(eye[0]) - 16, float(eye[1]) - 16, float(eye[0]) + 16, float(eye[1]) + 16
    (west, south), (east, north) = found.min(axis=0), found.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _jumped(eye: Float, rays: Float, far: Float, above: Float, relief: Relief) -> Float:
    """``(N, 2)`` places near the ground where a step of the march led from high above it to below it.

    Steps grow with the way: seen from some kilometres they leap over all that stands at the place looked at.
    """
    each = np.arange(len(rays))
    after = np.argmax(above < -15.0, axis=1)
    lands = np.isfinite(above[each, after]) & (above[each, after] < -15.0) & (after > 0)
    leaps = lands & (above[each, np.maximum(after - 1, 0)] > _TALL_M + 15.0)
    begin, end = far[after[leaps] - 1, None], far[after[leaps], None]
    way = begin + (end - begin) * np.linspace(0.0, 1.0, 65)
    at = (eye + rays[leaps, None, :] * way[..., None]).reshape(-1, 3)
    over = at[:, 2] - relief.at(at[:, 0], at[:, 1], _MARCH_CELL_M)
    return np.asarray(at[(over > -15.0) & (over < _TALL_M + 15.0), :2], np.float64)
