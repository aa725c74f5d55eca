"""Logs of ArduPilot autopilots (DataFlash, ``.bin``)."""

from pathlib import Path

import numpy as np

from pipeline.records.arrays import Float, Int
from pipeline.records.samples import ReadingFault, TelemetrySamples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.dataflash_messages import MAGIC, DataflashMessages, Kind, read_dataflash
from pipeline.sources.telemetry.gps_time import utc_of_gps
from pipeline.sources.telemetry.log_rows import FlightLog, Timed, carried_to, log_samples
from pipeline.sources.telemetry.ulog_camera import NO_GIMBAL

RECEIVERS = ("GPS", "GPS2", "GPSB")
KINDS = frozenset({*RECEIVERS, "GPA", "GPA2", "UBX1", "ATT", "MNT", "POS", "CAM", "TRIG", "MSG"})
FULL_FIX = 3
SEA_REASON = (
    "ArduPilot logs the receiver's height above the sea; receivers take it from a coarse EGM96, true to a few m"
)
_HELD_US = 2_000_000


class DataflashReader:
    """Reads DataFlash logs. Recognised by the definition that they begin with."""

    name = "dataflash"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it begins with the definition of definitions."""
        del path
        return head.startswith(MAGIC)

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole log: what the receiver with the most fixes says, and the mount.

        The attitude of a camera is the mount's; the airframe is not the camera.

        Raises:
            InputError: It has neither positions nor attitudes of a mount.
        """
        with np.errstate(invalid="ignore"):  # damaged messages hold numbers that are none
            return self._read(path)

    def _read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        with open_regular(path) as file:
            found = read_dataflash(file, KINDS)
        kinds = {name: kind for name, kind in found.kinds.items() if len(kind)}
        log = _positions(kinds)
        if "ATT" in kinds:
            log.heading = Timed(_times(kinds["ATT"]), {"yaw_deg": _turn(kinds["ATT"].column("Yaw"))})
        log.camera, note = _mount(kinds.get("MNT"), log.heading)
        log.notes.append(note)
        if "POS" in kinds:
            log.above_take_off = Timed(
                _times(kinds["POS"]), {"relative_alt_m": kinds["POS"].column("RelHomeAlt", "RelAlt")}
            )
        shots = kinds.get("CAM") or kinds.get("TRIG")
        if shots is not None:
            number = shots.column("Img")
            sequence = np.where(np.isfinite(number), number, -1.0)
            log.captures, log.fed_back = Timed(_times(shots), {"sequence": sequence}), shots.name == "CAM"
        log.platform = _version(kinds.get("MSG"))
        log.faults += _faults(found)
        return (log_samples(path, self.name, log),)


def _positions(kinds: dict[str, Kind]) -> FlightLog:
    """Of several receivers the one with the most full fixes."""
    known: list[tuple[int, str, Kind, int]] = []
    for name in RECEIVERS:
        kind = kinds.get(name)
        if kind is None:
            continue
        numbers = kind.column("I") if "I" in kind.scales else np.full(len(kind), float(RECEIVERS.index(name)))
        status = kind.column("Status")
        for number in np.unique(numbers).tolist()[:8]:
            fixes = int(np.count_nonzero((numbers == number) & (status >= FULL_FIX)))
            known.append((fixes, f"{name} {number:.0f}", kind, int(number)))
    if not known:
        return FlightLog(Timed.none(), np.zeros(0, np.int64), "unknown", "")
    best = max(known, key=lambda one: one[0])
    _, words, kind, number = best
    of_it = kind.column("I") == number if "I" in kind.scales else np.ones(len(kind), np.bool_)
    position = _columns(kind, of_it, kinds, number)
    utc, timed = utc_of_gps(kind.column("GWk", "Week")[of_it], kind.column("GMS", "TimeMS")[of_it] / 1e3)
    log = FlightLog(position, np.where(timed, utc // 1000, 0).astype(np.int64), "egm96", SEA_REASON)
    fixes_of = ", ".join(f"{name}: {fixes}" for fixes, name, _, _ in known)
    log.notes.append(f"positions of {words}" + (f", which has the most full fixes ({fixes_of})" if known[1:] else ""))
    return log


def _columns(kind: Kind, rows: "np.typing.NDArray[np.bool_]", kinds: dict[str, Kind], number: int) -> Timed:
    fix = kind.column("Status")[rows]
    t_us = _times(kind)[rows]
    lat, lon = kind.column("Lat")[rows], kind.column("Lng")[rows]
    fixed = (fix >= 2) & ~((lat == 0) & (lon == 0))
    columns: dict[str, Float] = {
        "lon_deg": np.where(fixed, lon, np.nan),
        "lat_deg": np.where(fixed, lat, np.nan),
        "alt_m": np.where(fixed & (fix >= FULL_FIX), kind.column("Alt")[rows], np.nan),
        "satellites": kind.column("NSats")[rows],
        "hdop": _positive(kind.column("HDop")[rows], 99.0),
        "fix": np.minimum(fix, 6.0),
        "speed_mps": np.where(fixed, kind.column("Spd")[rows], np.nan),
        "climb_mps": np.where(fixed, -kind.column("VZ")[rows], np.nan),
    }
    accuracy = kinds.get("GPA" if kind.name == "GPS" else "GPA2")
    if accuracy is not None:
        columns["position_sigma_m"] = _positive(_beside(accuracy, "HAcc", t_us, number), 600.0)
        columns["alt_sigma_m"] = _positive(_beside(accuracy, "VAcc", t_us, number), 600.0)
    if "UBX1" in kinds:
        columns["jamming"] = _beside(kinds["UBX1"], "jamInd", t_us, number) / 255
    return Timed(t_us, columns)


def _beside(kind: Kind, name: str, t_us: Int, number: int) -> Float:
    """The last value before each time that is not old, of the same receiver."""
    of_it = np.ones(len(kind), np.bool_)
    for label in ("I", "Instance"):
        if label in kind.scales:
            of_it = kind.column(label) == number
    known, values = _times(kind)[of_it], kind.column(name)[of_it]
    if not len(known):
        return np.full(len(t_us), np.nan)
    order = np.argsort(known, kind="stable")
    # a message of the same instant may be logged just behind
    at = np.searchsorted(known[order], t_us + 50_000, side="right") - 1
    old = t_us - known[order][np.maximum(at, 0)] > _HELD_US
    return np.where((at < 0) | old, np.nan, values[order][np.maximum(at, 0)])


def _mount(mount: Kind | None, heading: Timed) -> tuple[Timed, str]:
    """Roll and pitch count from the horizon; yaw from north, or from the nose where only that is known."""
    if mount is None:
        return Timed.none(), NO_GIMBAL
    t_us = _times(mount)
    of_earth, of_body = mount.column("YawE", "Yaw"), mount.column("YawB")
    turned = of_body + carried_to(t_us, heading, "yaw_deg", circle=True)
    yaw = _turn(np.where(np.isfinite(of_earth), of_earth, turned))
    columns = {"yaw_deg": yaw, "pitch_deg": mount.column("Pitch"), "roll_deg": mount.column("Roll")}
    first = mount.column("I") == np.nanmin(mount.column("I")) if "I" in mount.scales else np.ones(len(mount), np.bool_)
    told = np.isfinite(columns["pitch_deg"]) & first
    camera = Timed(t_us[told], {name: values[told] for name, values in columns.items()})
    return camera, "the camera's attitude is that of the mount"


def _times(kind: Kind) -> Int:
    if "TimeUS" in kind.scales:
        return np.minimum(kind.raw("TimeUS").astype(np.float64), 2.0**52).astype(np.int64)
    label = "T" if "T" in kind.scales else "TimeMS"  # before 2015; in GPS TimeMS is of the week
    return (np.nan_to_num(kind.column(label)) * 1000).astype(np.int64)


def _turn(yaw_deg: Float) -> Float:
    with np.errstate(invalid="ignore"):
        return np.asarray((yaw_deg + 180) % 360 - 180)


def _positive(values: Float, below: float) -> Float:
    return np.where((values > 0) & (values < below), values, np.nan)


def _version(messages: Kind | None) -> str:
    """The first message is the name of the firmware."""
    if messages is None or "Message" not in (messages.dtype.names or ()):
        return ""
    return bytes(messages.raw("Message")[0]).split(b"\0")[0].decode("ascii", "replace")


def _faults(found: DataflashMessages) -> list[ReadingFault]:
    return [
        ReadingFault(
            "log_damaged", found.damaged, f"places where messages broke off; {found.skipped_bytes} bytes skipped"
        ),
        ReadingFault("log_cut", int(found.cut), "the log ends within a message: power was cut, or a copy not finished"),
        ReadingFault("too_long", found.left_out, "messages beyond what is kept of one kind"),
    ]
