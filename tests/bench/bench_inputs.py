"""Every file of a folder, read alone as a sortie: formats, clips, samples, frames, faults, time and memory.

``python -m tests.bench inputs [--folder=FOLDER]``. A table in Markdown; what people say of the same files is in
docs/real_files.md.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("telemetry", "flights", "video", "thermal")
TIMEOUT_S = 300


def high_water_mb() -> float:
    """Linux only."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def distinct_rate(samples) -> float:
    """New positions a second; NaN without times or positions."""
    import numpy as np

    known = np.isfinite(samples.lon_deg) & np.isfinite(samples.lat_deg)
    seconds = float(np.ptp(samples.t_ns[known])) / 1e9 if known.sum() > 1 else 0.0
    if not seconds:
        return float("nan")
    places = np.column_stack([samples.lon_deg[known], samples.lat_deg[known]])
    return float((np.abs(np.diff(places, axis=0)).max(axis=1) > 0).sum() / seconds)


def look(path: Path) -> None:
    """Read one file; JSON on standard output. Runs in a process of its own."""
    import numpy as np

    from pipeline.errors import TrucewatchError
    from pipeline.sources.cameras import read_camera_table
    from pipeline.sources.frames import FrameReader
    from pipeline.sources.sortie import ReadSettings, read_sortie
    from pipeline.stages.ingest import Ingest

    before = high_water_mb()
    found = {"clips": [], "pictures": 0, "placed": 0, "faults": {}, "error": ""}
    start = time.perf_counter()
    try:
        contents = read_sortie(path.parent, ReadSettings(), read_camera_table(ROOT / "configs" / "cameras.toml"))
        for part in contents.telemetry:
            known = np.isfinite(part.lon_deg) & np.isfinite(part.lat_deg)
            first = int(np.flatnonzero(known)[0]) if known.any() else -1
            found["clips"].append(
                {
                    "format": part.format,
                    "samples": len(part),
                    "positions": int(known.sum()),
                    "new_positions_per_s": distinct_rate(part),
                    "seconds": float(np.ptp(part.t_ns)) / 1e9 if len(part) else 0.0,
                    "clock": str(part.time_base) + (" local" if part.local_clock else ""),
                    "datum": part.vertical_datum,
                    "first": [float(part.lon_deg[first]), float(part.lat_deg[first])] if first >= 0 else [],
                    "faults": {fault.code: fault.count for fault in part.faults},
                }
            )
        found["pictures"] = len(contents.stills) + sum(len(video.indices) for video in contents.videos)
        dropped = Counter(drop.code for drop in contents.dropped)
        try:
            ingested = Ingest()(contents, FrameReader())
            found["placed"] = len(ingested.frames)
            dropped = Counter(drop.code for drop in ingested.dropped)
            dropped.update(note for frame in ingested.frames for note in frame.notes)
        except TrucewatchError as error:
            found["error"] = str(error)
            if getattr(error, "dropped", ()):
                dropped = Counter(drop.code for drop in error.dropped)
        found["faults"] = dict(dropped)
    except TrucewatchError as error:
        found["error"] = str(error)
    found["took_s"], found["peak_mb"] = time.perf_counter() - start, high_water_mb() - before
    print(json.dumps(found))


def read_alone(path: Path) -> dict:
    """The same, of a copy in a folder of its own, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "S1"
        own.mkdir()
        shutil.copy(path, own / path.name)
        command = [sys.executable, str(Path(__file__)), "--one", str(own / path.name)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, timeout=TIMEOUT_S, env=environment
            )
        except subprocess.TimeoutExpired:
            return {"error": f"more than {TIMEOUT_S} s"}
    if done.returncode:
        return {"error": f"CRASH {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"}
    return json.loads(done.stdout)


def row(name: str, found: dict) -> str:
    """One line of the table."""
    if "clips" not in found:
        return f"| {name} | | | | | | {found['error']} | | |"
    clips = found["clips"]
    formats = Counter(clip["format"] for clip in clips)
    kinds = ", ".join(f"{kind}" + (f" ({count} clips)" if count > 1 else "") for kind, count in formats.items())
    samples = ", ".join(f"{clip['samples']} / {clip['positions']}" for clip in clips)
    rates = ", ".join(
        "–" if clip["new_positions_per_s"] != clip["new_positions_per_s"] else f"{clip['new_positions_per_s']:.1f}"
        for clip in clips
    )
    first = "; ".join(f"{clip['first'][0]:.5f} {clip['first'][1]:.5f}" for clip in clips if clip["first"])
    datums = ", ".join(sorted({clip["datum"] for clip in clips}))
    faults = Counter(found["faults"])
    for clip in clips:
        faults.update({f"{code}!": count for code, count in clip["faults"].items() if code not in faults})
    told = ", ".join(f"{code} {count}" for code, count in sorted(faults.items())) or found["error"][:80]
    frames = f"{found['placed']} of {found['pictures']}" if found["pictures"] else ""
    cost = f"{found['took_s']:.2f} s, {found['peak_mb']:.0f} MB"
    return f"| {name} | {kinds} | {samples} | {rates} | {first} | {datums} | {told} | {frames} | {cost} |"


def main() -> None:
    given = [word.partition("=")[2] for word in sys.argv[1:] if word.startswith("--folder=")]
    data = Path(os.environ.get("TRUCEWATCH_REAL_DATA", ROOT.parent / "shared" / "data"))
    folders = [Path(folder) for folder in given] or [data / name for name in FOLDERS]
    files = sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".md", ".krtd", ".head", ".ply", ".txt"} and path.stem != "LICENSE"
    )
    if not files:
        print(f"inputs: no files below {', '.join(map(str, folders))}; set TRUCEWATCH_REAL_DATA")
        return
    print(
        "| file | read as | samples / with position | new positions a second | first longitude latitude | heights |"
        " faults and notes | frames placed | cost |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for path in files:
        print(row(path.name, read_alone(path)), flush=True)


if __name__ == "__main__":
    if "--one" in sys.argv:
        look(Path(sys.argv[-1]))
    else:
        main()
