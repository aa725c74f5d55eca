"""Textured ground, and flights over it whose telemetry errs."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import InputError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, pixel_rays
from pipeline.geometry.locate import locate_pixels
from pipeline.geometry.pose_from_points import small_rotation
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.stages.georeference import NOT_TRIED, GeoreferenceSettings, lay_out
from pipeline.stages.register import Register, RegisterSettings

SITE = SiteFrame.at(46.7, 39.8)
GSD_M = 0.2
HALF_M = 130.0
SIZE = (480, 360)
CAMERA = CameraModel("test", SIZE, camera_matrix(420.0, SIZE), Brown(-0.03, 0.01, 0.0, 0.0, 0.0), 0.001, "test")
POSITION_SIGMA_M, HEIGHT_SIGMA_M, TILT_SIGMA, YAW_SIGMA = 2.0, 2.0, np.radians(1.0), np.radians(2.0)
TELEMETRY = np.diag([POSITION_SIGMA_M**2] * 2 + [HEIGHT_SIGMA_M**2] + [TILT_SIGMA**2] * 2 + [YAW_SIGMA**2])
HALF_TURN = np.diag([-1.0, -1.0, 1.0])


def relief(x, y):
    """Gentle hills, closed form: height in metres."""
    return 4.0 * np.sin(x / 40) * np.cos(y / 33) + 0.02 * x


def grid() -> HeightGrid:
    axis = np.arange(-200.0, 201.0)
    return HeightGrid(relief(*np.meshgrid(axis, axis)), -200.0, -200.0, 1.0, 0.1, "test relief")


def ground_texture(seed: int) -> np.ndarray:
    """``(H, W)`` grey ground: noise of every scale, so that every place looks different from every other."""
    rng = np.random.default_rng(seed)
    side = round(2 * HALF_M / GSD_M)
    total = np.zeros((side, side), np.float32)
    for cells, strength in ((12, 40), (40, 30), (120, 25), (400, 20), (1300, 10)):
        coarse = rng.normal(size=(cells, cells)).astype(np.float32)
        total += strength * cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(total + 120, 0, 255).astype(np.uint8)


def render(texture, eye_m, rotation, seed, gain=1.0) -> np.ndarray:
    """What the camera sees; rays are brought to the ground by fixed-point steps, independent of the pipeline's walk."""
    columns, rows = np.meshgrid(np.arange(SIZE[0], dtype=float), np.arange(SIZE[1], dtype=float))
    rays = pixel_rays(np.column_stack([columns.ravel(), rows.ravel()]), CAMERA.K, CAMERA.distortion, rotation)
    height = np.zeros(len(rays))
    for _ in range(12):
        met = eye_m[:2] + rays[:, :2] * ((height - eye_m[2]) / rays[:, 2])[:, None]
        height = relief(met[:, 0], met[:, 1])
    across = ((met[:, 0] + HALF_M) / GSD_M - 0.5).astype(np.float32).reshape(SIZE[::-1])
    down = ((HALF_M - met[:, 1]) / GSD_M - 0.5).astype(np.float32).reshape(SIZE[::-1])
    seen = cv2.remap(texture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(float) * gain
    noisy = seen + np.random.default_rng(seed).normal(0, 3, seen.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@dataclass
class Texture:
    """A texture as ground picture."""

    texture: np.ndarray
    east_m: float = 0.0
    gsd_m: float = GSD_M
    name: str = "reference"
    sha256: str = "0" * 64
    sigma_m: float = 0.05

    def read(self, west_m, south_m, east_m, north_m, gsd_m):
        width, height = round((east_m - west_m) / gsd_m), round((north_m - south_m) / gsd_m)
        x = west_m + (np.arange(width) + 0.5) * gsd_m - self.east_m
        y = north_m - (np.arange(height) + 0.5) * gsd_m
        across, down = np.meshgrid((x + HALF_M) / GSD_M - 0.5, (HALF_M - y) / GSD_M - 0.5)
        smooth = cv2.GaussianBlur(self.texture, (0, 0), 0.5 * gsd_m / GSD_M) if gsd_m > GSD_M else self.texture
        grey = cv2.remap(smooth, across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR)
        side = len(self.texture)
        valid = (across >= 0) & (across <= side - 1) & (down >= 0) & (down <= side - 1)
        return np.repeat(grey[..., None], 3, axis=2), valid


@dataclass
class Pictures:
    """Rendered frames as a frame source; None cannot be decoded."""

    grey: dict

    def read(self, ref):
        return np.repeat(self.grey[ref.frame_id][..., None], 3, axis=2)

    def read_grey(self, ref, max_side_px):
        image = self.grey[ref.frame_id]
        if image is None:
            raise InputError(f"{ref.frame_id}: cannot be decoded; is the file cut short?")
        scale = min(1.0, max_side_px / max(image.shape))
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA), scale


def told_frame(name, eye_m, rotation, covariance=TELEMETRY) -> GroundFrame:
    pose = Pose(eye_m, rotation, covariance.copy(), GeorefMethod.TELEMETRY_ONLY)
    outline, gsd_m, ellipse = lay_out(CAMERA, pose, SITE, grid(), GeoreferenceSettings())
    ref = FrameRef(name, Path(name), FrameKind.STILL, 0, SIZE, 0, 0.1, "0" * 64, Band.VISIBLE, "test")
    return GroundFrame(ref, CAMERA, pose, GeorefStatus.OK, outline, gsd_m, ellipse, NOT_TRIED, ())


@dataclass
class Flight:
    """Frames as telemetry tells them, their pictures, and the truth."""

    frames: list
    pictures: Pictures
    eyes: list
    rotations: list


def fly(texture, places, *, seed, yaw_deg=30.0, pitch_deg=-88.0, height_m=75.0, turned=(), gain=1.0) -> Flight:
    """Fly over places; telemetry errs by its stated standard deviations, and not at all about `turned` pixels."""
    rng = np.random.default_rng(seed)
    shift = rng.normal(0, 1, 3) * [POSITION_SIGMA_M, POSITION_SIGMA_M, HEIGHT_SIGMA_M] * np.sqrt(0.75)
    flight = Flight([], Pictures({}), [], [])
    for ordinal, (east, north) in enumerate(places):
        name = f"F{ordinal:03d}"
        eye = np.array([east, north, height_m + relief(east, north)])
        level = camera_to_site(np.radians(yaw_deg), np.radians(pitch_deg), 0.0)
        rotation = level @ HALF_TURN if ordinal in turned else level
        flight.pictures.grey[name] = render(texture, eye, rotation, seed + ordinal, gain)
        own = rng.normal(0, 1, 3) * [POSITION_SIGMA_M, POSITION_SIGMA_M, HEIGHT_SIGMA_M] * 0.5
        wrong = small_rotation(rng.normal(0, 1, 3) * [TILT_SIGMA, TILT_SIGMA, YAW_SIGMA])
        flight.frames.append(told_frame(name, eye + shift + own, wrong @ level))
        flight.eyes.append(eye)
        flight.rotations.append(rotation)
    return flight


def register(flight, picture):
    return list(Register(SITE, grid(), flight.pictures, picture, RegisterSettings())(flight.frames))


def ground_error_m(frame: GroundFrame, eye_m, rotation) -> np.ndarray:
    """Metres by which five pixels of the frame land wrong."""
    pixels = np.array([[240.0, 180.0], [60, 60], [420, 60], [420, 300], [60, 300]])
    view = (CAMERA.K, CAMERA.distortion, 0.0)
    own = (frame.camera.K, frame.camera.distortion, frame.camera.focal_sigma)
    told = locate_pixels(pixels, *own, frame.pose.eye_m, frame.pose.rotation, frame.pose.covariance, grid())
    true = locate_pixels(pixels, *view, eye_m, rotation, frame.pose.covariance, grid())
    return np.linalg.norm((told.points_m - true.points_m)[:, :2], axis=1)


STRIP = [(-30.0 + 14 * step, 5.0) for step in range(5)]
