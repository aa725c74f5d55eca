"""Rendering, frame by frame on one core: seconds a frame cold and warm, and memory over a long sortie."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

from pipeline.simulator.nights.frame import FrameRenderer
from pipeline.simulator.nights.sorties import Sorties
from pipeline.simulator.quick import QuickFlights, quick_night
from pipeline.simulator.simulate import simulate


def frames_of(biome, size, gsd, frames, *, speed=12.0, pitch=-90.0, interval=1.0):
    """Seconds of processor time of the first frame, and of the others on average, with sensor and JPEG."""
    night = quick_night(
        QuickFlights(
            seed=3, frames=frames, size_px=size, gsd_m=gsd, strips=1, biome=biome, speed_mps=speed,
            pitch_deg=pitch, interval_s=interval,
        )
    )  # fmt: skip
    sortie = next(iter(Sorties(night)))
    renderer = FrameRenderer(night)
    spent = []
    for index in range(frames):
        began = time.process_time()
        image = renderer.render(sortie, index).image
        cv2.imencode(".jpg", image[..., ::-1])
        spent.append(time.process_time() - began)
    return spent[0], sum(spent[1:]) / (frames - 1)


def peak_mb():
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def long_sortie(frames):
    """Simulate one sortie of tiny stills; peak memory."""
    night = quick_night(QuickFlights(seed=3, frames=frames, size_px=(160, 120), gsd_m=0.5, strips=1, interval_s=0.25))
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder) / "out", night, only=["baseline"], workers=1)
    return peak_mb()


def main():
    cv2.setNumThreads(1)
    for word in sys.argv[1:]:
        if word.startswith("--frames="):
            print(long_sortie(int(word.removeprefix("--frames="))))
            return
    print("processor seconds a frame, render + sensor + JPEG      first    others   others a second")
    cases = (
        ("steppe 320 × 240, 0.25 m, video", "steppe", (320, 240), 0.25, 12, {"interval": 0.1}),
        ("farmland 320 × 240, 0.25 m, survey", "farmland", (320, 240), 0.25, 12, {}),
        ("village 320 × 240, 0.25 m, survey", "village", (320, 240), 0.25, 12, {}),
        ("forest edge 320 × 240, 0.25 m, oblique", "forest_edge", (320, 240), 0.25, 8, {"pitch": -35.0}),
        ("village 1280 × 960, 0.06 m, survey", "village", (1280, 960), 0.06, 5, {}),
    )
    for name, biome, size, gsd, frames, more in cases:
        first, others = frames_of(biome, size, gsd, frames, **more)
        print(f"  {name:<50} {first:7.2f}  {others:7.2f}  {1 / others:7.1f}", flush=True)
    print(f"peak memory so far: {peak_mb():.0f} MB")
    if "--long" in sys.argv:
        for frames in (60, 1800):  # a process each: peaks never fall
            words = [sys.executable, __file__, f"--frames={frames}"]
            done = subprocess.run(words, check=True, capture_output=True, text=True)
            print(f"a sortie of {frames} frames: {float(done.stdout):.0f} MB")


if __name__ == "__main__":
    main()
