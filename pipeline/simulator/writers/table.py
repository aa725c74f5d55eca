"""Telemetry as a table in text, the way ground stations export it."""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.simulator.scene.told import FlightFacts
from pipeline.simulator.writers.sample import Sample, utc

HEIGHT_COLUMNS = {
    "ellipsoidal": "alt_hae_m",
    "egm96": "alt_egm96_m",
    "egm2008": "alt_egm2008_m",
    "unknown": "alt_m",
}
"""Name of the height's column by the vertical datum that the flight states."""


class TelemetryTable:
    """A CSV file, row by row. Lost samples have none.

    Columns: ``time_utc`` (ISO 8601, µs), ``frame`` or ``video_time_s`` where asked for, ``longitude_deg``,
    ``latitude_deg``, a height by `HEIGHT_COLUMNS`, ``relative_alt_m``, ``gimbal_yaw_deg``, ``gimbal_pitch_deg``,
    ``gimbal_roll_deg``, ``aircraft_yaw_deg``, ``position_sigma_m`` (empty where not stated), ``velocity_east_mps``,
    ``velocity_north_mps``, ``velocity_up_mps``, ``satellites``, ``hdop``, ``jamming``; and, which the pipeline's reader
    passes over, ``aircraft_pitch_deg``, ``aircraft_roll_deg``, ``focal_px``.
    """

    def __init__(self, path: Path, facts: FlightFacts, *, extra: Sequence[str] = ()) -> None:
        try:
            height = HEIGHT_COLUMNS[facts.vertical_datum]
        except KeyError as error:
            known = ", ".join(HEIGHT_COLUMNS)
            raise ConfigError(
                f"{facts.name}: vertical datum '{facts.vertical_datum}' is not written; it is one of {known}"
            ) from error
        self._file = path.open("w", newline="", encoding="utf-8")
        self._table = csv.writer(self._file, lineterminator="\n")
        self._table.writerow(
            [
                *("time_utc", *extra, "longitude_deg", "latitude_deg", height, "relative_alt_m"),
                *("gimbal_yaw_deg", "gimbal_pitch_deg", "gimbal_roll_deg", "aircraft_yaw_deg", "position_sigma_m"),
                *("aircraft_pitch_deg", "aircraft_roll_deg"),
                *("velocity_east_mps", "velocity_north_mps", "velocity_up_mps"),
                *("focal_px", "satellites", "hdop", "jamming"),
            ]
        )

    def add(self, sample: Sample, *extra: str) -> None:
        """Append a sample with the values of its extra columns, unless it was lost."""
        if not sample.recorded:
            return
        angles = (sample.yaw_deg, sample.pitch_deg, sample.roll_deg, sample.platform_yaw_deg)
        sigma = sample.position_sigma_m
        self._table.writerow(
            [
                f"{utc(sample.t_utc_ns):%Y-%m-%dT%H:%M:%S.%f}Z",
                *extra,
                *(f"{sample.lon_deg:.8f}", f"{sample.lat_deg:.8f}"),
                *(f"{sample.alt_m:.3f}", f"{sample.relative_alt_m:.3f}"),
                *(f"{angle:.3f}" for angle in angles),
                f"{sigma:.3f}" if math.isfinite(sigma) else "",
                *(f"{sample.platform_pitch_deg:.3f}", f"{sample.platform_roll_deg:.3f}"),
                *(f"{part:.3f}" for part in sample.velocity_mps),
                *(f"{sample.focal_px:.2f}", sample.satellites, f"{sample.hdop:.2f}", sample.jamming),
            ]
        )

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def write_stream(path: Path, facts: FlightFacts, rows: Iterable[Sample], *, video: bool = False) -> None:
    """A whole table of a flight's stream.

    Args:
        path: CSV file.
        facts: The flight.
        rows: Samples.
        video: Whether each row also says the seconds since the video's start, by both clocks as they are.
    """
    table = TelemetryTable(path, facts, extra=("video_time_s",) if video else ())
    for sample in rows:
        seconds = (sample.t_utc_ns - facts.start_utc_ns) / 1e9
        table.add(sample, *((f"{seconds:.4f}",) if video else ()))
    table.close()
