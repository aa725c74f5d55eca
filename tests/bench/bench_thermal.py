"""Thermal frames against daylight pictures of simulated ground: placed how, how well, and never where they are not?

    python -m tests.bench thermal [--folder=FOLDER] [--worlds=village,steppe] [--frames=12]

Each kind of ground is flown over by day with perfect telemetry, which gives the reference picture, and three times by
a thermal camera with a consumer drone's telemetry: at two in the afternoon, half an hour before midnight, and at dawn
looking 60° down. Every frame, thermal and daylight, is then offered the picture of every other ground, which lies at
the same place: whatever is believed there is wrong. Ground that lies in FOLDER already is not made again.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.merge import merge

from detectors.matching import StructureMatcher
from pipeline.geometry.camera import pixel_rays
from pipeline.geometry.locate import CHI2_95, locate_pixels
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain
from pipeline.records.frame import GeorefMethod, GroundFrame
from pipeline.simulator.truth.reader import Truth
from pipeline.sources.cameras import read_camera_table
from pipeline.sources.frames import FrameReader
from pipeline.sources.orthophoto import Orthophoto, OrthophotoSettings, open_orthophoto
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.sources.terrain import load_terrain
from pipeline.stages.georeference import Georeference, GeoreferenceSettings
from pipeline.stages.ingest import Ingest
from pipeline.stages.match_to_picture import TrustSettings
from pipeline.stages.register import Register, RegisterSettings
from pipeline.stages.settle_heights import SettleSettings, settle_heights
from pipeline.stages.survey import Survey, Surveyed, SurveySettings

ROOT = Path(__file__).resolve().parents[2]
WORLDS = ("farmland", "village", "mountain_valley", "forest_edge", "orchard", "steppe")
FLIGHTS = (("noon", "14:00:00", 80, -90), ("midnight", "23:30:00", 80, -90), ("dawn", "05:40:00", 100, -60))
WRONG_M = 3.0

NIGHT = """name = "{name}"
seed = {seed}
folders = "flat"
[place]
lon_deg = 46.8438
lat_deg = 39.9684
utc_offset_h = 4
[world]
biome = "{biome}"
season = "summer"
[[nights]]
date = 2021-05-17
[[sorties]]
id = "ref"
start = 11:30:00
plan = {{ kind = "survey", length_m = 240, strips = 5, spacing_m = 45, height_m = 90 }}
lens = {{ name = "consumer_wide", size_px = [1280, 960] }}
format = "dji_stills"
frames = 40
interval_s = 2.5
faults = "perfect"
truth = []
"""
THERMAL = """[[sorties]]
id = "{name}"
start = {start}
plan = {{ kind = "survey", length_m = 160, strips = 2, spacing_m = 50, height_m = {height}, \
camera = {{ pitch_deg = {pitch} }} }}
lens = {{ name = "thermal_wide" }}
format = "thermal_stills"
frames = {frames}
interval_s = 2.5
faults = "consumer"
truth = []
"""


def make(folder: Path, world: str, frames: int) -> None:
    """Render a kind of ground's flights, and lay its daylight flight out as a picture, where that is not done yet."""
    own = folder / world
    if not (own / "ref.tif").exists():
        text = NIGHT.format(name=world.replace("_", "-"), seed=40 + WORLDS.index(world), biome=world)
        for name, start, height, pitch in FLIGHTS:
            text += THERMAL.format(name=name, start=start, height=height, pitch=pitch, frames=frames)
        described = folder / f"{world}.toml"
        described.write_text(text)
        command = [sys.executable, "-m", "pipeline.cli.main"]
        subprocess.run([*command, "simulate", described, "--out", own, "--workers", "2"], check=True, cwd=ROOT)
        ground = ["--terrain", own / "terrain.tif", "--terrain-datum", "ellipsoidal"]
        ruled = ["--agreement", own / "agreement.toml", "--out", own / "out"]
        run = [*command, "run", own / "flights" / "ref", *ground, *ruled]
        subprocess.run(run, check=True, cwd=ROOT, capture_output=True)
        lay_out_picture(own)


def lay_out_picture(own: Path) -> None:
    """One GeoTIFF of the archive's tiles."""
    tiles = sorted((own / "out" / "archive" / "tiles").glob("*/*.v1.tif"))
    bands, transform = merge(tiles)
    with rasterio.open(tiles[0]) as tile:
        crs, kind = tile.crs, tile.dtypes[0]
    count, height, width = bands.shape
    shape = {"width": width, "height": height, "count": count}
    with rasterio.open(
        own / "ref.tif", "w", driver="GTiff", dtype=kind, crs=crs, transform=transform, **shape
    ) as picture:
        picture.write(bands)
        picture.colorinterp = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)[:count]


@dataclass
class Flown:
    """A flight on the ground by telemetry, and its truth."""

    site: SiteFrame
    terrain: HeightGrid
    frames: list[GroundFrame]
    truth: dict[str, tuple[np.ndarray, np.ndarray]]


def load(own: Path, name: str) -> Flown:
    cameras = read_camera_table(ROOT / "configs" / "cameras.toml")
    ingested = Ingest()(read_sortie(own / "flights" / name, ReadSettings(), cameras))
    eyes = np.array([frame.pose.eye_m[:2] for frame in ingested.frames])
    low, high = eyes.min(axis=0) - 250, eyes.max(axis=0) + 250
    bounds = float(low[0]), float(low[1]), float(high[0]), float(high[1])
    model = load_terrain(own / "terrain.tif", ingested.site, bounds, "ellipsoidal")
    settled = settle_heights(ingested.frames, model, ingested.site, SettleSettings())
    step = Georeference(ingested.site, settled.terrain, GeoreferenceSettings())
    frames = [frame for frame in step(settled.frames) if isinstance(frame, GroundFrame)]
    truth = Truth(own)
    shift = ingested.site.from_utm(truth.site.to_utm(np.zeros((1, 2))))[0]
    poses = {
        pose.frame_id: (
            np.array([pose.site_x_m + shift[0], pose.site_y_m + shift[1], pose.height_hae_m]),
            np.array(pose.rotation).reshape(3, 3),
        )
        for pose in truth.poses(name)
    }
    return Flown(ingested.site, settled.terrain, frames, poses)


def open_picture(own: Path, site: SiteFrame) -> Orthophoto:
    return open_orthophoto(own / "ref.tif", site, OrthophotoSettings())


def misses(frame: GroundFrame, flown: Flown) -> tuple[np.ndarray, np.ndarray]:
    """Of thirty pixels of a frame: metres off, and whether the truth lies in the ellipse."""
    eye, rotation = flown.truth[frame.ref.frame_id]
    width, height = frame.ref.size_px
    across, down = np.meshgrid(np.linspace(60, width - 60, 6), np.linspace(60, height - 60, 5))
    pixels = np.column_stack([across.ravel(), down.ravel()])
    camera, pose = frame.camera, frame.pose
    true = meet_terrain(eye, pixel_rays(pixels, camera.K, camera.distortion, rotation), flown.terrain)
    found = locate_pixels(
        pixels,
        camera.K,
        camera.distortion,
        camera.focal_sigma,
        pose.eye_m,
        pose.rotation,
        pose.covariance,
        flown.terrain,
        focal_covariance=pose.focal_covariance,
        leverage=pose.leverage,
    )
    off = (found.points_m - true)[:, :2]
    off, covariance = off[np.isfinite(off).all(axis=1)], found.covariance_m2[np.isfinite(off).all(axis=1)]
    inside = np.einsum("ni,nij,nj->n", off, np.linalg.inv(covariance), off) <= CHI2_95
    return np.linalg.norm(off, axis=1), inside


def placed(folder: Path, worlds: list[str]) -> None:
    """Thermal flights against their own ground's picture."""
    print("placed: directly by the picture, by neighbours that were; metres off: median of frames, worst frame")
    print("ground           flight     frames  directly  with neighbours  median   worst  inside  telemetry")
    total, direct, whole, wrong = 0, 0, 0, 0
    for world in worlds:
        for name, *_ in FLIGHTS:
            flown = load(folder / world, name)
            picture = open_picture(folder / world, flown.site)
            stage = Register(
                flown.site, flown.terrain, FrameReader(), picture, RegisterSettings(), matcher=StructureMatcher()
            )
            frames = [frame for frame in stage(flown.frames) if isinstance(frame, GroundFrame)]
            own = sum(frame.pose.method is GeorefMethod.IMAGE_MATCH for frame in frames)
            tied = own + sum(own > 0 and frame.registration.against == "neighbours" for frame in frames)
            off = [misses(frame, flown) for frame in frames]
            medians = [float(np.median(metres)) for metres, _ in off]
            told = np.median([np.median(misses(frame, flown)[0]) for frame in flown.frames])
            inside = np.mean(np.concatenate([held for _, held in off]))
            total, direct, whole = total + len(flown.frames), direct + own, whole + tied
            wrong += sum(median > WRONG_M for median in medians)
            print(
                f"{world:17}{name:10}{len(flown.frames):7}{own:10}{tied:17}{np.median(medians):8.2f}{max(medians):8.2f}"
                f"{inside:8.2f}{told:11.2f}",
                flush=True,
            )
    print(f"all: {direct} of {total} directly, {whole} with neighbours; {wrong} more than {WRONG_M:g} m off")


def offered(folder: Path, worlds: list[str]) -> None:
    """Frames of each ground against the pictures of all others, one by one."""
    trials, believed = 0, []
    for world in worlds:
        for name in ("ref", *(flight for flight, *_ in FLIGHTS)):
            flown = load(folder / world, name)
            for other in worlds:
                if other == world:
                    continue
                picture = open_picture(folder / other, flown.site)
                survey = Survey(
                    flown.terrain, FrameReader(), picture, SurveySettings(), TrustSettings(), StructureMatcher()
                )
                for frame in flown.frames:
                    trials += 1
                    seen = next(survey([frame]))
                    if isinstance(seen, Surveyed) and seen.match.fit is not None:
                        believed.append(f"{world} {name} {frame.ref.frame_id} on {other}")
        print(f"{world}: after {trials} offers of wrong pictures {len(believed)} believed", flush=True)
    print(*believed, sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="keeps what is rendered (a temporary folder)")
    parser.add_argument("--worlds", default="village,steppe,orchard", help=f"of {','.join(WORLDS)}; or all")
    parser.add_argument("--frames", type=int, default=8, help="of each thermal flight")
    options = parser.parse_args()
    worlds = list(WORLDS) if options.worlds == "all" else options.worlds.split(",")
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for world in worlds:
            make(folder, world, options.frames)
        placed(folder, worlds)
        offered(folder, worlds)


if __name__ == "__main__":
    main()
