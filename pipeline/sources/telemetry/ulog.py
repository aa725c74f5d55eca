"""Logs of PX4 autopilots (ULog)."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.geometry.attitude import euler_of
from pipeline.records.arrays import Float, Int
from pipeline.records.samples import ReadingFault, TelemetrySamples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.log_rows import FlightLog, Timed, log_samples
from pipeline.sources.telemetry.ulog_camera import camera_of_log
from pipeline.sources.telemetry.ulog_messages import MAGIC, ULogMessages, read_ulog
from pipeline.sources.telemetry.ulog_receiver import GPS_TOPICS, best_receiver, receiver_columns

TOPICS = frozenset(
    {
        *GPS_TOPICS,
        *("vehicle_global_position", "vehicle_attitude", "vehicle_local_position", "home_position"),
        *("gimbal_device_attitude_status", "mount_orientation", "camera_capture", "camera_trigger"),
    }
)


class ULogReader:
    """Reads logs of PX4 autopilots. Recognised by their first seven bytes."""

    name = "ulog"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it begins as a ULog."""
        del path
        return head.startswith(MAGIC)

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole log: what the receiver with the most fixes says, and the gimbal.

        The receiver's own positions are taken, not the autopilot's estimate: it goes on smoothly while GNSS is
        disturbed, which is what the gates must see. The estimate serves where the receiver was not logged.
        The attitude of a camera is taken from gimbals only; the airframe is not the camera.

        Raises:
            InputError: Not a ULog, or one without positions and gimbal attitudes.
        """
        with np.errstate(invalid="ignore"):  # damaged messages hold numbers that are none
            return self._read(path)

    def _read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        with open_regular(path) as file:
            found = read_ulog(file, path.name, TOPICS)
        receiver, note = best_receiver(found.subscriptions)
        if receiver is not None:
            log = FlightLog(*receiver_columns(receiver.table()))
            log.notes.append(note)
        else:
            log = _estimated(_table(found, "vehicle_global_position"))
        attitude = _table(found, "vehicle_attitude")
        if attitude is not None and "q[3]" in (attitude.dtype.names or ()):
            yaw = euler_of(*(attitude[f"q[{part}]"] for part in range(4)))[0]
            log.heading = Timed(_times(attitude), {"yaw_deg": yaw})
        tables = {name: _table(found, name) for name in ("gimbal_device_attitude_status", "mount_orientation")}
        log.camera, note = camera_of_log(tables, log.heading, attitude)
        log.notes.append(note)
        _above_take_off(log, found)
        _captures(log, found)
        log.platform = " ".join(str(found.facts[key]) for key in ("sys_name", "ver_hw") if key in found.facts)
        log.faults += _faults(found)
        try:
            return (log_samples(path, self.name, log),)
        except InputError as error:
            if not found.damaged:
                raise
            raise InputError(f"{error} {found.damaged} places of it are damaged") from error


def _table(found: ULogMessages, topic: str) -> NDArray[np.void] | None:
    """The first instance of a topic that has messages with a time."""
    for one in found.subscriptions:
        if one.topic == topic and one.body and one.dtype is not None and "timestamp" in (one.dtype.names or ()):
            return one.table()
    return None


def _times(table: NDArray[np.void]) -> Int:
    times: Int = np.minimum(table["timestamp"], 2**62 // 1000).astype(np.int64)
    return times


def _estimated(table: NDArray[np.void] | None) -> FlightLog:
    """Positions that the autopilot estimated."""
    none = np.zeros(0, np.int64)
    if table is None or not {"lat", "lon"} <= set(table.dtype.names or ()):
        return FlightLog(Timed.none(), none, "unknown", "")
    names = set(table.dtype.names or ())
    columns: dict[str, Float] = {"lon_deg": table["lon"].astype(float), "lat_deg": table["lat"].astype(float)}
    for ours, theirs in (("alt_m", "alt"), ("position_sigma_m", "eph"), ("alt_sigma_m", "epv")):
        if theirs in names:
            columns[ours] = table[theirs].astype(np.float64)
    sure = table["dead_reckoning"] == 0 if "dead_reckoning" in names else np.ones(len(table), np.bool_)
    columns = {name: np.where(sure, values, np.nan) for name, values in columns.items()}
    position = Timed(_times(table), columns)
    log = FlightLog(position, np.zeros(len(table), np.int64), "egm96", "the autopilot's estimate is above the sea")
    log.notes.append("the receiver was not logged: positions are the autopilot's estimate, without dead reckoning")
    return log


def _above_take_off(log: FlightLog, found: ULogMessages) -> None:
    """Height above where the estimate began: `z` of the local position, down from its origin."""
    local = _table(found, "vehicle_local_position")
    if local is None or not {"z", "z_valid"} <= set(local.dtype.names or ()):
        return
    up = np.where(local["z_valid"] != 0, -local["z"].astype(np.float64), np.nan)
    log.above_take_off = Timed(_times(local), {"relative_alt_m": up})


def _captures(log: FlightLog, found: ULogMessages) -> None:
    """Stills that the camera confirmed, else those that it was asked for."""
    for topic in ("camera_capture", "camera_trigger"):
        table = _table(found, topic)
        if table is None:
            continue
        names = set(table.dtype.names or ())
        if "result" in names:
            table = table[table["result"].view(np.int8) != 0] if table["result"].dtype.itemsize == 1 else table
        fed_back = topic == "camera_capture" or ("feedback" in names and bool((table["feedback"] != 0).any()))
        if topic == "camera_trigger" and "feedback" in names and fed_back:
            table = table[table["feedback"] != 0]
        sequence = table["seq"].astype(np.float64) if "seq" in names else np.full(len(table), -1.0)
        if len(table):
            log.captures, log.fed_back = Timed(_times(table), {"sequence": sequence}), fed_back
            return


def _faults(found: ULogMessages) -> list[ReadingFault]:
    return [
        ReadingFault(
            "log_damaged", found.damaged, f"places where messages broke off; {found.skipped_bytes} bytes skipped"
        ),
        ReadingFault("log_cut", int(found.cut), "the log ends within a message: power was cut, or a copy not finished"),
        ReadingFault(
            "log_dropout", found.dropouts, f"gaps of {found.dropout_ms / 1e3:.1f} s in all: the card was too slow"
        ),
        ReadingFault("too_long", found.left_out, "messages beyond what is kept of one topic"),
    ]
