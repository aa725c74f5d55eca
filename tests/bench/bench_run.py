"""The whole run on real stills, as a multiple of merely decoding them: seconds a frame, peak memory, share of stages.

Both run as processes of their own, in turn, so that a change of the machine's speed meets both.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("TRUCEWATCH_REAL_DATA", ROOT.parent / "shared" / "data"))
FLIGHT = DATA / "flights" / "brighton_beach"
ROUNDS = 3

DECODE = """
import sys, cv2
cv2.setNumThreads(1)
for path in sys.argv[1:]:
    cv2.imread(path)
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in MB of one process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    if not FLIGHT.is_dir():
        print(f"no real flight at {FLIGHT}; set TRUCEWATCH_REAL_DATA")
        return
    frames = sorted(str(path) for path in (FLIGHT / "frames").iterdir())
    reference = FLIGHT / "reference"
    decodes, runs, stages = [], [], {}
    for _ in range(ROUNDS):
        decodes.append(measured([sys.executable, "-c", DECODE, *frames]))
        with tempfile.TemporaryDirectory() as out:
            arguments = ["run", str(FLIGHT / "frames"), "--out", out, "--terrain", str(reference / "dsm_025.tif")]
            arguments += ["--reference", str(reference / "ref_rgb_010.tif")]
            runs.append(measured([sys.executable, "-m", "pipeline.cli.main", *arguments]))
            report = json.loads(next(Path(out, "runs").glob("*.json")).read_text())
            for stage in report["stages"]:
                stages.setdefault(stage["name"], []).append(stage["seconds"])
    decode_s, run_s = (statistics.median(seconds for seconds, _ in found) for found in (decodes, runs))
    ratios = [run[0] / decode[0] for run, decode in zip(runs, decodes, strict=True)]
    print(f"{len(frames)} frames, median of {ROUNDS} rounds in turn; {len(os.sched_getaffinity(0))} processors")
    print(f"decode only (cv2.imread)  {decode_s / len(frames):6.3f} s/frame  peak {max(m for _, m in decodes):5.0f} MB")
    print(f"whole run                 {run_s / len(frames):6.3f} s/frame  peak {max(m for _, m in runs):5.0f} MB")
    print(f"run / decode              {statistics.median(ratios):6.1f} ×  ({min(ratios):.1f} to {max(ratios):.1f})")
    total = sum(statistics.median(seconds) for seconds in stages.values())
    for name, seconds in stages.items():
        print(f"  {name:<14}{statistics.median(seconds):7.2f} s  {statistics.median(seconds) / total:5.0%}")
    if cv2.getNumThreads() > 1:
        print("decoding, mosaic and movement go on at the same time: their seconds add up to more than the run's")
    else:
        print(f"  rest          {run_s - total:7.2f} s  start, hashing, publishing, archive")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
