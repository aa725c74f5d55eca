"""A picture's camera over known terrain: what a detector needs in order to foresee parallax."""

from dataclasses import dataclass

import numpy as np

from pipeline.geometry.camera import pixel_rays, project
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GroundFrame, Pose


@dataclass(frozen=True, slots=True, eq=False)
class TerrainView:
    """Where the ground of a frame's pixels is, and where points appear in it.

    Attributes:
        camera, pose: Of the frame, as adjusted.
        terrain: In the heights of the pose.
    """

    camera: CameraModel
    pose: Pose
    terrain: HeightGrid

    @classmethod
    def of(cls, frame: GroundFrame, terrain: HeightGrid) -> "TerrainView":
        """The view of a placed frame."""
        return cls(frame.camera, frame.pose, terrain)

    def ground(self, pixels: Float) -> Float:
        """``(N, 3)`` site metres at which the rays of ``(N, 2)`` pixels meet the terrain; NaN where they don't."""
        rays = pixel_rays(pixels, self.camera.K, self.camera.distortion, self.pose.rotation)
        known = np.isfinite(rays).all(axis=1)
        met = np.full((len(pixels), 3), np.nan)
        if known.any():
            met[known] = meet_terrain(self.pose.eye_m, rays[known], self.terrain)
        return met

    def pixels(self, points_m: Float) -> Float:
        """``(N, 2)`` where site points ``(N, 3)`` appear; NaN for those behind the camera and unknown ones."""
        return project(points_m, self.pose.eye_m, self.camera.K, self.camera.distortion, self.pose.rotation)
