"""A rectangle of a real frame as events change it: how much of each pixel stays, and what is added to it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Float, Int
from pipeline.simulator.inject.lens_points import rays_at
from pipeline.simulator.inject.light import FrameLight
from pipeline.simulator.inject.posed import PosedPicture
from pipeline.simulator.inject.smoke import veil
from pipeline.simulator.inject.stage import Stage
from pipeline.simulator.inject.surfaces import face_look
from pipeline.simulator.scene.mesh import Float32, Puff

FINE = 3
"""Rays a pixel and axis; odd, so that one goes through the pixel's centre."""

_SUN_RADIUS_RAD = 0.00465
_GOLDEN_RAD = 2.39996323
_ABOVE_GRAIN_M = np.array([0.0, 0.0, 0.35])
"""A surface model's own unevenness throws no shadow."""

_SKY_RAYS = 2
"""For each of a pixel's rays."""

_SKY_RAYS_ALONE = 7
"""For a pixel's only ray."""

_SKY_REACH_M = 4.0
"""What is farther away hides hardly any of the sky."""

_UNEVEN = 0.1
"""Neighbouring pixels that differ by more, as shares of what was there, are traced finely."""
_BOUNCE = 0.13
"""Reflectance of the ground that lights things from below."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Pixels of a frame."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Altered:
    """What becomes of a rectangle, on a raster `FINE` times finer than its pixels.

    Attributes:
        keep: ``(fH, fW, 3)`` factor on the linear pixel value that is there.
        add: ``(fH, fW, 3)`` linear value that comes to it.
        number: ``(H, W)`` at pixel centres: 0 as before, else 1 + index into patches' things, then parts.
        far_m: ``(H, W)`` along the ray; infinite in the sky.
        point_m: ``(H, W, 3)`` relative to the stage's origin; NaN in the sky.
        shadow: ``(H, W)`` whether something added hides the sun.
    """

    keep: Float32
    add: Float32
    number: NDArray[np.int32]
    far_m: Float32
    point_m: Float32
    shadow: Bool


@dataclass(frozen=True, slots=True, eq=False)
class _Rays:
    """Values of N rays."""

    keep: Float
    add: Float
    number: Int
    far_m: Float
    point_m: Float
    shadow: Bool


def alter(picture: PosedPicture, where: Rectangle, stage: Stage, light: FrameLight, puffs: tuple[Puff, ...]) -> Altered:
    """Trace a rectangle: one ray a pixel to see where something changes, and there `FINE` times `FINE`.

    Args:
        picture: Its camera and pose.
        where: The rectangle, inside the picture.
        stage: Surface and events.
        light: Of the frame.
        puffs: Smoke.
    """
    shape = (where.height, where.width)
    column, row = np.meshgrid(where.left + np.arange(where.width), where.top + np.arange(where.height))
    pixels = np.column_stack([column.ravel(), row.ravel()]).astype(np.float64)
    middle = _trace(picture, pixels, None, stage, light, puffs)
    number = middle.number.reshape(shape).astype(np.int32)
    keep, add = (
        np.broadcast_to(
            field.reshape(where.height, 1, where.width, 1, 3), (where.height, FINE, where.width, FINE, 3)
        ).astype(np.float32)
        for field in (middle.keep, middle.add)
    )
    at_row, at_column = np.nonzero(_edges(number, middle, light, shape))
    step = (np.arange(FINE) + 0.5) / FINE - 0.5
    for down in range(FINE):
        for across in range(FINE):
            fine = np.column_stack([where.left + at_column + step[across], where.top + at_row + step[down]])
            traced = _trace(picture, fine, down * FINE + across, stage, light, puffs)
            keep[at_row, down, at_column, across] = traced.keep
            add[at_row, down, at_column, across] = traced.add
    size = (where.height * FINE, where.width * FINE, 3)
    return Altered(
        keep.reshape(size), add.reshape(size),
        middle.number.reshape(shape).astype(np.int32), middle.far_m.reshape(shape).astype(np.float32),
        middle.point_m.reshape(*shape, 3).astype(np.float32), middle.shadow.reshape(shape),
    )  # fmt: skip


def _edges(number: NDArray[np.int32], middle: _Rays, light: FrameLight, shape: tuple[int, int]) -> Bool:
    """Pixels beside which something else begins or the light changes: one ray is not enough there."""
    level = (middle.keep + middle.add / light.level).mean(axis=1).reshape(shape).astype(np.float32)
    near = np.ones((3, 3), np.uint8)
    uneven = cv2.dilate(level, near) - cv2.erode(level, near) > _UNEVEN
    ids = number.astype(np.float32)
    border = cv2.dilate(ids, near) != cv2.erode(ids, near)
    return np.asarray(cv2.dilate((uneven | border).astype(np.uint8), near) > 0, np.bool_)


def _trace(
    picture: PosedPicture, pixels: Float, order: int | None, stage: Stage, light: FrameLight, puffs: tuple[Puff, ...]
) -> _Rays:
    """``(N, 2)`` points of the picture; `order` says which of a pixel's rays they are; None: the only one."""
    rays = rays_at(picture.lens, picture.rotation, pixels)
    rays = np.where(np.isfinite(rays), rays, [0.0, 0.0, 1.0])
    hits = stage.look(picture.eye_m, rays)
    far = hits.far_m.astype(np.float64)
    eye = picture.eye_m - stage.origin_m
    met = hits.soup >= 0
    point = eye + np.where(met, far, 0.0)[:, None] * rays
    out = _Rays(np.ones((len(rays), 3)), np.zeros((len(rays), 3)), np.zeros(len(rays), np.int64), far,
                np.where(met[:, None], point, np.nan), np.zeros(len(rays), bool))  # fmt: skip
    ground = np.flatnonzero(hits.soup == 0)
    _on_ground(out, ground, point, order, stage, light)
    things_before = 0
    for k, patch in enumerate(stage.patches, 1):
        mine = np.flatnonzero(hits.soup == k)
        _on_patch(out, mine, point, order, k - 1, things_before, stage, light)
        things_before += len(patch.thing_ids)
    first = 1 + len(stage.patches)
    for k, part in enumerate(stage.parts):
        mine = np.flatnonzero(hits.soup == first + k)
        if len(mine):
            albedo, shine, glow, normal = face_look(part, hits.triangle[mine], point[mine])
            facing = np.where((normal * rays[mine]).sum(axis=1, keepdims=True) > 0, -normal, normal)
            sunny, open_sky = _reached(point[mine], facing, stage, light, order, things=True)
            out.keep[mine] = 0.0
            out.add[mine] = (
                albedo * _lit(facing, sunny, open_sky, light)
                + shine[:, None] * light.sky * 0.6
                + glow * (light.sky + light.sun)
            )
            out.number[mine] = 1 + things_before + k
            out.shadow[mine] = sunny < 0.5
    veil(out.keep, out.add, eye, rays, far, tuple(puffs), stage.origin_m, light.sun * light.towards_sun[2] + light.sky)
    return out


def _on_ground(out: _Rays, mine: Int, point: Float, order: int | None, stage: Stage, light: FrameLight) -> None:
    """Ground that stays: dimmed where something new stands before the sun or the sky."""
    if len(mine) == 0 or not (stage.patches or stage.parts):
        return
    start = point[mine]
    up = np.broadcast_to([0.0, 0.0, 1.0], start.shape)
    suns = _suns(light, order, len(mine))
    was_sunny = ~stage.surface_hides(start + _ABOVE_GRAIN_M, suns)
    hidden = stage.added_hides(start + 0.02 * up, suns) & (light.towards_sun[2] > 0)
    open_sky = _sky(start + 0.02 * up, up, order, stage)
    after = _lit(up, (was_sunny & ~hidden).astype(float), open_sky, light)
    before = _lit(up, was_sunny.astype(float), np.ones(len(mine)), light)
    out.keep[mine] = after / before
    out.shadow[mine] = hidden & was_sunny


def _on_patch(
    out: _Rays,
    mine: Int,
    point: Float,
    order: int | None,
    which: int,
    things_before: int,
    stage: Stage,
    light: FrameLight,
) -> None:
    """Changed ground: what is left of the old look under the new light, and the new look."""
    if len(mine) == 0:
        return
    patch = stage.patches[which]
    normal, old_normal, share, albedo, owner = patch.sample(point[mine, :2] + stage.origin_m[:2])
    was_sunny = ~stage.surface_hides(point[mine] + 1.7 * _ABOVE_GRAIN_M, _suns(light, order, len(mine)))
    sunny, open_sky = _reached(point[mine], normal.astype(np.float64), stage, light, order, things=False)
    sunny = sunny * was_sunny
    after = _lit(normal, sunny, open_sky, light)
    before = _lit(old_normal, was_sunny.astype(float), np.ones(len(mine)), light)
    out.keep[mine] = (1 - share)[:, None] * np.clip(after / np.maximum(before, 1e-6), 0, 3)
    out.add[mine] = albedo * after
    out.number[mine] = np.where(owner > 0, owner + things_before, 0)
    out.shadow[mine] = was_sunny & (sunny < 0.5)


def _reached(
    point: Float, normal: Float, stage: Stage, light: FrameLight, order: int | None, *, things: bool
) -> tuple[Float, Float]:
    """Whether the sun reaches points, and how much of the sky does."""
    start = point + 0.015 * normal
    suns = _suns(light, order, len(point))
    sunny = ~stage.added_hides(start, suns) & (light.towards_sun[2] > 0)
    if things:
        sunny &= ~stage.surface_hides(start + _ABOVE_GRAIN_M, suns)
    return sunny.astype(float), _sky(start, normal, order, stage)


def _lit(normal: Float | Float32, sunny: Float, open_sky: Float, light: FrameLight) -> Float:
    """``(N, 3)`` value of a white surface."""
    toward = np.maximum(normal @ light.towards_sun, 0.0) * sunny
    upward = 0.5 * (1 + normal[:, 2])
    level = light.sun * max(float(light.towards_sun[2]), 0.0) + light.sky
    return np.asarray(
        toward[:, None] * light.sun
        + (upward * open_sky)[:, None] * light.sky
        + ((1 - upward) * _BOUNCE * (0.4 + 0.6 * open_sky))[:, None] * level
    )


def _suns(light: FrameLight, order: int | None, count: int) -> Float:
    """``(count, 3)`` a direction to the sun's disc, by a pixel's rays in turn: shadows have soft borders."""
    towards = light.towards_sun
    if order is not None:
        across = np.cross(towards, [0.31, 0.17, 0.93])
        across /= np.linalg.norm(across)
        # a sunflower's seeds fill a disc evenly
        far, turn = _SUN_RADIUS_RAD * np.sqrt((order + 0.5) / (FINE * FINE)), _GOLDEN_RAD * order
        towards = towards + far * (np.cos(turn) * across + np.sin(turn) * np.cross(across, towards))
    return np.broadcast_to(towards, (count, 3))


def _sky(start: Float, normal: Float, order: int | None, stage: Stage) -> Float:
    """Share of the sky over a surface that nothing added hides close by, by a few rays.

    Points spread evenly over a sphere that stands on the surface have the directions that light by the cosine.
    """
    if order is None:
        numbers, of = range(_SKY_RAYS_ALONE), _SKY_RAYS_ALONE
    else:
        numbers, of = range(order * _SKY_RAYS, (order + 1) * _SKY_RAYS), _SKY_RAYS * FINE * FINE
    free = np.zeros(len(start))
    reach = np.full(len(start), _SKY_REACH_M, np.float32)
    for number in numbers:
        high, turn = 1 - 2 * (number + 0.5) / of, _GOLDEN_RAD * number
        flat = np.sqrt(1 - high**2)
        ray = normal + 0.999 * np.array([flat * np.cos(turn), flat * np.sin(turn), high])
        ray[:, 2] = np.abs(ray[:, 2]) + 1e-3
        ray /= np.sqrt(np.einsum("ij,ij->i", ray, ray))[:, None]
        free += ~stage.added_hides(start, ray, reach)
    return free / len(numbers)
