"""Oblique airborne video with metadata only: location of ground points against refined cameras of the same frames.

The refined cameras (a photogrammetric solution of the video alone) are known up to a similarity: where, how large and
how turned their world is, nobody says. So the points of that solution are located in every frame by our poses, one
similarity is fitted between the two worlds, and what remains is how well frames agree with each other and with the
true shape of the ground. A shift that all frames share is not seen here.
"""

import os
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pipeline.geometry.locate import CHI2_95, locate_pixels  # noqa: E402
from pipeline.records.frame import GroundFrame  # noqa: E402
from pipeline.sources.cameras import read_camera_table  # noqa: E402
from pipeline.sources.frames import FrameReader  # noqa: E402
from pipeline.sources.sortie import ReadSettings, read_sortie  # noqa: E402
from pipeline.stages.georeference import Georeference, GeoreferenceSettings  # noqa: E402
from pipeline.stages.ingest import Ingest  # noqa: E402
from pipeline.stages.register import Register, RegisterSettings  # noqa: E402
from pipeline.stages.settle_heights import SettleSettings, settle_heights  # noqa: E402

VIDEO = "aphill_klv_10s.ts"
REFINED_SIZE = (720, 480)


def refined(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """``(3, 4)`` projection matrix of a camera file, and its rotation."""
    numbers = [float(word) for word in path.read_text().split()]
    K, R, t = (np.array(numbers[a:b]) for a, b in ((0, 9), (9, 18), (18, 21)))
    R = R.reshape(3, 3)
    return K.reshape(3, 3) @ np.column_stack([R, t]), R


def landmarks(path: Path) -> np.ndarray:
    lines = path.read_text().splitlines()
    return np.array([line.split()[:3] for line in lines[lines.index("end_header") + 1 :]], np.float64)


def similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Scale, rotation and shift of ``(N, 3)`` points onto others, least squares. Source: Umeyama (1991)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    u, values, vt = np.linalg.svd(b.T @ a)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    R = u @ flip @ vt
    scale = float((values * np.diag(flip)).sum() / (a**2).sum())
    return scale, R, target.mean(axis=0) - scale * R @ source.mean(axis=0)


def frames_of(real_data: Path) -> dict[str, tuple[list[GroundFrame], object]]:
    """Frames before and after registration, and the ground."""
    cameras = read_camera_table(ROOT / "configs" / "cameras.toml")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / VIDEO).symlink_to(real_data / "flights" / "aphill" / VIDEO)
        copy = Path(folder) / "S1"
        copy.mkdir()
        (copy / VIDEO).write_bytes((real_data / "flights" / "aphill" / VIDEO).read_bytes())
        ingested = Ingest()(read_sortie(copy, ReadSettings(), cameras), FrameReader())
        settled = settle_heights(ingested.frames, None, ingested.site, SettleSettings())
        lay = Georeference(ingested.site, settled.terrain, GeoreferenceSettings())
        before = [frame for frame in lay(settled.frames) if isinstance(frame, GroundFrame)]
        stage = Register(ingested.site, settled.terrain, FrameReader(), None, RegisterSettings())
        after = [frame for frame in stage(before) if isinstance(frame, GroundFrame)]
    return {"by telemetry": (before, settled.terrain), "adjusted": (after, settled.terrain)}


def located(frames, terrain, folder: Path):
    """Every landmark in every frame that shows it: ordinal of landmark and frame, place, covariance."""
    points = landmarks(folder / "landmarks.ply")
    out = []
    for ordinal, frame in enumerate(frames):
        P, _ = refined(folder / "krtd" / f"aphill_240_1fps_crf32-{ordinal + 1:05d}.krtd")
        seen = np.column_stack([points, np.ones(len(points))]) @ P.T
        pixels = seen[:, :2] / seen[:, 2:]
        scale = np.array(frame.camera.size_px) / REFINED_SIZE
        pixels = (pixels + 0.5) * scale - 0.5
        inside = np.flatnonzero(((pixels > 0) & (pixels < np.array(frame.camera.size_px) - 1)).all(axis=1))
        pose, camera = frame.pose, frame.camera
        found = locate_pixels(
            pixels[inside],
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
        out.append((inside, found.points_m, found.covariance_m2))
    return points, out


def main() -> None:
    cv2.setNumThreads(1)
    real_data = Path(os.environ.get("TRUCEWATCH_REAL_DATA", ROOT.parent / "shared" / "data"))
    folder = real_data / "flights" / "aphill"
    if not folder.is_dir():
        print(f"oblique: no real flight at {folder}; set TRUCEWATCH_REAL_DATA")
        return
    print("                    frames  points   median m    p90 m   inside own 95 % ellipse   scatter of one point, m")
    for name, (frames, terrain) in frames_of(real_data).items():
        points, found = located(frames, terrain, folder)
        index = np.concatenate([inside for inside, _, _ in found])
        place = np.concatenate([where for _, where, _ in found])
        covariance = np.concatenate([spread for _, _, spread in found])
        s, R, t = similarity(points[index], place)
        off = (place - (s * points[index] @ R.T + t))[:, :2]
        miss = np.linalg.norm(off, axis=1)
        inside = np.einsum("ni,nij,nj->n", off, np.linalg.inv(covariance), off) <= CHI2_95
        scatter = [
            float(np.sqrt(place[index == one, :2].var(axis=0).sum()))
            for one in np.unique(index)
            if (index == one).sum() >= len(frames) // 2
        ]
        print(
            f"{name:18}{len(frames):8d}{len(index):8d}{np.median(miss):11.2f}{np.percentile(miss, 90):9.2f}"
            f"{inside.mean():22.3f}{np.median(scatter):22.2f}   scale {s:.3f}, "
            f"ellipse {np.median([frame.ellipse_m[0] for frame in frames]):.1f} m"
        )


if __name__ == "__main__":
    main()
