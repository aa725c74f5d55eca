"""The page ``docs/columns.md``, made from the schema: ``python -m pipeline.sinks.columns_doc docs/columns.md``."""

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.sinks.columns import WORD, Column, Dataset
from pipeline.sinks.datasets import DATASETS

_HEAD = """# Columns

Generated from the schema by `make docs`; do not edit. Version 1 of a data set never changes its columns.

Missing is null, never 0, empty or NaN. Times are UTC. Places are longitude and latitude on WGS 84 (CRS84). A column
marked *never null* always has a value; an empty list means none. Words are dictionary-encoded strings.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(dataset) for dataset in DATASETS)])


def _section(dataset: Dataset[Any]) -> str:
    folders = "/".join(f"{key}=…" for key in dataset.partitions)
    rows = [f"## {dataset.name}/{dataset.version}", "", dataset.about, ""]
    rows += [
        f"`OUT/{dataset.name}/{dataset.version}/{folders}/part-0.parquet`, sorted by {', '.join(dataset.order)}.",
        "",
    ]
    rows += ["| column | type | unit | meaning |", "|---|---|---|---|"]
    rows += [_row(column) for column in dataset.columns]
    words = [column for column in dataset.columns if column.words]
    for column in words:
        rows += ["", f"**{column.name}**: " + "; ".join(f"`{word}` {meaning}" for word, meaning in column.words) + "."]
    return "\n".join([*rows, ""])


def _row(column: Column[Any]) -> str:
    meaning = column.meaning + (" *Never null.*" if column.required else "")
    return f"| {column.name} | {_type_words(column.type)} | {column.unit} | {meaning} |"


def _type_words(kind: pa.DataType) -> str:
    if kind == WORD:
        return "word"
    if pa.types.is_timestamp(kind):
        return "timestamp[us, UTC]"
    if pa.types.is_list(kind):
        return f"list<{_type_words(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return "struct<" + ", ".join(f"{field.name}: {_type_words(field.type)}" for field in kind) + ">"
    return str(kind)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
