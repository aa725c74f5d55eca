"""The camera of a video whose telemetry states its angles of view."""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix
from pipeline.records.arrays import Float, Int
from pipeline.records.camera import CameraModel
from pipeline.records.samples import TelemetrySamples

MAX_GAP_NS = 2 * 10**9
"""Zoom between samples further apart than this is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class ViewedLens:
    """Angles of view over time.

    Attributes:
        t_ns: ``(N,)`` UTC, increasing.
        hfov_deg, vfov_deg: ``(N,)``; the vertical one may be NaN.
        name: Of the sensor.
        focal_sigma: Relative standard deviation of the focal length: makers state the design's, not the copy's.
    """

    t_ns: Int
    hfov_deg: Float
    vfov_deg: Float
    name: str
    focal_sigma: float

    @classmethod
    def of(cls, samples: TelemetrySamples, t_utc_ns: Int) -> "ViewedLens | None":
        """The lens that telemetry states, or None.

        Args:
            samples: The telemetry.
            t_utc_ns: ``(N,)`` its times.
        """
        if samples.view is None:
            return None
        sane = (samples.view.hfov_deg > 0.05) & (samples.view.hfov_deg < 170)
        if not sane.any():
            return None
        t_ns, first = np.unique(t_utc_ns[sane], return_index=True)
        rows = np.flatnonzero(sane)[first]
        view = samples.view
        return cls(t_ns, view.hfov_deg[rows], view.vfov_deg[rows], samples.sensor or "sensor", view.focal_sigma)

    def camera(self, t_ns: int, size_px: tuple[int, int]) -> CameraModel | None:
        """The camera at an instant; None where the zoom is not known then."""
        at = int(np.clip(np.searchsorted(self.t_ns, t_ns), 1, max(len(self.t_ns) - 1, 1)))
        near = [row for row in (at - 1, at) if row < len(self.t_ns) and abs(int(self.t_ns[row]) - t_ns) <= MAX_GAP_NS]
        if not near:
            return None
        weights = np.array([1.0 / (abs(int(self.t_ns[row]) - t_ns) + 1.0) for row in near])
        weights /= weights.sum()
        # tangents are what a zoom moves evenly
        width, height = size_px
        focal_x = width / 2 / float(weights @ np.tan(np.radians(self.hfov_deg[near]) / 2))
        tall = self.vfov_deg[near]
        focal_y = focal_x
        if np.all((tall > 0.05) & (tall < 170)):
            focal_y = height / 2 / float(weights @ np.tan(np.radians(tall) / 2))
        K = camera_matrix(focal_x, size_px)
        K[1, 1] = focal_y
        zoomed = float(np.ptp(self.hfov_deg[near]) / self.hfov_deg[near].mean())
        sigma = math.hypot(self.focal_sigma, zoomed / 4)
        return CameraModel(self.name, size_px, K, Brown(), sigma, "telemetry")
