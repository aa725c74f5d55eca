"""Names that follow from content: the same thing has the same name, wherever and whenever it is made."""

import dataclasses
import hashlib
import json
from enum import Enum

from shapely.geometry.base import BaseGeometry

from pipeline.records.candidate import Candidate

ID_DIGITS = 32
"""Hexadecimal digits of an id: 128 bits of a SHA-256."""

NOT_CONTENT = ("candidate_id", "supersedes")
"""What a row is called, and which row of an earlier run it replaces, say nothing about what was seen."""


def candidate_id(candidate: Candidate) -> str:
    """Id of a row: over every other column but `supersedes`, as written."""
    fields = {
        field.name: getattr(candidate, field.name)
        for field in dataclasses.fields(candidate)
        if field.name not in NOT_CONTENT
    }
    return hash_of(fields)


def hash_of(value: object) -> str:
    """Id of plain values, records, enumerations and geometries: over canonical JSON, geometries as ISO WKB."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:ID_DIGITS]


def _plain(value: object) -> object:
    if isinstance(value, BaseGeometry):
        return value.normalize().wkb_hex
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
