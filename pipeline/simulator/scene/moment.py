"""A world at one moment."""

from dataclasses import dataclass

from pipeline.records.arrays import Float
from pipeline.simulator.scene.ground import Dug, Land
from pipeline.simulator.scene.mesh import Placed, Puff


@dataclass(frozen=True, slots=True)
class Weather:
    """The air and what it does to the ground.

    Attributes:
        visibility_m: Meteorological range: contrast falls to 2 % over it.
        cloud_cover: Share of the sky under clouds that throw shadows, 0 to 1; 1 is overcast and has no shadows.
        cloud_size_m: Of single clouds.
        wind_mps: Moves vegetation, water and clouds.
        wind_to_deg: Where it blows to, clockwise from north.
        wetness: 0 dry to 1 rain-soaked: darker ground, puddles.
        air_c: Air temperature.
        wind_gusts: Share of the wind's speed that comes and goes.
    """

    visibility_m: float = 30_000.0
    cloud_cover: float = 0.0
    cloud_size_m: float = 180.0
    wind_mps: float = 3.0
    wind_to_deg: float = 70.0
    wetness: float = 0.0
    air_c: float = 18.0
    wind_gusts: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Everything that a camera could see at one time.

    Attributes:
        land: The place; its season is its own.
        placed: Things of the events that stand still tonight.
        dug: What events have made of the ground, in order of painting.
        movers: Things that move now, where they are at `t_s`.
        puffs: Smoke and dust.
        t_utc_ns: When.
        t_s: The same, since the flight's start: phase of wind and water.
        sun: ``(3,)`` unit vector towards it; below the horizon by night.
        weather: The air.
        cloud_seed: Which clouds.
        gone: Ids of the land's own things that are not there any more (destroyed, felled, driven away).
    """

    land: Land
    placed: tuple[Placed, ...]
    dug: tuple[Dug, ...]
    movers: tuple[Placed, ...]
    puffs: tuple[Puff, ...]
    t_utc_ns: int
    t_s: float
    sun: Float
    weather: Weather
    cloud_seed: int = 0
    gone: frozenset[str] = frozenset()
