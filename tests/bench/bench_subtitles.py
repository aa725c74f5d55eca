"""Subtitles of drones: cues a second of our reader and of libraries, in turn, and whose positions are right.

`python -m tests.bench subtitles [--libraries=FOLDER]`: FOLDER holds srt, pysrt, pysubs2, dji-drone-metadata-embedder,
dji-telemetry (``pip install --target FOLDER …``); those that are not there are left out. The first three only split
cues; they read no field.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("TRUCEWATCH_REAL_DATA", ROOT.parent / "shared" / "data")) / "telemetry" / "dji_srt"
CUES = 100_000
ROUNDS = 3
PLACES = {
    "MAVIC3_head.srt": (-3.37440, 3.41531),
    "air2s.srt": (2.234156, 41.424724),
    "matrice_300.srt": (-6.1120, 36.6146),
    "mavic_2_style.SRT": (149.0251, -20.2533),
    "mavic_2pro_new_head.SRT": (-60.286702, -35.080155),
    "mavic_air2.srt": (2.162162, 41.420684),
    "mavic_pro.SRT": (149.0251, -20.2533),
    "mavic_pro_buggy.SRT": (-1.2218, 42.4668),
    "old_format.SRT": (149.0251, -20.2533),
    "p4_rtk.SRT": (-58.851745, -34.237922),
    "p4p_sample.SRT": (8.2090, 47.4692),
}


def ours(path):
    from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader

    clips = DjiSubtitleReader().read(path)
    return sum(map(len, clips)), (float(clips[0].lon_deg[0]), float(clips[0].lat_deg[0]))


def by_srt(path):
    import srt

    return len(list(srt.parse(path.read_text(encoding="utf-8-sig"), ignore_errors=True))), None


def by_pysrt(path):
    import pysrt

    return len(pysrt.open(str(path), encoding="utf-8-sig")), None


def by_pysubs2(path):
    import pysubs2

    return len(pysubs2.load(str(path), encoding="utf-8-sig")), None


def by_embedder(path):
    from dji_metadata_embedder.utilities import parse_telemetry_samples

    found = parse_telemetry_samples(path)
    return len(found), (found[0].lon, found[0].lat) if found else None


def by_telemetry(path):
    from dji_telemetry.parser import parse_srt

    found = parse_srt(path).frames
    return len(found), (found[0].longitude, found[0].latitude) if found else None


READERS = {
    "ours": ours,
    "srt": by_srt,
    "pysrt": by_pysrt,
    "pysubs2": by_pysubs2,
    "dji-drone-metadata-embedder": by_embedder,
    "dji-telemetry": by_telemetry,
}


def grow(source: Path, target: Path, step_ms: int) -> None:
    """The file over and over, with times and counts that go on."""
    blocks = re.split(r"\n\s*\n", source.read_text(encoding="utf-8-sig").replace("\r", "").strip())[:-1]

    def stamp(ms: int) -> str:
        return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"

    with target.open("w") as out:
        for n in range(CUES):
            words = blocks[n % len(blocks)].split("\n", 2)[2]
            words = re.sub(r"FrameCnt: \d+", f"FrameCnt: {n + 1}", words)
            clock = re.search(r"(20\d\d.\d\d.\d\d) \d\d:\d\d:\d\d(\.\d+)?", words)
            if clock:
                now = f"{clock[1]} {stamp(n * step_ms)[:8]}" + (f".{n * step_ms % 1000:03d}" if clock[2] else "")
                words = words.replace(clock[0], now)
            out.write(f"{n + 1}\n{stamp(n * step_ms)} --> {stamp((n + 1) * step_ms)}\n{words}\n\n")


def one(name: str, path: Path) -> None:
    """In a process of its own: processor time and peak memory of one reader on one file."""
    READERS[name](DATA / "p4p_sample.SRT")  # imports
    begin = time.process_time()
    count, place = READERS[name](path)
    spent = time.process_time() - begin
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"count": count, "place": place, "s": spent, "mb": peak_mb}))


def ask(name: str, path: Path, libraries: str) -> dict | None:
    search = os.pathsep.join(part for part in (str(ROOT), libraries) if part)
    told = subprocess.run(
        [sys.executable, __file__, "--one", name, str(path)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": search},
    )  # fmt: skip
    return json.loads(told.stdout.splitlines()[-1]) if told.returncode == 0 and told.stdout else None


def main() -> None:
    """Print the table."""
    libraries = next((word.partition("=")[2] for word in sys.argv if word.startswith("--libraries=")), "")
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for source, step in (("MAVIC3_head.srt", 20), ("mavic_pro.SRT", 1000)):
            files[source] = Path(folder) / source
            grow(DATA / source, files[source], step)
        best: dict[tuple[str, str], tuple[float, float, int]] = {}
        for _ in range(ROUNDS):
            for name in READERS:
                for source, path in files.items():
                    told = ask(name, path, libraries)
                    if told:
                        before = best.get((name, source), (1e9, 0.0, 0))
                        best[name, source] = (min(before[0], told["s"]), max(before[1], told["mb"]), told["count"])
    print(f"{'reader':30} {'kcues/s Mavic 3':>16} {'kcues/s Mavic Pro':>18} {'peak MB':>8}  positions right/wrong/none")
    for name in READERS:
        if (name, "MAVIC3_head.srt") not in best and (name, "mavic_pro.SRT") not in best:
            print(f"{name:30} not installed, or fails")
            continue
        speeds = []
        for source in files:
            spent, _, count = best.get((name, source), (0.0, 0.0, 0))
            speeds.append(f"{count / spent / 1000:.1f}" if spent and count > CUES / 2 else f"reads {count}")
        peak = max(row[1] for key, row in best.items() if key[0] == name)
        print(f"{name:30} {speeds[0]:>16} {speeds[1]:>18} {peak:8.0f}  {judged(name, libraries)}")


def judged(name: str, libraries: str) -> str:
    """First positions of real files against what a person reads."""
    right = wrong = none = 0
    for file, (lon, lat) in PLACES.items():
        told = ask(name, DATA / file, libraries)
        place = told["place"] if told else None
        if place is None or place[0] is None:
            none += 1
        elif abs(place[0] - lon) < 1e-6 and abs(place[1] - lat) < 1e-6:
            right += 1
        else:
            wrong += 1
    return f"{right}/{wrong}/{none}"


if __name__ == "__main__":
    if "--one" in sys.argv:
        one(sys.argv[-2], Path(sys.argv[-1]))
    else:
        main()
