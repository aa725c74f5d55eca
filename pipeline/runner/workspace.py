"""What a stage leaves for the next run: records as Parquet under ``OUT/work/SORTIE/STAGE``.

A stage is fresh when its manifest names the same inputs as now and its files still have the hashes written there.
The manifest is written last, so that a stage that was cut short never looks done.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import cattrs
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from shapely import from_wkb, to_wkb
from shapely.geometry.base import BaseGeometry

from pipeline.errors import InputError
from pipeline.geometry.brown import Brown
from pipeline.geometry.distortion import Distortion, distortion_of_count
from pipeline.geometry.fisheye import Fisheye

T = TypeVar("T")

MANIFEST = "manifest.json"


class StageFolder:
    """One stage's folder.

    Args:
        folder: ``OUT/work/SORTIE/STAGE``; made when something is stored.
        key: Hash of everything that the stage's result depends on.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder = folder
        self.key = key

    def is_fresh(self) -> bool:
        """Whether the stage was finished with this key and its files are as it left them."""
        try:
            manifest = json.loads((self.folder / MANIFEST).read_text())
        except (OSError, ValueError):
            return False
        if manifest.get("key") != self.key:
            return False
        outputs: dict[str, str] = manifest.get("outputs", {})
        return all(
            (self.folder / name).is_file() and file_sha256(self.folder / name) == sha for name, sha in outputs.items()
        )

    def start(self) -> Path:
        """Empty the folder; the stage is no longer fresh."""
        if self.folder.exists():
            (self.folder / MANIFEST).unlink(missing_ok=True)
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        return self.folder

    def store(self, name: str, records: Iterable[object]) -> None:
        """Write records of one type as ``NAME.parquet``."""
        rows = [_CONVERTER.unstructure(record) for record in records]
        table = pa.Table.from_pylist(rows) if rows else pa.table({})
        pq.write_table(table, self.folder / f"{name}.parquet", compression="zstd")

    def load(self, name: str, record: type[T]) -> tuple[T, ...]:
        """Read what `store` wrote.

        Raises:
            InputError: The file was damaged or written by another version.
        """
        path = self.folder / f"{name}.parquet"
        try:
            rows = pq.ParquetFile(path).read().to_pylist()
            return tuple(_CONVERTER.structure(row, record) for row in rows)
        except (OSError, pa.ArrowException, cattrs.BaseValidationError) as error:
            raise InputError(
                f"{path}: cannot be read back ({error}); was it damaged, or written by another "
                "version? run with --force"
            ) from error

    def finish(self) -> None:
        """Write the manifest: from now on the stage is fresh."""
        outputs = {
            str(path.relative_to(self.folder)): file_sha256(path)
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
        aside = self.folder / (MANIFEST + ".part")
        with aside.open("w") as handle:
            json.dump({"key": self.key, "outputs": outputs}, handle, indent=1, sort_keys=True)
            handle.flush()
            os.fsync(handle.fileno())
        aside.rename(self.folder / MANIFEST)


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def stage_key(stage: str, code_version: str, settings: object, inputs: Mapping[str, str]) -> str:
    """Hash of everything that a stage's result depends on."""
    parts = {"stage": stage, "code": code_version, "settings": _plain(settings), "inputs": dict(inputs)}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    """Settings as JSON, independent of the order in which they were given."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _is_array(kind: object) -> bool:
    return get_origin(kind) is np.ndarray or kind is np.ndarray


def _is_mixed_tuple(kind: object) -> bool:
    arguments = get_args(kind)
    return get_origin(kind) is tuple and Ellipsis not in arguments and len(set(arguments)) > 1


def _is_distortion(kind: object) -> bool:
    return kind in (Distortion, Brown, Fisheye)


def _is_geometry(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseGeometry)


def _converter() -> cattrs.Converter:
    """What Parquet can hold: arrays and lenses as shape and bytes, mixed tuples as structs, geometries as WKB."""
    made = cattrs.Converter()
    made.register_unstructure_hook_func(_is_array, _array_out)
    made.register_structure_hook_func(_is_array, lambda row, _: _array_in(row))
    made.register_unstructure_hook(np.ndarray, _array_out)
    made.register_unstructure_hook_func(_is_distortion, lambda lens: _array_out(np.array(lens.coefficients)))
    made.register_structure_hook_func(_is_distortion, lambda row, _: distortion_of_count(_array_in(row).tolist()))
    made.register_unstructure_hook_func(
        _is_mixed_tuple, lambda items: {f"_{i}": made.unstructure(item) for i, item in enumerate(items)}
    )
    made.register_structure_hook_func(
        _is_mixed_tuple,
        lambda row, kind: tuple(made.structure(row[f"_{i}"], part) for i, part in enumerate(get_args(kind))),
    )
    made.register_unstructure_hook_func(_is_geometry, lambda shape: to_wkb(shape, flavor="iso"))
    made.register_structure_hook_func(_is_geometry, lambda row, _: from_wkb(row))
    # as bytes: a file name need not be text
    made.register_unstructure_hook(Path, os.fsencode)
    made.register_structure_hook(Path, lambda row, _: Path(os.fsdecode(row)))
    made.register_structure_hook(NoneType, lambda _, __: None)
    return made


def _array_out(array: "np.ndarray[Any, np.dtype[Any]]") -> dict[str, object]:
    return {"shape": list(array.shape), "dtype": array.dtype.str, "data": np.ascontiguousarray(array).tobytes()}


def _array_in(row: dict[str, Any]) -> "np.ndarray[Any, np.dtype[Any]]":
    return np.frombuffer(row["data"], np.dtype(row["dtype"])).reshape(row["shape"]).copy()


_CONVERTER = _converter()
