"""What is read of Parquet files; a module of its own, so that Arrow is loaded only where there is one."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.sources.telemetry.columns import columns_of, is_telemetry
from pipeline.sources.telemetry.table_samples import MAX_ROWS, Cells, TableRows

MAX_COLUMNS = 2000
MAX_GROUP_BYTES = 128 * 1024 * 1024
"""Of the columns that are read, unpacked, in one row group."""
_ROWS_AT_ONCE = 20_000
_BUFFER_BYTES = 1024 * 1024
"""Of a column's bytes in the file; without one a row group's are read at once."""
_THRIFT_BYTES = 16 * 1024 * 1024


def read_parquet(raw: object, name: str) -> TableRows:
    """Rows of a Parquet file, some at a time.

    Raises:
        InputError: Damaged, not of telemetry, or larger unpacked than is read.
    """
    try:
        return _rows(raw, name)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        why = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(f"{name}: not a sound Parquet file ({why}); was it copied whole?") from error


def _rows(raw: object, name: str) -> TableRows:
    file = pq.ParquetFile(
        raw,
        buffer_size=_BUFFER_BYTES,
        thrift_string_size_limit=_THRIFT_BYTES,
        thrift_container_size_limit=_THRIFT_BYTES // 16,
        page_checksum_verification=True,
    )
    schema, metadata = file.schema_arrow, file.metadata
    names = list(schema.names)[:MAX_COLUMNS]
    columns = columns_of(names)
    if not is_telemetry(columns) or len(set(names)) != len(names):
        raise InputError(f"{name}: a Parquet table without positions and times; see docs/input.md for names")
    wanted = [at for at, column in enumerate(columns) if column and not pa.types.is_nested(schema.field(at).type)]
    table = TableRows(columns)
    for group in range(metadata.num_row_groups):
        claimed = metadata.row_group(group)
        # its .column() ends the process where the footer is damaged: columns are taken to be of one size
        size = claimed.total_byte_size * len(wanted) // max(claimed.num_columns, 1)
        if size > MAX_GROUP_BYTES:
            raise InputError(f"{name}: a row group of {size >> 20} MiB; write it with smaller row groups")
    seen = 0
    for batch in file.iter_batches(_ROWS_AT_ONCE, columns=[names[at] for at in wanted], use_threads=False):
        cells = {at: _cells(batch.column(place)) for place, at in enumerate(wanted)}
        table.add(cells, batch.num_rows)
        seen += batch.num_rows
        if table.rows >= MAX_ROWS:
            table.beyond += max(metadata.num_rows - seen, 0)
            break
    return table


def _cells(column: pa.Array) -> Cells:
    """Text, numbers or times of an Arrow column; what is none of these is not given."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return [text or "" for text in column.to_pylist()]
    if pa.types.is_timestamp(kind):
        # a time with a zone is UTC inside
        unit = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[kind.unit]
        given: NDArray[np.bool_] = np.asarray(column.is_valid())
        whole = np.asarray(column.cast(pa.int64(), safe=False).fill_null(0), np.int64)
        sound = given & (whole > 0) & (whole < 4_102_444_800 * (10**9 // unit))
        return np.where(sound, whole * unit, 0).astype(np.int64)
    if pa.types.is_integer(kind) and column.null_count == 0:
        numbers = np.asarray(column)
        return numbers.astype(np.int64) if numbers.dtype != np.uint64 else np.minimum(numbers, 2**62).astype(np.int64)
    if pa.types.is_boolean(kind):
        return np.asarray(column.cast(pa.int8()).fill_null(0), np.float64)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return np.asarray(column.cast(pa.float64(), safe=False).fill_null(float("nan")), np.float64)
    return np.full(len(column), np.nan)
