"""Topics of an autopilot's log as rows of samples: positions, camera and captures, each at their own times."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Float, Int
from pipeline.records.samples import (
    CaptureSamples,
    GnssSamples,
    ReadingFault,
    TelemetrySamples,
    TimeBase,
    make_samples,
)
from pipeline.sources.telemetry.boot_clock import FIRST_UTC_US, LAST_UTC_US, BootClock

HEADING_GAP_US = 1_000_000
"""Between values further apart than this nothing is carried over."""
MAX_ROWS = 500_000
"""More attitudes than this are thinned evenly: four hours at 35 Hz."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Columns of one topic.

    Attributes:
        t_us: ``(N,)`` by the autopilot's clock.
        columns: ``(N,)`` each.
    """

    t_us: Int
    columns: dict[str, Float]

    def __len__(self) -> int:
        return len(self.t_us)

    @classmethod
    def none(cls) -> "Timed":
        """A topic that is not in the log."""
        return cls(np.zeros(0, np.int64), {})


@dataclass(slots=True)
class FlightLog:
    """What a log tells, format aside.

    Attributes:
        position: Columns of `TelemetrySamples` and `GnssSamples` of the chosen receiver.
        utc_us: ``(N,)`` beside `position`, 0 for none.
        camera: ``yaw_deg``, ``pitch_deg``, ``roll_deg`` and their deviations.
        heading: ``yaw_deg`` of the aircraft.
        above_take_off: ``relative_alt_m``.
        captures: ``sequence``.
        fed_back: As in `CaptureSamples`.
        clock: Instead of the one that positions tell.
    """

    position: Timed
    utc_us: Int
    vertical_datum: str
    datum_reason: str
    camera: Timed = field(default_factory=Timed.none)
    heading: Timed = field(default_factory=Timed.none)
    above_take_off: Timed = field(default_factory=Timed.none)
    captures: Timed = field(default_factory=Timed.none)
    fed_back: bool = False
    clock: BootClock | None = None
    platform: str = ""
    notes: list[str] = field(default_factory=list)
    faults: list[ReadingFault] = field(default_factory=list)
    bad_rows: int = 0


def log_samples(path: Path, reader: str, log: FlightLog) -> TelemetrySamples:
    """One clip of a log as samples, in the order of time.

    A row is an instant of a position, of an attitude of the camera, or of both. The aircraft's heading and the height
    above take-off are carried to the rows along straight lines, over `HEADING_GAP_US` at most.

    Raises:
        InputError: It tells neither positions nor attitudes.
    """
    clock = log.clock or BootClock.of(log.position.t_us, log.utc_us)
    topics = log.position, _thinned(log.camera), log.captures
    position, camera, captures = (_dated(topic, clock) for topic in topics)
    undated = sum(map(len, topics)) - len(position) - len(camera) - len(captures)
    if not len(position) and not len(camera):
        raise InputError(
            f"{path.name}: the log has neither positions of a receiver nor attitudes of a gimbal; was GNSS off, or is "
            "it the log of a bench test?"
        )
    t_us: Int = np.unique(np.concatenate([position.t_us, camera.t_us]))
    columns = {**_laid(t_us, position), **_laid(t_us, camera)}
    columns["aircraft_yaw_deg"] = carried_to(t_us, log.heading, "yaw_deg", circle=True)
    if len(log.above_take_off):
        columns["relative_alt_m"] = carried_to(t_us, log.above_take_off, "relative_alt_m")
    gnss = GnssSamples.of(len(t_us), **{k: columns.pop(k) for k in GnssSamples.__slots__ if k in columns})
    repeated = len(position) - len(np.unique(position.t_us))
    faults = [*log.faults, ReadingFault("time_repeated", repeated, "positions at one instant; the last one counts")]
    notes = list(log.notes)
    if clock is None:
        notes.append("the receiver never told UTC: the log's times count from when the autopilot was switched on")
        faults.append(ReadingFault("no_utc", len(t_us), "rows whose UTC is not known"))
        base = TimeBase.NONE
    else:
        base = TimeBase.UTC
        words = "readings of UTC that the autopilot's clock contradicts; not used"
        faults.append(ReadingFault("clock_contradicted", clock.contradicted, words))
        if log.clock is None:
            notes.append(
                f"UTC from {int(np.count_nonzero(log.utc_us))} readings of the receiver against the autopilot's clock, "
                f"which scatter by {clock.sigma_s * 1e3:.0f} ms and drift by {clock.drift * 1e6:+.0f} ppm"
            )
    alone = len(captures) == 1 and not log.fed_back and clock is not None
    if alone:
        notes.append("the camera was triggered once: a video is taken to begin then")
    sequence = captures.columns.get("sequence", np.full(len(captures), -1.0)).astype(np.int64)
    taken = CaptureSamples(_ns(clock, captures.t_us), sequence, log.fed_back)
    return make_samples(
        path,
        reader,
        base,
        _ns(clock, t_us),
        columns,
        vertical_datum=log.vertical_datum,
        datum_reason=log.datum_reason,
        gnss=gnss,
        captures=taken if len(captures) else None,
        video_start_utc_ns=int(taken.t_ns[0]) if alone else None,
        video_start_sigma_s=0.2 if alone else 0.1,
        platform=log.platform,
        notes=tuple(notes),
        faults=tuple(fault for fault in faults if fault.count),
        bad_rows=log.bad_rows + undated,
    )


def _ns(clock: BootClock | None, t_us: Int) -> Int:
    return t_us * 1000 if clock is None else clock.utc_ns(t_us)


def _dated(topic: Timed, clock: BootClock | None) -> Timed:
    """Without rows whose damaged time would lie before 2010 or after 2100, more than nanoseconds can count."""
    utc_us = topic.t_us.astype(np.float64) + (clock.offset_us if clock else 0)
    kept = (np.abs(utc_us) < LAST_UTC_US) & ((utc_us > FIRST_UTC_US) | (clock is None))
    return (
        topic if kept.all() else Timed(topic.t_us[kept], {name: values[kept] for name, values in topic.columns.items()})
    )


def _laid(t_us: Int, topic: Timed) -> dict[str, Float]:
    """A topic's columns at the rows of its own times, NaN elsewhere."""
    rows = np.searchsorted(t_us, topic.t_us)
    laid = {}
    for name, values in topic.columns.items():
        laid[name] = np.full(len(t_us), np.nan)
        laid[name][rows] = values
    return laid


def carried_to(t_us: Int, topic: Timed, name: str, *, circle: bool = False) -> Float:
    """Values at other times, between two that are not far apart; NaN elsewhere."""
    values = topic.columns.get(name, np.zeros(0))
    finite = np.isfinite(values)
    order = np.argsort(topic.t_us[finite], kind="stable")
    known, values = topic.t_us[finite][order], values[finite][order]
    if len(known) < 2:
        return np.full(len(t_us), np.nan)
    after = np.clip(np.searchsorted(known, t_us), 1, len(known) - 1)
    first, last = values[after - 1], values[after]
    span = known[after] - known[after - 1]
    share = (t_us - known[after - 1]) / np.maximum(span, 1)
    change = (last - first + 180) % 360 - 180 if circle else last - first
    carried = first + np.clip(share, 0, 1) * change
    beyond = np.maximum(known[after - 1] - t_us, t_us - known[after])
    carried[(span > HEADING_GAP_US) & (beyond < 0)] = np.nan
    carried[beyond > HEADING_GAP_US // 5] = np.nan
    return np.asarray((carried + 180) % 360 - 180 if circle else carried)


def _thinned(topic: Timed) -> Timed:
    step = -(-len(topic) // MAX_ROWS) or 1
    return Timed(topic.t_us[::step], {name: values[::step] for name, values in topic.columns.items()})
