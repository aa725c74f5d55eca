"""Peak memory of each stage on flights of 18, 180 and 1,800 stills (`--frames=N`: of N only): does it grow?

The stills are cut from one made-up ground, 240 x 180 pixels at 0.1 m, in lines that overlap by 75 and 50 per cent.
Linux only: the kernel's high-water mark is read, and set back, whenever the run says that a stage has ended.
"""

import datetime as dt
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import simplejpeg

from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.writers.photo_tags import PhotoTags
from pipeline.simulator.writers.tiff_directory import ASCII, BYTE, RATIONAL, Entry

FLIGHTS = (18, 180, 1800)
SIZE = (240, 180)
GSD_M, FOCAL_PX = 0.1, 300.0
SITE = SiteFrame.at(46.84, 39.97)
TAKE_OFF = dt.datetime(2021, 5, 18, 8, tzinfo=dt.UTC)
GROUND_HAE_M = 150.0


def ground(rows: int, columns: int) -> np.ndarray:
    """``(rows, columns, 3)`` uint8 with detail of all sizes."""
    rng = np.random.default_rng(5)
    whole = np.zeros((rows, columns), np.float32)
    for cell, strength in ((2, 14.0), (7, 18.0), (31, 20.0)):
        coarse = rng.normal(0, strength, (rows // cell + 2, columns // cell + 2)).astype(np.float32)
        whole += cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    grey = np.clip(120 + whole, 0, 255).astype(np.uint8)
    return np.dstack([grey, np.roll(grey, 3, 0), grey // 2 + 60])


def degrees(value: float) -> list[float]:
    """Degrees, minutes, seconds."""
    minutes = abs(value) % 1 * 60
    return [float(int(abs(value))), float(int(minutes)), minutes % 1 * 60]


def tags(number: int, lon: float, lat: float) -> PhotoTags:
    """Of a still that looks straight down, its top in the north."""
    height = GSD_M * FOCAL_PX
    clock = f"{TAKE_OFF + dt.timedelta(seconds=2 * number):%Y:%m:%d %H:%M:%S}"
    said = {
        "AbsoluteAltitude": f"{GROUND_HAE_M + height:+.2f}",
        "RelativeAltitude": f"{height:+.2f}",
        "GimbalYawDegree": f"{math.degrees(-SITE.convergence_rad):.2f}",
        "GimbalPitchDegree": "-90.00",
        "GimbalRollDegree": "+0.00",
        "CalibratedFocalLength": f"{FOCAL_PX:.1f}",
        "GpsLatitude": f"{lat:.9f}",
        "GpsLongitude": f"{lon:.9f}",
    }
    words = " ".join(f'm:{name}="{value}"' for name, value in said.items())
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:m="http://www.dji.com/drone-dji/1.0/" {words}/></rdf:RDF></x:xmpmeta>'
    )
    gps = [
        Entry(1, ASCII, "N"),
        Entry(2, RATIONAL, degrees(lat)),
        Entry(3, ASCII, "E"),
        Entry(4, RATIONAL, degrees(lon)),
    ]
    gps += [Entry(5, BYTE, [0]), Entry(6, RATIONAL, [GROUND_HAE_M + height])]
    exif = [Entry(0x9003, ASCII, clock), Entry(0x9011, ASCII, "+00:00")]
    return PhotoTags([Entry(0x010F, ASCII, "Maker"), Entry(0x0110, ASCII, "Model")], exif, gps, xmp.encode())


def fly(folder: Path, frames: int) -> None:
    """Lines to and fro, a third longer than wide."""
    per_line = max(6, round(math.sqrt(frames * 2.0)))
    step, aside = SIZE[1] // 4, SIZE[0] // 2
    whole = ground(SIZE[1] + step * per_line, SIZE[0] + aside * (frames // per_line + 1))
    places = []
    for number in range(frames):
        line, along = divmod(number, per_line)
        places.append((aside * line, step * (along if line % 2 else per_line - 1 - along)))
    corners = np.array(places, np.float64)
    middle_m = np.array([1.0, -1.0]) * (corners + (np.array(SIZE)) / 2) * GSD_M
    for number, (place, (left, top)) in enumerate(zip(SITE.to_lonlat(middle_m), places, strict=True)):
        image = np.ascontiguousarray(whole[top : top + SIZE[1], left : left + SIZE[0]])
        jpeg = tags(number, *place).in_jpeg(simplejpeg.encode_jpeg(image, 90, "RGB", "420"))
        (folder / f"F{number:05d}.JPG").write_bytes(jpeg)


def peak_mb(pid: int) -> float:
    """Most memory since the last look."""
    status = Path(f"/proc/{pid}/status").read_text()
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def peaks(frames: int) -> dict[str, float]:
    """Peak of each stage in MB, by its name; the run's highest as ``whole``."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as work:
        flight = Path(work) / "flight"
        flight.mkdir()
        fly(flight, frames)
        command = [sys.executable, "-m", "pipeline.cli.main", "run", str(flight), "--out", f"{work}/out"]
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if run.stderr is None:
            raise SystemExit("no pipe")
        for line in run.stderr:
            stage, colon, _ = line.partition(": ")
            if colon and " " not in stage and run.poll() is None:
                found[stage] = max(found.get(stage, 0.0), peak_mb(run.pid))
        if run.wait():
            raise SystemExit(f"the run of {frames} frames failed")
        found["whole"] = max(found.values())
    return found


def main() -> None:
    """Print the table."""
    asked = [int(word.partition("=")[2]) for word in sys.argv[1:] if word.startswith("--frames=")]
    for frames in asked or FLIGHTS:
        found = peaks(frames)
        told = ", ".join(f"{stage} {peak:.0f}" for stage, peak in found.items())
        print(f"{frames:>5} frames, peak MB: {told}", flush=True)


if __name__ == "__main__":
    main()
