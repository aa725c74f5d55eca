"""What the words of drones' subtitles say, as columns. Every family is read by the names that its cues use.

A number counts only where the character that must follow it is there: the last cue of a recording that was cut off
ends anywhere, and ``20.1`` without its end is ``2``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float, Int
from pipeline.sources.telemetry.cue_clock import NO_CLOCK, clocks_ns
from pipeline.sources.telemetry.srt_cues import CueBlock

N = r"([-+]?\d{1,9}(?:\.\d{0,12})?)"
_NUMBER = r"([-+]?\d{1,9}(?:[.,]\d{1,12})?)(?=[\s\],<])"


@dataclass(frozen=True, slots=True)
class _Words:
    """A pattern, the literal that must be there for it to be worth a search, and the fields of its groups."""

    literal: str
    pattern: "re.Pattern[str]"
    fields: tuple[str, ...]


def _keyed(key: str, field: str, spelling: str = "") -> _Words:
    return _Words(key, re.compile(rf"{spelling or key}\s*:\s*{_NUMBER}", re.ASCII), (field,))


_SINGLE = (
    _keyed("[latitude", "latitude", r"\[latitude"),
    _keyed("[long", "longitude", r"\[longt?itude"),  # misspelt for years
    _keyed("rel_alt", "rel_alt_m"),
    _keyed("abs_alt", "abs_alt_m"),
    _keyed("[altitude", "altitude_m", r"\[altitude"),
    _keyed("gb_yaw", "gimbal_yaw_deg"),
    _keyed("gb_pitch", "gimbal_pitch_deg"),
    _keyed("gb_roll", "gimbal_roll_deg"),
    _keyed("focal_len", "focal_len"),
    _keyed("dzoom_ratio", "zoom"),
    _keyed("rameCnt", "frame_count"),
    _keyed("SrtCnt", "frame_count"),
    _Words("BAROMETER", re.compile(rf"BAROMETER\s*:\s*{N}(?=[\sMm])", re.ASCII), ("barometer_m",)),
    _Words("Hb:", re.compile(rf"Hb\s*:\s*{N}(?=[\sMm])", re.ASCII), ("barometer_m",)),
    _Words(", H ", re.compile(rf", H {N}m", re.ASCII), ("barometer_m",)),
    _Words(", D ", re.compile(rf", D {N}m", re.ASCII), ("home_distance_m",)),
    _Words("H.S ", re.compile(rf"H\.S {N}m/s", re.ASCII), ("speed_mps",)),
    _Words("DZOOM", re.compile(rf"DZOOM {N}(?=[\s,])", re.ASCII), ("zoom",)),
)
_DEGREES = r"[^\d,()]{0,3}"
_SEVERAL = (
    _Words("HOME", re.compile(rf"HOME\s*\(\s*{N}\s*,\s*{N}\s*[,)]", re.ASCII), ("home_first", "home_second")),
    _Words(
        "F.PRY",
        re.compile(rf"F\.PRY\s*\(\s*{N}{_DEGREES},\s*{N}{_DEGREES},\s*{N}{_DEGREES}\)", re.ASCII),
        ("aircraft_pitch_deg", "aircraft_roll_deg", "aircraft_yaw_deg"),
    ),
    _Words(
        "G.PRY",
        re.compile(rf"G\.PRY\s*\(\s*{N}{_DEGREES},\s*{N}{_DEGREES},\s*{N}{_DEGREES}\)", re.ASCII),
        ("gimbal_pitch_deg", "gimbal_roll_deg", "gimbal_yaw_deg"),
    ),
)
_TUPLE = re.compile(rf"GPS\s*\(\s*{N}\s*,\s*{N}\s*,\s*{N}(\s?[mM])?\s*\)", re.ASCII)
_ANY_TUPLE = re.compile(r"GPS\s*\(([^()\n]{1,80})\)")
_CLOCK = re.compile(
    r"20\d\d[-.]\d{1,2}[-.]\d{1,2}[ T]\d{1,2}:\d\d:\d\d(?:[.,]\d{3}(?!\d)(?:,\d{3}(?!\d))?)?(?=\D)", re.ASCII
)
_LABELLED = re.compile(rf"([NSEW])\s*:?\s*{N}", re.ASCII)

_APERTURE = re.compile(r"fnum\s*:\s*([\d.]+)", re.ASCII)

MARKERS = ("[latitude", "[longitude", "[longtitude", "GPS(", "GPS (", "HOME(", "[iso", "rel_alt", "SrtCnt", "FrameCnt")
"""One of these stands in every cue of a drone."""


@dataclass(frozen=True, slots=True, eq=False)
class CueFields:
    """What the cues of a block say.

    Attributes:
        columns: ``(N,)`` each, NaN where a cue does not say it, absent where none does. ``first``, ``second``,
            ``third`` are the members of ``GPS(a,b,c)``, ``third_metres`` is 1 where the third names metres, ``no_fix``
            where the cue says that it has none; the others carry their names.
        clock_ns: ``(N,)`` clock without a zone as if it were UTC; `NO_CLOCK` where there is none.
        clock_step_ns: Finest step of that clock.
        place_step_deg: Finest step of the positions, 0 without positions.
    """

    columns: dict[str, Float]
    clock_ns: Int
    clock_step_ns: int
    place_step_deg: float


def read_fields(block: CueBlock) -> CueFields:
    """Read all fields of a block; of several values for one field in a cue the first counts."""
    columns: dict[str, Float] = {}
    decimals = 0
    for words in _SINGLE:
        if words.literal in block.text:
            places, values = _found(words.pattern, block.text)
            numbers = _numbers(values)
            _put(columns, words.fields[0], block, places, numbers)
            if words.fields[0] == "latitude":
                decimals = max(decimals, _decimals(values))
    for words in _SEVERAL:
        if words.literal in block.text:
            matches = list(words.pattern.finditer(block.text))
            places = np.fromiter((match.start() for match in matches), np.int64, len(matches))
            for group, field in enumerate(words.fields, 1):
                _put(columns, field, block, places, _numbers([match[group] for match in matches]))
    if "GPS" in block.text:
        decimals = max(decimals, _read_tuples(columns, block))
    if "focal_len" in columns and _in_tenths(block.text):
        columns["focal_len"] /= 10
    places, clocks = _found(_CLOCK, block.text, 0)
    times, step = clocks_ns(clocks)
    clock = np.full(len(block.at), NO_CLOCK, np.int64)
    rows, first = _rows(block, places)
    clock[rows] = times[first]
    return CueFields(columns, clock, step, 10.0**-decimals if decimals else 0.0)


def _found(pattern: "re.Pattern[str]", text: str, group: int = 1) -> tuple[Int, list[str]]:
    pairs = [(match.start(), match[group]) for match in pattern.finditer(text)]
    places = np.fromiter((place for place, _ in pairs), np.int64, len(pairs))
    return places, [word for _, word in pairs]


def _numbers(words: Sequence[str]) -> Float:
    try:
        return np.fromiter(map(float, words), np.float64, len(words))
    except ValueError:  # decimal commas
        return np.fromiter((float(word.replace(",", ".")) for word in words), np.float64, len(words))


def _decimals(words: Sequence[str]) -> int:
    return max(
        (len(word) - 1 - max(word.find("."), word.find(",")) for word in words[:200] if len(word) > 2), default=0
    )


def _in_tenths(text: str) -> bool:
    """Until about 2021 f/2.8 was written 280, and 28 mm likewise 280."""
    aperture = _APERTURE.search(text)
    return aperture is not None and "." not in aperture[1] and len(aperture[1]) >= 3


def _rows(block: CueBlock, places: Int) -> tuple[Int, Int]:
    """Cue of each place, once for each cue: rows of cues, and which of the places."""
    rows = np.searchsorted(block.at, places, side="right") - 1
    cues, first = np.unique(rows, return_index=True)
    return cues[cues >= 0], first[cues >= 0]


def _put(columns: dict[str, Float], field: str, block: CueBlock, places: Int, numbers: Float) -> None:
    if not len(places):
        return
    rows, first = _rows(block, places)
    column = columns.setdefault(field, np.full(len(block.at), np.nan))
    empty = np.isnan(column[rows])
    column[rows[empty]] = numbers[first[empty]]


def _read_tuples(columns: dict[str, Float], block: CueBlock) -> int:
    """``GPS(a,b,c)``; the decimals of the positions."""
    matches = list(_TUPLE.finditer(block.text))
    places = np.fromiter((match.start() for match in matches), np.int64, len(matches))
    for group, field in enumerate(("first", "second", "third"), 1):
        _put(columns, field, block, places, _numbers([match[group] for match in matches]))
    metres = np.fromiter((match[4] is not None for match in matches), np.float64, len(matches))
    _put(columns, "third_metres", block, places, metres)
    decimals = _decimals([match[1] for match in matches[:50]] + [match[2] for match in matches[:50]])
    others = list(_ANY_TUPLE.finditer(block.text))
    if len(others) > len(matches):
        known = set(places.tolist())
        for match in others:
            if match.start() not in known:
                place = np.array([match.start()], np.int64)
                for field, value in _odd_tuple(match[1]).items():
                    _put(columns, field, block, place, np.array([value]))
    return decimals


def _odd_tuple(inner: str) -> dict[str, float]:
    """A tuple without a fix (``N/A``), with hemispheres (``W:6.1``), or with decimal commas."""
    labelled = _LABELLED.findall(inner)
    if labelled:
        return {
            ("latitude" if side in "NS" else "longitude"): abs(float(value)) * (-1 if side in "SW" else 1)
            for side, value in labelled
        }
    parts = [part.strip() for part in (re.split(r";|,\s+", inner) if re.search(r";|,\s", inner) else inner.split(","))]
    if len(parts) in (4, 5, 6) and all(part.lstrip("+-").isdigit() for part in parts):
        parts = [f"{parts[0]}.{parts[1]}", f"{parts[2]}.{parts[3]}", ".".join(parts[4:])]
    values = [_number_or_nan(part) for part in parts]
    said = dict(zip(("first", "second", "third"), values, strict=False))
    if len(values) > 1 and np.isnan(values[0]) and np.isnan(values[1]):
        return {"no_fix": 1.0, **({"third": values[2]} if len(values) > 2 else {})}
    return {field: value for field, value in said.items() if not np.isnan(value)} if len(values) in (2, 3) else {}


def _number_or_nan(word: str) -> float:
    found = re.fullmatch(r"([-+]?\d{1,9}(?:[.,]\d{0,12})?)\s?[mM]?", word, re.ASCII)
    return float(found[1].replace(",", ".")) if found else float("nan")
