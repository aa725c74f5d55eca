"""Where the camera looked, in a PX4 log: gimbals say so, airframes don't."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.attitude import euler_of
from pipeline.records.arrays import Float, Int
from pipeline.sources.telemetry.log_rows import Timed, carried_to

NO_GIMBAL = "no gimbal was logged: only the aircraft's heading is known, not where the camera looked"
YAW_LOCK, YAW_OF_VEHICLE, YAW_OF_EARTH = 16, 32, 64
"""Bits of a gimbal's device_flags (MAVLink common.xml, GIMBAL_DEVICE_FLAGS)."""
COMMANDED_SIGMA_DEG = 3.0
"""Angles that a mount was told to take: it may lag, and hit its stops."""


def camera_of_log(
    tables: Mapping[str, NDArray[np.void] | None], heading: Timed, attitude: NDArray[np.void] | None
) -> tuple[Timed, str]:
    """The camera's attitude and where it comes from, in words.

    Args:
        tables: Messages of ``gimbal_device_attitude_status`` and ``mount_orientation``; None for none.
        heading: ``yaw_deg`` of the aircraft.
        attitude: Messages of ``vehicle_attitude``.
    """
    gimbal = tables["gimbal_device_attitude_status"]
    if gimbal is not None and "q[3]" in (gimbal.dtype.names or ()):
        return _measured(gimbal, heading)
    mount = tables["mount_orientation"]
    if mount is not None and "attitude_euler_angle[2]" in (mount.dtype.names or ()) and attitude is not None:
        return _commanded(mount, attitude)
    return Timed.none(), NO_GIMBAL


def _measured(gimbal: NDArray[np.void], heading: Timed) -> tuple[Timed, str]:
    t_us = _times(gimbal)
    named = "device_flags" in (gimbal.dtype.names or ())
    flags = gimbal["device_flags"].astype(np.int64) if named else np.zeros_like(t_us)
    return gimbal_attitude(t_us, [gimbal[f"q[{part}]"] for part in range(4)], flags, heading)


def gimbal_attitude(t_us: Int, q: Sequence[Float], flags: Int, heading: Timed) -> tuple[Timed, str]:
    """A gimbal's quaternion as attitudes of the camera, and how it was read.

    Pitch and roll count from the horizon, yaw from north or from the aircraft's nose as the flags say.

    Args:
        t_us: ``(N,)``.
        q: w, x, y, z, ``(N,)`` each.
        flags: ``(N,)`` of the gimbal device.
        heading: ``yaw_deg`` of the aircraft.
    """
    yaw, pitch, roll = euler_of(*q)
    stated = (flags & (YAW_OF_VEHICLE | YAW_OF_EARTH)) != 0
    from_north = np.where(stated, (flags & YAW_OF_EARTH) != 0, (flags & YAW_LOCK) != 0)
    turned = yaw + np.asarray(carried_to(t_us, heading, "yaw_deg", circle=True))
    yaw = np.where(from_north, yaw, (turned + 180) % 360 - 180)
    share = 100 * float(from_north.mean())
    words = f"the camera's attitude is the gimbal's own; its yaw counts from north in {share:.0f} % of messages"
    return Timed(t_us, {"yaw_deg": yaw, "pitch_deg": pitch, "roll_deg": roll}), words


def _commanded(mount: NDArray[np.void], attitude: NDArray[np.void]) -> tuple[Timed, str]:
    """Angles of a mount's servos count from the airframe."""
    t_us = _times(mount)
    vehicle = euler_of(*(attitude[f"q[{part}]"] for part in range(4)))
    body = Timed(_times(attitude), dict(zip("ypr", vehicle, strict=True)))
    columns: dict[str, Float] = {}
    for ours, of_body, place in (("roll_deg", "r", 0), ("pitch_deg", "p", 1), ("yaw_deg", "y", 2)):
        angle = np.degrees(mount[f"attitude_euler_angle[{place}]"].astype(np.float64))
        summed = angle + carried_to(t_us, body, of_body, circle=True)
        columns[ours] = (summed + 180) % 360 - 180
    columns["yaw_sigma_deg"] = columns["tilt_sigma_deg"] = np.full(len(t_us), COMMANDED_SIGMA_DEG)
    return Timed(t_us, columns), "the camera's attitude is what the mount was told, on top of the airframe's: ± 3°"


def _times(table: NDArray[np.void]) -> Int:
    times: Int = np.minimum(table["timestamp"], 2**62 // 1000).astype(np.int64)
    return times
