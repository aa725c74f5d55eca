"""A bundle's row, its pictures and the places of its frames, as they were published."""

import base64
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from pipeline.errors import PublishError
from pipeline.sinks.bundle_store import Part
from pipeline.sinks.candidate_columns import CANDIDATES
from pipeline.sinks.find_candidate import PublishedRow, chips_of
from pipeline.sinks.frame_columns import FRAMES
from pipeline.sinks.geoparquet import encode

ROW = "row.parquet"


def row_parts(out: Path, row: PublishedRow) -> list[Part]:
    """The row as published and for reading, and its pictures."""
    plain = json.dumps(row.values, indent=1, ensure_ascii=False, default=_readable) + "\n"
    parts = [
        Part(ROW, "the row as published (GeoParquet)", encode(CANDIDATES, row.table)),
        Part("row.json", "the same row, for reading", plain.encode()),
    ]
    told: list[dict[str, Any]] = []
    for chip in chips_of(out, row).to_pylist():
        path = f"chips/{chip['role']}.jpg"
        parts.append(Part(path, f"picture of the row: {chip['role']}", chip.pop("jpeg")))
        told.append({"path": path, **chip})
    text = json.dumps(told, indent=1, ensure_ascii=False, default=_readable) + "\n"
    return [*parts, Part("chips/chips.json", "what each picture is", text.encode())]


def frame_rows(out: Path, row: PublishedRow, frame_ids: set[str]) -> Part:
    """Where each bundled frame lies, as published.

    Raises:
        PublishError: The published file cannot be read.
    """
    path = out / FRAMES.path(row.values["night_id"], row.values["sortie_id"])
    try:
        table = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise PublishError(f"{path}: cannot be read: {error}; restore it, or run its sortie again") from error
    chosen = table.filter(pc.is_in(table["frame_id"], pa.array(sorted(frame_ids), pa.string())))
    return Part("frames.parquet", "where each frame lies (GeoParquet)", encode(FRAMES, chosen))


def _readable(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return str(shapely.from_wkb(value).wkt) if value[:1] in b"\x00\x01" else base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)
