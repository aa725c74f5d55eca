"""The page of columns is what the schema says."""

import hashlib
from pathlib import Path

from pipeline.sinks.columns import PARTITION_KEYS
from pipeline.sinks.columns_doc import page
from pipeline.sinks.datasets import DATASETS

PAGE = Path(__file__).parents[1] / "docs" / "columns.md"


def test_the_committed_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "columns changed: run `make docs`; a column of v1 must not be renamed, removed or retyped once released"
    )


def test_no_column_has_the_name_of_a_folder_key():
    for dataset in DATASETS:
        assert not set(PARTITION_KEYS) & set(dataset.schema.names), dataset.name


def test_every_column_is_explained_and_every_unit_in_a_name_is_stated():
    units = {"_m": "m", "_m2": "m²", "_deg": "°", "_mps": "m/s", "_px": "px", "_s": "s"}
    for dataset in DATASETS:
        for column in dataset.columns:
            assert column.meaning.endswith("."), f"{dataset.name}.{column.name}"
            suffix = "_" + column.name.rsplit("_", 1)[-1]
            if suffix in units:
                assert column.unit == units[suffix], f"{dataset.name}.{column.name}"


def test_every_column_name_occurs_once_and_rows_have_an_order():
    for dataset in DATASETS:
        names = dataset.schema.names
        assert len(names) == len(set(names))
        assert set(dataset.order) <= set(names)


FROZEN = {
    "candidates": "b0b2e40fc897c581",
    "events": "fd22c5baa1e7a073",
    "tracks": "f8071fd40b5c9a56",
    "changes": "68bc29d5e3b43a58",
    "frames": "6e87b7578b75fcda",
    "coverage": "b3de9dfbb89081f9",
    "dropped": "62b6a27767dcabdc",
    "chips": "35555a2509f3be2f",
}


def test_the_columns_of_version_1_are_frozen():
    """Readers of a folder take the first file's columns for all: a changed column needs a version 2."""

    def fingerprint(dataset):
        fields = [(field.name, str(field.type), field.nullable) for field in dataset.schema]
        return hashlib.sha256(repr(fields).encode()).hexdigest()[:16]

    assert {dataset.name: fingerprint(dataset) for dataset in DATASETS} == FROZEN
