"""A description of a world, what happens in it and who flies over it when. Frozen, hashable, and cheap."""

import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import ConfigError
from pipeline.simulator.flights.faults import Faults
from pipeline.simulator.flights.plans import Plan
from pipeline.simulator.nights.clock import night_of, noon_utc_ns
from pipeline.simulator.nights.lenses import LENSES, LensChoice
from pipeline.simulator.nights.places import Offset, Place, Where
from pipeline.simulator.nights.seeds import seed_of
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.truth.frame_truth import Picture
from pipeline.simulator.writers import WriteOptions
from pipeline.simulator.writers.folder_faults import FolderFaults

Folders = Literal["flat", "by_night"]
Pairs = tuple[tuple[str, Any], ...]
"""A mapping that can be hashed: sorted keys and values."""
_MOST_RELIEF, _LOWEST_M, _HIGHEST_M = 20.0, -500.0, 9000.0
_LEAST_REACH_M, _MOST_REACH_M = 1.0, 100_000.0


@dataclass(frozen=True, slots=True)
class WorldChoice:
    """The ground.

    Attributes:
        biome, season: Names of the catalogue of worlds.
        relief: Factor on heights of hills.
        base_m: Ellipsoidal height of the place.
        elevation: The user's elevation model (GeoTIFF) in place of made relief.
        orthophoto: The user's picture of the ground (GeoTIFF); only with an elevation model.
        vertical_datum: Of the elevation model: ``ellipsoidal``, ``egm96`` or ``egm2008``; None: what the file says.
    """

    biome: str = "farmland"
    season: str = "summer"
    relief: float = 1.0
    base_m: float = 415.0
    elevation: Path | None = None
    orthophoto: Path | None = None
    vertical_datum: str | None = None

    def __post_init__(self) -> None:
        if self.orthophoto and not self.elevation:
            raise ConfigError('an orthophoto needs the elevation model below it; add elevation = "model.tif"')
        if not 0.0 <= self.relief <= _MOST_RELIEF:
            raise ConfigError(
                f"relief {self.relief:g} is not within 0 to {_MOST_RELIEF:.0f}; it is a factor on heights"
            )
        if not _LOWEST_M <= self.base_m <= _HIGHEST_M:
            raise ConfigError(f"base_m {self.base_m:g} is not within {_LOWEST_M:.0f} to {_HIGHEST_M:.0f} m")


@dataclass(frozen=True, slots=True)
class NightDate:
    """One night, from local noon to local noon.

    Attributes:
        night_id: Its date.
        date: On which it begins.
        season: Other than the world's.
        weather: Changes to the description's weather.
    """

    night_id: str
    date: dt.date
    season: str | None = None
    weather: Pairs = ()


@dataclass(frozen=True, slots=True)
class EventEntry:
    """An event to be.

    Attributes:
        event_id: Unique.
        kind: Of the catalogue of events.
        where: Its middle or begin.
        heading_deg: Its forward axis, clockwise from true north; None: along its road, or east.
        begins_utc_ns: Nothing of it is there before.
        options: Of its kind.
    """

    event_id: str
    kind: str
    where: Where
    heading_deg: float | None
    begins_utc_ns: int
    options: Pairs = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """Sorties side by side.

    Attributes:
        columns, rows: How many.
        spacing_m: Between their middles, east and north.
    """

    columns: int
    rows: int
    spacing_m: tuple[float, float] = (300.0, 300.0)

    def __post_init__(self) -> None:
        if self.columns < 1 or self.rows < 1:
            raise ConfigError("a grid needs at least one column and one row")


@dataclass(frozen=True, slots=True)
class SortieTemplate:
    """Sorties that are flown alike.

    Attributes:
        name: Begins their ids.
        nights: Numbers of the nights in which they are flown, from 0.
        start_s: First frame of the first, seconds after the night's local noon.
        plan: The way.
        repeat: How often a night, each `every_s` after the one before.
        every_s: Between starts.
        grid: Each start is flown over all its places; they start `stagger_s` apart.
        stagger_s: Between the starts of a grid's sorties.
        where: Middle of the flown ground, or of the grid.
        lens: The lens.
        sensor: Tones, noise, blur, compression.
        format: Of the files.
        written: How they are written.
        frames: Of each sortie.
        interval_s: Between frames.
        faults: What is wrong with the telemetry.
        folder_faults: What is wrong with the folder's files.
        weather: Changes to the night's weather.
        camera: Make and model.
        truth: Pictures of the truth that are kept.
        samples: Views that an exposure is averaged from; one is smeared by its movement instead.
    """

    name: str
    nights: tuple[int, ...]
    start_s: float
    plan: Plan
    repeat: int = 1
    every_s: float = 900.0
    grid: Grid | None = None
    stagger_s: float = 0.0
    where: Where = field(default_factory=lambda: Offset(0.0, 0.0))
    lens: LensChoice = field(default_factory=LensChoice)
    sensor: SensorSettings = field(default_factory=SensorSettings)
    format: str = "dji_stills"
    written: WriteOptions = field(default_factory=WriteOptions)
    frames: int = 20
    interval_s: float = 1.0
    faults: Faults = field(default_factory=Faults)
    folder_faults: FolderFaults = field(default_factory=FolderFaults)
    weather: Pairs = ()
    camera: tuple[str, str] = ("trucewatch", "simulated")
    truth: tuple[Picture, ...] = ("masks",)
    samples: int = 1

    def __post_init__(self) -> None:
        if self.frames < 1 or self.interval_s <= 0 or self.repeat < 1:
            raise ConfigError(f"sortie {self.name}: frames and repeat are at least 1, interval_s above 0")

    @property
    def thermal(self) -> bool:
        """Whether its frames are thermal."""
        return LENSES[self.lens.name].thermal

    @property
    def a_night(self) -> int:
        """Sorties of this template in one night."""
        return self.repeat * (self.grid.columns * self.grid.rows if self.grid else 1)


@dataclass(frozen=True, slots=True)
class Sortie:
    """One flight.

    Attributes:
        sortie_id: Unique; everything random about it follows from this name.
        night: In which it is flown.
        start_utc_ns: True time of its first frame.
        where: Middle of the flown ground.
        shift_m: East and north of it.
        template: How it is flown.
        seed: Of the flight.
    """

    sortie_id: str
    night: NightDate
    start_utc_ns: int
    where: Where
    shift_m: tuple[float, float]
    template: SortieTemplate
    seed: int

    @property
    def frames(self) -> int:
        """How many."""
        return self.template.frames


@dataclass(frozen=True, slots=True)
class LineChoice:
    """The line, and the ground on either side of it.

    Attributes:
        points_m: East, north of its vertices from the world's middle, from south to north.
        reach_m: How far the sides extend from it.
        line_file, agreement_file: The user's own, in place of made ones.
    """

    points_m: tuple[tuple[float, float], ...] = ()
    reach_m: float = 400.0
    line_file: Path | None = None
    agreement_file: Path | None = None

    def __post_init__(self) -> None:
        if not _LEAST_REACH_M <= self.reach_m <= _MOST_REACH_M:
            raise ConfigError(
                f"reach_m {self.reach_m:g} is not within {_LEAST_REACH_M:.0f} to {_MOST_REACH_M:.0f}: how far the "
                "sides extend from the line"
            )
        for file in (self.line_file, self.agreement_file):
            if file is not None and not file.is_file():
                raise ConfigError(f"there is no file {file}; paths count from the folder of this file")


@dataclass(frozen=True, slots=True)
class Night:
    """Everything that flights over a world in one or more nights are made from.

    Attributes:
        name: Of the world.
        seed: Everything random follows from it and from names.
        place: Where.
        world: The ground.
        weather: Of every night that says nothing else.
        nights: In order of time.
        events: What happens.
        templates: Who flies.
        line: The line.
        folders: Whether sorties lie in ``flights/NIGHT/SORTIE`` or in ``flights/SORTIE``.
    """

    name: str
    seed: int
    place: Place
    world: WorldChoice
    weather: Weather
    nights: tuple[NightDate, ...]
    events: tuple[EventEntry, ...]
    templates: tuple[SortieTemplate, ...]
    line: LineChoice = field(default_factory=LineChoice)
    folders: Folders = "by_night"

    def weather_of(self, sortie: Sortie) -> Weather:
        """The air of a sortie."""
        changes = {**dict(sortie.night.weather), **dict(sortie.template.weather)}
        return replace(self.weather, **changes)

    def season_of(self, night: NightDate) -> str:
        """The season of a night."""
        return night.season or self.world.season

    def noon_ns(self, night: NightDate) -> int:
        """When a night begins, UTC."""
        return noon_utc_ns(night.date, self.place.utc_offset_h)

    def night_at(self, t_utc_ns: int) -> str:
        """Id of the night that a time lies in, whether it is described or not."""
        return night_of(t_utc_ns, self.place.utc_offset_h).isoformat()

    def seed_for(self, *names: str | int) -> int:
        """Seed of something that names identify."""
        return seed_of(self.seed, *names)
