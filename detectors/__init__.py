"""Detectors: arrays and records in, detections out; no input or output of their own."""

import pipeline  # noqa: F401  the image size limit must be set before cv2 is imported
