"""What errors of the elevation model do to a pose that was fitted to its heights, and how the two go together.

Such errors reach as far as a frame does, so that all points of a frame share them. Counting points as independent
makes a pose seem known far better than it is. Counting pose and ground as independent makes places seem known far
worse: ground that is found through the same wrong heights which bent the pose lies nearly right again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

LENGTHS_M = np.array([10.0, 30.0, 100.0, 300.0, 1000.0])
"""Over what lengths errors of an elevation model are alike, in equal shares: no scale is preferred."""

_HALVINGS = 5
_BLOCK = 4096


def correlation(away_m2: Float, spread_m2: Float) -> Float:
    """Correlation of the mean errors of heights around two places.

    Args:
        away_m2: Squared distance of the places.
        spread_m2: Variance along an axis of the points around the one, and of those around the other, summed.

    Returns:
        As broadcast. 1 at one place; the mean over places around is known better than one of them.

    Source: exp(-d²/L²) averaged over two Gaussian densities, which is a Gaussian of d again.
    """
    half = LENGTHS_M**2 / 2
    wide = half + np.asarray(spread_m2)[..., None]
    return np.asarray((half / wide * np.exp(-np.asarray(away_m2)[..., None] / (2 * wide))).mean(axis=-1), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Leverage:
    """How seven unknowns of a frame move with the heights of the ground that they were fitted to.

    Attributes:
        places_m: ``(G, 2)`` middles of groups of points.
        spread_m2: ``(G,)`` variance along an axis within each group.
        moves: ``(G, 7)`` of eye (m), small rotation (rad), logarithm of the focal length: when heights around there
            are too high by one standard deviation of the elevation model.
    """

    places_m: Float
    spread_m2: Float
    moves: Float

    @classmethod
    def none(cls) -> "Leverage":
        """Of a pose that rests on no heights."""
        return cls(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 7)))

    @classmethod
    def of_points(cls, points_m: Float, weights: Float, pulls: Float) -> "Leverage":
        """Of points, in groups of neighbours.

        Args:
            points_m: ``(N, 3)`` site metres.
            weights: ``(N,)`` how much each one's height matters; those without any are left out.
            pulls: ``(N, 7)`` what each one adds to the right side of the equations when it is too high.
        """
        known = np.flatnonzero(weights > 0)
        groups = _neighbours(points_m[known, :2])
        places, spread, moves = np.zeros((len(groups), 2)), np.zeros(len(groups)), np.zeros((len(groups), 7))
        for ordinal, group in enumerate(groups):
            own = known[group]
            share = weights[own] / weights[own].sum()
            places[ordinal] = share @ points_m[own, :2]
            spread[ordinal] = share @ ((points_m[own, :2] - places[ordinal]) ** 2).sum(axis=1) / 2
            moves[ordinal] = pulls[own].sum(axis=0)
        return cls(places, spread, moves)

    def scaled(self, share: float) -> "Leverage":
        """The pulls of points that count for a share of what they are."""
        return Leverage(self.places_m, self.spread_m2, share * self.moves)

    def solved(self, inverse: Float) -> "Leverage":
        """The moves that pulls on the equations make, by the ``(7, 7)`` inverse of their matrix."""
        return Leverage(self.places_m, self.spread_m2, self.moves @ inverse)

    def covariance(self) -> Float:
        """``(7, 7)`` covariance that errors of the heights add.

        Source: the "consider" covariance of estimation with parameters that are not solved for.
        """
        away = self.places_m[:, None] - self.places_m
        alike = correlation((away**2).sum(axis=2), self.spread_m2[:, None] + self.spread_m2)
        return np.asarray(self.moves.T @ alike @ self.moves, np.float64)

    def with_heights(self, points_m: Float) -> Float:
        """``(N, 7)`` covariance of the unknowns with the heights at some points, in standard deviations of these.

        It vanishes away from the ground that the frame was fitted to.
        """
        out = np.zeros((len(points_m), 7))
        for first in range(0, len(points_m), _BLOCK):
            away = points_m[first : first + _BLOCK, None, :2] - self.places_m
            out[first : first + _BLOCK] = correlation((away**2).sum(axis=2), self.spread_m2) @ self.moves
        return out


def _neighbours(xy_m: Float) -> list[NDArray[np.intp]]:
    """Ordinals of points in up to 32 groups of equal size: halved across their longer side again and again."""
    groups = [np.arange(len(xy_m))] if len(xy_m) else []
    for _ in range(_HALVINGS):
        halves = []
        for group in groups:
            longer = int(np.argmax(np.ptp(xy_m[group], axis=0)))
            order = group[np.argsort(xy_m[group, longer], kind="stable")]
            halves += [half for half in np.array_split(order, 2) if len(half)]
        groups = halves
    return groups
