"""Events into one still."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Bool
from pipeline.simulator.inject.frame_file import decode_frame, read_frame_file, write_frame_file
from pipeline.simulator.inject.frame_work import Injected, inject_frame
from pipeline.simulator.inject.happened import Stages
from pipeline.simulator.inject.jpeg_file import UInt8
from pipeline.simulator.inject.light import FlightLight
from pipeline.simulator.inject.posed import PosedPicture
from pipeline.simulator.inject.report import FrameReport

_BLOCK_PX = 16
"""Coding blocks are 8 or 16 pixels wide: a change inside one reaches all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of a frame.

    Attributes:
        picture: Which.
        made: Its new pixels and truth; None where it could not be changed.
        report: None where nothing was to be changed.
        reason: Why it could not be changed.
    """

    picture: PosedPicture
    made: Injected | None
    report: FrameReport | None
    reason: str = ""


def inject_still(
    path: Path, copied: Path, picture: PosedPicture, stages: Stages, site: SiteFrame, light: FlightLight, seed: int
) -> Outcome:
    """Change one still; a file in which nothing is to be seen stays as it was copied.

    Args:
        path: The original.
        copied: Its copy, which is overwritten.
        picture: Its camera and pose.
        stages: The events.
        site: Frame of all metres.
        light: Of the flight.
        seed: Of noise.
    """
    if picture.thermal:
        return Outcome(
            picture, None, None, "thermal frames show warmth, which is not known of the ground around events"
        )
    try:
        frame = read_frame_file(path)
    except InputError as error:
        return Outcome(picture, None, None, str(error))
    if (frame.rgb.shape[1], frame.rgb.shape[0]) != picture.lens.size_px:
        return Outcome(picture, None, None, f"{path.name} has another size than the frame that was placed")
    table = frame.jpeg.components[0].table if frame.jpeg is not None else None
    made = inject_frame(picture, frame.rgb, stages.at(picture.t_utc_ns), site, light, seed, table)
    if not made.changed.any():
        return Outcome(picture, made, None)
    data = write_frame_file(frame, made.value, made.changed)
    copied.write_bytes(data)
    return Outcome(
        picture, made, told(picture, made, outside_db(frame.rgb, decode_frame(data, path.name), made.changed))
    )


def told(picture: PosedPicture, made: Injected, outside: float) -> FrameReport | None:
    """The report of a frame; None where nothing was to be changed."""
    if made.light is None or made.look is None:
        return None
    return FrameReport(
        frame_id=picture.frame_id,
        changed_px=int(made.changed.sum()),
        outside_db=outside,
        blur_px=made.look.blur_px,
        sharpening=made.look.sharpening,
        noise=float(np.median(made.look.noise)),
        white=float(made.light.level.mean()),
        shade=float(made.light.shade.mean()),
        shade_measured=made.light.shade_measured,
    )


def outside_db(before: UInt8, after: UInt8, changed: Bool) -> float:
    """Peak signal-to-noise ratio of the pixels in coding blocks without a change; infinite where they are the same."""
    rows, columns = (-(-side // _BLOCK_PX) for side in changed.shape)
    padded = np.zeros((rows * _BLOCK_PX, columns * _BLOCK_PX), bool)
    padded[: changed.shape[0], : changed.shape[1]] = changed
    touched = padded.reshape(rows, _BLOCK_PX, columns, _BLOCK_PX).any(axis=(1, 3))
    whole = np.repeat(np.repeat(touched, _BLOCK_PX, axis=0), _BLOCK_PX, axis=1)
    outside = ~whole[: changed.shape[0], : changed.shape[1]]
    difference = after[outside].astype(np.float32) - before[outside]
    error = float((difference**2).mean()) if len(difference) else 0.0
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
