"""Columns and data sets: the type, the meaning, the unit and the source of every published value in one place."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

import pyarrow as pa

from pipeline.errors import PublishError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.mover_sight import FrameSight

Record = TypeVar("Record")

TEXT = pa.string()
NUMBER = pa.float64()
COUNT = pa.int32()
FLAG = pa.bool_()
TIME = pa.timestamp("us", tz="UTC")
WORD = pa.dictionary(pa.int32(), pa.string())
"""One of a few words; the page of columns lists them."""
TEXTS = pa.list_(pa.field("element", TEXT))
"""An element may be null where lists go side by side, e.g. the hash of a frame that has none."""
WKB = pa.binary()
BBOX = pa.struct([pa.field(name, NUMBER, nullable=False) for name in ("xmin", "ymin", "xmax", "ymax")])
PARAMETER = pa.struct([pa.field("name", TEXT, nullable=False), pa.field("value", NUMBER)])
REASON = pa.struct(
    [
        pa.field("code", TEXT, nullable=False),
        pa.field("parameters", pa.list_(pa.field("element", PARAMETER, nullable=False)), nullable=False),
    ]
)
REASONS = pa.list_(pa.field("element", REASON, nullable=False))

PARTITION_KEYS = ("night", "sortie")
"""Keys of the folders. A column of that name would clash with them in every reader."""


@dataclass(frozen=True, slots=True)
class RowContext:
    """What a row needs beside its record.

    Attributes:
        sortie_id, night_id: Which flight.
        site: The plane in which the record's metres are; None where no record has any.
        sights: What movers had to be like to be seen, by frame; of the frames that were looked at.
    """

    sortie_id: str
    night_id: str
    site: SiteFrame | None
    sights: Mapping[str, FrameSight] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column(Generic[Record]):
    """One column.

    Attributes:
        name, type: As in the file.
        meaning: A sentence for analysts.
        read: The value for a record; None, NaN and infinity become null.
        unit: Empty for what has none.
        required: Never null.
        words: Values of an enumeration and what each means; empty where the configuration or a plug-in names them.
    """

    name: str
    type: pa.DataType
    meaning: str
    read: Callable[[Record, RowContext], object]
    unit: str = ""
    required: bool = False
    words: tuple[tuple[str, str], ...] = ()

    @property
    def field(self) -> pa.Field:
        """Name, type and nullability."""
        return pa.field(self.name, self.type, nullable=not self.required)


@dataclass(frozen=True, slots=True)
class Dataset(Generic[Record]):
    """One published table. Version 1 of a data set never changes its columns.

    Attributes:
        name: Folder under the output.
        about: A sentence: what a row is.
        columns: In the order of the file.
        order: Columns that rows are sorted by; together unique.
        partitions: Folders below the version.
        version: ``v1``.
        rows_per_group: Rows that a reader must load together.
    """

    name: str
    about: str
    columns: tuple[Column[Record], ...]
    order: tuple[str, ...]
    partitions: tuple[str, ...] = PARTITION_KEYS
    version: str = "v1"
    rows_per_group: int = 100_000

    @property
    def schema(self) -> pa.Schema:
        """The frozen schema, without metadata."""
        return pa.schema([column.field for column in self.columns])

    @property
    def spatial(self) -> bool:
        """Whether rows have a place."""
        return any(column.name == "geometry" for column in self.columns)

    def path(self, night_id: str, sortie_id: str | None = None) -> str:
        """Where a part lies, relative to the output folder."""
        folder = f"{self.name}/{self.version}/night={night_id}"
        return f"{folder}/part-0.parquet" if sortie_id is None else f"{folder}/sortie={sortie_id}/part-0.parquet"

    def table(self, records: Iterable[Record], context: RowContext) -> pa.Table:
        """Rows of records, sorted; zero rows are a table too.

        Raises:
            PublishError: A value that must not be missing is missing, or does not fit its column.
        """
        keys = [column for column in self.columns if column.name in self.order]
        # Sorted before columns are made: pictures are not copied, and a dictionary lists words in the order of rows.
        ordered = sorted(records, key=lambda record: _sort_key(self.order, keys, record, context))
        arrays = [self._array(column, ordered, context) for column in self.columns]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _array(self, column: Column[Record], records: list[Record], context: RowContext) -> pa.ChunkedArray:
        values = [plain(column.read(record, context)) for record in records]
        if column.required and None in values:
            raise PublishError(
                f"{context.sortie_id} {self.name} row {values.index(None)}: '{column.name}' is missing, and may not be;"
                " the stage or plug-in that made the row has a defect: report it with the sortie's run report"
            )
        try:
            if column.type == WORD:
                return pa.chunked_array([pa.array(values, type=TEXT).dictionary_encode()])
            # In groups: a builder that grows to all pictures at once takes three times their size.
            groups = [values[at : at + self.rows_per_group] for at in range(0, len(values), self.rows_per_group)]
            return pa.chunked_array([pa.array(group, type=column.type) for group in groups], type=column.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise PublishError(
                f"{context.sortie_id} {self.name}: '{column.name}' does not fit {column.type}: {error};"
                " the stage or plug-in that made the row has a defect: report it with the sortie's run report"
            ) from error


def plain(value: object) -> object:
    """A value as Arrow takes it: missing is None, never NaN, infinite or empty text; enumerations are their words."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str) and not value:
        return None
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _sort_key(
    order: tuple[str, ...], columns: Sequence[Column[Record]], record: Record, context: RowContext
) -> tuple[tuple[bool, str], ...]:
    values = {column.name: plain(column.read(record, context)) for column in columns}
    return tuple((values[name] is None, str(values[name])) for name in order)


def microseconds(t_utc_ns: int | None) -> int | None:
    """Microseconds of nanoseconds, rounded down."""
    return None if t_utc_ns is None else int(t_utc_ns) // 1000
