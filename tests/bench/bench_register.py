"""Registration of the real stills against their reference: accuracy and time. Run it as a script."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pipeline.geometry.projection import SiteFrame  # noqa: E402
from pipeline.geometry.terrain_ray import HeightGrid  # noqa: E402
from pipeline.protocols import GroundPicture  # noqa: E402
from pipeline.records.frame import GroundFrame  # noqa: E402
from pipeline.sources.cameras import read_camera_table  # noqa: E402
from pipeline.sources.frames import FrameReader  # noqa: E402
from pipeline.sources.orthophoto import Orthophoto, OrthophotoSettings, open_orthophoto  # noqa: E402
from pipeline.sources.sortie import ReadSettings, read_sortie  # noqa: E402
from pipeline.sources.terrain import load_terrain  # noqa: E402
from pipeline.stages.georeference import Georeference, GeoreferenceSettings, lay_out  # noqa: E402
from pipeline.stages.ingest import Ingest  # noqa: E402
from pipeline.stages.lifted import Lifted, ground_miss_m  # noqa: E402
from pipeline.stages.register import Register, RegisterSettings  # noqa: E402
from pipeline.stages.settle_heights import SettleSettings, settle_heights  # noqa: E402


@dataclass
class Blanked:
    """A picture of which only a part is left."""

    whole: Orthophoto
    keep: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def __post_init__(self):
        self.name, self.sha256 = self.whole.name, self.whole.sha256
        self.sigma_m, self.gsd_m = self.whole.sigma_m, self.whole.gsd_m

    def read(self, west_m, south_m, east_m, north_m, gsd_m):
        image, valid = self.whole.read(west_m, south_m, east_m, north_m, gsd_m)
        x = west_m + (np.arange(valid.shape[1]) + 0.5) * gsd_m
        y = north_m - (np.arange(valid.shape[0]) + 0.5) * gsd_m
        left = valid & self.keep(x[None], y[:, None])
        return np.where(left[..., None], image, 0).astype(np.uint8), left


@dataclass
class Scene:
    """Real frames on the ground by telemetry, their terrain and reference."""

    site: SiteFrame
    terrain: HeightGrid
    frames: list[GroundFrame]
    picture: Orthophoto
    folder: Path


def load(real_data: Path) -> Scene:
    flight = real_data / "flights" / "brighton_beach"
    cameras = read_camera_table(ROOT / "configs" / "cameras.toml")
    ingested = Ingest()(read_sortie(flight / "frames", ReadSettings(), cameras))
    eyes = np.array([frame.pose.eye_m[:2] for frame in ingested.frames])
    low, high = eyes.min(axis=0) - 150, eyes.max(axis=0) + 150
    bounds = float(low[0]), float(low[1]), float(high[0]), float(high[1])
    terrain = load_terrain(flight / "reference" / "dsm_025.tif", ingested.site, bounds)
    settled = settle_heights(ingested.frames, terrain, ingested.site, SettleSettings())
    georeference = Georeference(ingested.site, settled.terrain, GeoreferenceSettings())
    frames = [frame for frame in georeference(settled.frames) if isinstance(frame, GroundFrame)]
    picture = open_orthophoto(flight / "reference" / "ref_rgb_010.tif", ingested.site, OrthophotoSettings())
    return Scene(ingested.site, settled.terrain, frames, picture, flight / "frames")


def check_points(scene: Scene) -> list[Lifted]:
    """Points of each frame in the whole reference, by matching that shares no code with registration but SIFT."""
    west, south, east, north = scene.picture.bounds_m
    gsd_m = scene.picture.gsd_m
    image, valid = scene.picture.read(west, south, east, north, gsd_m)
    sift = cv2.SIFT.create(8000, contrastThreshold=0.015, enable_precise_upscale=True)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    points, vectors = sift.detectAndCompute(grey, valid.astype(np.uint8))
    place = np.array([point.pt for point in points])
    xy = np.column_stack([west + (place[:, 0] + 0.5) * gsd_m, north - (place[:, 1] + 0.5) * gsd_m])
    ground = np.column_stack([xy, scene.terrain.height_at(xy)])
    found = []
    for frame in scene.frames:
        reduced, scale = FrameReader().read_grey(frame.ref, 700)
        own, described = sift.detectAndCompute(reduced, None)
        pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(described, vectors, k=2)
        sure = [best for best, second in pairs if best.distance < 0.8 * second.distance]
        pixels = (np.array([own[match.queryIdx].pt for match in sure]) + 0.5) / scale - 0.5
        there = ground[[match.trainIdx for match in sure]]
        known = np.isfinite(there[:, 2])
        _, agree = cv2.findHomography(
            pixels[known], there[known, :2], cv2.USAC_MAGSAC, 1.0, maxIters=20_000, confidence=0.9999
        )
        kept = agree.ravel() > 0
        found.append(Lifted(pixels[known][kept], there[known][kept], 1 / scale))
    return found


def misses_m(frames: list[GroundFrame], points: list[Lifted]) -> np.ndarray:
    """Median miss of each frame's check points on the ground."""
    return np.array(
        [
            np.median(ground_miss_m(own, frame.camera, frame.pose.eye_m, frame.pose.rotation))
            for frame, own in zip(frames, points, strict=True)
        ]
    )


def decode_seconds(scene: Scene) -> float:
    """Median time of merely decoding one frame in full."""
    times = []
    for frame in scene.frames:
        start = time.perf_counter()
        cv2.imread(str(frame.ref.path))
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def run(scene: Scene, picture: GroundPicture | None) -> tuple[list[GroundFrame], float]:
    """Registered frames and seconds per frame."""
    start = time.perf_counter()
    stage = Register(scene.site, scene.terrain, FrameReader(), picture, RegisterSettings())
    placed = [frame for frame in stage(scene.frames) if isinstance(frame, GroundFrame)]
    return placed, (time.perf_counter() - start) / len(scene.frames)


def cases(scene: Scene) -> dict[str, GroundPicture | None]:
    west, south, east, north = scene.picture.bounds_m
    return {
        "whole reference": scene.picture,
        "western half blank": Blanked(scene.picture, lambda x, y: (x > (west + east) / 2) & (y > -np.inf)),
        "northern half blank": Blanked(scene.picture, lambda x, y: (y < (south + north) / 2) & (x > -np.inf)),
        "no reference": None,
    }


class MirroredReader(FrameReader):
    """Pixels as a recorder that flips them writes them."""

    def read_grey(self, ref, max_side_px):
        grey, scale = super().read_grey(ref, max_side_px)
        return np.ascontiguousarray(grey[:, ::-1]), scale


def restated(scene: Scene, ratio: float) -> list[GroundFrame]:
    """The frames with a focal length that is stated `ratio` times too long."""
    out = []
    for frame in scene.frames:
        camera = frame.camera.refocused(float(np.log(ratio)), frame.camera.focal_sigma)
        settings = GeoreferenceSettings()
        outline, gsd_m, ellipse = lay_out(camera, frame.pose, scene.site, scene.terrain, settings, frame.sweep)
        out.append(replace(frame, camera=camera, footprint_m=outline, gsd_m=gsd_m, ellipse_m=ellipse))
    return out


def contradictions(scene: Scene, points: list[Lifted]) -> None:
    """What becomes of frames whose metadata the pixels contradict."""
    true_px = scene.frames[0].camera.focal_px
    print("\nmetadata made wrong    placed  named  median m  worst m  focal length found / true")
    for ratio in (1.5, 1 / 1.5, 1.2, 1.05, 1.0):
        for name, picture in (("reference", scene.picture), ("alone", None)):
            stage = Register(scene.site, scene.terrain, FrameReader(), picture, RegisterSettings())
            placed = [frame for frame in stage(restated(scene, ratio)) if isinstance(frame, GroundFrame)]
            after = misses_m(placed, points)
            named = sum(any("contradicted" in note and "focal" in note for note in frame.notes) for frame in placed)
            found = np.array([frame.camera.focal_px / true_px for frame in placed])
            print(
                f"focal x {ratio:4.2f} {name:10}{len(placed):6d}{named:7d}{np.median(after):10.3f}{after.max():9.3f}"
                f"  {found.min():.3f} to {found.max():.3f}"
            )
    stage = Register(scene.site, scene.terrain, MirroredReader(), scene.picture, RegisterSettings())
    items = list(stage(scene.frames))
    aside = sum(getattr(item, "code", "") == "pixels_mirrored" for item in items)
    print(f"mirrored pixels: {aside} of {len(items)} set aside as mirrored")


def main() -> None:
    processors = cv2.getNumThreads()
    cv2.setNumThreads(1)
    real_data = Path(os.environ.get("TRUCEWATCH_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not real_data.is_dir():
        print(f"no real data at {real_data}; set TRUCEWATCH_REAL_DATA")
        return
    scene = load(real_data)
    points = check_points(scene)
    before, decode_s = misses_m(scene.frames, points), decode_seconds(scene)
    print(
        f"{len(scene.frames)} frames; decode {decode_s * 1000:.0f} ms; by telemetry: median {np.median(before):.2f} m"
    )
    each = {}
    print("case                   median m  worst m  in ellipse  image  turned  s/frame x decode")
    for name, picture in cases(scene).items():
        placed, seconds = run(scene, picture)
        after = each[name] = misses_m(placed, points)
        inside = sum(miss <= frame.ellipse_m[0] for miss, frame in zip(after, placed, strict=True))
        matched = sum(frame.pose.method == "image_match" for frame in placed)
        turned = sum(frame.registration.turned_180 for frame in placed)
        print(
            f"{name:22}{np.median(after):9.3f}{after.max():9.3f}{inside:9d}/{len(placed)}{matched:7d}{turned:8d}"
            f"{seconds:9.3f}{seconds / decode_s:9.1f}"
        )
    cv2.setNumThreads(processors)
    for name in ("whole reference", "no reference"):
        seconds = min(run(scene, cases(scene)[name])[1] for _ in range(3))
        print(f"{name}, {processors} processors: {seconds:.3f} s/frame by the clock, {seconds / decode_s:.1f} x decode")
    cv2.setNumThreads(1)
    print("\nmetres from the reference: frame, by telemetry, with the whole reference, without any")
    for ordinal, frame in enumerate(scene.frames):
        figures = (before[ordinal], each["whole reference"][ordinal], each["no reference"][ordinal])
        print(f"{frame.ref.frame_id:22}" + "".join(f"{figure:9.3f}" for figure in figures))
    contradictions(scene, points)


if __name__ == "__main__":
    main()
