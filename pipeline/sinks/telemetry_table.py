"""Telemetry as a table that people and programs read, without loss."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records.telemetry import TelemetryTrack

_NUMBERS = (
    "lon_deg",
    "lat_deg",
    "alt_m",
    "relative_alt_m",
    "yaw_deg",
    "pitch_deg",
    "roll_deg",
    "position_sigma_m",
    "alt_sigma_m",
    "yaw_sigma_deg",
    "tilt_sigma_deg",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def telemetry_csv(track: TelemetryTrack) -> bytes:
    """A row a sample; an empty cell where a value was not given."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["t_utc", "t_utc_ns", *_NUMBERS, "quality", "vertical_datum", "source"])
    columns = [getattr(track, name).tolist() for name in _NUMBERS]
    for at, t_ns in enumerate(track.t_utc_ns.tolist()):
        cells = ["" if np.isnan(column[at]) else repr(column[at]) for column in columns]
        when = (_EPOCH + timedelta(microseconds=t_ns // 1000)).isoformat()
        rows.writerow([when, t_ns, *cells, int(track.quality[at]), track.vertical_datum, track.source])
    return text.getvalue().encode()


def read_telemetry_csv(path: Path) -> TelemetryTrack:
    """What `telemetry_csv` wrote; it holds one row at least.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        numbers = {name: np.array([float(row[name] or "nan") for row in rows]) for name in _NUMBERS}
        return TelemetryTrack(
            t_utc_ns=np.array([int(row["t_utc_ns"]) for row in rows], np.int64),
            quality=np.array([int(row["quality"]) for row in rows], np.int64),
            vertical_datum=rows[0]["vertical_datum"],
            source=rows[0]["source"],
            **numbers,
        )
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise InputError(f"{path}: no telemetry excerpt: {error!r}; was it changed? see verify.sh") from error
