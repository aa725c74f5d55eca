"""One 9 MP frame to orthophoto tiles of 1.7 cm, against merely decoding it; and the coarse grid against the truth.

Times are of one processor, the least of twelve rounds in turn: what others do on the machine only adds; then by the
clock with all processors. The frame's
pixels are real, its pose is made (40 m over the middle of the surface model, nadir): time and accuracy depend on size
and terrain, not on where the frame was taken.
"""

import multiprocessing
import os
import shutil
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from pipeline.archive.tile_file import write_tile
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.footprint import footprint
from pipeline.geometry.ground_warp import BLOCK_PX, GroundRaster, ImageView, ground_warp
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, Registration
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.sources.terrain import load_terrain
from pipeline.stages.mosaic import Mosaic, MosaicSettings

GSD_MM = 17
REPEATS = 12


def flight_folder():
    root = Path(os.environ.get("TRUCEWATCH_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    return root / "flights" / "brighton_beach"


def scene():
    folder = flight_folder()
    site = SiteFrame.at(-91.994, 46.8426)
    terrain = load_terrain(folder / "reference" / "dsm_025.tif", site, (-500, -500, 500, 500)).grid
    rows, columns = terrain.heights_m.shape
    middle = np.array([terrain.x0_m + columns / 2 * terrain.cell_m, terrain.y0_m + rows / 2 * terrain.cell_m])
    size = (4000, 2250)
    camera = CameraModel("bench", size, camera_matrix(2310.0, size), Brown(-0.02, 0.01, 0, 0, 0), 0.01, "bench")
    eye = np.array([*middle, float(np.nanmedian(terrain.heights_m)) + 40.0])
    pose = Pose(eye, camera_to_site(0.7, -np.pi / 2, 0.02), np.eye(6), GeorefMethod.TELEMETRY_ONLY)
    outline = footprint(size, camera.K, camera.distortion, pose.eye_m, pose.rotation, terrain)
    path = sorted((folder / "frames").glob("*.JPG"))[0]
    ref = FrameRef("bench", path, FrameKind.STILL, 0, size, 0, 0.0, "0" * 64, Band.VISIBLE, "bench")
    nan = float("nan")
    record = Registration("none", "not_tried", 0, 0, nan, nan, nan, nan, False)
    frame = GroundFrame(ref, camera, pose, GeorefStatus.OK, outline, 0.017, np.array([3.0, 3.0, 0]), record, ())
    return site, terrain, frame


def decode(frame):
    return cv2.imread(str(frame.ref.path), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)


def warp_and_write(site, terrain, frame, image):
    folder = Path(tempfile.mkdtemp())
    try:
        writing = 0.0

        def timed(folder, tile):
            nonlocal writing
            start = time.process_time()
            entry = write_tile(folder, tile)
            writing += time.process_time() - start
            return entry

        start = time.process_time()
        mosaic = Mosaic(site, terrain, MosaicSettings(), folder, "S1", flight=[frame], gsd_mm=GSD_MM, write_tile=timed)
        mosaic.add(frame, image)
        entries = mosaic.finish()
        return time.process_time() - start - writing, writing, len(entries)
    finally:
        shutil.rmtree(folder)


def high_water_mb():
    """Linux only; getrusage would count what the parent held when it forked."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def peak_mb(work, pipe):
    """Run in a fresh process, so that its peak is the work's own."""
    cv2.setNumThreads(1)
    site, terrain, frame = scene()
    before = high_water_mb()
    image = decode(frame)
    if work == "warp":
        warp_and_write(site, terrain, frame, image)
    pipe.send((before, high_water_mb()))


def peaks(work):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=peak_mb, args=(work, theirs))
    child.start()
    result = ours.recv()
    child.join()
    return result


def agreement(site, terrain, frame):
    """Pixels between the coarse grid and the exact projection of every ground pixel."""
    view = ImageView(
        frame.camera.size_px, frame.camera.K, frame.camera.distortion, frame.pose.eye_m, frame.pose.rotation
    )
    gsd = GSD_MM / 1000 / site.scale
    off = []
    for east in (-1, 0):
        for north in (0, 1):
            corner = frame.pose.eye_m[:2] + 1024 * gsd * np.array([east, north])
            raster = GroundRaster(float(corner[0]), float(corner[1]), gsd, 1024)
            for block in ground_warp(view, terrain, [raster]):
                axis = np.arange(float(BLOCK_PX))
                places = raster.places(block.left + axis, block.top + axis)
                points = np.column_stack([places, terrain.height_at(places)])
                exact = project(points, view.eye_m, view.K, view.distortion, view.rotation)
                apart = np.abs(block.pixels - exact.reshape(BLOCK_PX, BLOCK_PX, 2)).max(axis=2)
                off.append(apart[block.seen & np.isfinite(apart)])
    return np.concatenate(off)


def main():
    """Print the table."""
    if not flight_folder().is_dir():
        print(f"warp: no real flight at {flight_folder()}; set TRUCEWATCH_REAL_DATA")
        return
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    site, terrain, frame = scene()
    decoding, laying, writing = [], [], []
    for _ in range(REPEATS):
        start = time.process_time()
        image = decode(frame)
        decoding.append(time.process_time() - start)
        lay, write, tiles = warp_and_write(site, terrain, frame, image)
        laying.append(lay)
        writing.append(write)
    cv2.setNumThreads(threads)
    clock = []
    for _ in range(REPEATS):
        image = decode(frame)
        start = time.perf_counter()
        warp_and_write(site, terrain, frame, image)
        clock.append(time.perf_counter() - start)
    one, lay, write = min(decoding), min(laying), min(writing)
    base, with_decode = peaks("decode")
    _, with_warp = peaks("warp")
    off = agreement(site, terrain, frame)
    print(f"warp of one {frame.camera.size_px[0]} x {frame.camera.size_px[1]} frame to {GSD_MM / 10} cm, {tiles} tiles")
    print(f"  decode                 {one * 1000:7.0f} ms   peak {with_decode:5.0f} MB (of which {base:.0f} MB before)")
    print(f"  lay on tiles           {lay * 1000:7.0f} ms   {lay / one:5.1f} x decode")
    print(f"  write tiles            {write * 1000:7.0f} ms   {write / one:5.1f} x decode")
    print(f"  both                   {(lay + write) * 1000:7.0f} ms   {(lay + write) / one:5.1f} x decode (bar 4)")
    print(f"  by the clock        {min(clock) * 1000:7.0f} ms   {min(clock) / one:5.1f} x decode, {threads} processors")
    print(f"  peak with both         {with_warp:7.0f} MB, {with_warp - base:.0f} MB more than before decoding")
    print(
        f"  grid against exact     {np.median(off):7.3f} px median (bar 0.1), {np.quantile(off, 0.95):.2f} px p95, "
        f"{np.quantile(off, 0.99):.2f} px p99, {off.size / 1e6:.1f} Mpx"
    )


if __name__ == "__main__":
    main()
