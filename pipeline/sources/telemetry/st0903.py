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
_MAX_WAITING_BYTES = 4 * 1024 * 1024
"""Of sets that wait for one that tells version and frame size: half a minute of the longest at thirty a second."""
_MAPPED_SINCE = 4
_OFFSET_DEG = 19.2
_OFFSET_STEP_DEG = _OFFSET_DEG / ((1 << 23) - 1)
_OFFSET = Number(Mapping.IMAPB, -_OFFSET_DEG, _OFFSET_DEG)
_HEIGHT = Number(Mapping.IMAPB, -900.0, 19_000.0)
_LAT, _LON = Number(Mapping.IMAPB, -90.0, 90.0), Number(Mapping.IMAPB, -180.0, 180.0)
_OLD_HEIGHT = Number(Mapping.UNSIGNED, -900.0, 19_000.0, 2)
_OLD_LAT, _OLD_LON = Number(Mapping.UNSIGNED, -90.0, 90.0, 4), Number(Mapping.UNSIGNED, -180.0, 180.0, 4)
_PLACES = {_MAPPED_SINCE: (_LAT, _LON), _MAPPED_SINCE - 1: (_OLD_LAT, _OLD_LON)}
_NEAR_DEG, _TRIED = 1.0, 200
_NONE = (math.nan, math.nan)
_COLUMNS = 13

_Items = dict[int, bytes]


@dataclass(slots=True)
class TargetReader:
    """Reads the sets of one stream in order: version and frame size, once told, hold for the sets that follow.

    Senders tell them every few seconds. Sets before the first that does wait for it: a stream may be damaged there, or
    recorded from its middle on, and by the wrong version every place would be wrong.

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
    waiting: list[tuple[int, bytes, float, float]] = field(default_factory=list)
    waiting_bytes: int = 0

    def take(self, row: int, value: bytes, centre_lon_deg: float, centre_lat_deg: float) -> None:
        """Read the set of one sample, whose frame centre is at a place (NaN: not given)."""
        items = walk_local(value, 0, len(value))
        if items is None:
            self.unreadable += 1
            return
        places = {tag: (at, at + size) for tag, at, size in items}
        self.version = _count(value[slice(*places.get(4, (0, 0)))]) or self.version
        self.width_px = _count(value[slice(*places.get(8, (0, 0)))]) or self.width_px
        series = value[slice(*places.get(101, (0, 0)))]
        if not series:
            return
        if (self.version and self.width_px) or self.waiting_bytes + len(series) > _MAX_WAITING_BYTES:
            self._take_waiting()
            self._take_series(row, series, centre_lon_deg, centre_lat_deg)
        else:
            self.waiting.append((row, series, centre_lon_deg, centre_lat_deg))
            self.waiting_bytes += len(series)

    def _take_waiting(self) -> None:
        self.version = self.version or self._version_by_places()
        for one in self.waiting:
            self._take_series(*one)
        self.waiting.clear()

    def _version_by_places(self) -> int:
        """Where no set tells the version: the one by which targets lie near the frame's centre; 0 where none does."""
        near = dict.fromkeys(_PLACES, 0)
        for _, series, *centre in self.waiting[:_TRIED]:
            for at, size in walk_series(series, 0, len(series)) or ():
                place = (_pack(series[at : at + size]) or (0, {}))[1].get(17, b"")[:8]
                for version, (lat, lon) in _PLACES.items() if len(place) == 8 else ():
                    off = abs(lon.one(place[4:]) - centre[0]), abs(lat.one(place[:4]) - centre[1])
                    near[version] += off[0] < _NEAR_DEG and off[1] < _NEAR_DEG
        most = max(near, key=lambda version: near[version])
        return most if near[most] else 0

    def _take_series(self, row: int, value: bytes, centre_lon_deg: float, centre_lat_deg: float) -> None:
        packs = walk_series(value, 0, len(value))
        if packs is None:
            self.unreadable += 1
            return
        for at, size in packs:
            self._take_target(row, value[at : at + size], centre_lon_deg, centre_lat_deg)

    def _take_target(self, row: int, pack: bytes, centre_lon_deg: float, centre_lat_deg: float) -> None:
        if len(self.rows) >= MAX_TARGETS * _COLUMNS:
            self.left_out += 1
            return
        read = _pack(pack)
        if read is None:
            self.unreadable += 1
            return
        number, items = read
        left, top = self._pixel(items.get(2))
        right, bottom = self._pixel(items.get(3))
        centre = (_count(items.get(20, b"")) - 1.0, _count(items.get(19, b"")) - 1.0)
        if min(centre) < 0:
            centre = self._pixel(items.get(1))
        confidence = _count(items[5]) / 100 if len(items.get(5, b"")) == 1 else math.nan
        status = float(_count(items[23])) if items.get(23) else math.nan
        place = self._place(items, centre_lon_deg, centre_lat_deg)
        self.rows.extend((row, number, left, top, right, bottom, *centre, min(confidence, 1.0), *place, status))

    def _pixel(self, value: bytes | None) -> tuple[float, float]:
        """Column and row, from 0, of a pixel's number, which counts along rows from 1."""
        number = _count(value or b"")
        if not number or not self.width_px:
            return _NONE
        row, column = divmod(number - 1, self.width_px)
        return float(column), float(row)

    def _place(self, items: _Items, centre_lon_deg: float, centre_lat_deg: float) -> tuple[float, float, float]:
        """Longitude, latitude and height: the place itself, else its offset from the frame's centre."""
        mapped = self._mapped()
        height = (_HEIGHT if mapped else _OLD_HEIGHT).one(items.get(12, b""))
        place = items.get(17, b"")
        if len(place) >= 8:
            lat = (_LAT if mapped else _OLD_LAT).one(place[:4])
            lon = (_LON if mapped else _OLD_LON).one(place[4:8])
            if len(place) >= 10:
                height = (_HEIGHT if mapped else _OLD_HEIGHT).one(place[8:10])
            if math.isfinite(lat) and math.isfinite(lon):
                return lon, lat, height
        lat, lon = (self.offset_deg(items.get(tag, b"")) for tag in (10, 11))
        return centre_lon_deg + lon, centre_lat_deg + lat, height

    def _mapped(self) -> bool:
        return self.version >= _MAPPED_SINCE or not self.version

    def offset_deg(self, value: bytes) -> float:
        """A latitude or longitude from the frame's centre on, by the version told so far; NaN where none is given."""
        if self._mapped():
            return _OFFSET.one(value)
        return int.from_bytes(value, "big", signed=True) * _OFFSET_STEP_DEG if 1 <= len(value) <= 3 else math.nan

    def targets(self) -> TargetSamples | None:
        """All that was read; None where no target was reported."""
        self._take_waiting()
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


def _pack(pack: bytes) -> tuple[int, _Items] | None:
    """Number and items of a target; None where its items don't fill it."""
    number = ber_oid(pack, 0, len(pack))
    walked = walk_local(pack, number[1], len(pack)) if number is not None else None
    if number is None or walked is None:
        return None
    return number[0], {tag: pack[at : at + size] for tag, at, size in walked}


def _count(value: bytes) -> int:
    return int.from_bytes(value, "big") if len(value) <= 6 else 0
