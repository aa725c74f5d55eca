"""Stills judged by their previews: flaws found on real pictures as they are, on the same with flaws made, and time.

Real pictures are all JPEGs of the real data; flights come first, pictures of benchmarks after, each folder as the
flight of one camera. Flaws are put into the real pictures at full size: darkness, blown light, blur, drag, fog. Times
are of the processor, preview and full decoding in alternation.
"""

import os
import time
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import InputError
from pipeline.records.contents import Still, StillTags
from pipeline.records.preview import Preview
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.records.triage import Flaw
from pipeline.sources.frames import FrameReader
from pipeline.sources.previews import SIDE_PX, PreviewReader
from pipeline.sources.stills import read_still_head
from pipeline.stages.picture_measures import measure
from pipeline.stages.triage import Triage

ROOT = Path(os.environ.get("TRUCEWATCH_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
FOLDERS = (
    "flights/brighton_beach/frames",
    "change/drone_overlap/A",
    "change/drone_overlap/B",
    "change/drone_semi/A",
    "change/drone_semi/B",
    "movement/oblique_town/frames",
    "movement/one_fps/frames",
    "movement/parallax/frames",
    "movement/small_targets/frames",
)
REPEATS = 5


def stills_of(folder):
    found = []
    for path in sorted(folder.glob("*.[jJ][pP][gG]")):
        size = read_still_head(path, path.name).size_px
        found.append(Still(path, path.name, path.stem, size, "", Band.VISIBLE, "cam", StillTags(), None))
    return found


def ref_of(still):
    return FrameRef(
        still.frame_id, still.path, FrameKind.STILL, 0, still.size_px, 0, 0.0, "", Band.VISIBLE, still.sensor
    )


def as_they_are(reader):
    print(f"{'pictures as they are':34s} stills  preview  " + "  ".join(flaw.value for flaw in Flaw))
    for name in FOLDERS:
        verdicts = Triage(reader)(stills_of(ROOT / name))
        counts = [sum(flaw in verdict.flaws for verdict in verdicts) for flaw in Flaw]
        used = sum(verdict.embedded for verdict in verdicts)
        columns = "  ".join(f"{count:{len(flaw.value)}d}" for count, flaw in zip(counts, Flaw, strict=True))
        print(f"{name:34s} {len(verdicts):6d}  {used:7d}  {columns}")


def dark(grey, stops):
    return (grey.astype(np.float32) / 2**stops).astype(np.uint8)


def bright(grey, stops):
    return np.clip(grey.astype(np.float32) * 2**stops, 0, 255).astype(np.uint8)


def defocused(grey, share):
    return cv2.GaussianBlur(grey, (0, 0), share * grey.shape[1] / 1000)


def dragged(grey, share):
    length = max(2, round(share * grey.shape[1] / 1000))
    return cv2.filter2D(grey, -1, np.eye(length, dtype=np.float32) / length)


def fog(grey, visible):
    return np.clip(190 + visible * (grey.astype(np.float32) - 128), 0, 255).astype(np.uint8)


FLAWS = (
    *(("dark, stops", dark, stops) for stops in (2, 3, 4, 5, 7)),
    *(("bright, stops", bright, stops) for stops in (1, 2, 4, 7)),
    *(("defocus, 1/1000 of width", defocused, share) for share in (0.5, 1, 2, 4)),
    *(("drag, 1/1000 of width", dragged, share) for share in (2, 4, 8, 16)),
    *(("contrast left in fog", fog, visible) for visible in (0.5, 0.2, 0.1, 0.05)),
)


class OneOdd:
    """The flight's pictures, of which one is replaced."""

    def __init__(self, pictures, name, odd):
        self.pictures, self.name, self.odd = pictures, name, odd

    def preview(self, ref):
        return Preview(self.odd if ref.frame_id == self.name else self.pictures[ref.frame_id], False)

    picture = preview


def with_flaws(reader):
    """Every third still of each set of stills with a flaw, the others as they are."""
    sets = []
    for name in FOLDERS[:2]:
        stills = stills_of(ROOT / name)
        sets.append((stills, {still.frame_id: reader.picture(ref_of(still)).grey for still in stills}))
    tried = sum(len(stills[::3]) for stills, _ in sets)
    print(f"\n{'flaws made, of ' + str(tried):34s} set aside  no_texture  blurred  untouched")
    for words, make, amount in FLAWS:
        aside = flat = blurred = none = 0
        for stills, pictures in sets:
            for still in stills[::3]:
                whole = cv2.imread(str(still.path), cv2.IMREAD_GRAYSCALE)
                made = make(whole, amount)
                scale = min(1.0, SIDE_PX / max(made.shape))
                odd = cv2.resize(made, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                verdicts = Triage(OneOdd(pictures, still.frame_id, odd))(stills)
                verdict = next(one for one in verdicts if one.frame_id == still.frame_id)
                aside += verdict.useless
                flat += Flaw.NO_TEXTURE in verdict.flaws
                blurred += Flaw.BLURRED in verdict.flaws
                none += not verdict.flaws
        print(f"{words + ' ' + str(amount):34s} {aside:9d}  {flat:10d}  {blurred:7d}  {none:9d}")


def calm_ground(reader):
    """The calmest parts of real flights, enlarged to pictures: what water, snow and meadows look like at worst."""
    least = []
    for name in FOLDERS[:2]:
        for still in stills_of(ROOT / name):
            whole = cv2.imread(str(still.path), cv2.IMREAD_GRAYSCALE)
            side = whole.shape[1] // 16
            parts = [
                whole[row : row + side, column : column + side]
                for row in range(0, whole.shape[0] - side + 1, side)
                for column in range(0, whole.shape[1] - side + 1, side)
            ]
            calm = min(parts, key=lambda part: float(part.std()))
            picture = cv2.resize(calm, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
            verdict = Triage(OneOdd({}, "calm", picture))(
                [Still(still.path, "calm", "calm", (1, 1), "", Band.VISIBLE, "cam", StillTags(), None)]
            )[0]
            least.append((measure(picture).texture, verdict.useless, Flaw.NO_TEXTURE in verdict.flaws))
    texture = [row[0] for row in least]
    print(
        f"\ncalmest 1/16 of each of {len(least)} stills, enlarged: texture {min(texture):.1f} to {max(texture):.1f} "
        f"levels, {sum(row[2] for row in least)} without texture (kept), {sum(row[1] for row in least)} set aside"
    )


def timing(reader, frames):
    refs = [ref_of(still) for still in stills_of(ROOT / FOLDERS[0])]
    refs = [ref for ref in refs if reader.preview(ref).embedded]
    spent = {"full": [], "reduced": [], "preview": [], "judging": []}
    for _ in range(REPEATS):
        for ref in refs:
            spent["full"].append(clocked(lambda ref=ref: frames.read(ref)))
            spent["preview"].append(clocked(lambda ref=ref: reader.preview(ref)))
            spent["reduced"].append(clocked(lambda ref=ref: reader.picture(ref)))
            grey = reader.preview(ref).grey
            spent["judging"].append(clocked(lambda grey=grey: measure(grey)))
    median = {name: float(np.median(values)) for name, values in spent.items()}
    print(f"\n{len(refs)} stills of 9 Mpx, {REPEATS} times: full decoding {1e3 * median['full']:.1f} ms", end="")
    for name in ("reduced", "preview", "judging"):
        print(f" · {name} {1e3 * median[name]:.1f} ms (1/{median['full'] / median[name]:.1f})", end="")
    print()


def clocked(call):
    started = time.process_time()
    call()
    return time.process_time() - started


def main():
    with FrameReader() as frames:
        reader = PreviewReader(frames)
        try:
            as_they_are(reader)
            with_flaws(reader)
            calm_ground(reader)
            timing(reader, frames)
        except (InputError, IndexError) as error:
            print(f"no real data at {ROOT}: {error}")


if __name__ == "__main__":
    main()
