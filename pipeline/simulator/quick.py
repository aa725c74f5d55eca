"""Two flights over one place without a description: a baseline, and another the day after some changes."""

import datetime as dt
from dataclasses import dataclass, replace

from pipeline.errors import ConfigError
from pipeline.simulator.flights.camera_work import CameraWork
from pipeline.simulator.flights.faults import (
    AttitudeFaults,
    ClockFaults,
    Faults,
    PositionFaults,
    StreamFaults,
    TagFaults,
)
from pipeline.simulator.flights.plans import SurveyPlan
from pipeline.simulator.nights.clock import DAY_NS, SECOND_NS, night_of, noon_utc_ns, utc_ns
from pipeline.simulator.nights.lenses import LensChoice
from pipeline.simulator.nights.night import EventEntry, LineChoice, Night, NightDate, SortieTemplate, WorldChoice
from pipeline.simulator.nights.places import AlongRoad, Offset, Place
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.sensor.settings import SensorSettings

_FOCAL_PER_WIDTH = 0.85
_HOUR_NS = 3600 * SECOND_NS
_OFFSET_H = 4
_LEAD_S = 60.0
_TURN_S = 17.0


@dataclass(frozen=True, slots=True)
class QuickFlights:
    """What two quick flights are asked for.

    Attributes:
        seed: Everything random follows from it.
        frames: Per flight.
        size_px: Width, height.
        gsd_m: Ground sample distance at nadir, which sets the lens; None: an ordinary wide lens.
        height_m: Above take-off.
        pitch_deg: Of the camera; -90 looks straight down.
        speed_mps, interval_s: Along the strips, and between frames.
        strips, strip_spacing_m: How many, and between them.
        biome, season: Of the catalogue of worlds.
        place: Longitude, latitude.
        start: First frame of the first flight.
        later_min: The second flight's minutes later in the next day.
        events: Whether anything changes between the flights and anybody drives.
        position_sigma_m, height_sigma_m, height_bias_m: Errors of the stated place.
        yaw_sigma_deg, tilt_sigma_deg, boresight_deg: Errors of the stated angles.
        clock_offset_s: Telemetry clock minus camera clock.
        dropout_share: Share of telemetry that is missing.
        video: One MP4 with a telemetry table in place of stills.
        table: A telemetry table beside stills.
    """

    seed: int = 7
    frames: int = 18
    size_px: tuple[int, int] = (1280, 960)
    gsd_m: float | None = None
    height_m: float = 70.0
    pitch_deg: float = -90.0
    speed_mps: float = 12.0
    interval_s: float = 1.0
    strips: int = 2
    strip_spacing_m: float = 42.0
    biome: str = "farmland"
    season: str = "summer"
    place: tuple[float, float] = (46.8438, 39.9684)
    start: dt.datetime = dt.datetime(2021, 5, 18, 5, 30, tzinfo=dt.UTC)
    later_min: float = 110.0
    events: bool = True
    position_sigma_m: float = 1.5
    height_sigma_m: float = 0.3
    height_bias_m: float = 0.6
    yaw_sigma_deg: float = 1.0
    tilt_sigma_deg: float = 0.3
    boresight_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    clock_offset_s: float = 0.0
    dropout_share: float = 0.0
    video: bool = False
    table: bool = False

    def __post_init__(self) -> None:
        if self.frames < 1 or min(self.size_px) < 32:
            raise ConfigError("a simulation needs at least one frame of at least 32 pixels on a side")

    @property
    def focal_px(self) -> float:
        """Focal length."""
        return _FOCAL_PER_WIDTH * self.size_px[0] if self.gsd_m is None else self.height_m / self.gsd_m

    @property
    def half_m(self) -> tuple[float, float]:
        """Half of the ground that all frames together see, east and north."""
        across, along = (self.height_m * side / self.focal_px for side in self.size_px)
        return (self._length_m + along) / 2, ((self.strips - 1) * self.strip_spacing_m + across) / 2

    @property
    def _length_m(self) -> float:
        per_strip = -(-self.frames // self.strips)
        return max(per_strip - 1, 0.5) * self.speed_mps * self.interval_s

    @property
    def plan(self) -> SurveyPlan:
        """Strips from west to east and back."""
        return SurveyPlan(
            length_m=self._length_m,
            strips=self.strips,
            spacing_m=self.strip_spacing_m,
            height_m=self.height_m,
            speed_mps=self.speed_mps,
            camera=CameraWork(pitch_deg=self.pitch_deg),
        )

    @property
    def faults(self) -> Faults:
        """Telemetry as a consumer drone gives it, in the sizes asked for: most of an error lasts for a flight."""
        yaw, tilt = self.yaw_sigma_deg, self.tilt_sigma_deg
        return Faults(
            position=PositionFaults(
                bias_sigma_m=0.87 * self.position_sigma_m,
                drift_m=0.2 * self.position_sigma_m,
                noise_m=0.08 * self.position_sigma_m,
                height_bias_m=self.height_bias_m,
                height_noise_m=self.height_sigma_m,
            ),
            attitude=AttitudeFaults(
                bias_sigma_deg=(0.8 * yaw, 0.8 * tilt, 0.8 * tilt),
                noise_deg=(0.4 * yaw, 0.4 * tilt, 0.4 * tilt),
                boresight_deg=self.boresight_deg,
            ),
            clock=ClockFaults(offset_s=self.clock_offset_s),
            stream=StreamFaults(rate_hz=10.0 if self.table or self.video else None, dropout_share=self.dropout_share),
            tags=TagFaults(focal_sigma=0.002),
        )


def quick_night(flights: QuickFlights) -> Night:
    """Two flights, ``baseline`` and ``night``, as a description.

    Raises:
        ConfigError: They cannot be flown.
    """
    first_ns = utc_ns(flights.start)
    second_ns = first_ns + DAY_NS + round(flights.later_min * 60 * SECOND_NS)
    nights = _nights(first_ns, second_ns)
    template = SortieTemplate(
        name="baseline",
        nights=(0,),
        start_s=(first_ns - noon_utc_ns(nights[0].date, _OFFSET_H)) / SECOND_NS,
        plan=flights.plan,
        lens=LensChoice(size_px=flights.size_px, focal_px=flights.focal_px),
        format="video_csv" if flights.video else "dji_stills",
        frames=flights.frames,
        interval_s=flights.interval_s,
        faults=flights.faults,
    )
    later = replace(
        template,
        name="night",
        nights=(len(nights) - 1,),
        start_s=(second_ns - noon_utc_ns(nights[-1].date, _OFFSET_H)) / SECOND_NS,
        sensor=SensorSettings(brightness=0.37, compensation_ev=0.0),
    )
    story = changes(flights.half_m, first_ns + 12 * _HOUR_NS) + drivers(flights, second_ns) if flights.events else ()
    return Night(
        name="quick",
        seed=flights.seed,
        place=Place(*flights.place, _OFFSET_H),
        world=WorldChoice(biome=flights.biome, season=flights.season),
        weather=Weather(),
        nights=nights,
        events=story,
        templates=(template, later),
        line=LineChoice(reach_m=max(400.0, *flights.half_m)),
        folders="flat",
    )


def _nights(first_ns: int, second_ns: int) -> tuple[NightDate, ...]:
    dates = sorted({night_of(first_ns, _OFFSET_H), night_of(second_ns, _OFFSET_H)})
    return tuple(NightDate(date.isoformat(), date) for date in dates)


def changes(half_m: tuple[float, float], begins_utc_ns: int) -> tuple[EventEntry, ...]:
    """One of each kind of change, spread over a flown place.

    Args:
        half_m: Half the flown extent, east and north.
        begins_utc_ns: When all of them happen.
    """
    wide, high = half_m
    told: tuple[tuple[str, str, float, float, float, dict[str, float | str | bool]], ...] = (
        ("E01", "trench", -0.45, 0.45, 70.0, {"length_m": 25.0, "start_m": 25.0, "metres_per_night": 0.0}),
        ("E02", "sandbag_post", 0.12, 0.55, 60.0, {"size_m": 5.2}),
        ("E03", "parked_vehicle", 0.52, 0.2, 40.0, {"form": "truck", "cargo": "tarpaulin", "paint": "olive"}),
        ("E04", "crater", -0.22, -0.66, 0.0, {"diameter_m": 4.4}),
        ("E05", "burn", 0.5, -0.6, 20.0, {"radius_m": 6.0}),
        ("E06", "structure_gone", -0.62, -0.5, 65.0, {"own_shed": True}),
    )
    return tuple(
        EventEntry(name, kind, Offset(x * wide, y * high), heading, begins_utc_ns, tuple(sorted(options.items())))
        for name, kind, x, y, heading, options in told
    )


def drivers(flights: QuickFlights, start_utc_ns: int) -> tuple[EventEntry, ...]:
    """One who drives by during the first strip of a flight, and one who drives and stops during the second."""
    strip_s = flights.plan.length_m / flights.speed_mps
    passes = _LEAD_S + strip_s / 2
    car: dict[str, float | str] = {"form": "car", "paint": "white", "speed_mps": 9.0, "passes_s": passes}
    out = [_driver("M01", start_utc_ns, car, 0.0)]
    if flights.strips > 1:
        passes += strip_s + _TURN_S
        van: dict[str, float | str] = {
            "form": "van",
            "paint": "blue",
            "speed_mps": 8.0,
            "passes_s": passes,
            "go_s": 14.0,
            "stop_s": 20.0,
        }
        out.append(_driver("M02", start_utc_ns, van, 180.0))
    return tuple(out)


def _driver(name: str, start_utc_ns: int, options: dict[str, float | str], turn_deg: float) -> EventEntry:
    begins = start_utc_ns - round(_LEAD_S * SECOND_NS)
    return EventEntry(name, "vehicle_moving", AlongRoad(), 90.0 + turn_deg, begins, tuple(sorted(options.items())))
