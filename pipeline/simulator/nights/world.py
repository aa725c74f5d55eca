"""A described world, made: its land, its events, and what is there at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from pipeline.errors import ConfigError
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.sun import sun_direction
from pipeline.records.arrays import Float
from pipeline.simulator.events.catalogue import KINDS, EventSpec, make_event
from pipeline.simulator.nights.lands import OpenRasters, land_of
from pipeline.simulator.nights.night import EventEntry, Night, Sortie
from pipeline.simulator.nights.places import resolve, turn_of
from pipeline.simulator.scene.event import Event, EventTruth, Happening
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.moment import Moment

T = TypeVar("T")
_LANDS_KEPT = 2
"""Seasons whose lands are kept; a night has one."""


@dataclass(frozen=True, slots=True, eq=False)
class Present:
    """A moment, and what it is made of.

    Attributes:
        moment: What a camera could see.
        happenings: Of all events, in their order.
    """

    moment: Moment
    happenings: tuple[Happening, ...]

    @property
    def event_of(self) -> dict[str, str]:
        """Event of each thing that is one's part."""
        return {thing: h.truth.event_id for h in self.happenings for thing in h.truth.thing_ids}

    @property
    def truths(self) -> tuple[EventTruth, ...]:
        """What is true of every event."""
        return tuple(happening.truth for happening in self.happenings)


class World:
    """A described world. Whatever it is asked depends on the description only, not on what it was asked before.

    Args:
        night: The description.
        rasters: Reads the user's rasters, where the description names any.
    """

    def __init__(self, night: Night, rasters: OpenRasters | None = None) -> None:
        self.night = night
        self._rasters = rasters
        place = night.place
        self.site = SiteFrame.at(place.lon_deg, place.lat_deg)
        self.centre_m: Float = self.site.from_lonlat(np.array([place.lon_deg]), np.array([place.lat_deg]))[0]
        self._lands: dict[tuple[str, float], Land] = {}
        self._events: dict[tuple[str, float], tuple[Event, ...]] = {}

    def land(self, sortie: Sortie) -> Land:
        """The land as it is in a sortie's season and wetness."""
        return self._land(*self._key(sortie))

    def present(self, sortie: Sortie, t_s: float) -> Present:
        """Everything there is, seconds after a sortie's first frame."""
        night, t_ns = self.night, sortie.start_utc_ns + round(t_s * 1e9)
        happenings = self.happenings(sortie, t_ns)
        moment = Moment(
            land=self.land(sortie),
            placed=tuple(thing for h in happenings for thing in h.placed),
            dug=tuple(dug for h in happenings for dug in h.dug),
            movers=tuple(mover for h in happenings for mover in h.movers),
            puffs=tuple(puff for h in happenings for puff in h.puffs),
            t_utc_ns=t_ns,
            t_s=t_s,
            sun=sun_direction(t_ns, night.place.lon_deg, night.place.lat_deg),
            weather=night.weather_of(sortie),
            cloud_seed=night.seed_for("clouds", sortie.night.night_id),
            gone=frozenset[str]().union(*(h.gone for h in happenings)),
        )
        return Present(moment, happenings)

    def happenings(self, sortie: Sortie, t_utc_ns: int) -> tuple[Happening, ...]:
        """All events at a time."""
        return tuple(event.at(t_utc_ns) for event in self.events(sortie))

    def events(self, sortie: Sortie) -> tuple[Event, ...]:
        """All events, in the order in which they are described.

        Raises:
            ConfigError: One cannot be made; names it.
        """
        key = self._key(sortie)
        if key not in self._events:
            _trim(self._events)
            self._events[key] = tuple(self._event(entry, self._land(*key)) for entry in self.night.events)
        return self._events[key]

    def _event(self, entry: EventEntry, land: Land) -> Event:
        night = self.night
        t0_ns = night.noon_ns(night.nights[0])
        seed = night.seed_for("event", entry.event_id)
        return event_of(entry, land, self.site, self.centre_m, seed, t0_ns, self._surroundings(entry))

    def _surroundings(self, entry: EventEntry) -> dict[str, float]:
        """Options that follow from the place and the weather unless the description says otherwise."""
        weather = self.night.weather
        follow = {
            "utc_offset_h": float(self.night.place.utc_offset_h),
            "wind_mps": weather.wind_mps,
            "wind_to_deg": weather.wind_to_deg,
        }
        return {name: value for name, value in follow.items() if name in KINDS[entry.kind].options}

    def _land(self, season: str, wetness: float) -> Land:
        key = (season, wetness)
        if key not in self._lands:
            _trim(self._lands)
            self._lands[key] = land_of(self.night, season, wetness, self.site, self.centre_m, self._rasters)
        return self._lands[key]

    def _key(self, sortie: Sortie) -> tuple[str, float]:
        return self.night.season_of(sortie.night), self.night.weather_of(sortie).wetness


def event_of(
    entry: EventEntry,
    land: Land,
    site: SiteFrame,
    centre_m: Float,
    seed: int,
    t0_utc_ns: int,
    surroundings: Mapping[str, float | str | bool],
) -> Event:
    """An event as it is described.

    Args:
        entry: The description.
        land: Where it happens.
        site: Frame of the metres.
        centre_m: ``(2,)`` the middle that offsets count from.
        seed: Of its form.
        t0_utc_ns: When the world begins.
        surroundings: Options that follow from where it is, unless it says otherwise.

    Raises:
        ConfigError: It cannot be made; names it.
    """
    try:
        x, y, there = resolve(entry.where, centre_m, site, land.roads)
        azimuth, options = turn_of(entry.heading_deg, there, site), {**surroundings, **dict(entry.options)}
        spec = EventSpec(entry.event_id, entry.kind, x, y, azimuth, entry.begins_utc_ns, seed, options)
        return make_event(spec, land, t0_utc_ns)
    except ConfigError as error:
        raise ConfigError(f"event {entry.event_id} ({entry.kind}): {error}") from error


def _trim(kept: dict[tuple[str, float], T]) -> None:
    while len(kept) >= _LANDS_KEPT:
        del kept[next(iter(kept))]
