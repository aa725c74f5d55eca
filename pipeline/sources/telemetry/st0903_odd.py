"""Reports of targets in a damaged stream that break what all others keep to.

Two wrong bits that cancel in a packet's checksum lie in its targets more often than not: these are most of its bytes.
A target says much of itself twice: its centre as a pixel's number and as row and column, and within its box; its
place whole and as an offset; its height alone and with its place. Senders keep to that or don't: only what a stream
keeps to is asked of each report in it.

Source: MISB ST 0903.5, sections 7 and 8, for what items mean; the comparisons are ours.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Float
from pipeline.records.samples import TargetSamples
from pipeline.sources.telemetry.klv_bytes import ber_oid, walk_local, walk_series
from pipeline.sources.telemetry.klv_outliers import FEWEST, USUAL, lacking, singular, strays
from pipeline.sources.telemetry.st0903 import TargetReader

_TIME, _TARGETS = 2, 101
_SAME_DEG = 2e-5
"""A few steps of the finest offsets: so much two places of a target may differ beyond what they usually do."""
_Items = dict[int, bytes]


@dataclass(slots=True)
class _Reports:
    """What sets and targets of a stretch say, and of which set each target is."""

    heads: list[_Items] = field(default_factory=list)
    packs: list[_Items] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    of: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)


def odd_reports(values: Sequence[bytes], centres: Sequence[tuple[float, float]], reader: TargetReader) -> Bool:
    """Sets whose items don't fill them, or that break what the others keep to.

    Args:
        values: Sets, in their order.
        centres: Longitude and latitude of each one's frame centre; NaN where it is not given.
        reader: Holds version and width of the pictures so far. It is not changed.
    """
    reports = _read(values)
    odd = np.zeros(len(values), np.bool_)
    if reports.broken:  # the others are judged without these
        odd[reports.broken] = True
        whole = np.flatnonzero(~odd).tolist()
        odd[whole] = odd_reports([values[row] for row in whole], [centres[row] for row in whole], reader)
        return odd
    odd |= lacking([head.keys() for head in reports.heads]) | _alone(reports.heads, range(len(values)), len(values))
    odd |= _uncounted(reports, len(values))
    if not reports.packs:
        return odd
    of = np.array(reports.of, np.int64)
    odd[of[lacking([pack.keys() for pack in reports.packs])]] = True
    odd |= _alone(reports.packs, reports.of, len(values))
    taken = TargetReader(_known(reports.heads, 4) or reader.version, _known(reports.heads, 8) or reader.width_px)
    for row, value in enumerate(values):
        taken.take(row, value, *centres[row])
    targets = taken.targets()
    if targets is None:
        return odd
    for agrees in _agreements(targets, reports, np.array(centres), taken):
        odd[of[_breaks(agrees)]] = True
    for number in set(reports.numbers):
        rows = np.flatnonzero(targets.number == number)
        odd[of[rows[strays(_track(targets, rows), len(rows))]]] = True
    return odd


def _read(values: Sequence[bytes]) -> _Reports:
    reports = _Reports()
    for row, value in enumerate(values):
        walked = walk_local(value, 0, len(value))
        packs = walk_series(value, *_span(walked)) if walked else None
        head = {tag: value[at : at + size] for tag, at, size in walked or ()}
        reports.heads.append(head)
        if packs is None or len(head) < len(walked or ()):
            reports.broken.append(row)
            continue
        for at, size in packs:
            number = ber_oid(value, at, at + size)
            items = walk_local(value, number[1], at + size) if number else None
            pack = {tag: value[begin : begin + length] for tag, begin, length in items or ()}
            if number is None or items is None or len(pack) < len(items):
                reports.broken.append(row)
                continue
            reports.packs.append(pack)
            reports.numbers.append(number[0])
            reports.of.append(row)
    return reports


def _span(walked: Iterable[tuple[int, int, int]]) -> tuple[int, int]:
    return next(((at, at + size) for tag, at, size in walked if tag == _TARGETS), (0, 0))


def _alone(sets: Sequence[_Items], of: Sequence[int], count: int) -> Bool:
    """Sets with a value that no other has where almost all are alike."""
    odd = np.zeros(count, np.bool_)
    for tag in {tag for items in sets for tag in items} - {_TIME, _TARGETS}:
        having = [(row, items[tag]) for row, items in zip(of, sets, strict=True) if tag in items]
        rows = np.array([row for row, _ in having], np.int64)
        odd[rows[singular([value for _, value in having])]] = True
    return odd


def _known(heads: Iterable[_Items], tag: int) -> int:
    """What most sets say that say it."""
    said = [int.from_bytes(head[tag], "big") for head in heads if 0 < len(head.get(tag, b"")) <= 4]
    return max(set(said), key=said.count, default=0)


def _uncounted(reports: _Reports, count: int) -> Bool:
    """Sets that tell another number of targets than they hold, or one target twice, where all others don't."""
    held = np.bincount(np.array(reports.of, np.int64), minlength=count) if reports.of else np.zeros(count, np.int64)
    apart = Counter(row for row, _ in set(zip(reports.of, reports.numbers, strict=True)))
    odd = _breaks(np.array([float(apart[row] == held[row]) for row in range(count)]))
    seen, reported = (np.array([_number(head, tag) for head in reports.heads]) for tag in (5, 6))
    odd |= _breaks(np.where(np.isnan(seen), np.nan, seen >= held))  # of many targets not all are reported
    return odd | _breaks(np.where(np.isnan(reported), np.nan, reported == held))


def _agreements(targets: TargetSamples, reports: _Reports, centres: Float, reader: TargetReader) -> Iterable[Float]:
    """What each target says twice: 1 where both are the same, 0 where they differ, NaN where one is not told."""
    packs = reports.packs
    column, row = targets.centre_px.T
    first = np.array([_number(pack, 1) - 1 for pack in packs])
    width = reader.width_px or math.nan
    yield _same(first, row * width + column)
    left, top, right, bottom = targets.box_px.T
    inside = (left <= column) & (column <= right) & (top <= row) & (row <= bottom)
    yield np.where(np.isfinite(left + right + column), inside, np.nan)
    yield _same(
        *(np.array([_number({0: value}, 0) for value in part]) for part in zip(*map(_heights, packs), strict=True))
    )
    for axis, tag in ((1, 10), (0, 11)):
        place = (targets.lat_deg, targets.lon_deg)[1 - axis]
        offset = np.array([reader.offset_deg(pack.get(tag, b"")) if pack.get(17) else math.nan for pack in packs])
        apart = place - centres[reports.of, axis] - offset
        if np.isfinite(apart).any():  # some senders' two places are a few metres apart throughout
            off = np.abs(apart - np.nanmedian(apart))
            yield np.where(np.isfinite(off), off <= _SAME_DEG + 2 * np.nanquantile(off, USUAL), np.nan)


def _heights(pack: _Items) -> tuple[bytes, bytes]:
    return pack.get(12, b""), pack.get(17, b"")[8:10]


def _number(pack: _Items, tag: int) -> float:
    value = pack.get(tag, b"")
    return float(int.from_bytes(value, "big")) if 0 < len(value) <= 6 else math.nan


def _same(one: Float, other: Float) -> Float:
    return np.where(np.isfinite(one + other), one == other, np.nan)


def _breaks(agrees: Float) -> Bool:
    """Where what almost all keep to is not kept."""
    told = int(np.count_nonzero(np.isfinite(agrees)))
    kept = int(np.count_nonzero(agrees == 1))
    return agrees == 0 if told >= FEWEST and kept >= USUAL * told else np.zeros(len(agrees), np.bool_)


def _track(targets: TargetSamples, rows: NDArray[np.intp]) -> dict[str, Float]:
    """Numbers of one target in their order."""
    left, top, right, bottom = targets.box_px[rows].T
    column, row = targets.centre_px[rows].T
    return {
        "column": column,
        "row": row,
        "left": left - column,
        "right": right - column,
        "top": top - row,
        "bottom": bottom - row,
        "lon": targets.lon_deg[rows],
        "lat": targets.lat_deg[rows],
        "height": targets.height_m[rows],
    }
