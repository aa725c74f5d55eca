"""Do 95 % error ellipses hold 95 % of the true places? By sensor, obliquity and terrain, with poses from telemetry.

Truth shares nothing with the pipeline but the camera: the ground is a closed form, met by marching along the ray and
bisecting. The pipeline gets an elevation model of it with errors of its own, a pose with the errors that its covariance
states, a wrong focal length, and a pixel that was pointed at with an error.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import binom

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pipeline.errors import GeometryError  # noqa: E402
from pipeline.geometry.camera import camera_matrix, pixel_rays  # noqa: E402
from pipeline.geometry.distortion import Brown  # noqa: E402
from pipeline.geometry.locate import CHI2_95, PIXEL_SIGMA_PX, locate_pixels  # noqa: E402
from pipeline.geometry.pose_from_points import small_rotation  # noqa: E402
from pipeline.geometry.rotation import camera_to_site  # noqa: E402
from pipeline.geometry.terrain_ray import HeightGrid  # noqa: E402

SIZE = (4000, 3000)
K = camera_matrix(2900.0, SIZE)
LENS = Brown(-0.05, 0.02, 3e-4, -2e-4, 0.0)
HALF_M, CELL_M = 3000.0, 10.0
MAX_RANGE_M = 2500.0
FRAMES = 700


@dataclass(frozen=True)
class Sensor:
    """Standard deviations of one kind of drone."""

    position_m: float
    height_m: float
    tilt_deg: float
    yaw_deg: float
    focal: float


SENSORS = {
    "consumer": Sensor(1.5, 2.5, 0.8, 2.5, 0.01),
    "RTK": Sensor(0.03, 0.05, 0.3, 0.8, 0.003),
}
TERRAINS: dict[str, tuple[Callable, float]] = {
    "flat": (lambda x, y: 0 * x, 1.0),
    "hills": (lambda x, y: 25 * np.sin(x / 130) * np.cos(y / 110) + 6 * np.sin(x / 37 + y / 41), 2.0),
    "alpine": (lambda x, y: 180 * np.sin(x / 260) * np.cos(y / 230) + 25 * np.sin(x / 57 - y / 49), 4.0),
}
LOOKS = {"nadir": (-90, -85), "45° down": (-50, -40), "25° down": (-28, -22), "low": (-15, -8)}


def smooth_noise(rng, count: int) -> np.ndarray:
    """``(count, count)`` with standard deviation 1 and a length of about 100 m."""
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(rng.normal(size=(count, count)), 8.0, mode="wrap")
    return field / field.std()


def true_place(height: Callable, eye: np.ndarray, ray: np.ndarray) -> np.ndarray:
    """Where a ray first meets the ground: NaN when it does not within reach."""
    reach = np.arange(1.0, MAX_RANGE_M, 0.5)
    points = eye + reach[:, None] * ray
    below = np.flatnonzero(points[:, 2] <= height(points[:, 0], points[:, 1]))
    if not len(below):
        return np.full(3, np.nan)
    low, high = reach[below[0]] - 0.5, reach[below[0]]
    for _ in range(40):
        middle = (low + high) / 2
        point = eye + middle * ray
        low, high = (middle, high) if point[2] > height(point[0], point[1]) else (low, middle)
    return eye + high * ray


def stratum(
    sensor: Sensor, terrain: str, look: tuple[float, float], rng, frames: int = FRAMES
) -> tuple[int, int, list[float], list[float]]:
    """Frames in which the true place lies inside, frames, and each frame's error and height."""
    height, sigma_m = TERRAINS[terrain]
    axis = np.arange(-HALF_M, HALF_M + 1, CELL_M)
    at_x, at_y = np.meshgrid(axis, axis)
    inside, errors, heights = 0, [], []
    models = [
        HeightGrid(
            height(at_x, at_y) + sigma_m * smooth_noise(rng, len(axis)), -HALF_M, -HALF_M, CELL_M, sigma_m, "model"
        )
        for _ in range(4)
    ]
    sigmas = [sensor.position_m, sensor.position_m, sensor.height_m]
    turns = np.radians([sensor.tilt_deg, sensor.tilt_deg, sensor.yaw_deg])
    covariance = np.diag(np.square([*sigmas, *turns]))
    while len(errors) < frames:
        flown = float(np.exp(rng.uniform(np.log(40), np.log(500))))
        east, north = rng.uniform(-300, 300, 2)
        eye = np.array([east, north, height(east, north) + flown])
        attitude = np.radians([rng.uniform(0, 360), rng.uniform(*look), rng.normal(0, 1)])
        rotation = camera_to_site(*attitude)
        pixel = rng.uniform([0, 0], SIZE)[None]
        ray = pixel_rays(pixel, K, LENS, rotation)[0]
        true = true_place(height, eye, ray)
        if not np.isfinite(true).all():
            continue
        bent = K.copy()
        bent[:2, :2] *= 1 + sensor.focal * rng.normal()
        told = small_rotation(rng.normal(size=3) * turns) @ rotation
        model = models[len(errors) % len(models)]
        try:
            found = locate_pixels(
                pixel + rng.normal(0, PIXEL_SIGMA_PX, (1, 2)),
                bent,
                LENS,
                sensor.focal,
                eye + rng.normal(size=3) * sigmas,
                told,
                covariance,
                model,
            )
        except GeometryError:
            continue
        off = (found.points_m[0] - true)[:2]
        if not np.isfinite(off).all():
            continue
        errors.append(float(np.hypot(*off)))
        heights.append(flown)
        inside += bool(off @ np.linalg.inv(found.covariance_m2[0]) @ off <= CHI2_95)
    return inside, len(errors), errors, heights


def main() -> None:
    rng = np.random.default_rng(5)
    print("poses by telemetry: share of true places inside the 95 % ellipse [its 95 % interval], median error/height")
    print(f"{'':20}" + "".join(f"{look:>31}" for look in LOOKS))
    for name, sensor in SENSORS.items():
        for terrain in TERRAINS:
            cells = []
            for look in LOOKS.values():
                inside, total, errors, heights = stratum(sensor, terrain, look, rng)
                low, high = binom.interval(0.95, total, inside / total)
                relative = np.median(np.array(errors) / heights)
                cells.append(f"{inside / total:9.3f} [{low / total:.3f} {high / total:.3f}] {relative:6.3f}")
            print(f"{name:9}{terrain:11}" + "".join(f"{cell:>31}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
