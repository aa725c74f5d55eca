"""Features of a GeoJSON file by their id."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from pipeline.errors import ConfigError

MAX_GEOJSON_BYTES = 64 * 1024 * 1024
POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Geometries in longitude and latitude.

    Attributes:
        path: The file.
        raw: Its bytes.
        by_id: Geometry of each feature.
    """

    path: Path
    raw: bytes
    by_id: dict[str, BaseGeometry]

    def polygon(self, feature_id: str) -> BaseGeometry:
        """A polygon.

        Raises:
            ConfigError: There is no such feature, or it is of another kind.
        """
        return self._of(feature_id, POLYGONS, "a polygon")

    def line(self, feature_id: str) -> BaseGeometry:
        """A line.

        Raises:
            ConfigError: There is no such feature, or it is of another kind.
        """
        return self._of(feature_id, LINES, "a line")

    def _of(self, feature_id: str, kinds: tuple[str, ...], words: str) -> BaseGeometry:
        geometry = self.by_id.get(feature_id)
        if geometry is None:
            known = ", ".join(sorted(self.by_id)) or "none"
            raise ConfigError(f"{self.path} has no feature '{feature_id}'; features: {known}")
        if geometry.geom_type not in kinds:
            raise ConfigError(f"{self.path}: feature '{feature_id}' must be {words}, not a {geometry.geom_type}")
        return geometry


def read_features(path: Path) -> Features:
    """Read a FeatureCollection in longitude and latitude (RFC 7946).

    Raises:
        ConfigError: Unreadable, not GeoJSON, a feature without id, or an invalid geometry; names file and feature.
    """
    try:
        if not path.is_file() or path.stat().st_size > MAX_GEOJSON_BYTES:
            raise ConfigError(
                f"{path}: not a regular file of at most {MAX_GEOJSON_BYTES} bytes; is this the right path?"
            )
        raw = path.read_bytes()
        document = json.loads(raw)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); is this the right path?") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not JSON ({error}); is it cut short?") from error
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise ConfigError(f"{path}: not a GeoJSON FeatureCollection; export the layer as GeoJSON in EPSG:4326")
    by_id: dict[str, BaseGeometry] = {}
    for feature_id, geometry in _features(path, document["features"]):
        if feature_id in by_id:
            raise ConfigError(f"{path}: two features have the id '{feature_id}'; ids must be unique")
        by_id[feature_id] = geometry
    return Features(path, raw, by_id)


def _features(path: Path, members: list[object]) -> Iterator[tuple[str, BaseGeometry]]:
    for ordinal, member in enumerate(members, start=1):
        feature = member if isinstance(member, dict) else {}
        properties = feature.get("properties")
        feature_id = feature.get("id", properties.get("id") if isinstance(properties, dict) else None)
        if not isinstance(feature_id, str | int) or feature_id == "":
            raise ConfigError(f'{path}: feature #{ordinal} has no id; give it an "id" that the TOML file can name')
        where = f"{path}: feature '{feature_id}'"
        try:
            geometry = shape(feature["geometry"])
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, ShapelyError) as error:
            raise ConfigError(f"{where} has no geometry that can be read ({error})") from error
        _check(where, geometry)
        yield str(feature_id), shapely.force_2d(geometry)


def _check(where: str, geometry: BaseGeometry) -> None:
    if geometry.is_empty:
        raise ConfigError(f"{where} is empty; draw it or take it out")
    west, south, east, north = geometry.bounds
    if not all(math.isfinite(bound) for bound in geometry.bounds):
        raise ConfigError(f"{where} has a coordinate that is not a number")
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise ConfigError(
            f"{where} is not in longitude and latitude ({west}, {south} to {east}, {north}); export it in EPSG:4326"
        )
    if not geometry.is_valid:
        raise ConfigError(
            f"{where} is invalid: {shapely.is_valid_reason(geometry)}; mend the ring there, so that it does not cross"
            " itself"
        )
