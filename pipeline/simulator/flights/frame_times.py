"""When a flight's frames and telemetry samples are taken."""

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.flights.path import FlownPath


def still_times(path: FlownPath, interval_s: float, *, limit: int | None = None) -> Float:
    """``(N,)`` seconds of stills at an interval, along lines only; the first is 0.

    Args:
        path: The flight.
        interval_s: Between stills of a line.
        limit: At most so many, the first ones.

    Raises:
        ConfigError: The interval is not above 0.
    """
    if interval_s <= 0:
        raise ConfigError(f"frames: interval_s {interval_s} must be above 0")
    lines = [np.arange(begin, end + 1e-6, interval_s) for begin, end in path.lines_s]
    return np.concatenate(lines)[:limit]


def video_times(path: FlownPath, fps: float, *, limit: int | None = None) -> Float:
    """``(N,)`` seconds of a video's frames, turns and all; arguments as in `still_times`."""
    if fps <= 0:
        raise ConfigError(f"frames: fps {fps} must be above 0")
    frames = int(np.floor(path.duration_s * fps + 1e-6)) + 1
    return np.arange(frames if limit is None else min(frames, limit)) / fps
