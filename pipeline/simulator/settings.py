"""What a simulation is asked for, and the two that the project itself flies."""

from dataclasses import dataclass, field, replace

from pipeline.errors import ConfigError
from pipeline.simulator.flight import Faults, FlightPlan
from pipeline.simulator.old_sensor import SensorSettings
from pipeline.simulator.scenario import SAMPLE_PLACE

SAMPLE_START_UTC_NS = 1_621_315_800_000_000_000  # 2021-05-18T05:30:00Z
DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class SortieSettings:
    """One flight over a scenario.

    Attributes:
        name: Folder of the flight.
        after: Whether it is flown after the changes.
        start_utc_ns: Exposure of the first frame.
        sensor: Tones, blur and noise.
        faults: What is wrong with its telemetry.
    """

    name: str
    after: bool
    start_utc_ns: int
    sensor: SensorSettings = field(default_factory=SensorSettings)
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """A simulation: a place and one or more flights over it.

    Attributes:
        seed: Everything random follows from it.
        frames: Per flight.
        size_px: Width, height.
        plan: The strips.
        sorties: The flights.
        place: Longitude, latitude.
        events: Whether anything changes between the dates and anybody drives.
        distortion: k1 k2 p1 p2 k3 of the lens.
        gsd_m: Ground sample distance at nadir, which sets the focal length; None: an ordinary wide lens.
        video: One MP4 with a telemetry table in place of stills.
        table: A telemetry table beside stills.
        masks: Whether a mask of what is seen is written for each frame.
    """

    seed: int
    frames: int
    size_px: tuple[int, int]
    plan: FlightPlan
    sorties: tuple[SortieSettings, ...]
    place: tuple[float, float] = SAMPLE_PLACE
    events: bool = True
    distortion: tuple[float, float, float, float, float] = (-0.045, 0.018, 0.0004, -0.0003, 0.0)
    gsd_m: float | None = None
    video: bool = False
    table: bool = False
    masks: bool = True

    def __post_init__(self) -> None:
        if self.frames < 1 or min(self.size_px) < 32:
            raise ConfigError("a simulation needs at least one frame of at least 32 pixels on a side")
        if len({sortie.name for sortie in self.sorties}) != len(self.sorties) or not self.sorties:
            raise ConfigError("a simulation needs one or more flights, each with a name of its own")


def sample_settings(seed: int = 7) -> SimulationSettings:
    """The pair of sorties in ``sample_frames``: a baseline, and the next day's flight 1 h 50 min later in the day."""
    later = SAMPLE_START_UTC_NS + DAY_NS + 110 * 60_000_000_000
    darker = SensorSettings(exposure=0.84, white_balance=(1.05, 0.94), jpeg_quality=78)
    return SimulationSettings(
        seed=seed,
        frames=18,
        size_px=(1280, 960),
        plan=FlightPlan(),
        sorties=(
            SortieSettings("baseline", False, SAMPLE_START_UTC_NS, replace(darker, exposure=1.0, white_balance=(1, 1))),
            SortieSettings("night", True, later, darker, Faults(height_bias_m=-0.4)),
        ),
    )


def tiny_settings(seed: int = 1, frames: int = 6) -> SimulationSettings:
    """A pair of small flights for quick tests: 320 × 240 at 0.25 m."""
    sample = sample_settings(seed)
    return replace(
        sample, frames=frames, size_px=(320, 240), gsd_m=0.25, plan=replace(sample.plan, strips=1), masks=False
    )
