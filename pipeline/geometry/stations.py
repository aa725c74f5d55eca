"""What an adjustment of a flight is about: its frames, the points that they share, and the unknowns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.distortion import Distortion
from pipeline.geometry.pose_from_points import FittedPose, small_rotation

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """A frame in the adjustment.

    Attributes:
        K, distortion: Its camera.
        eye_m, rotation: Start.
        told_eye_m, told_rotation: Pose by telemetry, as tagged (before any turn of the pixels).
        told_covariance: ``(6, 6)`` of it.
        turn: ``(3, 3)`` by which the pixels are turned against the tags; identity for most.
        fixed: A match with a picture of known place, by the same camera; None without.
        mount: Ordinal of the camera whose boresight it shares.
        lens: Ordinal of the lens whose focal length it shares.
    """

    K: Float
    distortion: Distortion
    eye_m: Float
    rotation: Float
    told_eye_m: Float
    told_rotation: Float
    told_covariance: Float
    turn: Float
    fixed: FittedPose | None
    mount: int = 0
    lens: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """Points that two frames both see.

    Attributes:
        first, second: Ordinals of the frames.
        first_px, second_px: ``(N, 2)`` where they appear.
        sigma_px: Standard deviation of a pixel coordinate.
        points_m: ``(N, 3)`` about where they are, on the terrain.
    """

    first: int
    second: int
    first_px: Float
    second_px: Float
    sigma_px: float
    points_m: Float


@dataclass(frozen=True, slots=True)
class SharedPriors:
    """What is expected of the unknowns that frames share.

    Attributes:
        common_share: Share of telemetry's variance that is common to the whole flight: of the position as a shift, of
            the attitude as each mount's boresight.
        focal_sigma: Relative standard deviation of each lens's focal length.
        shown_sigma: How far from it what pictures of known place show may be, however many points say so.
    """

    common_share: float
    focal_sigma: tuple[float, ...] = (0.0,)
    shown_sigma: tuple[float, ...] = (0.01,)


@dataclass(frozen=True, slots=True, eq=False)
class FlightState:
    """Where an adjustment stands.

    Unknowns are seven a frame, then those that frames share: shift of the fix (3), boresight of each mount (3 M), focal
    length of each lens (L), and as pictures of known place show it (L).

    Attributes:
        eyes, turns, log_focal: ``(F, 3)``, ``(F, 3, 3)``, ``(F,)``.
        shift, boresight, of_lens, shown: ``(3,)``, ``(M, 3)``, ``(L,)``, ``(L,)``.
    """

    eyes: Float
    turns: Float
    log_focal: Float
    shift: Float
    boresight: Float
    of_lens: Float
    shown: Float

    @classmethod
    def start(cls, stations: Sequence[Station], lenses: int) -> "FlightState":
        """Where the stations say, and nothing shared."""
        mounts = 1 + max(station.mount for station in stations)
        eyes = np.array([station.eye_m for station in stations])
        turns = np.array([station.rotation for station in stations])
        focal = np.array([0.0 if station.fixed is None else station.fixed.log_focal for station in stations])
        return cls(eyes, turns, focal, np.zeros(3), np.zeros((mounts, 3)), np.zeros(lenses), np.zeros(lenses))

    @property
    def shared(self) -> int:
        """How many unknowns frames share."""
        return 3 + self.boresight.size + 2 * len(self.of_lens)

    def boresight_at(self, mount: int) -> int:
        """First shared unknown of a mount."""
        return 3 + 3 * mount

    def focal_at(self, lens: int) -> int:
        """Shared unknown of a lens's focal length."""
        return 3 + self.boresight.size + lens

    def shown_at(self, lens: int) -> int:
        """Shared unknown of a lens's focal length as pictures show it."""
        return self.focal_at(len(self.of_lens)) + lens

    def frames_of(self, move: Float) -> Float:
        """``(F, 7)`` part of a step that belongs to frames."""
        return np.asarray(move[: 7 * len(self.eyes)].reshape(-1, 7), np.float64)

    def moved(self, move: Float) -> "FlightState":
        """After a step of all unknowns."""
        frames, shared = self.frames_of(move), move[7 * len(self.eyes) :]
        turns = np.array([small_rotation(w) @ turn for w, turn in zip(frames[:, 3:6], self.turns, strict=True)])
        lens, shown = self.focal_at(0), self.shown_at(0)
        return FlightState(
            self.eyes + frames[:, :3],
            turns,
            self.log_focal + frames[:, 6],
            self.shift + shared[:3],
            self.boresight + shared[3:lens].reshape(-1, 3),
            self.of_lens + shared[lens:shown],
            self.shown + shared[shown:],
        )
