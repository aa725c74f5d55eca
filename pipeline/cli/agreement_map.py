"""An agreement as a drawing that needs no network: one SVG."""

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.records.agreement import ReferenceLine, Zone

WIDTH_PX = 1000.0
MARGIN_PX = 30.0
LEGEND_ROW_PX = 22.0
M_PER_DEGREE = 111_320.0
"""Metres in a degree of latitude, for the scale bar and the width of the uncertain band."""
ZONE_COLOURS = ("#7b5ea7", "#2a9d8f", "#b5651d", "#577590", "#9a8c00", "#a4506c")
SIDE_COLOURS = {"a": "#dce9f5", "b": "#f7e6d4"}


class _Plane:
    """Longitude and latitude to pixels: equal scales in the middle of the drawing."""

    def __init__(self, bounds: tuple[float, float, float, float]) -> None:
        self.west, south, east, self.north = bounds
        self.squeeze = math.cos(math.radians((south + self.north) / 2))
        span = max((east - self.west) * self.squeeze, (self.north - south) * 0.6, 1e-6)
        self.scale = (WIDTH_PX - 2 * MARGIN_PX) / span
        self.height_px = (self.north - south) * self.scale + 2 * MARGIN_PX

    def path(self, geometry: BaseGeometry) -> str:
        """Path data of lines and of polygons with their holes."""
        flat = geometry.boundary if geometry.geom_type in ("Polygon", "MultiPolygon") else geometry
        return " ".join(self._ring(np.asarray(part.coords)) for part in shapely.get_parts(flat))

    def metres(self, length_m: float) -> float:
        """Pixels of a length."""
        return length_m / M_PER_DEGREE * self.scale

    def place(self, geometry: BaseGeometry) -> tuple[float, float]:
        """Pixel of a point within a shape."""
        point = geometry.representative_point()
        return self._x(point.x), self._y(point.y)

    def _ring(self, coordinates: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
        pixels = [f"{self._x(lon):.1f},{self._y(lat):.1f}" for lon, lat in coordinates[:, :2]]
        return f"M{pixels[0]} L{' '.join(pixels[1:])}"

    def _x(self, lon_deg: float) -> float:
        return (lon_deg - self.west) * self.squeeze * self.scale + MARGIN_PX

    def _y(self, lat_deg: float) -> float:
        return (self.north - lat_deg) * self.scale + MARGIN_PX


def draw(title: str, lines: list[ReferenceLine], zones: list[Zone]) -> str:
    """Sides, zones and lines, each line with the band in which the side can't be told.

    Returns:
        A whole SVG document.
    """
    shapes = [*(line.geometry for line in lines), *(zone.geometry for zone in zones)]
    shapes += [line.extent for line in lines if line.extent is not None]
    bounds = tuple(shapely.total_bounds(shapes).tolist()) if shapes else (0.0, 0.0, 1.0, 1.0)
    plane = _Plane((bounds[0], bounds[1], bounds[2], bounds[3]))
    legend = list(_legend(lines, zones))
    top = plane.height_px + LEGEND_ROW_PX
    height = top + LEGEND_ROW_PX * (len(legend) + 1)
    body = [*_sides(plane, lines), *_zones(plane, zones), *_lines(plane, lines), *_scale(plane)]
    for row, (colour, text) in enumerate(legend):
        y = top + LEGEND_ROW_PX * (row + 1)
        body.append(f'<rect x="{MARGIN_PX}" y="{y - 12:.0f}" width="18" height="12" fill="{colour}"/>')
        body.append(f'<text x="{MARGIN_PX + 26}" y="{y - 2:.0f}">{escape(text)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX:.0f} {height:.0f}" '
        'font-family="sans-serif" font-size="13">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(body)
        + f'\n<text x="{MARGIN_PX}" y="20" font-size="16">{escape(title)}</text>\n</svg>\n'
    )


def _sides(plane: _Plane, lines: list[ReferenceLine]) -> Iterator[str]:
    for line in lines[:1]:
        for label, ground in (("a", line.side_a), ("b", line.side_b)):
            if ground.is_empty:
                continue
            x, y = plane.place(ground)
            yield f'<path d="{plane.path(ground)}" fill="{SIDE_COLOURS[label]}" fill-rule="evenodd"/>'
            yield f'<text x="{x:.0f}" y="{y:.0f}" font-size="28" fill="#888">{label}</text>'


def _zones(plane: _Plane, zones: list[Zone]) -> Iterator[str]:
    for index, zone in enumerate(zones):
        colour = ZONE_COLOURS[index % len(ZONE_COLOURS)]
        yield (
            f'<path d="{plane.path(zone.geometry)}" fill="{colour}" fill-opacity="0.15" fill-rule="evenodd" '
            f'stroke="{colour}" stroke-dasharray="6 3"/>'
        )


def _lines(plane: _Plane, lines: list[ReferenceLine]) -> Iterator[str]:
    for line in lines:
        path = plane.path(line.geometry)
        band = max(2 * plane.metres(line.accuracy_m), 1.0)
        faint = 'stroke-opacity="0.15" stroke-linejoin="round"'
        yield f'<path d="{path}" fill="none" stroke="#c00" {faint} stroke-width="{band:.1f}"/>'
        yield f'<path d="{path}" fill="none" stroke="#c00" stroke-width="1.6"/>'


def _scale(plane: _Plane) -> Iterator[str]:
    widest = (WIDTH_PX / 4) / plane.metres(1.0)
    length_m = 10 ** math.floor(math.log10(widest))
    length_m *= max(step for step in (1, 2, 5) if step * length_m <= widest)
    right, y = WIDTH_PX - MARGIN_PX, plane.height_px
    left = right - plane.metres(length_m)
    words = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    yield f'<path d="M{left:.1f},{y:.1f} L{right:.1f},{y:.1f}" stroke="black" stroke-width="2"/>'
    yield f'<text x="{left:.0f}" y="{y + 16:.0f}">{words}</text>'


def _legend(lines: list[ReferenceLine], zones: list[Zone]) -> Iterator[tuple[str, str]]:
    for line in lines:
        drawn = "approximate" if line.approximate else "surveyed"
        yield "#c00", f"line {line.line_id}, {drawn}, ±{line.accuracy_m:g} m (95 %, the band): {line.source}"
    for index, zone in enumerate(zones):
        colour = ZONE_COLOURS[index % len(ZONE_COLOURS)]
        name = dict(zone.names).get("en", "")
        yield colour, f"zone {zone.zone_id} {name}, ±{zone.accuracy_m:g} m: {zone.source}".replace(" ,", ",")
