"""One tracked thing: its state, and what it has been through."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.movement.blobs import Blob
from pipeline.records.arrays import Float

Patch = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A blob and what it looks like.

    Attributes:
        blob: Its box.
        patch: ``(n,)`` normalised grey levels of the box and its rim.
        explained: Relief alone could make it: it is found again along the parallax of the scene.
        trust: 0 to 1: less where much round about is relief that moves only seemingly.
    """

    blob: Blob
    patch: Patch
    explained: bool
    trust: float


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A track at one analysed picture.

    Attributes:
        index: Of the analysed picture.
        centre, size: ``(2,)`` in that picture's pixels.
        sight: What was seen; None where bridged.
        likeness: Correlation with what was seen before, NaN at first.
        step: ``(2,)`` motion since the picture before, against the local background.
        drift_px: How far relief moved the background there since the picture before.
        surprise_px: Between where it was expected and where it was seen, NaN where it was not.
    """

    index: int
    centre: Float
    size: Float
    sight: Sight | None
    likeness: float
    step: Float
    drift_px: float
    surprise_px: float = np.nan


@dataclass(slots=True, eq=False)
class Life:
    """Constant velocity against the local background, in the pixels of the newest picture.

    Attributes:
        number: In order of birth.
        state: ``(4,)`` position, and velocity a second.
        covariance: ``(2, 2)`` of position and velocity along either axis.
        size: ``(2,)`` width, height.
        net: ``(2,)`` displacement against the local background since birth.
        path_px: Length of the smoothed path.
        relief_px: Sum of the background's own drift.
        way: ``(3, 3)`` homography from the picture of its birth to the newest.
        moments: One per analysed picture since birth.
        missed_s: Time since it was last seen.
        declared: It moves.
        declared_at: Place in `moments` at which that was known.
    """

    number: int
    state: Float
    covariance: Float
    size: Float
    moments: list[Moment]
    net: Float = field(default_factory=lambda: np.zeros(2))
    path_px: float = 0.0
    relief_px: float = 0.0
    way: Float = field(default_factory=lambda: np.eye(3))
    missed_s: float = 0.0
    declared: bool = False
    declared_at: int = 0

    @property
    def hits(self) -> int:
        """Pictures in which it was seen."""
        return sum(m.sight is not None for m in self.moments)

    @property
    def patch(self) -> Patch:
        """What it looked like when last seen."""
        return next(m.sight.patch for m in reversed(self.moments) if m.sight is not None)


def born(number: int, index: int, sight: Sight, speed_sigma_px_s: float) -> Life:
    """A track of one sight; its speed is unknown."""
    centre = np.array(sight.blob.centre)
    size = np.array([sight.blob.width, sight.blob.height])
    covariance = np.diag([measurement_sigma(size) ** 2, speed_sigma_px_s**2])
    moment = Moment(index, centre, size, sight, np.nan, np.zeros(2), 0.0)
    return Life(number, np.concatenate([centre, np.zeros(2)]), covariance, size, [moment])


def measurement_sigma(size: Float) -> float:
    """How well a blob's centre places a mover, pixels: a blob rarely covers the whole of it."""
    return 0.7 + 0.1 * float(np.sqrt(size[0] * size[1]))


def carry(point: Float, homography: Float) -> tuple[Float, Float]:
    """A point under a homography, and the ``(2, 2)`` Jacobian there."""
    mapped = homography @ np.array([point[0], point[1], 1.0])
    at = mapped[:2] / mapped[2]
    jacobian = (homography[:2, :2] - np.outer(at, homography[2, :2])) / mapped[2]
    return at, jacobian


def predict(life: Life, homography: Float, drift: Float, dt_s: float, acceleration_px_s2: float) -> Float:
    """Move a track to the next picture; where it would be if it stood still on its ground is returned."""
    at, jacobian = carry(life.state[:2], homography)
    scale = float(np.sqrt(abs(np.linalg.det(jacobian))))
    ground = at + drift
    velocity = jacobian @ life.state[2:]
    life.state = np.concatenate([ground + velocity * dt_s, velocity])
    transition = np.array([[1.0, dt_s], [0.0, 1.0]])
    noise = acceleration_px_s2**2 * np.array([[dt_s**4 / 4, dt_s**3 / 2], [dt_s**3 / 2, dt_s**2]])
    life.covariance = transition @ life.covariance @ transition.T * scale**2 + noise
    life.size = life.size * scale
    life.net = jacobian @ life.net
    life.way = homography @ life.way
    life.path_px *= scale
    life.relief_px = life.relief_px * scale + float(np.hypot(*drift))
    return np.asarray(ground, np.float64)


def correct(life: Life, sight: Sight) -> float:
    """Take a sight into the state: the Kalman update, the same along both axes. How far off it was expected."""
    sigma = measurement_sigma(life.size)
    gain = life.covariance[:, 0] / (life.covariance[0, 0] + sigma**2)
    innovation = np.array(sight.blob.centre) - life.state[:2]
    life.state = life.state + np.concatenate([gain[0] * innovation, gain[1] * innovation])
    life.covariance = life.covariance - np.outer(gain, life.covariance[0])
    life.size = 0.7 * life.size + 0.3 * np.array([sight.blob.width, sight.blob.height])
    return float(np.hypot(*innovation))
