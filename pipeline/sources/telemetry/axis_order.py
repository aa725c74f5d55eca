"""Which of two coordinates is the longitude, where a file does not name them.

Models and firmwares differ, and most places on Earth have both numbers below 90. What decides is what the file shows:
numbers that are no latitude, distances and speeds that only one order explains, and what stands beside the numbers.
Nothing is guessed.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Bool, Float, Int

EARTH_M_PER_DEG = 111_320.0
MAX_SATELLITES = 64
MIN_SATELLITES = 4
"""A receiver that gives a place uses at least as many."""
MIN_TRAVEL_M = 50.0
CLEARLY = 3.0
"""How many times better one order must explain what was measured."""
NEAR_DEG = 0.5
"""A flight lies within this of the rest of its sortie; 55 km."""


@dataclass(frozen=True, slots=True)
class AxisOrder:
    """What was found.

    Attributes:
        longitude_first: None where the file does not show it.
        reason: In words.
        contradicted: The form of the numbers says otherwise than the distances.
    """

    longitude_first: bool | None
    reason: str
    contradicted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Tuples:
    """``GPS(a,b,c)`` of many cues, and what was measured beside; all ``(N,)``, NaN where not given.

    Attributes:
        first, second, third: As written.
        third_metres: 1 where the third names metres.
        home_first, home_second: Take-off in the same order.
        home_distance_m: Horizontal distance from it.
        speed_mps: Over ground.
        t_ns: Times.
        step_deg: Finest step of `first` and `second`.
    """

    first: Float
    second: Float
    third: Float
    third_metres: Float
    home_first: Float
    home_second: Float
    home_distance_m: Float
    speed_mps: Float
    t_ns: Int
    step_deg: float


def settle_order(said: Tuples) -> AxisOrder:
    """Weigh what a file shows: ranges, then distances and speeds, then what the third number is."""
    null = (said.first == 0) & (said.second == 0)
    known = np.isfinite(said.first) & np.isfinite(said.second) & ~null
    if not known.any():
        return AxisOrder(None, "no cue has a position")
    form = _by_third(said, known)
    wide_first, wide_second = np.abs(said.first[known]) > 90, np.abs(said.second[known]) > 90
    if wide_first.any() and wide_second.any():
        return AxisOrder(None, "both numbers exceed 90: neither is a latitude")
    if wide_first.any() or wide_second.any():
        order = AxisOrder(bool(wide_first.any()), "the other number exceeds what a latitude can be")
    else:
        order = _by_distance(said, known) or _by_speed(said, known) or form
    contradicted = order.longitude_first is not None and form.longitude_first not in (None, order.longitude_first)
    return AxisOrder(order.longitude_first, order.reason, contradicted)


def settle_by_area(first: Float, second: Float, lon_deg: float, lat_deg: float) -> AxisOrder:
    """The order that puts a flight where the rest of its sortie is.

    Args:
        first, second: ``(N,)`` as written.
        lon_deg, lat_deg: Where the rest is.
    """
    known = np.isfinite(first) & np.isfinite(second) & ~((first == 0) & (second == 0))
    if not known.any():
        return AxisOrder(None, "no cue has a position")
    a, b = float(np.median(first[known])), float(np.median(second[known]))
    near = [_apart_deg(a, b, lon_deg, lat_deg) < NEAR_DEG, _apart_deg(b, a, lon_deg, lat_deg) < NEAR_DEG]
    if near[0] == near[1]:
        return AxisOrder(None, "neither order, or either, lies where the rest of the sortie is")
    return AxisOrder(near[0], "this order lies where the rest of the sortie is, the other does not")


def _apart_deg(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    return float(np.hypot((lon - other_lon + 180) % 360 - 180, lat - other_lat)) if abs(lat) <= 90 else np.inf


def _by_distance(said: Tuples, known: Bool) -> AxisOrder | None:
    """The stated distance from take-off against both orders."""
    rows = known & np.isfinite(said.home_first) & (said.home_distance_m > MIN_TRAVEL_M)
    if np.count_nonzero(rows) < 3:
        return None
    stated = said.home_distance_m[rows]
    errors = []
    for longitude_first in (True, False):
        metres = _metres(
            said.first[rows], said.second[rows], said.home_first[rows], said.home_second[rows], longitude_first
        )
        errors.append(float(np.median(np.abs(metres - stated))))
    tolerance = 3.0 + 0.02 * float(np.median(stated)) + said.step_deg * EARTH_M_PER_DEG
    return _clearly(errors, tolerance, "the stated distance from take-off", "m")


def _by_speed(said: Tuples, known: Bool) -> AxisOrder | None:
    """The way flown by the stated speeds against both orders, between places far enough apart."""
    rows = np.flatnonzero(known & np.isfinite(said.speed_mps))
    if len(rows) < 10:
        return None
    seconds = np.diff(said.t_ns[rows]) / 1e9
    steady = (seconds > 0) & (seconds <= 2)
    speeds = (said.speed_mps[rows][1:] + said.speed_mps[rows][:-1]) / 2
    stated = float(np.sum((speeds * seconds)[steady]))
    steps = np.count_nonzero(steady)
    if stated < 4 * MIN_TRAVEL_M or steps * said.step_deg * EARTH_M_PER_DEG > stated:
        return None
    errors = []
    for longitude_first in (True, False):
        a, b = said.first[rows], said.second[rows]
        metres = _metres(a[1:], b[1:], a[:-1], b[:-1], longitude_first)
        errors.append(abs(float(np.sum(metres[steady])) - stated))
    return _clearly(errors, 5.0 + 0.05 * stated, "the way flown at the stated speeds", "m")


def _clearly(errors: list[float], tolerance: float, what: str, unit: str) -> AxisOrder | None:
    best = int(np.argmin(errors))
    if errors[best] > tolerance or errors[1 - best] < max(CLEARLY * errors[best], 2 * tolerance):
        return None
    return AxisOrder(
        best == 0, f"{what} fits within {errors[best]:.1f} {unit}, in the other order {errors[1 - best]:.1f}"
    )


def _by_third(said: Tuples, known: Bool) -> AxisOrder:
    """Counts of satellites stand behind (longitude, latitude), heights behind (latitude, longitude)."""
    third = said.third[known]
    third = third[np.isfinite(third)]
    if not len(third):
        return AxisOrder(None, "there is no third number, and nothing else in the file tells the order")
    if np.any(said.third_metres[known] == 1):
        return AxisOrder(False, "the third number is a height in metres: latitude stands first")
    whole = np.all(third == np.round(third))
    if not whole or third.max() > MAX_SATELLITES or third.min() < 0:
        return AxisOrder(False, "the third number is a height: latitude stands first")
    if np.median(third) >= MIN_SATELLITES:
        return AxisOrder(True, "the third number counts satellites: longitude stands first")
    return AxisOrder(None, "the third number may count satellites or be a height, and nothing else tells the order")


def _metres(first: Float, second: Float, from_first: Float, from_second: Float, longitude_first: bool) -> Float:
    lon, lat, from_lon, from_lat = (
        (first, second, from_first, from_second) if longitude_first else (second, first, from_second, from_first)
    )
    east = (lon - from_lon + 180) % 360 - 180
    return EARTH_M_PER_DEG * np.hypot(east * np.cos(np.radians((lat + from_lat) / 2)), lat - from_lat)
