"""Our warp against orthority's, pixel by pixel: `--orthority=PYTHON`, an interpreter that has orthority 0.7 installed.

Smooth terrain, three views. Orthority orthorectifies an image whose pixels hold their own column and row, so that its
result is the map that it used.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.ground_warp import GroundRaster, ImageView, ground_warp
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid

SIZE = (4000, 2250)
FOCAL_PX = 2310.0
LENS = Brown(-0.02, 0.01, 2e-4, -1e-4, 0.0)
GSD_M = 0.02
TILES = 4
VIEWS_DEG = ((40.0, -90.0), (10.0, -75.0), (-70.0, -60.0))
"""Yaw and pitch."""

THEIRS = """
import sys
import numpy as np
import rasterio
from orthority.camera import BrownCamera
from orthority.ortho import Ortho
from rasterio.transform import from_origin

folder = sys.argv[1]
given = np.load(folder + "/given.npz")
width, height = given["size"].tolist()
east, north, crs = 577000.0, 5188000.0, "EPSG:32615"
heights = given["heights_m"][::-1].astype("float32")
side = len(heights)
place = from_origin(east - side / 2, north + side / 2, 1, 1)
profile = dict(driver="GTiff", dtype="float32")
grid = dict(width=side, height=side, count=1, crs=crs, transform=place)
with rasterio.open(folder + "/dem.tif", "w", **grid, **profile) as dem:
    dem.write(heights, 1)
with rasterio.open(folder + "/self.tif", "w", width=width, height=height, count=2, **profile) as image:
    image.write(np.stack(np.meshgrid(np.arange(width), np.arange(height))).astype("float32"))
lens = dict(zip(("k1", "k2", "p1", "p2", "k3"), given["lens"].tolist()))
for number in range(len(given["eyes_m"])):
    turn = given["rotations"][number] @ np.diag([1, -1, -1])
    opk = np.arctan2(-turn[1, 2], turn[2, 2]), np.arcsin(turn[0, 2]), np.arctan2(-turn[0, 1], turn[0, 0])
    eye = given["eyes_m"][number] + [east, north, 0]
    camera = BrownCamera((width, height), float(given["focal_px"]) / width, xyz=tuple(eye), opk=opk, **lens)
    made, step = f"{folder}/made{number}.tif", float(given["gsd_m"])
    Ortho(folder + "/self.tif", folder + "/dem.tif", camera, crs=crs).process(
        made, resolution=(step, step), interp="bilinear", dem_interp="bilinear", compress="zstd", build_ovw=False,
        aligned_pixels=True,
    )
    with rasterio.open(made) as ortho:
        window = rasterio.windows.from_bounds(
            east - given["half_m"], north - given["half_m"], east + given["half_m"], north + given["half_m"],
            ortho.transform,
        ).round_offsets().round_lengths()
        map_ = ortho.read(window=window, boundless=True, masked=True).filled(np.nan)
    np.save(f"{folder}/theirs{number}.npy", map_)
"""


def terrain() -> HeightGrid:
    """Slopes of up to 15 per cent."""
    axis = np.arange(-80, 80.5, 1.0)
    x, y = np.meshgrid(axis, axis)
    return HeightGrid(200 + 2 * np.sin(x / 18) + 1.5 * np.cos(y / 15), -80.0, -80.0, 1.0, 0.2, "smooth")


def ours(view: ImageView, ground: HeightGrid, half_m: float) -> np.ndarray:
    """``(2, N, N)`` column and row in the image; NaN where it shows nothing."""
    side = 1024 * TILES
    laid = np.full((2, side, side), np.nan, np.float32)
    span = 1024 * GSD_M
    rasters = [
        GroundRaster(-half_m + column * span, half_m - row * span, GSD_M, 1024)
        for row in range(TILES)
        for column in range(TILES)
    ]
    for block in ground_warp(view, ground, rasters):
        row, column = divmod(block.raster, TILES)
        top, left = row * 1024 + block.top, column * 1024 + block.left
        shown = np.where(block.seen[..., None], block.pixels, np.nan)
        laid[:, top : top + 256, left : left + 256] = shown.transpose(2, 0, 1)
    return laid


def main() -> None:
    """Print a line a view."""
    asked = [word.partition("=")[2] for word in sys.argv[1:] if word.startswith("--orthority=")]
    if not asked:
        print("agreement: give --orthority=PYTHON, an interpreter with orthority 0.7")
        return
    ground, half_m = terrain(), 1024 * TILES * GSD_M / 2
    views = []
    for yaw, pitch in VIEWS_DEG:
        eye = np.array([2.0, -18.0 * (pitch > -80), 240.0])
        rotation = camera_to_site(np.radians(yaw), np.radians(pitch), 0.02)
        views.append(ImageView(SIZE, camera_matrix(FOCAL_PX, SIZE), LENS, eye, rotation))
    with tempfile.TemporaryDirectory() as folder:
        np.savez(
            f"{folder}/given.npz",
            size=SIZE,
            focal_px=FOCAL_PX,
            lens=LENS.coefficients,
            gsd_m=GSD_M,
            half_m=half_m,
            heights_m=ground.heights_m,
            eyes_m=[view.eye_m for view in views],
            rotations=[view.rotation for view in views],
        )
        subprocess.run([asked[0], "-W", "ignore", "-c", THEIRS, folder], check=True)
        for (yaw, pitch), view, number in zip(VIEWS_DEG, views, range(len(views)), strict=True):
            theirs, laid = np.load(Path(folder) / f"theirs{number}.npy"), ours(view, ground, half_m)
            inner = [(laid[k] > 2) & (laid[k] < SIZE[k] - 3) for k in (0, 1)]  # they lose the border's last pixels
            off = np.hypot(*(theirs - laid))[inner[0] & inner[1] & np.isfinite(theirs[0])]
            median, late, worst = np.median(off), np.quantile(off, 0.99), off.max()
            print(
                f"yaw {yaw:4.0f}, pitch {pitch:4.0f}: {median:.3f} px median, {late:.3f} p99, {worst:.3f} worst (bar 1)"
            )


if __name__ == "__main__":
    main()
