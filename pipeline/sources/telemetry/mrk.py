"""Time marks of drones with RTK receivers (``…_Timestamp.MRK``): when and where each still was taken."""

import math
import re
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Float
from pipeline.records.samples import GnssSamples, ReadingFault, TelemetrySamples, TimeBase, make_samples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.gps_time import utc_of_gps

MAX_BYTES = 16 * 1024 * 1024
MAX_LINE = 400

_MARK = re.compile(r"\s*(\d{1,7})\s+(\d{1,6}(?:\.\d{1,9})?)\s+\[\s?(\d{1,5})\s?\]", re.ASCII)
_NAMED = re.compile(r"(-?\d{1,9}(?:\.\d{1,12})?)\s?,\s?(Lat|Lon|Ellh|Q)\b", re.ASCII)
_DEVIATIONS = re.compile(r"Ellh\s+(\d{1,6}\.?\d{0,9})\s?,\s?(\d{1,6}\.?\d{0,9})\s?,\s?(\d{1,6}\.?\d{0,9})", re.ASCII)

_FIXES = {0: 0.0, 16: 3.0, 50: 6.0}
"""Positioning states as the makers' manuals list them; 32 to 49 are floated."""


class MrkReader:
    """Reads time marks. Recognised by lines of a number, a GPS time and coordinates that are named."""

    name = "mrk"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether one of the first lines is a mark."""
        del path
        lines = head[:4096].decode("latin-1").splitlines()[:8]
        return any(_MARK.match(line[:MAX_LINE]) and ",Lat" in line and ",Lon" in line for line in lines)

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole file. A mark belongs to the still whose name ends in its number, here ``_0001``.

        Longitude, latitude and height are those of the sensor: the marks' offsets from the antenna are in them
        already. Attitudes are in the stills' own tags.

        Raises:
            InputError: Too large, or no line is a mark.

        Source: Matrice 4 Series User Manual (2025), "Image Log File".
        """
        with open_regular(path) as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise InputError(f"{path.name}: marks of more than {MAX_BYTES >> 20} MiB; no flight has so many")
        lines = [line for line in raw.decode("latin-1").splitlines() if line.strip("\0 \t")]
        marks = [mark for mark in (_mark(line[:MAX_LINE]) for line in lines) if mark is not None]
        if not marks:
            raise InputError(f"{path.name}: no line of it is a time mark; was it copied whole?")
        table = np.array([numbers for _, numbers in marks], np.float64)
        t_ns, timed = utc_of_gps(table[:, 1], table[:, 0])
        if not timed.any():
            raise InputError(f"{path.name}: no mark has a GPS week of this century; did the receiver have no signal?")
        lat, lon, height, north_m, east_m, up_m, state = table[timed, 2:].T
        unfixed = (state == 0) | ((lat == 0) & (lon == 0))
        columns = {
            "lon_deg": np.where(unfixed, np.nan, lon),
            "lat_deg": np.where(unfixed, np.nan, lat),
            "alt_m": np.where(unfixed, np.nan, height),
            "position_sigma_m": np.fmax(north_m, east_m),
            "alt_sigma_m": up_m,
        }
        faults = (ReadingFault("no_fix", int(unfixed.sum()), "marks without a fix: no position is taken from them"),)
        samples = make_samples(
            path,
            self.name,
            TimeBase.UTC,
            t_ns[timed],
            columns,
            frame_names=tuple(f"_{marks[row][0]:04d}" for row in np.flatnonzero(timed).tolist()),
            vertical_datum="ellipsoidal",
            datum_reason="the marks name the height 'Ellh': above the ellipsoid",
            bad_rows=len(lines) - int(timed.sum()),
            gnss=GnssSamples.of(len(state), fix=_fix(state)),
            faults=faults if unfixed.any() else (),
        )
        return (samples,)


def _mark(line: str) -> tuple[int, tuple[float, ...]] | None:
    """Number, and second and week, latitude, longitude, height, three deviations, state; None for another line."""
    found = _MARK.match(line)
    named = {name: float(value) for value, name in _NAMED.findall(line)}
    if found is None or not {"Lat", "Lon"} <= named.keys():
        return None
    deviations = _DEVIATIONS.search(line)
    sigma = tuple(float(value) for value in deviations.groups()) if deviations else (math.nan,) * 3
    values = (named["Lat"], named["Lon"], named.get("Ellh", math.nan), *sigma, named.get("Q", math.nan))
    return int(found[1]), (float(found[2]), float(found[3]), *values)


def _fix(state: Float) -> Float:
    fix = np.where((state >= 32) & (state < 50), 5.0, np.nan)
    for code, value in _FIXES.items():
        fix[state == code] = value
    return fix
