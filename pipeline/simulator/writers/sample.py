"""One row of a flight's telemetry, as every writer takes it."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.simulator.scene.told import Told

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the aircraft says at one time; fields as in `Told`.

    Attributes:
        velocity_mps: East, north, up.
        present: False where the sample was lost.
        linked: False where nothing at all was recorded.
    """

    t_utc_ns: int
    lon_deg: float
    lat_deg: float
    alt_m: float
    relative_alt_m: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    platform_yaw_deg: float
    platform_pitch_deg: float
    platform_roll_deg: float
    velocity_mps: tuple[float, float, float]
    focal_px: float
    satellites: int
    hdop: float
    jamming: int
    position_sigma_m: float
    present: bool
    linked: bool

    @property
    def fixed(self) -> bool:
        """Whether the receiver gave a position: exactly (0, 0) is how it says that it had none."""
        return self.present and (self.lon_deg != 0.0 or self.lat_deg != 0.0)

    @property
    def recorded(self) -> bool:
        """Whether the sample reached the file at all."""
        return self.present and self.linked

    def as_drones_lose_it(self) -> "Sample":
        """The sample itself, or zeros where it was lost: what a camera writes that was told nothing."""
        if self.present:
            return self
        return replace(
            self,
            lon_deg=0.0,
            lat_deg=0.0,
            alt_m=0.0,
            relative_alt_m=0.0,
            yaw_deg=0.0,
            pitch_deg=0.0,
            roll_deg=0.0,
            platform_yaw_deg=0.0,
            platform_pitch_deg=0.0,
            platform_roll_deg=0.0,
            velocity_mps=(0.0, 0.0, 0.0),
            satellites=0,
            hdop=0.0,
            jamming=0,
            position_sigma_m=math.nan,
        )


def sample_at(told: Told, row: int) -> Sample:
    """One row."""
    east, north, up = (float(part) for part in told.velocity_mps[row])
    return Sample(
        t_utc_ns=int(told.t_utc_ns[row]),
        lon_deg=float(told.lon_deg[row]),
        lat_deg=float(told.lat_deg[row]),
        alt_m=float(told.alt_m[row]),
        relative_alt_m=float(told.relative_alt_m[row]),
        yaw_deg=float(told.yaw_deg[row]),
        pitch_deg=float(told.pitch_deg[row]),
        roll_deg=float(told.roll_deg[row]),
        platform_yaw_deg=float(told.platform_yaw_deg[row]),
        platform_pitch_deg=float(told.platform_pitch_deg[row]),
        platform_roll_deg=float(told.platform_roll_deg[row]),
        velocity_mps=(east, north, up),
        focal_px=float(told.focal_px[row]),
        satellites=int(told.satellites[row]),
        hdop=float(told.hdop[row]),
        jamming=int(told.jamming[row]),
        position_sigma_m=float(told.position_sigma_m[row]),
        present=bool(told.present[row]),
        linked=bool(told.linked[row]),
    )


def samples(told: Told) -> Iterator[Sample]:
    """Rows in the order in which the aircraft gave them."""
    return (sample_at(told, row) for row in range(len(told.t_utc_ns)))


def utc(t_utc_ns: int) -> dt.datetime:
    """A time to the microsecond."""
    return EPOCH + dt.timedelta(microseconds=t_utc_ns // 1000)


def local(t_utc_ns: int, utc_offset_h: int) -> dt.datetime:
    """The clock on the wall, without a zone, as recorders write it."""
    return (utc(t_utc_ns) + dt.timedelta(hours=utc_offset_h)).replace(tzinfo=None)
