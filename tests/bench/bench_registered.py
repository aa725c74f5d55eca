"""Do ellipses hold 95 % after registration? Rendered flights whose telemetry errs as it states, with every truth known.

The ground is a texture over a closed form; frames are rendered by fixed-point steps along the rays, which shares no
code with the pipeline's walk. Elevation model and reference picture have errors of their own, as they state. The
picture's is the same for all frames of a flight: its length is drawn from each part of its distribution in turn.
"""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import binom

from pipeline.errors import GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays
from pipeline.geometry.locate import CHI2_95, locate_pixels
from pipeline.geometry.pose_from_points import small_rotation
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.stages.georeference import NOT_TRIED, GeoreferenceSettings, lay_out
from pipeline.stages.register import Register, RegisterSettings
from tests.bench.bench_ellipses import SENSORS, Sensor, smooth_noise

SITE = SiteFrame.at(46.7, 39.8)
SIZE = (800, 600)
FOCAL_PX = 700.0
GSD_M, HALF_M = 0.2, 320.0
HEIGHT_M = 70.0
FLIGHTS, FRAMES = 12, 3
LOOKS = {"nadir": -88.0, "45° down": -45.0, "28° down": -28.0}
TERRAINS = {
    "flat": (lambda x, y: 0.001 * x, 0.5),
    "hills": (lambda x, y: 9 * np.sin(x / 75) * np.cos(y / 60), 1.0),
}
PICTURE_SIGMA_M = 0.1


def texture(rng) -> np.ndarray:
    """``(H, W)`` noise of every scale, with ridges, so that every place looks different."""
    side = round(2 * HALF_M / GSD_M)
    total = np.zeros((side, side), np.float32)
    for cells, strength in ((13, 40), (50, 30), (200, 25), (640, 20), (1900, 12)):
        total += strength * cv2.resize(
            rng.normal(size=(cells, cells)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
        )
    return np.clip(total + 120, 0, 255).astype(np.uint8)


@dataclass
class World:
    """A texture over a closed form."""

    image: np.ndarray
    relief: object

    def meet(self, eye, rays):
        """``(N, 3)`` by fixed-point steps."""
        height = np.full(len(rays), float(self.relief(eye[0], eye[1])))
        down = np.where(rays[:, 2] < -0.02, rays[:, 2], np.nan)
        for _ in range(25):
            met = eye[:2] + rays[:, :2] * ((height - eye[2]) / down)[:, None]
            height = 0.5 * height + 0.5 * self.relief(met[:, 0], met[:, 1])
        return np.column_stack([met, height])

    def render(self, eye, rotation, lens, rng):
        """Grey frame, blurred as far as its pixels are coarser than the texture."""
        columns, rows = np.meshgrid(np.arange(SIZE[0], dtype=float), np.arange(SIZE[1], dtype=float))
        pixels = np.column_stack([columns.ravel(), rows.ravel()])
        met = self.meet(eye, pixel_rays(pixels, camera_matrix(FOCAL_PX, SIZE), lens, rotation))
        across = ((met[:, 0] + HALF_M) / GSD_M - 0.5).astype(np.float32).reshape(SIZE[::-1])
        down = ((HALF_M - met[:, 1]) / GSD_M - 0.5).astype(np.float32).reshape(SIZE[::-1])
        seen = cv2.remap(self.image, np.nan_to_num(across, nan=-1e6), np.nan_to_num(down, nan=-1e6), cv2.INTER_AREA)
        return np.clip(seen.astype(float) + rng.normal(0, 3, seen.shape), 0, 255).astype(np.uint8)


@dataclass
class Reference:
    """The texture as a picture of known place, shifted by an error of its own."""

    image: np.ndarray
    shift_m: np.ndarray
    gsd_m: float = GSD_M
    name: str = "reference"
    sha256: str = "0" * 64
    sigma_m: float = PICTURE_SIGMA_M
    coarser: dict = field(default_factory=dict)

    def read(self, west_m, south_m, east_m, north_m, gsd_m):
        width, height = round((east_m - west_m) / gsd_m), round((north_m - south_m) / gsd_m)
        x = west_m + (np.arange(width) + 0.5) * gsd_m - self.shift_m[0]
        y = north_m - (np.arange(height) + 0.5) * gsd_m - self.shift_m[1]
        across, down = np.meshgrid((x + HALF_M) / GSD_M - 0.5, (HALF_M - y) / GSD_M - 0.5)
        if gsd_m not in self.coarser:
            self.coarser[gsd_m] = cv2.GaussianBlur(self.image, (0, 0), max(0.5 * gsd_m / GSD_M, 0.01))
        grey = cv2.remap(self.coarser[gsd_m], across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR)
        side = len(self.image)
        valid = (across >= 0) & (across <= side - 1) & (down >= 0) & (down <= side - 1)
        return np.repeat(grey[..., None], 3, axis=2), valid


@dataclass
class Frames:
    """Rendered frames as a source."""

    grey: dict

    def read(self, ref):
        return np.repeat(self.grey[ref.frame_id][..., None], 3, axis=2)

    def read_grey(self, ref, max_side_px):
        image = self.grey[ref.frame_id]
        scale = min(1.0, max_side_px / max(image.shape))
        return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), scale


def fly(world, terrain, sensor: Sensor, pitch_deg: float, rng):
    """A short line of frames as telemetry tells them, their pictures, and their true cameras."""
    sigmas = np.array([sensor.position_m, sensor.position_m, sensor.height_m])
    turns = np.radians([sensor.tilt_deg, sensor.tilt_deg, sensor.yaw_deg])
    covariance = np.diag(np.square([*sigmas, *turns]))
    share = RegisterSettings().common_share
    common, boresight = rng.normal(size=3) * np.sqrt(share), rng.normal(size=3) * np.sqrt(share)
    bent = 1 + sensor.focal * rng.normal()
    lens = Brown(-0.03, 0.01, 0.0, 0.0, 0.0)
    told_camera = CameraModel("c", SIZE, camera_matrix(FOCAL_PX * bent, SIZE), lens, sensor.focal, "bench")
    yaw = rng.uniform(0, 2 * np.pi)
    start = rng.uniform(-60, 60, 2)
    frames, pictures, truth = [], {}, []
    for ordinal in range(FRAMES):
        east, north = start + 16 * ordinal * np.array([np.cos(yaw), -np.sin(yaw)])
        eye = np.array([east, north, world.relief(east, north) + HEIGHT_M])
        rotation = camera_to_site(yaw + rng.normal(0, 0.03), np.radians(pitch_deg + rng.normal(0, 1)), 0.0)
        name = f"F{ordinal}"
        pictures[name] = world.render(eye, rotation, lens, rng)
        own = rng.normal(size=(2, 3)) * np.sqrt(1 - share)
        # the common part of an attitude's error is a turn of the camera in its mount
        wrong = small_rotation(own[1] * turns) @ rotation @ small_rotation(rotation.T @ (boresight * turns))
        told = Pose(eye + (common + own[0]) * sigmas, wrong, covariance.copy(), GeorefMethod.TELEMETRY_ONLY)
        ref = FrameRef(name, Path(name), FrameKind.STILL, 0, SIZE, ordinal * 10**9, 0.1, "0" * 64, Band.VISIBLE, "c")
        laid = lay_out(told_camera, told, SITE, terrain, GeoreferenceSettings())
        frames.append(GroundFrame(ref, told_camera, told, GeorefStatus.OK, *laid, NOT_TRIED, ()))
        truth.append((eye, rotation, lens))
    return frames, Frames(pictures), truth


def score(frames, truth, world, terrain, rng):
    """Per located pixel: inside its ellipse, metres off."""
    inside, miss = [], []
    for frame in frames:
        eye, rotation, lens = truth[int(frame.ref.frame_id[1:])]
        pixels = rng.uniform([40, 40], [760, 560], (5, 2))
        true = world.meet(eye, pixel_rays(pixels, camera_matrix(FOCAL_PX, SIZE), lens, rotation))
        camera, pose = frame.camera, frame.pose
        found = locate_pixels(
            pixels + rng.normal(size=pixels.shape),
            camera.K,
            camera.distortion,
            camera.focal_sigma,
            pose.eye_m,
            pose.rotation,
            pose.covariance,
            terrain,
            focal_covariance=pose.focal_covariance,
            leverage=pose.leverage,
        )
        off = (found.points_m - true)[:, :2]
        known = np.isfinite(off).all(axis=1)
        held = np.einsum("ni,nij,nj->n", off[known], np.linalg.inv(found.covariance_m2[known]), off[known]) <= CHI2_95
        inside += held.tolist()
        miss += np.linalg.norm(off[known], axis=1).tolist()
    return inside, miss


def stratum(sensor: Sensor, terrain_name: str, pitch_deg: float, rng, flights: int = FLIGHTS):
    """Of frames by telemetry, by the picture, beside these, and without any: inside, metres, frames by flight."""
    relief, sigma_m = TERRAINS[terrain_name]
    axis = np.arange(-HALF_M, HALF_M + 1, 5.0)
    at_x, at_y = np.meshgrid(axis, axis)
    world = World(texture(rng), relief)
    results = {name: ([], [], []) for name in ("telemetry", "picture", "beside", "neighbours")}
    for flight in range(flights):
        heights = relief(at_x, at_y) + sigma_m * smooth_noise(rng, len(axis))
        terrain = HeightGrid(heights, -HALF_M, -HALF_M, 5.0, sigma_m, "model")
        try:
            frames, pictures, truth = fly(world, terrain, sensor, pitch_deg, rng)
        except GeometryError:
            continue
        length_m = PICTURE_SIGMA_M * np.sqrt(-2 * np.log(1 - (flight + rng.uniform()) / flights))
        bearing = rng.uniform(0, 2 * np.pi)
        picture = Reference(world.image, length_m * np.array([np.sin(bearing), np.cos(bearing)]))
        placed = {"telemetry": frames}
        for name, source in (("picture", picture), ("neighbours", None)):
            stage = Register(SITE, terrain, pictures, source, RegisterSettings())
            placed[name] = [frame for frame in stage(frames) if isinstance(frame, GroundFrame)]
        placed["beside"] = [frame for frame in placed["picture"] if frame.pose.method != "image_match"]
        placed["picture"] = [frame for frame in placed["picture"] if frame.pose.method == "image_match"]
        for name, (inside, miss, flown) in results.items():
            for kept, scored in zip((inside, miss), score(placed[name], truth, world, terrain, rng), strict=True):
                kept.extend(scored)
            flown.append(len(placed[name]))
    return results


def main() -> None:
    cv2.setNumThreads(1)
    print(f"flown {HEIGHT_M:g} m above ground, {FLIGHTS} flights of {FRAMES} frames a stratum, five pixels a frame")
    print("share inside the 95 % ellipse [95 % interval, by flights], median miss m, frames: by telemetry;")
    print("by the picture; those of the same flights that it did not place; with neighbours alone")
    strata = [(*case, terrain, *look) for case in SENSORS.items() for terrain in TERRAINS for look in LOOKS.items()]
    for ordinal, (name, sensor, terrain, look, pitch) in enumerate(strata):
        results = stratum(sensor, terrain, pitch, np.random.default_rng([3, ordinal]))
        print(f"{name:9}{terrain:7}{look:10}" + "".join(_cell(*result) for result in results.values()), flush=True)


def _cell(inside: list[bool], miss: list[float], flown: list[int]) -> str:
    if not inside:
        return f"{'-':>32}"
    share, total = float(np.mean(inside)), int(np.count_nonzero(flown))
    low, high = binom.interval(0.95, total, share)
    return f"{share:9.3f} [{low / total:.2f} {high / total:.2f}] {np.median(miss):6.2f}{sum(flown):4d}"


if __name__ == "__main__":
    main()
