"""A picture of known place, drawn as a frame should see it by telemetry: for matchers that know no turns."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError, GeometryError
from pipeline.geometry.camera import pixel_rays
from pipeline.geometry.locate import CHI2_95
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain
from pipeline.protocols import GroundPicture, PictureMatcher
from pipeline.records.arrays import Bool, Float
from pipeline.records.frame import GroundFrame
from pipeline.stages.lifted import Lifted

_COARSE_PX = 8  # rays are brought to the ground that far apart; between these places are interpolated
_FARTHEST_SIGMAS = 3.0
_FARTHEST_TURN_RAD = 0.2
_FARTHEST_SHARE = 0.5  # of the shorter side: beyond that nothing is left to compare
_LEAST_SHARE = 0.1  # of the view that the picture must cover


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedView:
    """What a frame should show.

    Attributes:
        grey: ``(h, w)`` uint8, the size of the reduced frame.
        points_m: ``(h, w, 3)`` float32 site metres less `origin_m`; NaN where the picture or the terrain has no ground.
        origin_m: ``(3,)``.
    """

    grey: NDArray[np.uint8]
    points_m: NDArray[np.float32]
    origin_m: Float

    def turned(self) -> "ExpectedView":
        """The same, turned by 180°."""
        points = np.ascontiguousarray(self.points_m[::-1, ::-1])
        return ExpectedView(np.ascontiguousarray(self.grey[::-1, ::-1]), points, self.origin_m)

    def ground_at(self, pixels: Float) -> Float:
        """``(N, 3)`` site metres of ``(N, 2)`` column, row; NaN where there is none."""
        if not len(pixels):
            return np.zeros((0, 3))
        across, down = (pixels[:, [axis]].astype(np.float32) for axis in (0, 1))
        met = cv2.remap(self.points_m, across, down, cv2.INTER_LINEAR, borderValue=(np.nan,) * 4)
        return np.asarray(met.reshape(-1, 3), np.float64) + self.origin_m


def expected_view(
    frame: GroundFrame,
    size_px: tuple[int, int],
    picture: GroundPicture,
    terrain: HeightGrid,
    window_m: tuple[float, float, float, float],
    gsd_m: float,
) -> ExpectedView | None:
    """Draw the picture as the frame should see it.

    Args:
        frame: By telemetry.
        size_px: Width and height of the reduced frame.
        picture: Of known place.
        terrain: Ellipsoidal heights.
        window_m: West, south, east, north: ground beyond is not drawn.
        gsd_m: At which the picture is read.

    Returns:
        None where hardly any of it would be seen, or the camera is below the terrain.

    Raises:
        InputError: The picture cannot be read.
    """
    try:
        points = _ground(frame, size_px, terrain)
    except GeometryError:
        return None
    west, south, east, north = window_m
    image, valid = picture.read(west, south, east, north, gsd_m)
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    eye = frame.pose.eye_m
    across = ((points[..., 0] + (eye[0] - west)) / gsd_m - 0.5).astype(np.float32)
    down = ((north - eye[1] - points[..., 1]) / gsd_m - 0.5).astype(np.float32)
    unseen = ~np.isfinite(across + down)
    across[unseen] = down[unseen] = -10.0
    drawn = np.asarray(cv2.remap(grey, across, down, cv2.INTER_LINEAR), np.uint8)
    shown = cv2.remap(valid.astype(np.uint8), across, down, cv2.INTER_NEAREST).astype(bool) & ~unseen
    if shown.mean() < _LEAST_SHARE:
        return None
    points[~shown] = np.nan
    return ExpectedView(drawn, points, np.asarray(eye, np.float64))


def match_view(
    matcher: PictureMatcher,
    grey: NDArray[np.uint8],
    view: ExpectedView,
    frame: GroundFrame,
    height_sigma_m: float = 0.0,
) -> Lifted:
    """Let a matcher compare a frame with what it should show.

    Args:
        matcher: Any; what it says is checked for form here, for truth by `solve_pose`.
        grey: ``(h, w)`` reduced frame.
        view: Of the same size.
        frame: By telemetry.
        height_sigma_m: Standard deviation of the terrain.

    Raises:
        ConfigError: The matcher does not keep to its protocol.
    """
    size = np.array(grey.shape[::-1])
    reduced = size / frame.ref.size_px
    pixel_px = float(1 / reduced.mean())
    turn = min(_FARTHEST_SIGMAS * float(np.sqrt(frame.pose.covariance[5, 5])), _FARTHEST_TURN_RAD)
    reach_px = _FARTHEST_SIGMAS / np.sqrt(CHI2_95) * float(frame.ellipse_m[0]) / (frame.gsd_m * pixel_px)
    found = matcher.match(grey, view.grey, min(reach_px, _FARTHEST_SHARE * min(size)), float(np.degrees(turn)))
    seen, drawn = (np.asarray(part, np.float64) for part in found)
    if seen.ndim != 2 or seen.shape[1:] != (2,) or seen.shape != drawn.shape:
        raise ConfigError(
            f"matcher '{matcher.name}' {matcher.version} gave pixels of shapes {seen.shape} and {drawn.shape}, not two "
            "of (N, 2); mend the plug-in or take 'matcher' out of the configuration"
        )
    points = view.ground_at(drawn)
    within = _finite(seen) & _finite(points) & np.all((seen >= -0.5) & (seen <= size - 0.5), axis=1)
    pixels = ((seen + 0.5) / reduced - 0.5)[within]
    loose, shared_px = max(matcher.sigma_px, 1.0) * pixel_px, matcher.shared_px * pixel_px
    return Lifted(pixels, points[within], loose, height_sigma_m, shared_px)


def _finite(rows: Float) -> Bool:
    return np.asarray(np.isfinite(rows).all(axis=1), np.bool_)


def _ground(frame: GroundFrame, size_px: tuple[int, int], terrain: HeightGrid) -> NDArray[np.float32]:
    """``(h, w, 3)`` where pixels of the reduced frame meet the ground, from the camera; NaN where they do not."""
    width, height = size_px
    columns, rows = (np.arange(0, side + _COARSE_PX, _COARSE_PX, dtype=np.float64) for side in size_px)
    nodes = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    full = (nodes + 0.5) * np.array(frame.ref.size_px) / size_px - 0.5
    rays = pixel_rays(full, frame.camera.K, frame.camera.distortion, frame.pose.rotation)
    met = meet_terrain(frame.pose.eye_m, rays, terrain) - frame.pose.eye_m
    coarse = met.reshape(len(rows), len(columns), 3).astype(np.float32)
    at = np.meshgrid(np.arange(width, dtype=np.float32) / _COARSE_PX, np.arange(height, dtype=np.float32) / _COARSE_PX)
    return np.asarray(cv2.remap(coarse, at[0], at[1], cv2.INTER_LINEAR), np.float32)
