"""What a frame covers on the ground."""

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.validation import make_valid

from pipeline.errors import GeometryError
from pipeline.geometry.camera import pixel_rays
from pipeline.geometry.distortion import Distortion
from pipeline.geometry.terrain_ray import HeightGrid, meet_terrain

Float = NDArray[np.float64]

MAX_RANGE_M = 5000.0
"""Ground farther than this counts as unseen: haze, refraction and the site frame's plane end about there."""

_SAMPLES_PER_SIDE = 24
_SEARCH_GRID = 17
_PARTS = 24
_ROUNDS = 3


def footprint(
    size_px: tuple[int, int],
    K: Float,
    distortion: Distortion,
    eye_m: Float,
    rotation: Float,
    terrain: HeightGrid,
    *,
    max_range_m: float = MAX_RANGE_M,
) -> Float:
    """Outline of a frame on the ground, sampled along the border of the image.

    Border pixels that see no ground (above the horizon, beyond `max_range_m` or the terrain's edge) are moved towards
    the part of the image that does, to the last pixel that sees ground.

    Returns:
        ``(N, 2)`` site metres, counter-clockwise, not closed, without self-crossings.

    Raises:
        GeometryError: No pixel sees ground, or the camera is below the terrain.
    """
    width, height = size_px
    border = _border(width, height)
    sight = _Sight(K, distortion, eye_m, rotation, terrain, max_range_m)
    places = sight(border)
    missing = np.isnan(places[:, 0])
    if missing.any():
        anchor = aim_pixel(size_px, K, distortion, eye_m, rotation, terrain, max_range_m=max_range_m)
        places[missing] = _clip(border[missing], anchor, sight)
    return _simple_outline(places[:, :2])


def ground_sample_distance(
    pixel: Float, K: Float, distortion: Distortion, eye_m: Float, rotation: Float, terrain: HeightGrid
) -> float:
    """Side in metres of the square with the area of one pixel on level ground.

    Args:
        pixel: ``(2,)`` column, row; `aim_pixel` gives the one that stands for the frame.
        K, distortion, eye_m, rotation: Of the camera, as in `footprint`.
        terrain: Heights.

    Returns:
        Metres per pixel; NaN when the pixel sees no ground.

    Source: the solid angle of a pixel, by the derivative of the lens across the ray, carried onto level ground.
    """
    ray = pixel_rays(pixel[None], K, distortion, rotation)
    reach_m = float(np.linalg.norm((meet_terrain(eye_m, ray, terrain) - eye_m)[0]))
    local = ray @ rotation
    across = np.linalg.svd(local)[2][1:]  # two directions square to the ray
    enlarges = abs(float(np.linalg.det(distortion.slopes(local)[0] @ across.T))) * K[0, 0] * K[1, 1]
    return reach_m / float(np.sqrt(enlarges * abs(ray[0, 2])))


def aim_pixel(
    size_px: tuple[int, int],
    K: Float,
    distortion: Distortion,
    eye_m: Float,
    rotation: Float,
    terrain: HeightGrid,
    *,
    max_range_m: float = MAX_RANGE_M,
) -> Float:
    """``(2,)`` the image centre, or the nearest sampled pixel that sees ground.

    Raises:
        GeometryError: No pixel sees ground, or the camera is below the terrain.
    """
    width, height = size_px
    sight = _Sight(K, distortion, eye_m, rotation, terrain, max_range_m)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    if np.isfinite(sight(centre[None])).all():
        return centre
    columns, rows = np.meshgrid(np.linspace(0, width - 1, _SEARCH_GRID), np.linspace(0, height - 1, _SEARCH_GRID))
    pixels = np.column_stack([columns.ravel(), rows.ravel()])
    seen = pixels[np.isfinite(sight(pixels)[:, 0])]
    if not len(seen):
        raise GeometryError(
            f"the frame sees no ground within {max_range_m:.0f} m; does the camera look above the horizon, or does "
            f"the terrain ({terrain.source}) not reach below it?"
        )
    return np.asarray(seen[np.argmin(((seen - centre) ** 2).sum(axis=1))], np.float64)


class _Sight:
    """Pixels to ground within a range: ``(N, 2)`` to ``(N, 3)``, NaN where there is none."""

    def __init__(
        self, K: Float, distortion: Distortion, eye_m: Float, rotation: Float, terrain: HeightGrid, max_range_m: float
    ) -> None:
        self._camera = K, distortion, rotation
        self._eye, self._terrain, self._range = eye_m, terrain, max_range_m

    def __call__(self, pixels: Float) -> Float:
        K, distortion, rotation = self._camera
        places = meet_terrain(self._eye, pixel_rays(pixels, K, distortion, rotation), self._terrain)
        far = ~(np.linalg.norm(places - self._eye, axis=1) <= self._range)
        places[far] = np.nan
        return places


def _clip(outside: Float, anchor: Float, sight: _Sight) -> Float:
    """The first place that sees ground on the way from each unseeing pixel to the anchor, to 1/13824 of the way.

    Each round looks at all ends of `_PARTS` equal parts at once: a walk costs hardly more for many rays than for one.
    """
    start, share = np.zeros(len(outside)), 1.0  # of the way to the anchor
    best = np.repeat(sight(anchor[None]), len(outside), axis=0)
    for _ in range(_ROUNDS):
        share /= _PARTS
        along = start[:, None] + share * np.arange(1.0, _PARTS)
        pixels = outside[:, None] + along[..., None] * (anchor - outside)[:, None]
        places = sight(pixels.reshape(-1, 2)).reshape(len(outside), _PARTS - 1, 3)
        seen = np.isfinite(places[..., 0])
        first = np.where(seen.any(axis=1), seen.argmax(axis=1), _PARTS - 1)
        found = np.flatnonzero(first < _PARTS - 1)
        best[found] = places[found, first[found]]
        start += share * first
    return best


def _border(width: int, height: int) -> Float:
    """Pixels along the outer edge of the image, clockwise as seen in it; half a pixel beyond the centres."""
    share = np.arange(_SAMPLES_PER_SIDE) / _SAMPLES_PER_SIDE
    across, down = share * width - 0.5, share * height - 0.5
    full, zero = np.ones(_SAMPLES_PER_SIDE), np.zeros(_SAMPLES_PER_SIDE)
    return np.vstack(
        [
            np.column_stack([across, zero - 0.5]),
            np.column_stack([full * width - 0.5, down]),
            np.column_stack([width - 1 - across, full * height - 0.5]),
            np.column_stack([zero - 0.5, height - 1 - down]),
        ]
    )


def _simple_outline(places: Float) -> Float:
    """The outline as a simple ring, counter-clockwise. Walls and clipped corners can make it cross itself."""
    distinct = places[np.any(np.abs(places - np.roll(places, 1, axis=0)) > 1e-9, axis=1)]
    if len(distinct) < 3:
        raise GeometryError("the frame covers no area on the ground; is the camera resting on it?")
    polygon = Polygon(distinct)
    if not polygon.is_valid:
        parts = make_valid(polygon)
        polygons = [part for part in getattr(parts, "geoms", [parts]) if isinstance(part, Polygon | MultiPolygon)]
        if not polygons:
            raise GeometryError("the frame covers no area on the ground; is the camera resting on it?")
        largest = max(polygons, key=lambda part: part.area)
        polygon = largest if isinstance(largest, Polygon) else max(largest.geoms, key=lambda part: part.area)
    ring = np.asarray(polygon.exterior.coords)[:-1, :2]
    return np.asarray(ring if polygon.exterior.is_ccw else ring[::-1], np.float64)
