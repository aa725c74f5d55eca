"""Frames with a pose from telemetry to frames on the ground."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.errors import GeometryError
from pipeline.geometry.footprint import MAX_RANGE_M, aim_pixel, footprint, ground_sample_distance
from pipeline.geometry.locate import error_ellipse, locate_pixels
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rolling_shutter import sweep_covariance
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.frame import GroundFrame, Pose, PosedFrame, Registration
from pipeline.stages.skew import ROLLING, SKEW_PX, skew_px

NOT_TRIED = Registration("none", "not_tried", 0, 0, float("nan"), float("nan"), float("nan"), float("nan"), False)
"""Registration record of a frame that rests on telemetry alone."""


@dataclass(frozen=True, slots=True)
class GeoreferenceSettings:
    """How frames are laid on the ground.

    Attributes:
        max_range_m: Ground farther than this from the camera counts as unseen.
        max_ellipse_m: Frames whose 95 % semi-major axis at the centre is longer are dropped: they say nothing.
    """

    max_range_m: float = MAX_RANGE_M
    max_ellipse_m: float = 2000.0


@dataclass(frozen=True, slots=True, eq=False)
class Georeference:
    """Poses to footprints, ground sample distances and error ellipses.

    The frames must have settled heights, in the datum of the terrain: see `settle_heights`.
    """

    site: SiteFrame
    terrain: HeightGrid
    settings: GeoreferenceSettings

    def __call__(self, items: Iterable[PosedFrame], /) -> Iterator[GroundFrame | Dropped]:
        """Lay each frame on the ground, in order."""
        for frame in items:
            try:
                outline, gsd_m, ellipse = lay_out(
                    frame.camera, frame.pose, self.site, self.terrain, self.settings, frame.sweep
                )
            except GeometryError as error:
                yield Dropped("georeference", frame.ref.frame_id, f"{frame.ref.frame_id}: {error}", "no_ground")
                continue
            if not ellipse[0] <= self.settings.max_ellipse_m:
                reason = (
                    f"{frame.ref.frame_id}: its place is known to {ellipse[0]:.0f} m only; is the attitude missing, or "
                    "does the camera look along the ground? raise max_ellipse_m to keep such frames"
                )
                yield Dropped("georeference", frame.ref.frame_id, reason, "place_too_vague")
                continue
            skew = skew_of(frame.camera, frame.pose, frame.sweep, self.terrain)
            notes = (*frame.notes, ROLLING) if skew > SKEW_PX else frame.notes
            yield GroundFrame(
                frame.ref,
                frame.camera,
                frame.pose,
                frame.status,
                outline,
                gsd_m,
                ellipse,
                NOT_TRIED,
                notes,
                frame.sweep,
                skew,
            )


def lay_out(
    camera: CameraModel,
    pose: Pose,
    site: SiteFrame,
    terrain: HeightGrid,
    settings: GeoreferenceSettings,
    sweep: np.ndarray | None = None,
) -> tuple[np.ndarray, float, np.ndarray]:
    """Footprint ``(N, 2)`` in site metres, ground sample distance in metres, and ``(3,)`` error ellipse of a frame.

    Distance and ellipse are those of the image centre, or of the pixel nearest to it that sees ground.

    Raises:
        GeometryError: The frame sees no ground.
    """
    view = (camera.K, camera.distortion, pose.eye_m, pose.rotation, terrain)
    outline = footprint(camera.size_px, *view, max_range_m=settings.max_range_m)
    aim = aim_pixel(camera.size_px, *view, max_range_m=settings.max_range_m)
    located = locate_pixels(
        aim[None],
        camera.K,
        camera.distortion,
        camera.focal_sigma,
        pose.eye_m,
        pose.rotation,
        pose.covariance if sweep is None else pose.covariance + sweep_covariance(sweep),
        terrain,
        focal_covariance=pose.focal_covariance,
        leverage=pose.leverage,
    )
    ellipse = error_ellipse(located.covariance_m2[0], site.convergence_rad)
    return outline, ground_sample_distance(aim, *view), np.array(ellipse)


def skew_of(camera: CameraModel, pose: Pose, sweep: np.ndarray, terrain: HeightGrid) -> float:
    """Pixels between first and last row of a frame, over the ground below its camera; see `skew_px`."""
    below_m = float(np.nan_to_num(terrain.height_at(pose.eye_m[None, :2])[0], nan=terrain.range_m()[0]))
    height_m = float(pose.eye_m[2]) - below_m
    return skew_px(camera, pose.rotation, sweep, height_m)
