"""Shapes as GeoParquet wants them: flat, finite, counter-clockwise, ISO well-known binary."""

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient


def published_shape(shape: BaseGeometry | None) -> BaseGeometry | None:
    """The shape that is published for a shape in longitude and latitude.

    Returns:
        Flat, valid, with counter-clockwise outer rings; None for nothing, an empty shape, or one with a coordinate
        that is not finite or not on Earth: an infinite number would spoil the file's bounding box.
    """
    if shape is None or shape.is_empty:
        return None
    flat = shapely.force_2d(shape)
    xy = shapely.get_coordinates(flat)
    if not bool(((abs(xy[:, 0]) <= 180) & (abs(xy[:, 1]) <= 90)).all()):  # False for NaN as well
        return None
    if flat.geom_type in ("Polygon", "MultiPolygon"):
        flat = _area(flat)
    return flat


def _area(shape: BaseGeometry) -> BaseGeometry:
    """Polygons with a defined inside. An outline that crosses itself is split there; a line without area stays one."""
    whole = shape if shape.is_valid else shapely.make_valid(shape)
    pieces = shapely.get_parts(shapely.get_parts(whole))  # twice: a repaired outline may be a collection of multiparts
    parts = [orient(piece) for piece in pieces if isinstance(piece, Polygon)]
    if not parts:
        return whole
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def iso_wkb(shape: BaseGeometry | None) -> bytes | None:
    """ISO well-known binary, little-endian, of the published shape."""
    published = published_shape(shape)
    if published is None:
        return None
    return bytes(shapely.to_wkb(published, output_dimension=2, byte_order=1, flavor="iso"))


def bounds(shape: BaseGeometry | None) -> dict[str, float] | None:
    """Bounding box of the published shape, as the ``bbox`` column holds it."""
    published = published_shape(shape)
    if published is None:
        return None
    return dict(zip(("xmin", "ymin", "xmax", "ymax"), map(float, published.bounds), strict=True))
