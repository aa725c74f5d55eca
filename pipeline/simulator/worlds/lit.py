"""Lights of settled places by night: windows of houses, lamps on masts along streets."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.noise import hash_lattice
from pipeline.simulator.scene.mesh import Extent, Placed
from pipeline.simulator.things.house import House
from pipeline.simulator.things.power_line import PowerLine

_HOUR = (0.0, 1.0, 2.5, 4.5, 6.0, 7.5, 12.0, 16.0, 18.0, 20.5, 22.0, 23.0, 24.0)
_AWAKE = (0.22, 0.10, 0.06, 0.08, 0.35, 0.50, 0.50, 0.50, 0.70, 0.80, 0.60, 0.40, 0.22)
"""Share of houses with light in a window, by solar hour, where it is dark outside."""
_FIRST_LIGHT_DEG, _ALL_LIGHT_DEG = -0.5, -4.0  # heights of the sun between which people turn the light on
_STREET_DEG = -2.5  # below, street lamps burn
_LAMP_SHARE = 0.75  # of the masts before houses; the rest has none, or it is broken
_LATE_SHARE = 0.35  # of those that burn on after midnight
_LATE_H = (0.5, 4.5)
_NEAR_M = 42.0  # from a mast to the next house of the street that it lights
_STEP_H = 0.125  # lights change so often, and are steady in between
_WAYS = 8  # of which windows of a house have light


class Lit:
    """What has light of a land's lasting things. A light that is on stays on until its hour: nothing flickers.

    Args:
        things: Houses and masts among others.
        seed: Of the land.
    """

    def __init__(self, things: Sequence[Placed], seed: int) -> None:
        self._houses = [thing for thing in things if isinstance(thing.model, House) and thing.model.damage == 0]
        self._masts = _before_houses([t for t in things if _is_mast(t)], self._houses)
        self._house_draw, self._mast_draw = _draws(self._houses, seed + 61), _draws(self._masts, seed + 62)
        self._which = _draws(self._houses, seed + 63)

    def at(self, extent: Extent, sun: Float) -> tuple[Placed, ...]:
        """Lit things in an extent, each in the place of the unlit one of the same id; none by day."""
        height_deg = float(np.degrees(np.arcsin(np.clip(sun[2] / np.linalg.norm(sun), -1, 1))))
        hour = np.floor(solar_hour(sun) / _STEP_H) * _STEP_H
        out = []
        dark = np.clip((height_deg - _FIRST_LIGHT_DEG) / (_ALL_LIGHT_DEG - _FIRST_LIGHT_DEG), 0, 1)
        awake = float(np.interp(hour, _HOUR, _AWAKE)) * float(np.ceil(8 * dark) / 8)
        for house, draw, which in zip(self._houses, self._house_draw, self._which, strict=True):
            if draw < awake and isinstance(house.model, House) and extent.touches(house.x_m, house.y_m, 0.0):
                out.append(replace(house, model=replace(house.model, lit=1 + int(which * _WAYS) % _WAYS)))
        burning = _LAMP_SHARE * (_LATE_SHARE if _LATE_H[0] <= hour < _LATE_H[1] else 1.0) * (height_deg < _STREET_DEG)
        for mast, draw in zip(self._masts, self._mast_draw, strict=True):
            if draw < burning and isinstance(mast.model, PowerLine) and extent.touches(mast.x_m, mast.y_m, 0.0):
                out.append(replace(mast, model=replace(mast.model, lamp=True)))
        return tuple(out)


def solar_hour(sun: Float) -> float:
    """Hour of the day by the sun's bearing, 0 to 24: 12 in the south, 24 below the north.

    Good to about an hour at middle latitudes, which is all that habits need.
    """
    return float(np.degrees(np.arctan2(sun[0], sun[1])) % 360.0) / 15.0


def _is_mast(thing: Placed) -> bool:
    return isinstance(thing.model, PowerLine) and thing.model.form == "pole"


def _before_houses(masts: list[Placed], houses: list[Placed]) -> list[Placed]:
    if not masts or not houses:
        return []
    at = np.array([[thing.x_m, thing.y_m] for thing in houses])
    return [m for m in masts if float(np.hypot(at[:, 0] - m.x_m, at[:, 1] - m.y_m).min()) < _NEAR_M]


def _draws(things: list[Placed], seed: int) -> Float:
    """``(N,)`` from 0 to 1, by place."""
    at = np.array([[thing.x_m, thing.y_m] for thing in things]).reshape(-1, 2)
    cells = np.round(at * 10).astype(np.int64)
    return np.asarray(0.5 + 0.5 * hash_lattice(seed, cells[:, 0], cells[:, 1]), np.float64)
