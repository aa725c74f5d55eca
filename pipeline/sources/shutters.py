"""Shutters of frames: by ``sortie.toml``, the tags of the picture, the camera table; videos are rolling unless told."""

import math

from pipeline.records.shutter import ASSUMED_READOUT_S, Shutter, ShutterKind
from pipeline.records.stated_facts import StatedCamera
from pipeline.sources.cameras import CameraEntry
from pipeline.sources.exif import Exif

_BY_TAG = {"mechanical": ShutterKind.MECHANICAL, "electronic": ShutterKind.ROLLING, "global": ShutterKind.GLOBAL}
"""What makers write as the type of the shutter."""


def stated_shutter(stated: StatedCamera | None, sensor: str) -> Shutter | None:
    """What people state: a readout of 0 is a shutter that exposes all rows at once."""
    if stated is None or stated.readout_ms is None or stated.sensor not in (None, sensor):
        return None
    kind = ShutterKind.ROLLING if stated.readout_ms > 0 else ShutterKind.GLOBAL
    return Shutter(kind, stated.readout_ms / 1000, "sortie.toml")


def still_shutter(exif: Exif, xmp: dict[str, str], entry: CameraEntry | None) -> Shutter:
    """The shutter that took a still.

    A mechanical shutter can't be as quick as an electronic one: below its shortest exposure the camera changes to that
    by itself.
    """
    readout_s = math.nan if entry is None or entry.readout_ms is None else entry.readout_ms / 1000
    tagged = _BY_TAG.get(xmp.get("ShutterType", "").strip().casefold())
    if tagged is not None:
        return Shutter(tagged, readout_s if tagged is ShutterKind.ROLLING else math.nan, "tags of the picture")
    if entry is None or entry.shutter is ShutterKind.UNKNOWN:
        return Shutter()
    exposure_s = exif.number("exposure_s")
    if entry.shutter is ShutterKind.MECHANICAL and 0 < exposure_s < (entry.electronic_below_s or 0.0):
        return Shutter(ShutterKind.ROLLING, readout_s, "exposed too briefly for its mechanical shutter")
    return Shutter(entry.shutter, readout_s if entry.shutter is ShutterKind.ROLLING else math.nan, "camera table")


def video_shutter(frame_s: float) -> Shutter:
    """A video's: nothing takes longer to read than the time to the next frame.

    Args:
        frame_s: Time between two frames; NaN where it is not known.
    """
    if 0 < frame_s < ASSUMED_READOUT_S:
        return Shutter(ShutterKind.ROLLING, frame_s, "videos are rolling unless told; at most a frame's time")
    return Shutter(ShutterKind.ROLLING, math.nan, "videos are rolling unless told")
