"""The real flights, where they are at hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tests.bench.realism.matching import bring_onto
from tests.bench.realism.samples import Image, Pair, Sequence

GSD_M = 0.05
BRIGHTON_GSD_M = 0.0173  # 40 m above the ground through 20 mm (35 mm equivalent) on 4000 px
BRIGHTON_PAIRS = ((18, 19), (20, 21), (24, 25), (26, 27))


@dataclass(frozen=True, slots=True)
class Reel:
    """A real sequence, and what of it is looked at: as much as its simulated counterpart shows.

    Attributes:
        group: Its folder.
        rate_hz: Frames a second, of those that are taken.
        every: Which frames are taken: each, or each third.
        window_px: Width, height of the part about the middle.
        scale: By which that is then reduced.
        single: One of many movers is labelled.
    """

    group: str
    rate_hz: float
    window_px: tuple[int, int]
    every: int = 1
    scale: float = 1.0
    single: bool = False


SEQUENCES = (
    Reel("small_targets", 10.0, (800, 450)),
    Reel("parallax", 10.0, (1280, 720), scale=0.5),
    Reel("one_fps", 1.0, (360, 240)),
    Reel("oblique_town", 10.0, (800, 450), every=3, single=True),
)


def pairs(data: Path) -> Iterator[Pair]:
    """Unchanged ground: the pairs of five flights, and neighbouring frames of a sixth, built in the same way."""
    folder = data / "change" / "drone_overlap"
    for path in sorted((folder / "A").glob("*.jpg")):
        before, after = read(path), read(folder / "B" / path.name)
        yield Pair(path.stem, path.stem.split("_")[0], before, after, after.max(axis=2) > 0)
    for first, second in BRIGHTON_PAIRS:
        frames = [data / "flights" / "brighton_beach" / "frames" / f"DJI_{n:04d}.JPG" for n in (first, second)]
        yield overlap(f"brighton_{first}", "brighton", *(read(f) for f in frames), BRIGHTON_GSD_M)


def overlap(name: str, group: str, first: Image, second: Image, gsd_m: float) -> Pair:
    """Two frames of one flight as a pair at 5 cm: the second one brought onto the first by one homography."""
    size = [round(side * gsd_m / GSD_M) for side in first.shape[1::-1]]
    before = cv2.resize(first, size, interpolation=cv2.INTER_AREA)
    other = cv2.resize(second, size, interpolation=cv2.INTER_AREA)
    homography, _ = bring_onto(before, other)
    if homography is None:
        raise SystemExit(f"{name}: the two pictures don't overlap")
    after = cv2.warpPerspective(other, homography, size, flags=cv2.INTER_LINEAR)
    seen = cv2.warpPerspective(np.full(other.shape[:2], 255, np.uint8), homography, size, flags=cv2.INTER_NEAREST)
    return Pair(name, group, before, after, cv2.erode(seen, np.ones((5, 5), np.uint8)) > 0)


def sequence(data: Path, reel: Reel, frames: int) -> Sequence:
    """The middle of a real sequence: two of them are far easier at their beginning."""
    folder = data / "movement" / reel.group
    paths = sorted((folder / "frames").glob("*.jpg"))[:: reel.every]
    first = max(0, (len(paths) - frames) // 2)
    images = [read(path) for path in paths[first : first + frames]]
    corner = [max(0, (side - part) // 2) for side, part in zip(images[0].shape[1::-1], reel.window_px, strict=True)]
    rows = np.atleast_2d(np.loadtxt(folder / "truth.csv", delimiter=","))[:, :6]
    rows[:, 0] = (rows[:, 0] - 1) / reel.every - first
    rows = rows[(rows[:, 0] % 1 == 0) & (rows[:, 0] >= 0) & (rows[:, 0] < len(images))]
    rows[:, 2:4] -= corner
    middle = rows[:, 2:4] + rows[:, 4:] / 2
    rows = rows[((middle >= 0) & (middle < reel.window_px)).all(axis=1)]
    rows[:, 2:] *= reel.scale
    return Sequence(reel.group, tuple(_part(i, corner, reel) for i in images), reel.rate_hz, rows, reel.single)


def _part(image: Image, corner: list[int], reel: Reel) -> Image:
    """The window of a frame, reduced."""
    left, top = corner
    part = np.ascontiguousarray(image[top : top + reel.window_px[1], left : left + reel.window_px[0]])
    if reel.scale == 1.0:
        return part
    return np.asarray(cv2.resize(part, None, fx=reel.scale, fy=reel.scale, interpolation=cv2.INTER_AREA), np.uint8)


def read(path: Path) -> Image:
    """An RGB picture; its orientation tag is not obeyed."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise SystemExit(f"cannot read {path}")
    return np.ascontiguousarray(image[..., ::-1])
