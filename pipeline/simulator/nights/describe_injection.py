"""What is to be injected into a real flight, as a file of ``[[events]]`` says it."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.records.strict_toml import read_toml
from pipeline.simulator.nights.bounds import refuse_endless
from pipeline.simulator.nights.clock import night_of
from pipeline.simulator.nights.describe_events import read_events
from pipeline.simulator.nights.night import EventEntry, NightDate
from pipeline.simulator.nights.places import Place
from pipeline.simulator.nights.seeds import seed_of


@dataclass(frozen=True, slots=True)
class InjectedEvents:
    """A file of events for a flight.

    Attributes:
        seed: Of their forms and of noise.
        place: Middle that offsets count from.
        entries: The events; those that state no time begin at the local noon before the flight.
    """

    seed: int
    place: Place
    entries: tuple[EventEntry, ...]

    def seed_for(self, event_id: str) -> int:
        """Seed of an event's form."""
        return seed_of(self.seed, "event", event_id)


def read_injected_events(path: Path, lon_deg: float, lat_deg: float, first_utc_ns: int) -> InjectedEvents:
    """Events for a flight.

    Args:
        path: TOML with ``seed``, ``[place]`` and ``[[events]]``; the first two may be left out.
        lon_deg, lat_deg: Middle of the flight, where the file names no place.
        first_utc_ns: Of the flight's first frame.

    Raises:
        ConfigError: Names file, line, key and the likely one.
    """
    root = read_toml(path)
    root.only(("seed", "place", "events"))
    refuse_endless(root)
    place = root.table("place").to(Place, Place(lon_deg, lat_deg))
    seed = root.values.get("seed", 1)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise root.error("seed", f"'seed' must be a whole number, not {seed}")
    date = night_of(first_utc_ns, place.utc_offset_h)
    entries = read_events(root, seed, place, (NightDate(date.isoformat(), date),))
    if not entries:
        raise root.error(None, "no events; add [[events]] with an id, a kind and a place")
    return InjectedEvents(seed, place, entries)
