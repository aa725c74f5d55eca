"""Telemetry logs of ground stations (MAVLink, ``.tlog``)."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.records.arrays import Float, Int
from pipeline.records.samples import ReadingFault, TelemetrySamples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.boot_clock import FIRST_UTC_US, BootClock, restarts
from pipeline.sources.telemetry.log_rows import FlightLog, Timed, carried_to, log_samples
from pipeline.sources.telemetry.mavlink_frames import MavlinkMessages, frame_bytes, read_mavlink
from pipeline.sources.telemetry.ulog_camera import NO_GIMBAL, gimbal_attitude
from pipeline.sources.telemetry.ulog_receiver import heights

FULL_FIX = 3
LATENCY_S = 0.3
"""Of a message over a radio link: one standard deviation of a UTC that comes from times of receipt alone."""
MAX_CLIPS = 20


class TlogReader:
    """Reads MAVLink telemetry logs. Recognised by three frames behind one another, each with a time of receipt."""

    name = "tlog"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it begins with frames."""
        del path
        pos, frames = 0, 0
        while frames < 3 and (size := frame_bytes(head, pos)) > 0:
            pos, frames = pos + size, frames + 1
        return frames == 3 or (frames > 0 and pos == len(head))

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole log of one aircraft: a clip for each time that its autopilot was switched on.

        Of several aircraft the one that tells the most positions is read.

        Raises:
            InputError: It has neither positions nor attitudes of a gimbal.
        """
        with open_regular(path) as file:
            found = read_mavlink(file)
        counts = {
            system: sum(len(found.table(system, kind)) for kind in ("GPS_RAW_INT", "GLOBAL_POSITION_INT"))
            for system in {system for system, _ in found.bodies}
        }
        if not any(counts.values()):
            raise InputError(
                f"{path.name}: {found.frames} MAVLink frames without a position; was the link up during the flight?"
            )
        system = max(sorted(counts), key=lambda one: counts[one])
        notes = [f"of {sum(map(bool, counts.values()))} aircraft, system {system} is read"] if len(counts) > 1 else []
        faults = [
            ReadingFault(
                "log_damaged", found.damaged, "frames whose checksum is wrong, or places where frames broke off"
            ),
            ReadingFault("log_cut", int(found.cut), "the log ends within a frame"),
            ReadingFault("too_long", found.left_out, "messages beyond what is kept of one kind"),
        ]
        clips: list[TelemetrySamples] = []
        for begin, end in _stretches(found, system):
            log = _log(_Part(found, system, begin, end))
            if len(log.position) or len(log.camera):
                log.faults, log.notes[:0] = ([] if clips else faults), notes
                clips.append(log_samples(path, self.name, log))
        if not clips:
            raise InputError(f"{path.name}: no stretch of it has a position; was the link up during the flight?")
        return tuple(clips)


class _Part:
    """Messages of one aircraft received in one stretch of time."""

    def __init__(self, found: MavlinkMessages, system: int, begin_us: int, end_us: int) -> None:
        self.found, self.system, self.begin_us, self.end_us = found, system, begin_us, end_us

    def table(self, name: str) -> NDArray[np.void]:
        """A kind's messages of the stretch."""
        table = self.found.table(self.system, name)
        return table[(table["received_us"] >= self.begin_us) & (table["received_us"] < self.end_us)]


def _stretches(found: MavlinkMessages, system: int) -> list[tuple[int, int]]:
    """Times of receipt between restarts of the autopilot."""
    table = found.table(system, "GLOBAL_POSITION_INT")
    if not len(table):
        table = found.table(system, "ATTITUDE")
    firsts = restarts(table["time_boot_ms"].astype(np.int64) * 1000) if len(table) else np.zeros(0, np.int64)
    bounds = [0, *(int(table["received_us"][row]) for row in firsts[1 : MAX_CLIPS + 1]), 2**62]
    return [(begin, end) for begin, end in pairwise(bounds) if end > begin]


def _log(part: _Part) -> FlightLog:
    attitude, fused = part.table("ATTITUDE"), part.table("GLOBAL_POSITION_INT")
    heading = Timed(_boot(attitude), {"yaw_deg": np.degrees(attitude["yaw"].astype(np.float64))})
    system, gps = part.table("SYSTEM_TIME"), part.table("GPS_RAW_INT")
    clock, note = _clock(system, attitude if len(attitude) else fused)
    if len(gps):
        position, datum, why = _received(gps, fused, clock)
    else:
        position, datum, why = _fused(fused)
    log = FlightLog(position, np.zeros(len(position), np.int64), datum, why, heading=heading, clock=clock)
    log.notes.append(note)
    log.camera, words = _camera(part, heading, clock)
    log.notes.append(words)
    if len(fused):
        log.above_take_off = Timed(_boot(fused), {"relative_alt_m": fused["relative_alt"] / 1e3})
    log.captures, log.fed_back = _captures(part, clock)
    return log


def _clock(told: NDArray[np.void], timed: NDArray[np.void]) -> tuple[BootClock | None, str]:
    """UTC by the autopilot's own word, else by when the ground station received what it said when."""
    clock = BootClock.of(_boot(told), np.minimum(told["time_unix_usec"], 2**62).astype(np.int64))
    if clock is not None:
        return clock, f"UTC from {int((told['time_unix_usec'] > FIRST_UTC_US).sum())} messages SYSTEM_TIME"
    clock = BootClock.of(_boot(timed), np.minimum(timed["received_us"], 2**62).astype(np.int64))
    if clock is None:
        return None, ""
    late = BootClock(clock.offset_us, clock.middle_us, clock.drift, LATENCY_S, 0)
    return late, "UTC from the ground station's clock, late by the radio link's delay: the autopilot never told it"


def _received(gps: NDArray[np.void], fused: NDArray[np.void], clock: BootClock | None) -> tuple[Timed, str, str]:
    """Columns of the receiver, vertical datum and why."""
    fix = gps["fix_type"].astype(np.float64)
    fix = np.where(fix == 7, 6.0, np.where(fix >= 8, 4.0, fix))  # 7: at rest, 8: precise point positioning
    lat, lon = gps["lat"] / 1e7, gps["lon"] / 1e7
    fixed = (fix >= 2) & ~((lat == 0) & (lon == 0))
    alt, datum, why = heights(gps["alt"] / 1e3, gps["alt_ellipsoid"] / 1e3, fixed & (fix >= FULL_FIX))
    satellites = gps["satellites_visible"].astype(np.float64)
    t_us = _any_clock(gps["time_usec"], gps["received_us"], clock)
    # positions that were only sent again are told once
    rows = np.concatenate([[True], np.diff(t_us) != 0])
    climb = Timed(_boot(fused), {"climb_mps": fused["vz"] / -1e2})
    columns: dict[str, Float] = {
        "lon_deg": np.where(fixed, lon, np.nan),
        "lat_deg": np.where(fixed, lat, np.nan),
        "alt_m": np.where(fixed & (fix >= FULL_FIX), alt, np.nan),
        "position_sigma_m": _positive(gps["h_acc"] / 1e3),
        "alt_sigma_m": _positive(gps["v_acc"] / 1e3),
        "satellites": np.where(satellites < 255, satellites, np.nan),
        "hdop": np.where(gps["eph"] < 9999, gps["eph"] / 100, np.nan),
        "fix": fix,
        "speed_mps": np.where(fixed & (gps["vel"] < 65535), gps["vel"] / 100, np.nan),
        "climb_mps": carried_to(t_us, climb, "climb_mps"),
    }
    return Timed(t_us[rows], {name: values[rows] for name, values in columns.items()}), datum, why


def _fused(fused: NDArray[np.void]) -> tuple[Timed, str, str]:
    """The autopilot's estimate, where the receiver's own word was not sent."""
    lat, lon = fused["lat"] / 1e7, fused["lon"] / 1e7
    fixed = ~((lat == 0) & (lon == 0))
    columns = {
        "lon_deg": np.where(fixed, lon, np.nan),
        "lat_deg": np.where(fixed, lat, np.nan),
        "alt_m": np.where(fixed, fused["alt"] / 1e3, np.nan),
        "speed_mps": np.hypot(fused["vx"] / 1e2, fused["vy"] / 1e2),
        "climb_mps": fused["vz"] / -1e2,
    }
    return Timed(_boot(fused), columns), "egm96", "MAVLink's positions are above the sea; autopilots take EGM96"


def _camera(part: _Part, heading: Timed, clock: BootClock | None) -> tuple[Timed, str]:
    gimbal = part.table("GIMBAL_DEVICE_ATTITUDE_STATUS")
    if len(gimbal):
        one = gimbal["component"] == gimbal["component"][0]
        gimbal = gimbal[one]
        q = [gimbal["q"][:, place] for place in range(4)]
        return gimbal_attitude(_boot(gimbal), q, gimbal["flags"].astype(np.int64), heading)
    mount = part.table("MOUNT_ORIENTATION")
    if len(mount):
        t_us = _boot(mount)
        yaw = mount["yaw_absolute"].astype(np.float64)
        nose = mount["yaw"] + carried_to(t_us, heading, "yaw_deg", circle=True)
        # version 1 has no absolute yaw: it reads as 0 throughout
        yaw = np.where(np.isfinite(yaw) & bool(np.any(yaw != 0)), yaw, nose)
        columns = {"yaw_deg": _turn(yaw), "pitch_deg": mount["pitch"], "roll_deg": mount["roll"]}
        floats = {name: np.asarray(values, np.float64) for name, values in columns.items()}
        return Timed(t_us, floats), "the camera's attitude is the mount's orientation"
    status = part.table("MOUNT_STATUS")
    if len(status) and clock is not None:
        t_us = _any_clock(status["received_us"], status["received_us"], clock)
        yaw = status["pointing_c"] / 1e2 + carried_to(t_us, heading, "yaw_deg", circle=True)
        angles = {
            "yaw_deg": _turn(yaw),
            "pitch_deg": status["pointing_a"] / 1e2,
            "roll_deg": status["pointing_b"] / 1e2,
        }
        return Timed(t_us, angles), "the camera's attitude is the mount's status, by its time of receipt"
    return Timed.none(), NO_GIMBAL


def _captures(part: _Part, clock: BootClock | None) -> tuple[Timed, bool]:
    """Stills that the camera confirmed, else those that it was asked for."""
    taken = part.table("CAMERA_IMAGE_CAPTURED")
    if len(taken):
        return Timed(_boot(taken), {"sequence": taken["image_index"].astype(np.float64)}), True
    for name, number, fed_back in (("CAMERA_FEEDBACK", "img_idx", True), ("CAMERA_TRIGGER", "seq", False)):
        table = part.table(name)
        if len(table):
            t_us = _any_clock(table["time_usec"], table["received_us"], clock)
            return Timed(t_us, {"sequence": table[number].astype(np.float64)}), fed_back
    return Timed.none(), False


def _any_clock(told_us: NDArray[np.uint64], received_us: NDArray[np.uint64], clock: BootClock | None) -> Int:
    """Times by the autopilot's clock that a message gives since 1970 or since the start, told by their size."""
    told: Int = np.minimum(told_us, 2**62 // 1000).astype(np.int64)
    if clock is None:
        return told
    received: Int = np.minimum(received_us, 2**62 // 1000).astype(np.int64)
    told = np.where(told == 0, received, told)
    return np.where(told > FIRST_UTC_US, told - clock.offset_us, told)


def _boot(table: NDArray[np.void]) -> Int:
    return np.asarray(table["time_boot_ms"].astype(np.int64) * 1000)


def _turn(yaw_deg: Float) -> Float:
    return np.asarray((yaw_deg + 180) % 360 - 180)


def _positive(values: Float) -> Float:
    return np.where((values > 0) & (values < 1e4), values, np.nan)
