"""A pose that most matches agree on, found by sampling: where a fit can start."""

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from pipeline.geometry.brown import PINHOLE, Brown
from pipeline.geometry.camera import pixel_rays, project
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.stages.lifted import Lifted

_SAMPLES = 5000
_CONFIDENCE = 0.9999
_PINHOLE_COSINE = 0.5  # 60° off the axis a pinhole's pixel is a quarter of a fisheye's


def sample_pose(matches: Lifted, camera: CameraModel, tolerance_px: float) -> tuple[Float, Float] | None:
    """Eye and rotation that most matches agree on, by sampling; None when there is none.

    Args:
        matches: At least four.
        camera: Of the frame.
        tolerance_px: Full-resolution pixels by which a right match may miss.
    """
    usac = cv2.UsacParams()
    usac.score = cv2.SCORE_METHOD_MAGSAC
    usac.threshold = tolerance_px
    usac.maxIterations, usac.confidence = _SAMPLES, _CONFIDENCE
    usac.isParallel, usac.randomGeneratorState = False, 1
    middle = matches.points_m.mean(axis=0)  # float32 inside: keep coordinates small
    points, pixels, bent, toward = _for_pinhole(matches, camera)
    try:
        found, _, turn, shift, _ = cv2.solvePnPRansac(points - middle, pixels, camera.K.copy(), bent, params=usac)
    except cv2.error:  # a degenerate sample, such as all points in one line
        return None
    if not found or turn is None or not np.all(np.isfinite(turn)) or not np.all(np.isfinite(shift)):
        return None
    rotation = np.asarray(cv2.Rodrigues(turn)[0], np.float64).T
    return middle - rotation @ np.asarray(shift, np.float64)[:, 0], rotation @ toward.T


def _for_pinhole(matches: Lifted, camera: CameraModel) -> tuple[Float, Float, Float, Float]:
    """Matches as a pinhole camera shows them, since the sampler knows no other lens.

    Returns:
        Points ``(N, 3)``; pixels ``(N, 2)``; coefficients ``(5,)`` of a Brown–Conrady lens; rotation ``(3, 3)`` from
        that camera to the frame's. Matches of another lens are seen by a camera that looks where most of them are;
        those far off its axis are left out, since there a pixel of the frame is many of its own.
    """
    if isinstance(camera.distortion, Brown):
        return matches.points_m, matches.pixels, np.array(camera.distortion.coefficients), np.eye(3)
    rays = pixel_rays(matches.pixels, camera.K, camera.distortion, np.eye(3))
    ahead = np.nanmedian(rays, axis=0)
    ahead /= np.linalg.norm(ahead)
    toward = np.asarray(Rotation.align_vectors(ahead[None], np.array([[0.0, 0.0, 1.0]]))[0].as_matrix(), np.float64)
    near = np.asarray(rays @ ahead > _PINHOLE_COSINE, np.bool_)
    pixels = project(rays[near], np.zeros(3), camera.K, PINHOLE, toward)
    return matches.points_m[near], pixels, np.zeros(5), toward
