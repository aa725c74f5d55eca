"""On which ground a thing lies, when neither its place nor the ground's edge is known exactly.

A *region* is a polygon whose edge is uncertain: the whole edge may lie further out or further in than drawn, by a
common shift normal to it with the standard deviation ``accuracy_m / 1.96`` (accuracies are 95 % half-widths). A point
with error e lies in the region shifted outward by s where its signed distance to the edge, positive inside, exceeds
-s. So the probability is the mean over e of Φ(d(x + e) / σ), exact for an edge of any shape as far as the shift is
concerned; for the point's own error it has a closed form where the edge is straight over a few of its standard
deviations, and is summed over fixed points where it is not.

The side of a line comes from two such regions. Nothing here knows which of them is called what: exchanging them
exchanges the answers, to the last bit.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from shapely.geometry import GeometryCollection
from shapely.geometry.base import BaseGeometry

from pipeline.errors import GeometryError

Float = NDArray[np.float64]

SIGMAS_PER_HALF_WIDTH = 1.959963984540054
"""Standard deviations in a 95 % half-width of a normal error."""
CHI95_2D = float(np.sqrt(-2 * np.log(0.05)))
"""Semi-axes of a 95 % error ellipse per standard deviation."""
EDGE_TOLERANCE_M = 0.5
"""An edge this near to the extent's own edge is the end of what is drawn, not a line between two grounds."""
FAR_SIGMAS = 8.0
"""Beyond this many standard deviations of everything together, a probability is 0 or 1."""
SAMPLES = 256


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Ground with an uncertain edge, in site metres.

    Attributes:
        polygon: The ground.
        edge: Its boundary, as far as it divides it from other ground; empty where nothing does.
        sigma_m: Standard deviation of the edge's place.
    """

    polygon: BaseGeometry
    edge: BaseGeometry
    sigma_m: float

    @classmethod
    def of(cls, polygon: BaseGeometry, accuracy_m: float, extent: BaseGeometry | None = None) -> "Region":
        """A region from its polygon.

        Args:
            polygon: In site metres.
            accuracy_m: 95 % half-width of its edge's place.
            extent: Ground that was drawn at all; the polygon's edge along the extent's divides nothing.

        Raises:
            GeometryError: The polygon is invalid or the accuracy negative.
        """
        if not polygon.is_valid:
            raise GeometryError(f"a polygon of ground is invalid: {shapely.is_valid_reason(polygon)}")
        if not accuracy_m >= 0:
            raise GeometryError(f"an accuracy must be 0 m or more, not {accuracy_m}")
        edge = polygon.boundary if not polygon.is_empty else GeometryCollection()
        if extent is not None and not edge.is_empty:
            edge = edge.difference(extent.boundary.buffer(EDGE_TOLERANCE_M))
        shapely.prepare([polygon, edge])
        return cls(polygon, edge, accuracy_m / SIGMAS_PER_HALF_WIDTH)

    def signed_distance_m(self, xy_m: Float) -> Float:
        """``(N,)`` distance of ``(N, 2)`` points from the edge: positive inside; infinite where there is no edge."""
        points = shapely.points(xy_m)
        inside = shapely.intersects(self.polygon, points)
        away = np.full(len(xy_m), np.inf) if self.edge.is_empty else _distance(self.edge, points)
        return np.where(inside, away, -away)


def probability_inside(region: Region, xy_m: Float, covariance_m2: Float) -> Float:
    """Probability that points lie in a region.

    Args:
        region: The ground.
        xy_m: ``(N, 2)`` site metres.
        covariance_m2: ``(N, 2, 2)`` of each point.

    Returns:
        ``(N,)``; NaN where a position or covariance is not finite.
    """
    return _known_inside(region, xy_m, covariance_m2, region.signed_distance_m(xy_m))


def _distance(geometry: BaseGeometry, points: NDArray[np.object_]) -> Float:
    with np.errstate(invalid="ignore"):  # a point that is not known is NaN away
        return np.asarray(shapely.distance(geometry, points), np.float64)


def _known_inside(region: Region, xy_m: Float, covariance_m2: Float, distance_m: Float) -> Float:
    probability = np.full(len(xy_m), np.nan)
    known = np.isfinite(xy_m).all(axis=1) & np.isfinite(covariance_m2).all(axis=(1, 2))
    if known.any():
        probability[known] = _inside(region, xy_m[known], covariance_m2[known], distance_m[known])
    return probability


def _inside(region: Region, xy_m: Float, covariance_m2: Float, distance: Float) -> Float:
    variance, axes = np.linalg.eigh(covariance_m2)
    sigma = np.sqrt(np.maximum(variance, 0.0))
    probability = np.where(distance >= 0, 1.0, 0.0)
    probability[distance == 0] = 0.5
    near = np.abs(distance) < FAR_SIGMAS * np.hypot(sigma[:, 1], region.sigma_m)
    if not near.any():
        return probability
    slope, bent = _slope(region, xy_m[near], distance[near], sigma[near], axes[near])
    spread = np.sqrt((slope**2 * variance[near]).sum(axis=1).clip(min=0.0) + region.sigma_m**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        straight = ndtr(distance[near] / spread)
    probability[near] = np.where(spread > 0, straight, probability[near])
    curved = np.flatnonzero(near)[bent]
    if curved.size:
        probability[curved] = _sampled(region, xy_m[curved], sigma[curved], axes[curved])
    return probability


def _slope(
    region: Region, xy_m: Float, distance_m: Float, sigma_m: Float, axes: Float
) -> tuple[Float, NDArray[np.bool_]]:
    """Slope of the signed distance along both axes of the error, and where it is not a plane over two sigmas."""
    slope = np.zeros_like(sigma_m)
    deviation = np.zeros(len(xy_m))
    for axis in range(2):
        step = np.maximum(2 * sigma_m[:, axis], 1e-3)
        along = step[:, None] * axes[:, :, axis]
        ahead = region.signed_distance_m(xy_m + along)
        behind = region.signed_distance_m(xy_m - along)
        slope[:, axis] = (ahead - behind) / (2 * step)
        deviation = np.maximum(deviation, np.abs(ahead + behind - 2 * distance_m) / 2)
    scale = np.hypot(sigma_m[:, 1], region.sigma_m)
    steep = np.abs((slope**2).sum(axis=1) - 1) > 0.02
    return slope, ((deviation > 0.02 * scale) | steep) & (sigma_m[:, 1] > 1e-3)


def _sampled(region: Region, xy_m: Float, sigma_m: Float, axes: Float) -> Float:
    """Mean over fixed points, each with a step a seventh of a standard deviation wide, so that few points do."""
    rest = sigma_m[:, 0] ** 2 / 50
    spread = np.sqrt(rest + region.sigma_m**2)
    scales = np.sqrt(np.maximum(sigma_m**2 - rest[:, None], 0.0))
    normal = _normal_points(SAMPLES)
    total = np.zeros(len(xy_m))
    for point in normal:
        moved = xy_m + np.einsum("nij,nj->ni", axes, scales * point)
        distance = region.signed_distance_m(moved)
        with np.errstate(divide="ignore", invalid="ignore"):
            smooth = ndtr(distance / spread)
        total += np.where(spread > 0, smooth, np.where(distance >= 0, 1.0, 0.0))
    return total / len(normal)


def _normal_points(count: int) -> Float:
    """``(count, 2)`` points of a plane normal distribution, symmetric about 0.

    Source: additive recurrence on the plastic number (Roberts' R2 sequence), mapped by the normal quantile.
    """
    plastic = 1.324717957244746
    ordinal = np.arange(1, count // 2 + 1)[:, None]
    uniform = (0.5 + ordinal * np.array([1 / plastic, 1 / plastic**2])) % 1.0
    half = ndtri(uniform)
    return np.vstack([half, -half])


@dataclass(frozen=True, slots=True, eq=False)
class SideModel:
    """A line between two grounds, in site metres, ready to be asked.

    Attributes:
        line: The line.
        a, b: Ground of each party. What is in neither lies between them.
        extent: Nothing is said outside.
    """

    line: BaseGeometry
    a: Region
    b: Region
    extent: BaseGeometry

    @classmethod
    def of(
        cls,
        line: BaseGeometry,
        side_a: BaseGeometry,
        side_b: BaseGeometry,
        accuracy_m: float,
        extent: BaseGeometry | None = None,
    ) -> "SideModel":
        """A model from the line, both sides and the 95 % half-width of the line's place.

        Raises:
            GeometryError: A polygon is invalid, or the sides overlap.
        """
        if side_a.intersects(side_b) and side_a.intersection(side_b).area > EDGE_TOLERANCE_M * max(line.length, 10.0):
            raise GeometryError("the two sides of a line overlap: the same ground cannot be both; cut one by the other")
        whole = shapely.union(side_a, side_b).convex_hull if extent is None else extent
        shapely.prepare([line, whole])
        return cls(line, Region.of(side_a, accuracy_m, whole), Region.of(side_b, accuracy_m, whole), whole)


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Probabilities of points by one line.

    Attributes:
        p_a, p_b, p_between: ``(N,)``; NaN outside the line's extent.
        distance_m: ``(N,)`` signed distance to the line: positive on b's ground, negative on a's; between two forward
            lines the sign is that of the nearer ground, and NaN where neither is nearer.
    """

    p_a: Float
    p_b: Float
    p_between: Float
    distance_m: Float


def sides_of(model: SideModel, xy_m: Float, covariance_m2: Float) -> Sides:
    """On whose ground points lie.

    Args:
        model: The line.
        xy_m: ``(N, 2)`` site metres.
        covariance_m2: ``(N, 2, 2)``.

    Returns:
        Probabilities and signed distances; the three probabilities add up to 1.
    """
    within_a, within_b = model.a.signed_distance_m(xy_m), model.b.signed_distance_m(xy_m)
    p_a = _known_inside(model.a, xy_m, covariance_m2, within_a)
    p_b = _known_inside(model.b, xy_m, covariance_m2, within_b)
    excess = np.maximum(p_a + p_b, 1.0)  # closed forms of two differently bent edges may add up to a little over 1
    p_a, p_b = p_a / excess, p_b / excess
    points = shapely.points(xy_m)
    away = _distance(model.line, points)
    with np.errstate(invalid="ignore"):
        lead = within_b - within_a
    sign = np.sign(np.nan_to_num(lead, posinf=1.0, neginf=-1.0))
    inside = shapely.intersects(model.extent, points)
    blank = np.where(inside, 0.0, np.nan)
    away[(sign == 0) & (away > 0)] = np.nan
    away[~np.isfinite(away)] = np.nan
    distance = sign * away
    # 1 - p_a - p_b would depend on the order of the two
    return Sides(p_a + blank, p_b + blank, np.maximum(1 - (p_a + p_b), 0.0) + blank, distance + blank)


def certain_ground(region: Region, probability: float) -> BaseGeometry:
    """The part of a region where a perfectly placed point would lie in it with at least this probability."""
    margin = margin_m(region, probability)
    return region.polygon if margin == 0 else region.polygon.difference(region.edge.buffer(margin))


def margin_m(region: Region, probability: float) -> float:
    """How far from its edge a perfectly placed point must be to lie in or out of a region with this probability."""
    return 0.0 if region.edge.is_empty else float(ndtri(probability)) * region.sigma_m
