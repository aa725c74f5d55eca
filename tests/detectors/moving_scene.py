"""Rendered streams: textured ground under a camera that drifts and turns, with movers of known paths."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
WIDTH, HEIGHT = 480, 360


@dataclass(frozen=True)
class Mover:
    """A box on the ground: at ``start`` in frame 0, with ``step`` ground pixels a frame; ``decks`` are darker parts."""

    start: tuple[float, float]
    step: tuple[float, float]
    size: tuple[int, int]
    level: int
    decks: int = 0

    def centre(self, frame: int) -> tuple[float, float]:
        return self.start[0] + frame * self.step[0], self.start[1] + frame * self.step[1]


def ground(seed: int, contrast: float = 45.0) -> Grey:
    """Fields and speckle at several scales, twice the size of a picture."""
    rng = np.random.default_rng(seed)
    total = np.zeros((HEIGHT * 2, WIDTH * 2), np.float32)
    for cell, weight in ((4, 0.35), (10, 0.35), (40, 0.5), (120, 0.6)):
        noise = rng.normal(size=(HEIGHT * 2 // cell + 2, WIDTH * 2 // cell + 2)).astype(np.float32)
        total += weight * cv2.resize(noise, (WIDTH * 2, HEIGHT * 2), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(118 + contrast * total, 0, 255), np.uint8)


def to_picture(frame: int, drift: float = 1.5) -> NDArray[np.float64]:
    """Homography from ground to picture: the camera drifts, turns and shakes."""
    turn = 0.004 * np.sin(frame / 5)
    cos, sin = np.cos(turn), np.sin(turn)
    x, y = 200 + drift * frame + 1.2 * np.sin(frame * 1.7), 150 + 0.6 * frame + 1.2 * np.cos(frame * 2.3)
    return np.array([[cos, -sin, -x], [sin, cos, -y], [0, 0, 1.0]])


def picture(
    scene: Grey, frame: int, movers: tuple[Mover, ...], seed: int, gain: float = 1.0, drift: float = 1.5
) -> Grey:
    """One frame: movers painted on the ground, then seen by the camera with noise."""
    painted = scene.copy()
    for mover in movers:
        x, y = mover.centre(frame)
        box = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array(mover.size) / 2 + [x, y]
        cv2.fillConvexPoly(painted, np.rint(box * 16).astype(np.int32), mover.level, cv2.LINE_AA, 4)
        for deck in range(mover.decks):
            middle = x + mover.size[0] * ((deck + 0.5) / mover.decks - 0.5)
            width = mover.size[0] / mover.decks * (0.25 + 0.1 * (deck % 3))
            part = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, mover.size[1] * 0.35] + [middle, y]
            cv2.fillConvexPoly(painted, np.rint(part * 16).astype(np.int32), 40 + 30 * (deck % 4), cv2.LINE_AA, 4)
    seen = cv2.warpPerspective(painted, to_picture(frame, drift), (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    noise = np.random.default_rng(seed * 1000 + frame).normal(0, 2.0, seen.shape)
    return np.asarray(np.clip(seen * gain + noise, 0, 255), np.uint8)


def centre_in_picture(mover: Mover, frame: int, drift: float = 1.5) -> NDArray[np.float64]:
    x, y = mover.centre(frame)
    point = to_picture(frame, drift) @ np.array([x, y, 1.0])
    return np.asarray(point[:2] / point[2])
