"""Telemetry as a table, the way ground stations export it."""

import csv
import datetime as dt
from pathlib import Path

from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.flight import Flown


def write_table(path: Path, told: Flown, site: SiteFrame, start_utc_ns: int, *, video: bool) -> None:
    """One row a sample; lost samples have none.

    Args:
        path: CSV file.
        told: What telemetry says, by its own clock.
        site: Frame of the positions.
        start_utc_ns: First exposure by the camera's clock.
        video: Whether a column of seconds since the video's start is added.
    """
    lonlat = site.to_lonlat(told.eye_m[:, :2])
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(
            [
                *["time_utc", *(["video_time_s"] if video else []), "longitude_deg", "latitude_deg", "alt_hae_m"],
                *["gimbal_yaw_deg", "gimbal_pitch_deg", "gimbal_roll_deg"],
            ]
        )
        for index, t_s in enumerate(told.t_s):
            if not told.present[index]:
                continue
            stamp = epoch + dt.timedelta(microseconds=(start_utc_ns + round(float(t_s) * 1e9)) // 1000)
            row = [f"{stamp:%Y-%m-%dT%H:%M:%S.%f}Z", *([f"{t_s:.3f}"] if video else [])]
            row += [f"{lonlat[index, 0]:.8f}", f"{lonlat[index, 1]:.8f}", f"{told.eye_m[index, 2]:.2f}"]
            row += [f"{a[index]:.2f}" for a in (told.yaw_deg, told.pitch_deg, told.roll_deg)]
            table.writerow(row)
