"""Tracks in GPX: of loggers, phones and ground stations."""

import math
import re
from array import array
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Float
from pipeline.records.samples import GnssSamples, ReadingFault, TelemetrySamples, TimeBase, make_samples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.table_times import NO_TIME, utc_of_text

MAX_BYTES = 512 * 1024 * 1024
MAX_POINTS = 400_000
MAX_DEPTH = 32
MAX_TEXT = 100

_BLOCK = 256 * 1024
_ROOT = re.compile(rb"<(?:\w{1,20}:)?gpx[\s>]")
_FIXES = {"none": 0.0, "2d": 2.0, "3d": 3.0, "dgps": 4.0, "pps": 3.0}
"""GPX 1.1, type fixType; pps is a military full fix."""
_NUMBERS = {
    **{"ele": "alt_m", "sat": "satellites", "hdop": "hdop", "speed": "speed_mps"},
    **{"course": "aircraft_yaw_deg", "heading": "aircraft_yaw_deg"},
}
_COLUMNS = ("lon_deg", "lat_deg", "alt_m", "aircraft_yaw_deg", "satellites", "hdop", "speed_mps", "fix")
_POINTS = {"trkpt", "rtept", "wpt"}


class GpxReader:
    """Reads GPX tracks. Recognised by its root element."""

    name = "gpx"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it begins as XML with the root ``gpx``."""
        del path
        plain = head[:4096]
        if plain.startswith((b"\xff\xfe", b"\xfe\xff")):
            plain = plain.decode("utf-16", "ignore").encode("ascii", "ignore")
        return plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _ROOT.search(plain) is not None

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read the points of all tracks: a continuous clip each. Routes and waypoints are plans and are left out.

        Entities are neither expanded nor fetched: a file that declares any, or a document type, is refused.

        Raises:
            InputError: Not XML to its first point, with declarations of entities, or without a point that has a time.
        """
        tracks = _Tracks()
        cut = ""
        with open_regular(path) as file:
            try:
                _feed(file.read, tracks, path.name)
            except expat.ExpatError as error:
                cut = f"no XML from line {error.lineno} on"
            except (LookupError, ValueError) as error:
                cut = f"its encoding is none that is read: {error}"
        parts = [part for part in tracks.parts if part.times]
        if not parts:
            why = cut or ("its points have no times" if tracks.untimed else "no point of a track")
            raise InputError(f"{path.name}: a GPX file of no use ({why}); export a recorded track with its times")
        faults = (
            ReadingFault("log_cut", int(bool(cut)), f"the file breaks off: {cut}; what comes before is used"),
            ReadingFault("too_long", tracks.beyond, f"points beyond the first {MAX_POINTS}"),
        )
        return tuple(self._samples(path, part, number, tracks, faults) for number, part in enumerate(parts))

    def _samples(
        self, path: Path, part: "_Part", number: int, tracks: "_Tracks", faults: tuple[ReadingFault, ...]
    ) -> TelemetrySamples:
        t_ns = utc_of_text(part.times)
        timed = t_ns != NO_TIME
        table: Float = np.frombuffer(part.rows, np.float64).reshape(-1, len(_COLUMNS))[timed]
        columns = dict(zip(_COLUMNS, table.T.copy(), strict=True))
        gnss = {name: columns.pop(name) for name in ("satellites", "hdop", "speed_mps", "fix")}
        first = number == 0
        return make_samples(
            path,
            self.name,
            TimeBase.UTC,
            t_ns[timed],
            columns,
            stream=f"track {number + 1}" if len(tracks.parts) > 1 else "",
            gnss=GnssSamples.of(int(timed.sum()), **gnss) if any(np.isfinite(v).any() for v in gnss.values()) else None,
            bad_rows=int(len(timed) - timed.sum()) + (tracks.untimed if first else 0),
            platform=tracks.creator,
            datum_reason="GPX gives heights above the sea and does not say which; receivers write either",
            faults=tuple(fault for fault in faults if fault.count and first),
        )


class _Part:
    """Points of one track."""

    def __init__(self) -> None:
        self.times: list[str] = []
        self.rows = array("d")  # a point's columns behind one another


class _Tracks:
    """What the parser told so far."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.creator = ""
        self.untimed = self.beyond = self.depth = self.count = 0
        self.row: list[float] | None = None
        self.time = ""
        self.text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise InputError(f"elements within elements {MAX_DEPTH} deep; no logger writes that")
        name = name.rpartition(":")[2]
        self.text.clear()
        if name == "trkpt":
            self.row = [math.nan] * len(_COLUMNS)
            self.row[0], self.row[1] = _number(attributes.get("lon", "")), _number(attributes.get("lat", ""))
            self.time = ""
        elif name in _POINTS:
            self.row = None
        elif name == "trk":
            self.parts.append(_Part())
        elif name == "gpx":
            self.creator = attributes.get("creator", "")[:MAX_TEXT]

    def data(self, text: str) -> None:
        """Text within a point."""
        if self.row is not None and len(self.text) < MAX_TEXT:
            self.text.append(text[:MAX_TEXT])

    def end(self, name: str) -> None:
        """An element ends."""
        self.depth -= 1
        name = name.rpartition(":")[2]
        if self.row is None:
            return
        if name == "trkpt":
            self._point(self.row)
            self.row = None
        elif name == "time":
            self.time = "".join(self.text).strip()
        elif name == "fix":
            self.row[_COLUMNS.index("fix")] = _FIXES.get("".join(self.text).strip(), math.nan)
        elif name in _NUMBERS:
            self.row[_COLUMNS.index(_NUMBERS[name])] = _number("".join(self.text))
        self.text.clear()

    def _point(self, row: list[float]) -> None:
        if self.count >= MAX_POINTS:
            self.beyond += 1
        elif not self.time:
            self.untimed += 1
        else:
            if not self.parts:
                self.parts.append(_Part())
            self.parts[-1].times.append(self.time)
            self.parts[-1].rows.extend(row)
            self.count += 1


def _feed(read: Callable[[int], bytes], tracks: _Tracks, name: str) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def refused(*_: object) -> int:
        raise InputError(f"{name}: it declares a document type or XML entities, as no logger does; may be an attack")

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refused
    parser.StartElementHandler, parser.EndElementHandler = tracks.start, tracks.end
    parser.CharacterDataHandler = tracks.data
    total = 0
    while block := read(_BLOCK):
        total += len(block)
        if total > MAX_BYTES:
            raise InputError(f"{name}: a track of more than {MAX_BYTES >> 20} MiB; split it into flights")
        parser.Parse(block, False)
    parser.Parse(b"", True)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
