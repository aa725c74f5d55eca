"""The archive's index: which sortie saw which tile. GeoParquet 1.1, one file a sortie, so that adding is one rename."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from pipeline.errors import InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.tile import TileEntry, TileKey

_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Polygon"], "orientation": "counterclockwise"}},
}
SCHEMA = pa.schema(
    [
        pa.field("epsg", pa.int32(), False),
        pa.field("gsd_mm", pa.int32(), False),
        pa.field("column", pa.int32(), False),
        pa.field("row", pa.int32(), False),
        pa.field("sortie_id", pa.string(), False),
        pa.field("files", pa.list_(pa.string()), False),
        pa.field("sha256", pa.string(), False),
        pa.field("t_start_utc_ns", pa.int64(), False),
        pa.field("t_end_utc_ns", pa.int64(), False),
        pa.field("valid_share", pa.float64(), False),
        pa.field("ce95_m", pa.float64(), False),
        pa.field("geometry", pa.binary(), False),
    ],
    metadata={"geo": json.dumps(_GEO, sort_keys=True)},
)
"""Columns of the index; the geometry is the tile's outline in longitude and latitude (CRS84)."""


def write_index(path: Path, entries: Iterable[TileEntry]) -> None:
    """Write entries in order of key and sortie.

    Raises:
        OSError: The disk is full.
    """
    rows = [
        {
            "epsg": entry.key.epsg,
            "gsd_mm": entry.key.gsd_mm,
            "column": entry.key.column,
            "row": entry.key.row,
            "sortie_id": entry.sortie_id,
            "files": list(entry.files),
            "sha256": entry.sha256,
            "t_start_utc_ns": entry.t_start_utc_ns,
            "t_end_utc_ns": entry.t_end_utc_ns,
            "valid_share": entry.valid_share,
            "ce95_m": entry.ce95_m,
            "geometry": shapely.to_wkb(_outline(entry.key), byte_order=1),
        }
        for entry in sorted(entries, key=lambda entry: (entry.key, entry.sortie_id))
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")


def read_index(path: Path) -> list[TileEntry]:
    """Entries in the order written.

    Raises:
        InputError: The file is damaged or no index.
    """
    try:
        rows = pq.read_table(path, schema=SCHEMA, partitioning=None).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"archive index {path.name} cannot be read ({error}); set it aside and run its sortie again with --force"
        ) from error
    return [
        TileEntry(
            TileKey(row["epsg"], row["gsd_mm"], row["column"], row["row"]),
            row["sortie_id"],
            tuple(row["files"]),
            row["sha256"],
            row["t_start_utc_ns"],
            row["t_end_utc_ns"],
            row["valid_share"],
            row["ce95_m"],
        )
        for row in rows
    ]


def _outline(key: TileKey) -> shapely.Polygon:
    """Counter-clockwise corners in longitude and latitude."""
    west, north, span = key.west_m, key.north_m, key.span_m
    frame = SiteFrame(key.epsg, 0.0, 0.0, 1.0, 0.0)
    corners = np.array([[west, north - span], [west + span, north - span], [west + span, north], [west, north]])
    return shapely.Polygon(frame.to_lonlat(corners))
