"""Tables as Parquet bytes; those with places as GeoParquet 1.1.

The bytes depend on the rows and on the versions of pyarrow and PROJ alone.
"""

import io
import json
from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from pipeline.sinks.columns import Dataset, Record

GEOPARQUET_VERSION = "1.1.0"
ZSTD_LEVEL = 6


@lru_cache(maxsize=1)
def _crs84() -> dict[str, object]:
    crs: dict[str, object] = CRS.from_user_input("OGC:CRS84").to_json_dict()
    return crs


def geo_metadata(table: pa.Table) -> dict[str, object]:
    """The ``geo`` entry of a table with the columns ``geometry`` (well-known binary) and ``bbox``.

    The types and the bounding box are those of the rows; no rows have neither.

    Source: GeoParquet specification 1.1.0, "Column metadata" and "covering".
    """
    shapes = shapely.from_wkb([value for value in table.column("geometry").to_pylist() if value is not None])
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": sorted({shape.geom_type for shape in shapes}),
        "crs": _crs84(),
        "edges": "planar",
        "orientation": "counterclockwise",
        "covering": {"bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}},
    }
    if len(shapes):
        column["bbox"] = [float(value) for value in shapely.total_bounds(shapes)]
    return {"version": GEOPARQUET_VERSION, "primary_column": "geometry", "columns": {"geometry": column}}


def encode(dataset: Dataset[Record], table: pa.Table) -> bytes:
    """A table as a Parquet file: zstd, one schema, readable by itself.

    Args:
        dataset: Whose rows they are.
        table: Of `Dataset.table`.

    Returns:
        The file's bytes.
    """
    metadata = {"trucewatch": f"{dataset.name}/{dataset.version}"}
    if dataset.spatial:
        metadata["geo"] = json.dumps(geo_metadata(table), sort_keys=True, separators=(",", ":"), allow_nan=False)
    sink = io.BytesIO()
    described = table.replace_schema_metadata(metadata)
    words = [column.name for column in dataset.columns if pa.types.is_dictionary(column.type)]
    with pq.ParquetWriter(
        sink,
        described.schema,
        version="2.6",
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=words,
        store_schema=True,
        write_statistics=True,
    ) as writer:
        if table.num_rows:  # an empty row group would lack the statistics that readers look for
            writer.write_table(described, row_group_size=dataset.rows_per_group)
    return sink.getvalue()
