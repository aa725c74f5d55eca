"""GeoParquet 1.1 files of any of the truth's schemas, row group by row group."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from shapely import from_wkb, to_wkb
from shapely.geometry import Point, Polygon

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float

ROWS_PER_GROUP = 20_000
"""Rows are held until there are as many."""


class TableFile:
    """One Parquet file; geometry columns make it GeoParquet (WKB, longitude and latitude, CRS84).

    Args:
        path: File to write.
        schema: One of `pipeline.simulator.truth.schemas`.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._held: list[pa.Table] = []
        self._groups: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None
        self._box = [np.inf, np.inf, -np.inf, -np.inf]
        self._kinds: set[str] = set()

    def add(self, rows: Iterable[Mapping[str, Any]] | pa.Table) -> None:
        """Append rows."""
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows), schema=self._schema)
        if "geometry" in self._schema.names:
            self._note(table["geometry"].to_pylist())
        self._held.append(table)
        if sum(len(held) for held in self._held) >= ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is held and the metadata, which only now are known."""
        self._flush()
        if self._writer is None:
            return
        if "geometry" in self._schema.names:
            self._writer.add_key_value_metadata({"geo": json.dumps(self._geo(), sort_keys=True)})
        self._writer.close()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd")
        if self._held or self._schema is None:
            self._writer.write_table(pa.concat_tables(self._held), row_group_size=ROWS_PER_GROUP)
        self._held = []

    def _note(self, shapes: list[bytes | None]) -> None:
        for shape in from_wkb([shape for shape in shapes if shape is not None]):
            self._kinds.add(shape.geom_type)
            west, south, east, north = shape.bounds
            old = self._box
            self._box = [min(old[0], west), min(old[1], south), max(old[2], east), max(old[3], north)]

    def _geo(self) -> dict[str, Any]:
        column: dict[str, Any] = {"encoding": "WKB", "geometry_types": sorted(self._kinds)}
        if self._kinds:
            column["bbox"] = self._box
        return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def write_table(path: Path, schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> None:
    """A whole table at once."""
    file = TableFile(path, schema)
    file.add(rows)
    file.close()


def polygon_wkb(site: SiteFrame, outline_m: Float | None) -> bytes | None:
    """Outline in site metres ``(N, 2)`` as a polygon in longitude and latitude; None where there is none."""
    if outline_m is None or len(outline_m) < 3:
        return None
    data: bytes = to_wkb(Polygon(np.round(site.to_lonlat(outline_m), 9)), byte_order=1)
    return data


def point_wkb(lon_deg: float, lat_deg: float) -> bytes:
    """A point."""
    data: bytes = to_wkb(Point(lon_deg, lat_deg), byte_order=1)
    return data


def outline_of(site: SiteFrame, wkb: bytes | None) -> Float | None:
    """``(N, 2)`` site metres of a polygon's outer ring; not closed."""
    if wkb is None:
        return None
    ring = np.asarray(from_wkb(wkb).exterior.coords, np.float64)[:-1, :2]
    return site.from_lonlat(ring[:, 0], ring[:, 1])
