"""One frame: its light and look, its changed tiles, its truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool, Int
from pipeline.simulator.inject.coded_noise import before_coding
from pipeline.simulator.inject.finish import finish
from pipeline.simulator.inject.happened import Happened
from pipeline.simulator.inject.jpeg_file import UInt8
from pipeline.simulator.inject.light import FlightLight, FrameLight, frame_light, sample_ground, sun_at
from pipeline.simulator.inject.posed import PosedPicture
from pipeline.simulator.inject.radiometry import FrameLook, frame_look, linear_of
from pipeline.simulator.inject.touched import touched_tiles
from pipeline.simulator.inject.window import Rectangle, alter
from pipeline.simulator.scene.mesh import Float32
from pipeline.simulator.scene.shot import Seen

_MARGIN_PX = 8
"""Traced around each tile: blur and sharpening reach so far."""


@dataclass(frozen=True, slots=True, eq=False)
class Injected:
    """A frame with events in it.

    Attributes:
        value: ``(H, W, 3)`` 0 to 255; the old one where nothing changed.
        changed: ``(H, W)``.
        seen: What is true of its pixels; depth and place only where something changed. Has no radiance.
        light, look: Of the frame; None where nothing was to be changed.
    """

    value: Float32
    changed: Bool
    seen: Seen
    light: FrameLight | None
    look: FrameLook | None


def inject_frame(
    picture: PosedPicture,
    rgb: UInt8,
    happened: Happened,
    site: SiteFrame,
    flight: FlightLight,
    seed: int,
    table: Int | None = None,
) -> Injected:
    """Render events into one frame.

    Args:
        picture: Its camera and pose.
        rgb: ``(H, W, 3)`` its pixels.
        happened: The events at its time.
        site: Frame of all metres.
        flight: What is known of the whole flight's light.
        seed: Of its noise.
        table: ``(8, 8)`` steps with which its luma is coded; None where it is not.
    """
    stage = happened.stage
    sun = sun_at(picture.t_utc_ns + round(flight.sun_offset_s * 1e9), site, stage.origin_m)
    tiles = touched_tiles(picture, stage, happened.puffs, sun)
    field = _Field.empty(rgb)
    if not tiles:
        return Injected(field.value, field.changed, _seen(field, happened, picture), None, None)
    linear = linear_of(rgb.astype(np.float32))
    light = frame_light(sample_ground(picture, linear, stage, seed), sun, stage, flight.shade)
    look = frame_look(rgb)
    rendered = look if table is None else before_coding(look, table)
    for tile in tiles:
        around = _widened(tile, rgb.shape[1], rgb.shape[0])
        altered = alter(picture, around, stage, light, happened.puffs)
        rng = np.random.default_rng([seed, tile.left, tile.top])
        old = rgb[around.top : around.top + around.height, around.left : around.left + around.width]
        done = finish(altered, old, rendered, rng)
        inner = _cut(tile, around)
        place = (slice(tile.top, tile.top + tile.height), slice(tile.left, tile.left + tile.width))
        field.value[place], field.changed[place] = done.value[inner], done.changed[inner]
        field.number[place], field.shadow[place] = altered.number[inner], altered.shadow[inner]
        field.ground[place] = altered.point_m[inner]
    return Injected(field.value, field.changed, _seen(field, happened, picture), light, look)


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """A frame's pictures, filled tile by tile."""

    value: Float32
    changed: Bool
    number: NDArray[np.int32]
    shadow: Bool
    ground: Float32

    @classmethod
    def empty(cls, rgb: UInt8) -> "_Field":
        shape = rgb.shape[:2]
        return cls(rgb.astype(np.float32), np.zeros(shape, bool), np.zeros(shape, np.int32), np.zeros(shape, bool),
                   np.full((*shape, 3), np.nan, np.float32))  # fmt: skip


def _seen(field: _Field, happened: Happened, picture: PosedPicture) -> Seen:
    """As the truth wants it: names sorted, depth along the optical axis."""
    names = tuple(sorted(set(happened.thing_ids)))
    place = {name: at + 1 for at, name in enumerate(names)}
    new = np.array([0] + [place[name] for name in happened.thing_ids], np.int32)
    eye = (picture.eye_m - happened.stage.origin_m).astype(np.float32)
    axis = picture.rotation[:, 2].astype(np.float32)
    depth = (field.ground - eye) @ axis
    return Seen(
        None, None, new[field.number], names, np.where(np.isfinite(depth), depth, np.inf).astype(np.float32),
        field.ground, happened.stage.origin_m, field.shadow,
    )  # fmt: skip


def _widened(tile: Rectangle, width: int, height: int) -> Rectangle:
    left, top = max(tile.left - _MARGIN_PX, 0), max(tile.top - _MARGIN_PX, 0)
    right, bottom = min(tile.left + tile.width + _MARGIN_PX, width), min(tile.top + tile.height + _MARGIN_PX, height)
    return Rectangle(left, top, right - left, bottom - top)


def _cut(tile: Rectangle, around: Rectangle) -> tuple[slice, slice]:
    top, left = tile.top - around.top, tile.left - around.left
    return slice(top, top + tile.height), slice(left, left + tile.width)
