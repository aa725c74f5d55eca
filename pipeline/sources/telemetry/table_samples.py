"""Tables of telemetry, whatever file they come from: cells of known columns to samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Float, Int
from pipeline.records.samples import (
    SAMPLE_COLUMNS,
    GnssSamples,
    ReadingFault,
    TelemetrySamples,
    TimeBase,
    make_samples,
)
from pipeline.sources.telemetry.columns import Column
from pipeline.sources.telemetry.table_times import NO_TIME, local_of, refined, utc_of_numbers, utc_of_text

MAX_ROWS = 400_000
"""Two hours at 50 Hz; rows beyond are counted and left out."""

_MISSING = {"", "nan", "null", "na", "n/a", "none", "-"}
_NUMBERS = (*SAMPLE_COLUMNS, *GnssSamples.__slots__, "velocity_east_mps", "velocity_north_mps")
_TRUE = {"1", "1.0", "true", "yes"}
_LONGEST_S = 1e6

Cells = Sequence[str] | Float | Int
"""A column of a table: text, numbers (NaN where there is none), or whole numbers."""


@dataclass(slots=True)
class TableRows:
    """Rows as they come in, part by part.

    Attributes:
        columns: What each column means.
        decimal_comma: Whether numbers in text may have one.
        bad: Rows that could not be read.
        beyond: Rows beyond `MAX_ROWS`.
    """

    columns: Sequence[Column | None]
    decimal_comma: bool = False
    bad: int = 0
    beyond: int = 0
    rows: int = 0
    times: list[tuple[Int, Int, Int, Float]] = field(default_factory=list)
    parts: dict[str, list[Float]] = field(default_factory=dict)
    frames: list[str] = field(default_factory=list)

    def add(self, cells: Mapping[int, Cells], count: int) -> None:
        """Read a part of a table: cells by column, all of one length."""
        if self.rows + count > MAX_ROWS:
            self.beyond += self.rows + count - MAX_ROWS
            count = MAX_ROWS - self.rows
        if count <= 0:
            return
        named = {column.name: at for at, column in enumerate(self.columns) if column and at in cells}
        cut = {name: cells[at][:count] for name, at in named.items()}
        utc, local, video, elapsed = self._times(cut, count)
        frames = [_leaf(text) for text in _texts(cut["frame"])] if "frame" in cut else [""] * count
        named_rows = np.array([bool(frame) for frame in frames], np.bool_)
        keep = (utc != NO_TIME) | (local != NO_TIME) | (video != NO_TIME) | np.isfinite(elapsed) | named_rows
        self.bad += int(count - np.count_nonzero(keep))
        self.rows += int(np.count_nonzero(keep))
        self.frames += [frame for frame, kept in zip(frames, keep.tolist(), strict=True) if kept]
        self.times.append((utc[keep], local[keep], video[keep], elapsed[keep]))
        for name in _NUMBERS:
            if name in cut:
                self.parts.setdefault(name, []).append(self._numbers(name, cut[name])[keep])
        if "recording" in cut:
            on = [text.strip().lower() in _TRUE for text in _texts(cut["recording"])]
            self.parts.setdefault("recording", []).append(np.array(on, np.float64)[keep])

    def samples(self, path: Path, reader: str) -> TelemetrySamples:
        """What was read.

        Raises:
            InputError: No row has a time or names a frame.
        """
        if not self.rows:
            raise InputError(
                f"{path.name}: no row of this table can be read ({self.bad} tried); times must be UTC as in "
                "2020-11-09T21:00:00Z, seconds since 1970, or seconds since the start of the video"
            )
        joined = {name: np.concatenate(parts) for name, parts in self.parts.items()}
        utc, local, video = (
            np.concatenate(parts) for parts in zip(*((t[0], t[1], t[2]) for t in self.times), strict=True)
        )
        elapsed = np.concatenate([part[3] for part in self.times])
        local_clock = bool((local != NO_TIME).sum() > (utc != NO_TIME).sum())
        clock = local if local_clock else utc
        both = (clock != NO_TIME) & (video != NO_TIME)
        starts = np.sort(clock[both] - video[both])
        start = int(starts[len(starts) // 2]) if len(starts) else None
        clock = refined(clock, elapsed)
        if not (clock != NO_TIME).any() and not (video != NO_TIME).any():
            video = np.where(np.isfinite(elapsed), np.round(np.nan_to_num(elapsed) * 1e9), NO_TIME).astype(np.int64)
        base, times = _base(clock, video)
        keep = np.flatnonzero((times != NO_TIME) | (base is TimeBase.NONE))
        notes: list[str] = []
        recording = joined.pop("recording", None)
        if start is None and base is TimeBase.UTC and recording is not None:
            start = _recorded_from(recording, times, notes)
        numbers = {name: values[keep] for name, values in joined.items()}
        gnss = _gnss(numbers, len(keep))
        frames = self.frames if len(keep) == self.rows else [self.frames[row] for row in keep.tolist()]
        datum = next((c.datum for c in self.columns if c and c.datum != "unknown"), "unknown")
        beyond = ReadingFault("too_long", self.beyond, f"rows beyond the first {MAX_ROWS}; split the table")
        return make_samples(
            path,
            reader,
            base,
            np.zeros(len(keep), np.int64) if base is TimeBase.NONE else times[keep],
            {name: values for name, values in numbers.items() if name in SAMPLE_COLUMNS},
            frame_names=tuple(frames),
            vertical_datum=datum,
            datum_reason="" if datum == "unknown" else "the column of heights states it in its name",
            video_start_utc_ns=None if local_clock else start,
            video_start_local_ns=start if local_clock else None,
            local_clock=local_clock and base is TimeBase.UTC,
            bad_rows=self.bad + self.rows - len(keep),
            gnss=gnss,
            notes=tuple(notes),
            faults=(beyond,) if self.beyond else (),
        )

    def _times(self, cut: Mapping[str, Cells], count: int) -> tuple[Int, Int, Int, Float]:
        """UTC, clock without a zone and video time in nanoseconds; seconds since the log began.

        A small number under a UTC heading is a video time.
        """
        utc = local = video = np.full(count, NO_TIME)
        elapsed = np.full(count, np.nan)
        if "time" in cut:
            utc = _moments(cut["time"])
        if "local_time" in cut:
            local = _moments(cut["local_time"])
        elif "local_date" in cut and "local_clock" in cut:
            local = local_of(_texts(cut["local_date"]), _texts(cut["local_clock"]))
        if "elapsed" in cut:
            elapsed = self._numbers("elapsed", cut["elapsed"])
            elapsed = np.where(np.abs(elapsed) < _LONGEST_S, elapsed, np.nan)
        seconds = np.full(count, np.nan)
        if "video_time" in cut:
            seconds = self._numbers("video_time", cut["video_time"], comma=True)
        elif "time" in cut and (utc == NO_TIME).any():
            seconds = np.where(utc == NO_TIME, self._numbers("time", cut["time"], comma=True), np.nan)
        with np.errstate(invalid="ignore"):
            fits = np.abs(seconds) < _LONGEST_S
        video = np.where(fits, np.round(np.where(fits, seconds, 0) * 1e9), NO_TIME).astype(np.int64)
        return utc, local, video, elapsed

    def _numbers(self, name: str, cells: Cells, *, comma: bool = False) -> Float:
        column = next(column for column in self.columns if column and column.name == name)
        if isinstance(cells, np.ndarray):
            values = cells.astype(np.float64)
        else:
            values = _parsed(cells, comma=comma or self.decimal_comma)
        return np.where(np.isfinite(values), values * column.scale, np.nan)


def _base(clock: Int, video: Int) -> tuple[TimeBase, Int]:
    clocks, videos = int((clock != NO_TIME).sum()), int((video != NO_TIME).sum())
    if not clocks and not videos:
        return TimeBase.NONE, clock
    return (TimeBase.UTC, clock) if clocks >= videos else (TimeBase.VIDEO_START, video)


def _recorded_from(recording: Float, times: Int, notes: list[str]) -> int | None:
    """When the only recording began, by the table's clock; None for none or several."""
    begins = np.flatnonzero(np.diff(recording, prepend=0.0) > 0)
    begins = begins[times[begins] != NO_TIME]
    if len(begins) == 1:
        notes.append("one recording is marked: the video begins where it does")
        return int(times[begins[0]])
    if len(begins) > 1:
        notes.append(f"{len(begins)} recordings are marked: which is which video is not told")
    return None


def _gnss(numbers: dict[str, Float], count: int) -> GnssSamples | None:
    """What receivers say, out of the columns for it; None where there are none."""
    east, north = numbers.get("velocity_east_mps"), numbers.get("velocity_north_mps")
    if east is not None and north is not None:
        numbers.setdefault("speed_mps", np.hypot(east, north))
    told = {name: numbers[name] for name in GnssSamples.__slots__ if name in numbers}
    if not told:
        return None
    jamming = told.get("jamming")
    if jamming is not None and np.nanmax(jamming, initial=0.0) > 1:
        told["jamming"] = jamming / 255  # receivers count from 0 to 255
    return GnssSamples.of(count, **told)


def _moments(cells: Cells) -> Int:
    if not isinstance(cells, np.ndarray):
        return utc_of_text(cells)
    if cells.dtype.kind == "M":
        return np.where(np.isnat(cells), NO_TIME, cells.astype("M8[ns]").astype(np.int64))
    return utc_of_numbers(cells)


def _texts(cells: Cells) -> Sequence[str]:
    return [str(cell) for cell in cells.tolist()] if isinstance(cells, np.ndarray) else cells


def _parsed(texts: Sequence[str], *, comma: bool) -> Float:
    if comma:
        texts = [text.replace(",", ".") for text in texts]
    try:
        return np.array(list(map(float, texts)), np.float64)  # half the time of numpy's own parsing
    except ValueError:
        return np.array([_number(text) for text in texts], np.float64)


def _number(text: str) -> float:
    if text.strip().lower() in _MISSING:
        return np.nan
    try:
        return float(text)
    except ValueError:
        return np.nan


def _leaf(text: str) -> str:
    return text.strip().replace("\\", "/").rpartition("/")[2]
