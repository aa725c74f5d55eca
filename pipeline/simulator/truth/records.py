"""What is true of a simulated flight, as typed records. Field names are those of the tables' columns."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from shapely.geometry.base import BaseGeometry

from pipeline.records.arrays import Float

Direction = Literal["new", "vanished", "altered"]


@dataclass(frozen=True, slots=True, eq=False)
class PoseTruth:
    """Camera of a frame: place, attitude, lens, exposure. Columns of `schemas.POSES`.

    Attributes:
        t_utc_ns: When the middle row was exposed; `camera_t_utc_ns` is what the camera's clock said.
        rotation: Nine numbers, camera to site, row by row.
        turned_180: The file's pixels are turned against the pose and masks.
        depth_scale_m: Metres of one step of the depth picture.
        geometry: The camera's place.
    """

    frame_id: str
    index: int
    t_utc_ns: int
    camera_t_utc_ns: int
    t_s: float
    lon_deg: float
    lat_deg: float
    height_hae_m: float
    above_ground_m: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    platform_yaw_deg: float
    platform_pitch_deg: float
    platform_roll_deg: float
    site_x_m: float
    site_y_m: float
    velocity_east_mps: float
    velocity_north_mps: float
    velocity_up_mps: float
    rotation: list[float]
    lens: str
    width_px: int
    height_px: int
    fx: float
    fy: float
    cx: float
    cy: float
    skew: float
    distortion: list[float]
    zoom: float
    exposure_s: float
    iso: int
    readout_s: float
    sun_azimuth_deg: float
    sun_elevation_deg: float
    thermal: bool
    turned_180: bool
    depth_scale_m: float
    geometry: BaseGeometry

    @property
    def eye_m(self) -> Float:
        """``(3,)`` site metres."""
        return np.array([self.site_x_m, self.site_y_m, self.height_hae_m])

    @property
    def camera_to_site(self) -> Float:
        """``(3, 3)``."""
        return np.array(self.rotation).reshape(3, 3)

    @property
    def K(self) -> Float:  # noqa: N802  the field's name for it
        """``(3, 3)`` camera matrix in pixels, zoom included."""
        return np.array([[self.fx, self.skew, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])


@dataclass(frozen=True, slots=True)
class VisibilityTruth:
    """A thing in a frame. Columns of `schemas.VISIBILITY`."""

    frame_id: str
    index: int
    number: int
    thing_id: str
    pixels: int
    left_px: float
    top_px: float
    width_px: float
    height_px: float
    at_border: bool
    shaded_share: float
    depth_m: float


@dataclass(frozen=True, slots=True)
class MoverTruth:
    """A mover at a frame's time. Columns of `schemas.MOVERS`; the box is None where it does not show."""

    frame_id: str
    index: int
    t_utc_ns: int
    thing_id: str
    event_id: str
    kind: str
    lon_deg: float
    lat_deg: float
    height_hae_m: float
    east_mps: float
    north_mps: float
    speed_mps: float
    heading_deg: float
    length_m: float
    visible_px: int
    left_px: float | None
    top_px: float | None
    width_px: float | None
    height_px: float | None


@dataclass(frozen=True, slots=True, eq=False)
class ObjectTruth:
    """A thing that a sortie saw. Columns of `schemas.OBJECTS`; geometry is None where its outline is not known."""

    thing_id: str
    kind: str
    event_id: str | None
    role: str
    frames: int
    pixels_max: int
    area_m2: float | None
    height_m: float | None
    azimuth_deg: float | None
    since_utc_ns: int | None
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True, eq=False)
class EventState:
    """An event as it was in the middle of a sortie, or in a night. Columns of `schemas.EVENTS`."""

    event_id: str
    kind: str
    change_kind: str | None
    bearing: str
    there: bool
    stage: int
    area_m2: float | None
    length_m: float | None
    rise_m: float | None
    depth_m: float | None
    count: int | None
    damage: str | None
    since_utc_ns: int
    at_utc_ns: int
    thing_ids: list[str]
    notification_id: str | None
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class Delta:
    """What differs in an event from an earlier night. Members of `schemas.DELTA`."""

    night_id: str
    direction: Direction
    area_m2: float | None
    grown_m2: float
    stages: int


@dataclass(frozen=True, slots=True, eq=False)
class NightEvent:
    """An event in a night, with its differences from each earlier one."""

    night_id: str
    state: EventState
    deltas: tuple[Delta, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ChangeTruth:
    """What differs in an event between two sorties.

    Attributes:
        event_id: Which.
        kind: What a change detector should call it.
        event_kind: As in the catalogue of events.
        bearing: What it means to a mission.
        direction: ``new``, ``vanished`` or ``altered``.
        area_m2: Of what is new, gone or different.
        before, after: The event at either time.
        geometry: What is new, gone or different, in longitude and latitude.
    """

    event_id: str
    kind: str
    event_kind: str
    bearing: str
    direction: Direction
    area_m2: float
    before: EventState
    after: EventState
    geometry: BaseGeometry
