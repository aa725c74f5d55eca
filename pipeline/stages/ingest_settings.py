"""Settings of ingest."""

from dataclasses import dataclass, field

from pipeline.stages.clock_offset import OffsetSettings
from pipeline.stages.frame_times import TimeSettings
from pipeline.stages.motion_contradiction import MotionSettings
from pipeline.stages.telemetry_gates import GateSettings
from pipeline.stages.time_matching import MatchSettings
from pipeline.stages.triage import TriageSettings


@dataclass(frozen=True, slots=True)
class SigmaSettings:
    """Standard deviations where the telemetry states none; those of ``sortie.toml`` come first.

    Attributes:
        gnss_m: Horizontal, one axis, of a consumer receiver under open sky.
        gnss_alt_m: Its height, apart from the datum.
        rtk_m, rtk_alt_m: With fixed carrier phases.
        yaw_deg: Of a gimbal: its magnetic compass.
        tilt_deg: Of a gimbal: mounting, lag and level.
    """

    gnss_m: float = 2.0
    gnss_alt_m: float = 3.0
    rtk_m: float = 0.05
    rtk_alt_m: float = 0.1
    yaw_deg: float = 2.5
    tilt_deg: float = 0.8

    def __post_init__(self) -> None:
        if not min(self.gnss_m, self.gnss_alt_m, self.rtk_m, self.rtk_alt_m, self.yaw_deg, self.tilt_deg) > 0:
            raise ValueError("standard deviations must be positive")


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How frames get their time and pose.

    Attributes:
        times: Clocks.
        sigmas: Standard deviations where none are stated.
        gates: What no sample can be.
        matching: Telemetry between samples.
        clock: The offset between telemetry and pictures.
        motion: The speed of the pictures against that of telemetry.
        triage: What is wrong with pictures, by their previews.
        max_extent_m: Frames further from the middle of the flight are another flight, or their position is wrong.
        max_frame_sigma_m: Frames whose position is less sure than this are not placed.
    """

    times: TimeSettings = field(default_factory=TimeSettings)
    sigmas: SigmaSettings = field(default_factory=SigmaSettings)
    gates: GateSettings = field(default_factory=GateSettings)
    matching: MatchSettings = field(default_factory=MatchSettings)
    clock: OffsetSettings = field(default_factory=OffsetSettings)
    motion: MotionSettings = field(default_factory=MotionSettings)
    triage: TriageSettings = field(default_factory=TriageSettings)
    max_extent_m: float = 30_000.0
    max_frame_sigma_m: float = 100.0

    def __post_init__(self) -> None:
        if not min(self.max_extent_m, self.max_frame_sigma_m) > 0:
            raise ValueError("'max_extent_m' and 'max_frame_sigma_m' must be positive")
