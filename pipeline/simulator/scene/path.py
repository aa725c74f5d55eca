"""The way of a camera through a flight."""

from dataclasses import dataclass
from typing import Protocol

from pipeline.records.arrays import Float


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """A camera at N times.

    Attributes:
        t_s: ``(N,)`` since the flight's first frame.
        eye_m: ``(N, 3)`` site metres, ellipsoidal height.
        yaw_deg, pitch_deg, roll_deg: ``(N,)`` of the camera; yaw from true north, pitch -90 at nadir.
        platform_yaw_deg, platform_pitch_deg, platform_roll_deg: ``(N,)`` of the airframe.
        velocity_mps: ``(N, 3)`` site.
        zoom: ``(N,)`` factor on the lens's focal length.
    """

    t_s: Float
    eye_m: Float
    yaw_deg: Float
    pitch_deg: Float
    roll_deg: Float
    platform_yaw_deg: Float
    platform_pitch_deg: Float
    platform_roll_deg: Float
    velocity_mps: Float
    zoom: Float


class CameraPath(Protocol):
    """A true flight, continuous in time: telemetry, frames and single rows of a frame ask it at their own times."""

    def at(self, t_s: Float) -> States:
        """The camera at ``(N,)`` seconds since the first frame; any times, in any order."""
        ...

    @property
    def duration_s(self) -> float:
        """From the first frame to the last."""
        ...
