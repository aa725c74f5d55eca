"""Everything that is true of one frame, small enough to be sent from the process that rendered it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.simulator.scene.event import Happening
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.scene.moment import Moment
from pipeline.simulator.scene.path import States
from pipeline.simulator.scene.shot import Seen, Shot
from pipeline.simulator.truth.geoparquet import point_wkb
from pipeline.simulator.truth.objects import part_rows
from pipeline.simulator.truth.pictures import depth_png, mask_png, shadow_png
from pipeline.simulator.truth.visibility import Visible, visible

Picture = Literal["masks", "depths", "shadows"]
PICTURES: tuple[Picture, ...] = ("masks", "depths", "shadows")


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """How a frame was taken.

    Attributes:
        index: Of the frame.
        camera_t_utc_ns: Its time by the camera's clock.
        exposure_s, iso: As the sensor chose them.
        readout_s: From the first row to the last.
        ground_m: Height of the bare ground below the camera.
        thermal: Whether it is thermal.
        turned_180: Whether its file's pixels are turned.
    """

    index: int
    camera_t_utc_ns: int
    exposure_s: float
    iso: int
    readout_s: float
    ground_m: float
    thermal: bool
    turned_180: bool


@dataclass(frozen=True, slots=True, eq=False)
class FrameTruth:
    """The truth of a frame, but for its name, which its file gives it.

    Attributes:
        index: Of the frame.
        pose: A row of `schemas.POSES`.
        visible: What shows.
        movers: Rows of `schemas.MOVERS`.
        parts: Rows of `schemas.OBJECTS` for parts of events that show.
        pictures: PNG files by the name of their folder.
    """

    index: int
    pose: dict[str, Any]
    visible: Visible
    movers: list[dict[str, Any]]
    parts: list[dict[str, Any]]
    pictures: dict[Picture, bytes]


def frame_truth(
    seen: Seen,
    shot: Shot,
    states: States,
    moment: Moment,
    exposure: Exposure,
    site: SiteFrame,
    happenings: Iterable[Happening],
    pictures: Iterable[Picture],
) -> FrameTruth:
    """The truth of a frame.

    Args:
        seen: What its middle shot saw.
        shot: The middle shot; its middle row's pose is the frame's.
        states: The camera at the frame's time, one row.
        moment: The world at that time.
        exposure: How it was taken.
        site: Frame of all metres.
        happenings: All events at that time.
        pictures: Which to write.
    """
    shown = visible(seen)
    scale = 0.0
    made: dict[Picture, bytes] = {}
    for name in pictures:
        if name == "masks":
            made[name] = mask_png(seen.number)
        elif name == "depths":
            made[name], scale = depth_png(seen.depth_m)
        else:
            made[name] = shadow_png(seen.shadow)
    pose = _pose_row(shot, states, moment, exposure, site, scale)
    there, names = tuple(happenings), frozenset(shown.thing_ids)
    movers = [
        _mover_row(mover, shown, moment, site, event.truth.event_id, exposure.index)
        for event in there
        for mover in event.movers
    ]
    parts = [row for event in there for row in part_rows(event, site, names)]
    return FrameTruth(exposure.index, pose, shown, movers, parts, made)


def _pose_row(
    shot: Shot, states: States, moment: Moment, exposure: Exposure, site: SiteFrame, scale: float
) -> dict[str, Any]:
    eye, lens = shot.eye_m[shot.middle], shot.lens
    lon, lat = (float(v) for v in site.to_lonlat(eye[None, :2])[0])
    row: dict[str, Any] = {
        "index": exposure.index,
        "t_utc_ns": moment.t_utc_ns,
        "camera_t_utc_ns": exposure.camera_t_utc_ns,
        "t_s": float(states.t_s[0]),
        "lon_deg": lon,
        "lat_deg": lat,
        "height_hae_m": float(eye[2]),
        "above_ground_m": float(eye[2]) - exposure.ground_m,
        "site_x_m": float(eye[0]),
        "site_y_m": float(eye[1]),
        "rotation": [float(v) for v in shot.rotation[shot.middle].ravel()],
        "lens": lens.kind,
        "width_px": lens.size_px[0],
        "height_px": lens.size_px[1],
        "fx": float(lens.K[0, 0]),
        "fy": float(lens.K[1, 1]),
        "cx": float(lens.K[0, 2]),
        "cy": float(lens.K[1, 2]),
        "skew": float(lens.K[0, 1]),
        "distortion": [float(v) for v in lens.distortion],
        "zoom": float(states.zoom[0]),
        "exposure_s": exposure.exposure_s,
        "iso": exposure.iso,
        "readout_s": exposure.readout_s,
        "thermal": exposure.thermal,
        "turned_180": exposure.turned_180,
        "depth_scale_m": scale,
        "geometry": point_wkb(lon, lat),
    }
    for name in ("yaw_deg", "pitch_deg", "roll_deg", "platform_yaw_deg", "platform_pitch_deg", "platform_roll_deg"):
        row[name] = float(getattr(states, name)[0])
    for axis, name in enumerate(("velocity_east_mps", "velocity_north_mps", "velocity_up_mps")):
        row[name] = float(states.velocity_mps[0, axis])
    row["sun_azimuth_deg"] = float(np.degrees(np.arctan2(moment.sun[0], moment.sun[1]))) % 360
    row["sun_elevation_deg"] = float(np.degrees(np.arcsin(np.clip(moment.sun[2], -1, 1))))
    return row


def _mover_row(
    mover: Placed, shown: Visible, moment: Moment, site: SiteFrame, event_id: str, index: int
) -> dict[str, Any]:
    lon, lat = (float(v) for v in site.to_lonlat(np.array([[mover.x_m, mover.y_m]]))[0])
    height = float(moment.land.terrain(np.array([mover.x_m]), np.array([mover.y_m]))[0, 0])
    east, north = mover.velocity_mps
    found = shown.box_of(mover.thing_id)
    box: Float | list[None] = [None] * 4 if found is None else found[1]
    outline = mover.scale * mover.model.outline_m
    sides = zip(("left_px", "top_px", "width_px", "height_px"), box, strict=True)
    return {
        "index": index,
        "t_utc_ns": moment.t_utc_ns,
        "thing_id": mover.thing_id,
        "event_id": event_id,
        "kind": mover.model.kind,
        "lon_deg": lon,
        "lat_deg": lat,
        "height_hae_m": height + mover.lift_m,
        "east_mps": float(east),
        "north_mps": float(north),
        "speed_mps": float(np.hypot(east, north)),
        "heading_deg": float(np.degrees(np.pi / 2 - mover.azimuth_rad + site.convergence_rad)) % 360,
        "length_m": float(np.ptp(outline[:, 0])),
        "visible_px": 0 if found is None else found[0],
        **{name: None if side is None else float(side) for name, side in sides},
    }
