"""Targets that a sensor itself reports as moving: MISB ST 0903, within ST 0601's item 74 or on their own.

Version 4 of the standard changed how places are mapped. Before it, latitudes and longitudes fill unsigned numbers
and offsets have a fixed step with leading bytes left out; from it on, they are mapped by ST 1201.

Source: MISB ST 0903.5, sections 7 and 8.
"""

import math
from array import array
from dataclasses import dataclass, field

import numpy as np

from pipeline.records.samples import TargetSamples
from pipeline.sources.telemetry.klv_bytes import ber_oid, walk_local, walk_series
from pipeline.sources.telemetry.klv_values import Mapping, Number

MAX_TARGETS = 200_000
"""Targets that are kept of a stream."""
_MAPPED_SINCE = 4
_OFFSET_DEG = 19.2
_OFFSET_STEP_DEG = _OFFSET_DEG / ((1 << 23) - 1)
_OFFSET = Number(Mapping.IMAPB, -_OFFSET_DEG, _OFFSET_DEG)
_HEIGHT = Number(Mapping.IMAPB, -900.0, 19_000.0)
_LAT, _LON = Number(Mapping.IMAPB, -90.0, 90.0), Number(Mapping.IMAPB, -180.0, 180.0)
_OLD_HEIGHT = Number(Mapping.UNSIGNED, -900.0, 19_000.0, 2)
_OLD_LAT, _OLD_LON = Number(Mapping.UNSIGNED, -90.0, 90.0, 4), Number(Mapping.UNSIGNED, -180.0, 180.0, 4)
_NONE = (math.nan, math.nan)
_COLUMNS = 13

_Items = dict[int, bytes]


@dataclass(slots=True)
class TargetReader:
    """Reads the sets of one stream in order: version and frame size, once told, hold for the sets that follow.

    Attributes:
        rows: Of targets so far, one behind the other: sample, number, box, centre, confidence, place, height, status.
        left_out: Targets beyond `MAX_TARGETS`.
        unreadable: Sets or targets whose items don't fill them.
    """

    version: int = 0
    width_px: int = 0
    rows: "array[float]" = field(default_factory=lambda: array("d"))
    left_out: int = 0
    unreadable: int = 0

    def take(self, row: int, value: bytes, centre_lon_deg: float, centre_lat_deg: float) -> None:
        """Read the set of one sample, whose frame centre is at a place (NaN: not given)."""
        items = walk_local(value, 0, len(value))
        if items is None:
            self.unreadable += 1
            return
        places = {tag: (at, at + size) for tag, at, size in items}
        self.version = _count(value[slice(*places.get(4, (0, 0)))]) or self.version
        self.width_px = _count(value[slice(*places.get(8, (0, 0)))]) or self.width_px
        packs = walk_series(value, *places.get(101, (0, 0)))
        if packs is None:
            self.unreadable += 1
            return
        for at, size in packs:
            self._take_target(row, value[at : at + size], centre_lon_deg, centre_lat_deg)

    def _take_target(self, row: int, pack: bytes, centre_lon_deg: float, centre_lat_deg: float) -> None:
        if len(self.rows) >= MAX_TARGETS * _COLUMNS:
            self.left_out += 1
            return
        number = ber_oid(pack, 0, len(pack))
        walked = walk_local(pack, number[1], len(pack)) if number is not None else None
        if number is None or walked is None:
            self.unreadable += 1
            return
        items = {tag: pack[at : at + size] for tag, at, size in walked}
        left, top = self._pixel(items.get(2))
        right, bottom = self._pixel(items.get(3))
        centre = (_count(items.get(20, b"")) - 1.0, _count(items.get(19, b"")) - 1.0)
        if min(centre) < 0:
            centre = self._pixel(items.get(1))
        confidence = _count(items[5]) / 100 if len(items.get(5, b"")) == 1 else math.nan
        status = float(_count(items[23])) if items.get(23) else math.nan
        place = self._place(items, centre_lon_deg, centre_lat_deg)
        self.rows.extend((row, number[0], left, top, right, bottom, *centre, min(confidence, 1.0), *place, status))

    def _pixel(self, value: bytes | None) -> tuple[float, float]:
        """Column and row, from 0, of a pixel's number, which counts along rows from 1."""
        number = _count(value or b"")
        if not number or not self.width_px:
            return _NONE
        row, column = divmod(number - 1, self.width_px)
        return float(column), float(row)

    def _place(self, items: _Items, centre_lon_deg: float, centre_lat_deg: float) -> tuple[float, float, float]:
        """Longitude, latitude and height: the place itself, else its offset from the frame's centre."""
        mapped = self.version >= _MAPPED_SINCE or not self.version
        height = (_HEIGHT if mapped else _OLD_HEIGHT).one(items.get(12, b""))
        place = items.get(17, b"")
        if len(place) >= 8:
            lat = (_LAT if mapped else _OLD_LAT).one(place[:4])
            lon = (_LON if mapped else _OLD_LON).one(place[4:8])
            if len(place) >= 10:
                height = (_HEIGHT if mapped else _OLD_HEIGHT).one(place[8:10])
            if math.isfinite(lat) and math.isfinite(lon):
                return lon, lat, height
        lat, lon = (self._offset(items.get(tag, b""), mapped=mapped) for tag in (10, 11))
        return centre_lon_deg + lon, centre_lat_deg + lat, height

    def _offset(self, value: bytes, *, mapped: bool) -> float:
        if mapped:
            return _OFFSET.one(value)
        return int.from_bytes(value, "big", signed=True) * _OFFSET_STEP_DEG if 1 <= len(value) <= 3 else math.nan

    def targets(self) -> TargetSamples | None:
        """All that was read; None where no target was reported."""
        if not self.rows:
            return None
        table = np.frombuffer(self.rows, np.float64).reshape(-1, _COLUMNS)
        return TargetSamples(
            table[:, 0].astype(np.int64),
            table[:, 1].astype(np.int64),
            table[:, 2:6].copy(),
            table[:, 6:8].copy(),
            table[:, 8].copy(),
            table[:, 9].copy(),
            table[:, 10].copy(),
            table[:, 11].copy(),
            table[:, 12].copy(),
        )


def _count(value: bytes) -> int:
    return int.from_bytes(value, "big") if len(value) <= 6 else 0
