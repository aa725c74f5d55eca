"""Films of level ground, flat roofs and boxes that move, by a camera of known poses: each plane by its homography."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.brown import Brown
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, Pose
from pipeline.records.terrain_view import TerrainView

SIZE = (640, 360)
FOCAL = 520.0
LENS = np.array([[FOCAL, 0, 319.5], [0, FOCAL, 179.5], [0, 0, 1.0]])
CAMERA = CameraModel("test", SIZE, LENS, Brown(), 0.01, "table")
TERRAIN = HeightGrid.flat(0.0, 0.3, "level")
PER_M = 8.0  # texture pixels a metre
SPAN_M = 160.0  # the ground reaches half of it in every direction


@dataclass(frozen=True)
class Box:
    """Something flat at a height: at ``place`` at time 0, metres, with ``velocity`` in m/s."""

    place: tuple[float, float]
    size: tuple[float, float]
    height: float
    level: int
    velocity: tuple[float, float] = (0.0, 0.0)

    def at(self, t_s: float) -> NDArray[np.float64]:
        return np.array(self.place) + t_s * np.array(self.velocity)


def camera(eye, yaw_deg=0.0, down_deg=60.0):
    """Eye, and ``(3, 3)`` camera to site: to the right, down, ahead."""
    yaw, down = np.radians(yaw_deg), np.radians(down_deg)
    ahead = np.array([np.sin(yaw) * np.cos(down), np.cos(yaw) * np.cos(down), -np.sin(down)])
    right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
    return np.array(eye, float), np.column_stack([right, np.cross(ahead, right), ahead])


def of_plane(eye, rotation, height):
    """Homography from site metres at a height to pixels."""
    return LENS @ rotation.T @ np.column_stack([[1, 0, 0], [0, 1, 0], [-eye[0], -eye[1], height - eye[2]]])


def texture(seed, shape, contrast=30.0):
    rng = np.random.default_rng(seed)
    total = np.zeros(shape, np.float32)
    for cell, weight in ((3, 0.3), (9, 0.4), (40, 0.5), (150, 0.5)):
        noise = rng.normal(size=(shape[0] // cell + 2, shape[1] // cell + 2)).astype(np.float32)
        total += weight * cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(120 + contrast * total, 0, 255).astype(np.uint8)


class Film:
    """Pictures of one scene."""

    def __init__(self, boxes, seed=0):
        side = round(SPAN_M * PER_M)
        self._ground = texture(seed, (side, side))
        self._boxes = [
            (
                box,
                cv2.add(
                    texture(seed + 1 + k, tuple(round(v * PER_M) for v in box.size[::-1]), 22.0), box.level - 120.0
                ),
            )
            for k, box in enumerate(boxes)
        ]

    def picture(self, eye, rotation, t_s, seed):
        """Grey levels ``(h, w)``; lower things are drawn first."""
        shown = self._lay(self._ground, np.zeros(2), 0.0, eye, rotation)[0]
        for box, skin in sorted(self._boxes, key=lambda pair: pair[0].height):
            seen, mask = self._lay(skin, box.at(t_s), box.height, eye, rotation)
            if mask.any():
                cv2.copyTo(seen, mask, shown)
        noise = np.random.default_rng(seed).normal(0, 2.0, shown.shape)
        return np.clip(shown + noise, 0, 255).astype(np.uint8)

    def _lay(self, skin, middle, height, eye, rotation):
        rows, columns = skin.shape
        to_site = np.array(
            [
                [1 / PER_M, 0, middle[0] - (columns - 1) / 2 / PER_M],
                [0, -1 / PER_M, middle[1] + (rows - 1) / 2 / PER_M],
                [0, 0, 1],
            ]
        )
        way = of_plane(eye, rotation, height) @ to_site
        rim = np.array([[0, 0, 1], [columns - 1, 0, 1], [columns - 1, rows - 1, 1], [0, rows - 1, 1]]) @ way.T
        mask = np.zeros(SIZE[::-1], np.uint8)
        cv2.fillConvexPoly(mask, np.rint(rim[:, :2] / rim[:, 2:] * 16).astype(np.int32), 1, shift=4)
        if not mask.any():
            return mask, mask
        seen = cv2.warpPerspective(skin, way, SIZE, borderMode=cv2.BORDER_REFLECT)
        return seen, mask


def view(eye, rotation):
    return TerrainView(CAMERA, Pose(eye, rotation, np.eye(6) * 1e-4, GeorefMethod.TELEMETRY_ONLY), TERRAIN)
