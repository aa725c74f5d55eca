"""What a thing looks like, to be told from others."""

import cv2
import numpy as np

from detectors.movement.blobs import Blob
from detectors.movement.corners import Grey
from detectors.movement.life import Patch


def patch_of(grey: Grey, blob: Blob) -> Patch:
    """``(144,)`` grey levels of a box and its rim, of zero mean and unit length."""
    rim_x, rim_y = 2 + 0.15 * blob.width, 2 + 0.15 * blob.height
    x0, y0 = max(0, int(blob.left - rim_x)), max(0, int(blob.top - rim_y))
    x1, y1 = int(np.ceil(blob.left + blob.width + rim_x)), int(np.ceil(blob.top + blob.height + rim_y))
    small = cv2.resize(grey[y0:y1, x0:x1], (12, 12), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), np.float32)
