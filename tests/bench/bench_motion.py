"""Positions dragged aside against pictures: which drag is told, how late, and false alarms.

`python -m tests.bench motion`: the sample's nights and the real flights as they are; then the second sample flight with
positions that drift across its way from 60 % of its time on.
"""

import os
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from pipeline.config import configs_folder, load_config
from pipeline.plugins import telemetry_readers
from pipeline.records.frame import GeorefStatus
from pipeline.sources.cameras import read_camera_table
from pipeline.sources.frames import FrameReader
from pipeline.sources.sortie import read_sortie
from pipeline.stages.ingest import Ingest
from pipeline.stages.motion_check import MotionCheck

ROOT = Path(__file__).resolve().parent.parent.parent
FLIGHTS = Path(os.environ.get("TRUCEWATCH_REAL_DATA", ROOT.parent / "shared" / "data")) / "flights"
SAMPLES = ROOT / "sample_frames" / "flights"
SOUND = [SAMPLES / "baseline", SAMPLES / "night", FLIGHTS / "brighton_beach" / "frames", FLIGHTS / "klv_simulator",
         FLIGHTS / "aphill"]  # fmt: skip
DRAGS_MPS = (3, 5, 8, 12, 20, 40)
PLACE, SPEED = MotionCheck._place, MotionCheck._speed


def ingested(folder, moved=PLACE):
    """The flight; pairs measured, and the seconds of processor that the check took."""
    settings = load_config(None)
    cameras = read_camera_table(configs_folder() / "cameras.toml")
    contents = read_sortie(folder, settings.read, cameras, readers=telemetry_readers())
    measured, spent = [], []

    def speed(self, pair):
        began = time.process_time()
        found = SPEED(self, pair)
        spent.append(time.process_time() - began)
        measured.append(found is not None)
        return found

    with (
        FrameReader(settings.decode) as pixels,
        patch.object(MotionCheck, "_speed", speed),
        patch.object(MotionCheck, "_place", moved),
    ):
        found = Ingest(settings.ingest)(contents, pixels)
    return found, len(measured), sum(measured), sum(spent)


def suspected(found):
    return [frame.ref.t_utc_ns for frame in found.frames if frame.status is GeorefStatus.SPOOF_SUSPECTED]


def main():
    for folder in SOUND:
        if folder.exists():
            found, asked, measured, cpu_s = ingested(folder)
            name = folder.parent.name if folder.name == "frames" else folder.name
            print(f"{name}: {measured} of {asked} pairs, {cpu_s:.1f} s, {len(suspected(found))} frames suspected")
    flight, *_ = ingested(SAMPLES / "night")
    first, last = flight.frames[0], flight.frames[-1]
    onset_ns = first.ref.t_utc_ns + 0.6 * (last.ref.t_utc_ns - first.ref.t_utc_ns)
    way = (last.pose.eye_m - first.pose.eye_m)[:2]
    across = np.array([-way[1], way[0]]) / np.hypot(*way)
    for drag_mps in DRAGS_MPS:

        def moved(self, frame, drag_mps=drag_mps):
            place = PLACE(self, frame)
            far_m = max(0.0, (frame.ref.t_utc_ns - onset_ns) / 1e9) * drag_mps
            if place is None:
                return None
            east_deg = across[0] * far_m / 111_320 / np.cos(np.radians(place.lat_deg))
            return replace(place, lon_deg=place.lon_deg + east_deg, lat_deg=place.lat_deg + across[1] * far_m / 111_320)

        when = suspected(ingested(SAMPLES / "night", moved)[0])
        late = f"from {(min(when) - onset_ns) / 1e9:.1f} s after its onset" if when else ""
        print(f"drag of {drag_mps} m/s: {len(when)} frames suspected {late}")


if __name__ == "__main__":
    main()
