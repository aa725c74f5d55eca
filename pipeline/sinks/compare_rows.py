"""Two rows of one candidate, column by column: what was published, and what came out again."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import shapely

from pipeline.geometry.projection import SiteFrame

_SHARE = 0.05
"""Probabilities and scores that differ by no more are the same finding."""
_RATIO = 0.1
"""Other figures likewise."""
_ERROR_RATIO = 0.25
"""Sizes of errors."""
_SIGMAS = 2.0

_PROBABILITIES = ("p_a", "p_b", "p_between", "score")
_OWN_SIGMA = {"area_m2": "area_sigma_m2", "speed_mps": "speed_sigma_mps", "heading_deg": "heading_sigma_deg"}
_BY_PLACE = ("distance_to_line_m", "length_m")

HISTORY = "which earlier row it replaces is a matter of earlier runs, not of the pictures"
FOLLOWS = "a hash over the other columns"
OTHER_SOFTWARE = "made again with another version of the software"
NAMED = "a new thing is named by its place to a metre, and a mover by its track's number too"
NUMBERED = "counted within the part of the flight that is in the bundle"


class Likeness(StrEnum):
    """How a column came out."""

    EXPLAINED = "explained"
    """It differs and may."""
    WITHIN_ERRORS = "within_errors"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One column that did not come out as published; `why` for what may differ."""

    column: str
    published: object
    again: object
    likeness: Likeness
    why: str = ""


def compare_rows(
    published: Mapping[str, Any], again: Mapping[str, Any], *, same_software: bool, whole: bool
) -> tuple[Difference, ...]:
    """Columns that differ, in the order of the schema.

    Args:
        published: The bundle's row.
        again: The row made again.
        same_software: Made with the same code.
        whole: Made from all of the flight; else tracks and changes may be counted otherwise.
    """
    may = {"supersedes": HISTORY, "candidate_id": FOLLOWS}
    if not same_software:
        may |= dict.fromkeys(("code_version", "detector_version"), OTHER_SOFTWARE)
    if not whole:
        may |= dict.fromkeys(("evidence_id", "member_ids", "observed_minutes"), NUMBERED)
        may["event_id"] = NAMED
    found = []
    for column, value in published.items():
        if again.get(column) == value:
            continue
        if column in may:
            likeness = Likeness.EXPLAINED
        elif _near(column, published, again):
            likeness = Likeness.WITHIN_ERRORS
        else:
            likeness = Likeness.DIFFERS
        found.append(Difference(column, value, again.get(column), likeness, may.get(column, "")))
    return tuple(found)


def apart_m(one: bytes | None, other: bytes | None) -> float:
    """Greatest distance between two published shapes, infinite where one is missing."""
    if one is None or other is None:
        return 0.0 if one is other else math.inf
    shapes = [shapely.from_wkb(one), shapely.from_wkb(other)]
    middle = shapes[0].centroid
    site = SiteFrame.at(middle.x, middle.y)
    first, second = (shapely.transform(s, lambda at: np.asarray(site.from_lonlat(at[:, 0], at[:, 1]))) for s in shapes)
    return float(shapely.hausdorff_distance(first, second))


def _near(column: str, published: Mapping[str, Any], again: Mapping[str, Any]) -> bool:
    one, other = published[column], again.get(column)
    if one is None or other is None:
        return False
    reach_m = published["err95_major_m"] or 0.0
    if column in ("geometry", "bbox"):
        return apart_m(published["geometry"], again["geometry"]) <= reach_m
    if column == "sides_by_line":
        return len(one) == len(other) and all(_same_line(a, b, reach_m) for a, b in zip(one, other, strict=True))
    if column in ("reasons", "against"):
        return _alike(one, other)
    if isinstance(one, bool | str | datetime | list) or not isinstance(one, int | float):
        return False
    return bool(abs(other - one) <= _allowed(column, one, published, reach_m))


def _allowed(column: str, value: float, row: Mapping[str, Any], reach_m: float) -> float:
    if column in _PROBABILITIES:
        return _SHARE
    if column in _OWN_SIGMA:
        return _SIGMAS * float(row[_OWN_SIGMA[column]] or 0.0)
    if column in _BY_PLACE:
        return float(reach_m)
    if isinstance(value, int):
        return 0.0
    if column == "err95_azimuth_deg":
        return 10.0
    error = "sigma" in column or column.startswith("err95")
    return max((_ERROR_RATIO if error else _RATIO) * abs(value), 1e-6)


def _same_line(one: Mapping[str, Any], other: Mapping[str, Any], reach_m: float) -> bool:
    """The same side of the same line; its figures within the errors."""
    return one.keys() == other.keys() and all(
        abs(value - other[name]) <= _allowed(name, value, one, reach_m)
        if isinstance(value, float) and isinstance(other[name], float)
        else value == other[name]
        for name, value in one.items()
    )


def _alike(one: Any, other: Any) -> bool:  # noqa: ANN401  nested lists and structs of a row
    """Same words in the same order; numbers about the same."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= max(_RATIO * max(abs(one), abs(other)), _SHARE)
    return bool(one == other)
