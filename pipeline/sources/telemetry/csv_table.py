"""Telemetry as a table in text: comma, semicolon or tab between columns that are known by their names."""

import csv
import datetime as dt
import io
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records.samples import SAMPLE_COLUMNS, TelemetrySamples, TimeBase, make_samples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.columns import Column, column_of

MAX_BYTES = 512 * 1024 * 1024
_MISSING = {"", "nan", "null", "na", "n/a", "none", "-"}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST_NS = 4_102_444_800_000_000_000  # 2100


class CsvReader:
    """Reads telemetry tables. Recognised by a header that names a position or an attitude, and a time or a frame."""

    name = "csv"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the first line names such columns."""
        del path
        if b"\0" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return False
        lines = _decode(head).splitlines()
        header = next((line for line in lines[:20] if line.strip() and not line.startswith("#")), "")
        names = {column.name for column in _columns(header, _delimiter(header)) if column}
        placed = {"lon_deg", "lat_deg"} <= names or {"yaw_deg", "pitch_deg"} <= names
        return placed and bool({"time", "video_time", "frame"} & names)

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole file. Rows that cannot be read are counted.

        Raises:
            InputError: Too large, or no row can be read.
        """
        with open_regular(path) as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise InputError(f"{path.name}: a table of more than {MAX_BYTES >> 20} MiB; split it into flights")
        lines = (line for line in io.StringIO(_decode(raw), newline="") if line.strip() and not line.startswith("#"))
        header = next(lines, "")
        delimiter = _delimiter(header)
        columns = _columns(header, delimiter)
        table = _Table(columns, decimal_comma=delimiter != ",")
        rows = csv.reader(lines, delimiter=delimiter)
        for row in _rows(rows, table):
            table.add(row)
        if not table.times:
            raise InputError(
                f"{path.name}: no row of this table can be read ({table.bad} tried); times must be UTC as in "
                "2020-11-09T21:00:00Z, seconds since 1970, or seconds since the start of the video"
            )
        return (table.samples(path, self.name),)


def _rows(rows: "Iterator[list[str]]", table: "_Table") -> Iterator[list[str]]:
    """Rows that the csv module can split; the others are counted."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            table.bad += 1


class _Table:
    """Rows as they come in."""

    def __init__(self, columns: list[Column | None], *, decimal_comma: bool) -> None:
        self.columns, self.decimal_comma = columns, decimal_comma
        names = [column.name if column else "" for column in columns]
        self.place = {name: names.index(name) for name in set(names) if name}
        self.datum = next((c.datum for c in columns if c and c.datum != "unknown"), "unknown")
        if self.datum != "unknown":  # of several heights the one whose datum is stated
            self.place["alt_m"] = next(i for i, c in enumerate(columns) if c and c.datum != "unknown")
        self.times: list[tuple[int | None, int | None]] = []
        self.frames: list[str] = []
        self.numbers: list[list[float]] = []
        self.bad = 0

    def add(self, row: list[str]) -> None:
        """Read one row."""
        utc, video = self._time(row)
        frame = self._text(row, "frame").replace("\\", "/").rpartition("/")[2]
        if utc is None and video is None and not frame:
            self.bad += 1
            return
        self.times.append((utc, video))
        self.frames.append(frame)
        self.numbers.append([self._number(row, name) for name in SAMPLE_COLUMNS])

    def samples(self, path: Path, name: str) -> TelemetrySamples:
        """What was read."""
        both = [utc - video for utc, video in self.times if utc is not None and video is not None]
        start = sorted(both)[len(both) // 2] if both else None
        count_utc = sum(utc is not None for utc, _ in self.times)
        count_video = sum(video is not None for _, video in self.times)
        base = TimeBase.NONE
        if count_utc or count_video:
            base = TimeBase.UTC if count_utc >= count_video else TimeBase.VIDEO_START
        pick = 1 if base is TimeBase.VIDEO_START else 0
        keep = [row for row, times in enumerate(self.times) if base is TimeBase.NONE or times[pick] is not None]
        # a row without a time still serves the frame that it names, once the others are read by name too
        self.bad += len(self.times) - len(keep)
        numbers = np.array([self.numbers[row] for row in keep], np.float64).reshape(len(keep), len(SAMPLE_COLUMNS))
        return make_samples(
            path,
            name,
            base,
            np.array([self.times[row][pick] or 0 for row in keep], np.int64),
            dict(zip(SAMPLE_COLUMNS, numbers.T.copy(), strict=True)),
            frame_names=tuple(self.frames[row] for row in keep),
            vertical_datum=self.datum,
            video_start_utc_ns=start,
            bad_rows=self.bad,
        )

    def _text(self, row: list[str], name: str) -> str:
        place = self.place.get(name, -1)
        return row[place].strip() if 0 <= place < len(row) else ""

    def _number(self, row: list[str], name: str) -> float:
        text = self._text(row, name)
        if text.lower() in _MISSING:
            return math.nan
        column = self.columns[self.place[name]]
        value = _float(text.replace(",", ".") if self.decimal_comma else text)
        return value * (column.scale if column else 1.0)

    def _time(self, row: list[str]) -> tuple[int | None, int | None]:
        """UTC and video time in nanoseconds; a small number under a UTC heading is a video time."""
        text, video_text = self._text(row, "time"), self._text(row, "video_time")
        utc = _utc_ns(text)
        seconds = math.nan
        if video_text:
            column = self.columns[self.place["video_time"]]
            seconds = _float(video_text.replace(",", ".")) * (column.scale if column else 1.0)
        elif utc is None and text:
            seconds = _float(text.replace(",", "."))
        return utc, round(seconds * 1e9) if abs(seconds) < 1e6 else None


def _float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _utc_ns(text: str) -> int | None:
    """ISO 8601 (UTC unless it states an offset), or a number since 1970 in s, ms, µs or ns by its size."""
    if text.isdigit() and 17 < len(text) < 20:
        number = int(text)
        return number if number < _LATEST_NS else None
    value = _float(text)
    if value >= 1e8:
        for scale in (10**9, 10**6, 10**3, 1):
            if value * scale < _LATEST_NS:
                return round(value * scale)
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    try:
        since = moment - _EPOCH
    except OverflowError:
        return None
    nanoseconds = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return nanoseconds if 0 < nanoseconds < _LATEST_NS else None


def _decode(raw: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _columns(header: str, delimiter: str) -> list[Column | None]:
    try:
        names = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [column_of(name) for name in names]
