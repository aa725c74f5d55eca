"""Which flights, frames and candidates saw a place in a span of time; read from what was published."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from pipeline.errors import ConfigError, PublishError
from pipeline.geometry.projection import SiteFrame
from pipeline.sinks.account_columns import DROPPED
from pipeline.sinks.candidate_columns import CANDIDATES
from pipeline.sinks.columns import Dataset
from pipeline.sinks.frame_columns import FRAMES

_SIGMAS = 2.0
_NIGHT = (timedelta(hours=-14), timedelta(hours=38))
"""From the UTC midnight of a night's date to the first and last moment that it may hold, wherever it was flown."""
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_FRAME = ["frame_id", "sensor", "band", "t_seen", "t_sigma_s", "geometry", "gsd_m", "err95_major_m", "georef_status"]
_CANDIDATE = ["candidate_id", "event_class", "event_subtype", "confidence_word", "side", "rule_id", "sortie_id"]
_CANDIDATE_TIMES = ["night_id", "t_start", "t_end", "t_sigma_s", "baseline_at", "geometry", "err95_major_m"]


@dataclass(frozen=True, slots=True)
class Question:
    """Who saw this place then?

    Attributes:
        lon_deg, lat_deg: The place.
        within_m: Radius around it that is asked about.
        start, end: Span of time, both ends included.

    Raises:
        ConfigError: No such place on Earth, no radius, or the span ends before it begins.
    """

    lon_deg: float
    lat_deg: float
    within_m: float
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not (-180 <= self.lon_deg <= 180 and -80 <= self.lat_deg <= 84):
            raise ConfigError(
                f"no place with longitude {self.lon_deg:g} and latitude {self.lat_deg:g}; longitude comes first, both "
                "in degrees, and places beyond 80° south or 84° north are not covered"
            )
        if not self.within_m > 0:
            raise ConfigError(f"{self.within_m:g} m is no radius; give how sure the reported place is, e.g. 200")
        if self.end < self.start:
            raise ConfigError(f"{self.end.isoformat()} is before {self.start.isoformat()}; the span is START/END")


@dataclass(frozen=True, slots=True)
class SeenBy:
    """One frame that shows the place, or may.

    Attributes:
        frame_id, sensor, band: Which.
        at: Exposure.
        whole: It shows all of the circle, its error allowed for; else a part of it, or perhaps none.
        gsd_m, err95_major_m: How finely, and how sure its place is; None when not known.
        georef_status: Word of ``frames/v1``.
    """

    frame_id: str
    sensor: str | None
    band: str
    at: datetime
    whole: bool
    gsd_m: float | None
    err95_major_m: float | None
    georef_status: str


@dataclass(frozen=True, slots=True)
class Flight:
    """A flight with frames in the span, or one that may have had some.

    Attributes:
        sortie_id, night_id: Which.
        frames_then: Placed frames within the span.
        seen: Those that show the place or may.
        nearest_m: From the place to the nearest ground that they show; None beyond half a degree, or without frames.
        not_placed: Frames and files of the whole flight that were set aside: what they show can't be said.
    """

    sortie_id: str
    night_id: str
    frames_then: int
    seen: tuple[SeenBy, ...]
    nearest_m: float | None
    not_placed: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A candidate at the place whose time meets the span.

    Attributes:
        candidate_id, event_class, event_subtype, confidence_word, side, rule_id, sortie_id, night_id: As published.
        not_before, until: When it came to be: a change after its baseline and before it was seen, else while seen.
        away_m: From the place to it.
    """

    candidate_id: str
    event_class: str
    event_subtype: str | None
    confidence_word: str
    side: str
    rule_id: str | None
    sortie_id: str
    night_id: str
    not_before: datetime
    until: datetime
    away_m: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the published data say.

    Attributes:
        flights: Sorted by night and id.
        findings: By distance.
        before, after: The last frame before the span and the first one after it that show the place or may, with its
            sortie; None when there is none.
    """

    flights: tuple[Flight, ...]
    findings: tuple[Finding, ...]
    before: tuple[str, SeenBy] | None
    after: tuple[str, SeenBy] | None

    @property
    def seen_whole(self) -> int:
        """Frames that show all of the circle."""
        return sum(frame.whole for flight in self.flights for frame in flight.seen)

    @property
    def seen_perhaps(self) -> int:
        """Frames that show a part of the circle, or may."""
        return sum(not frame.whole for flight in self.flights for frame in flight.seen)


def look_up(out: Path, question: Question) -> Answer:
    """Every flight, frame and candidate that saw a place in a span of time.

    Args:
        out: Output folder.
        question: Place, radius and span.

    Raises:
        ConfigError: There is nothing published in the folder.
        PublishError: A published file cannot be read.
    """
    if not (out / FRAMES.name).is_dir():
        raise ConfigError(f"{out}: nothing is published here; name the folder that run or batch wrote to (--out)")
    place = _Place(question)
    aside = _set_aside(out, question)
    flights = [_flight(path, place, aside) for path in _parts(out, FRAMES, question)]
    known = sorted((flight for flight in flights if flight is not None), key=lambda f: (f.night_id, f.sortie_id))
    return Answer(tuple(known), _findings(out, place), _neighbour(out, place, -1), _neighbour(out, place, 1))


class _Place:
    """The circle that is asked about, in metres around it."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._site = SiteFrame.at(question.lon_deg, question.lat_deg)
        self.middle = Point(self._site.from_lonlat(np.array([question.lon_deg]), np.array([question.lat_deg]))[0])
        self.circle = self.middle.buffer(question.within_m, quad_segs=32)
        self._near = Point(question.lon_deg, question.lat_deg).buffer(0.5 + question.within_m / 50_000)

    def metres(self, wkb: bytes | None) -> BaseGeometry | None:
        """A published shape in the circle's plane; None where it is far away or none."""
        shape = None if wkb is None else shapely.from_wkb(wkb)
        if shape is None or shape.is_empty or not shape.intersects(self._near):
            return None
        return shapely.make_valid(shapely.transform(shape, lambda at: self._site.from_lonlat(at[:, 0], at[:, 1])))


def _parts(out: Path, dataset: Dataset[Any], question: Question) -> Iterator[Path]:
    """Files of the nights that the span may touch."""
    for path in sorted((out / dataset.name / dataset.version).glob("night=*/sortie=*/*.parquet")):
        midnight = _midnight(path)
        if midnight + _NIGHT[0] <= question.end and question.start <= midnight + _NIGHT[1]:
            yield path


def _midnight(path: Path) -> datetime:
    return datetime.combine(date.fromisoformat(_key(path, "night")), datetime.min.time(), UTC)


def _key(path: Path, key: str) -> str:
    return next(part for part in path.parts if part.startswith(f"{key}=")).removeprefix(f"{key}=")


def _rows(path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=list(columns), partitioning=None).to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise PublishError(f"{path}: cannot be read: {error}; restore it, or run its sortie again") from error
    return rows


def _set_aside(out: Path, question: Question) -> dict[tuple[str, str], int]:
    """By night and sortie, how many frames and files have no place."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for path in _parts(out, DROPPED, question):
        early = [row for row in _rows(path, ["stage"]) if row["stage"] in ("ingest", "georeference", "register")]
        counts[_key(path, "night"), _key(path, "sortie")] += len(early)
    return counts


def _flight(path: Path, place: _Place, aside: dict[tuple[str, str], int]) -> Flight | None:
    """What one flight saw; None when none of its frames is of the span, unless all were set aside."""
    night, sortie = _key(path, "night"), _key(path, "sortie")
    rows = _rows(path, _FRAME)
    then = [row for row in rows if _meets(row["t_seen"], row["t_seen"], row["t_sigma_s"], place.question)]
    not_placed = aside.get((night, sortie), 0)
    if not then:
        return Flight(sortie, night, 0, (), None, not_placed) if not rows and not_placed else None
    then.sort(key=lambda row: (row["t_seen"], row["frame_id"]))
    seen = [frame for row in then if (frame := _seen(row, place)) is not None]
    grounds = (place.metres(row["geometry"]) for row in then)
    away = [float(ground.distance(place.middle)) for ground in grounds if ground is not None]
    return Flight(sortie, night, len(then), tuple(seen), min(away, default=None), not_placed)


def _seen(row: dict[str, Any], place: _Place) -> SeenBy | None:
    """A frame that shows the place, or may; None for one that doesn't."""
    ground = place.metres(row["geometry"])
    error_m = row["err95_major_m"] or 0.0
    if ground is None or ground.distance(place.circle) > error_m:
        return None
    same = ("frame_id", "sensor", "band", "gsd_m", "err95_major_m", "georef_status")
    whole = bool(ground.buffer(-error_m).contains(place.circle))
    return SeenBy(**{name: row[name] for name in same}, at=row["t_seen"], whole=whole)


def _neighbour(out: Path, place: _Place, way: int) -> tuple[str, SeenBy] | None:
    """The nearest frame in time, before (-1) or after (1) the span, that shows the place or may, and its sortie."""
    question = place.question
    if way < 0:
        span = replace(question, start=_FIRST, end=question.start)
    else:
        span = replace(question, start=question.end, end=_LAST)
    best: tuple[str, SeenBy] | None = None
    for path in sorted(_parts(out, FRAMES, span), key=lambda path: _key(path, "night"), reverse=way < 0):
        midnight = _midnight(path)
        if best is not None and (midnight + _NIGHT[1] < best[1].at if way < 0 else midnight + _NIGHT[0] > best[1].at):
            break
        for row in _rows(path, _FRAME):
            outside = row["t_seen"] < question.start if way < 0 else row["t_seen"] > question.end
            nearer = best is None or (row["t_seen"] - best[1].at).total_seconds() * way < 0
            if outside and nearer and (frame := _seen(row, place)) is not None:
                best = (_key(path, "sortie"), frame)
    return best


def _findings(out: Path, place: _Place) -> tuple[Finding, ...]:
    found = []
    for path in _all_later(out, place.question):
        for row in _rows(path, _CANDIDATE + _CANDIDATE_TIMES):
            shape = place.metres(row["geometry"])
            since = row["baseline_at"] or row["t_start"]
            if shape is None or not _meets(since, row["t_end"], row["t_sigma_s"], place.question):
                continue
            if shape.distance(place.circle) <= (row["err95_major_m"] or 0.0):
                same = {name: row[name] for name in [*_CANDIDATE, "night_id"]}
                away = float(shape.distance(place.middle))
                found.append(Finding(**same, not_before=since, until=row["t_end"], away_m=away))
    return tuple(sorted(found, key=lambda finding: (finding.away_m, finding.candidate_id)))


def _all_later(out: Path, question: Question) -> Iterator[Path]:
    """Candidates of the span's nights and of all later ones: what came to be then may have been seen only later."""
    return _parts(out, CANDIDATES, replace(question, end=_LAST))


def _meets(since: datetime, until: datetime, sigma_s: float | None, question: Question) -> bool:
    unsure = timedelta(seconds=_SIGMAS * (sigma_s or 0.0))
    return bool(since - unsure <= question.end and question.start <= until + unsure)
