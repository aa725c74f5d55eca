"""From a path to the poses of one exposure, and how the picture moves in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.path import CameraPath, States
from pipeline.simulator.scene.shot import Seen, Shot
from pipeline.simulator.sensor.lens_rays import project_lens, rays_of

_GRID = 5
_FAR_M = 20_000.0
_LEAST_APART_PX = 0.25


def shots(
    path: CameraPath,
    t_s: float,
    lens: Lens,
    readout_s: float = 0.0,
    exposure_s: float = 0.0,
    samples: int = 1,
    *,
    convergence_rad: float,
) -> list[Shot]:
    """The poses of one frame.

    Args:
        path: The true flight.
        t_s: Middle of the exposure of the middle row.
        lens: At zoom 1.
        readout_s: From the first row to the last; 0 is a global shutter.
        exposure_s: Of each row; of no effect with one sample.
        samples: Shots spread over the exposure, to be averaged in linear light. One, with `motion_during` for the
            smear, is far cheaper and differs only where near things move against far ones by more than a pixel,
            and in the shadows of what moves.
        convergence_rad: Bearing of grid north from true north.
    """
    if samples < 1 or readout_s < 0 or exposure_s < 0:
        raise ConfigError("an exposure has at least one sample, and neither readout nor exposure time is below 0")
    height = lens.size_px[1]
    within = (np.arange(samples) + 0.5) / samples - 0.5
    zoom = float(path.at(np.array([t_s])).zoom[0])
    now = lens if zoom == 1.0 else lens.zoomed(zoom)
    rows = (np.arange(height) / (height - 1) - 0.5) * readout_s if readout_s > 0 else np.zeros(1)
    out = []
    for share in within:
        offsets = rows + share * exposure_s
        states = path.at(t_s + offsets)
        out.append(Shot(now, states.eye_m, rotations(states, convergence_rad), offsets))
    return out


def rotations(states: States, convergence_rad: float) -> Float:
    """``(N, 3, 3)`` camera to site: `pipeline.geometry.rotation.camera_to_site` of many poses."""
    yaw = np.radians(states.yaw_deg) - convergence_rad
    pitch, roll = np.radians(states.pitch_deg), np.radians(states.roll_deg)
    cy, cp, cr, sy, sp, sr = np.cos(yaw), np.cos(pitch), np.cos(roll), np.sin(yaw), np.sin(pitch), np.sin(roll)
    right = np.stack([sy * sp * sr + cy * cr, cy * sp * sr - sy * cr, -cp * sr], axis=1)
    down = np.stack([sy * sp * cr - cy * sr, cy * sp * cr + sy * sr, -cp * cr], axis=1)
    ahead = np.stack([sy * cp, cy * cp, sp], axis=1)
    return np.asarray(np.stack([right, down, ahead], axis=2), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How far the picture moves during the exposure.

    Attributes:
        flow_px: ``(G, G, 2)`` columns, rows that what is seen moves, on a grid from corner to corner.
        number: ``(H, W)`` as in `Seen`; None where nothing moves by itself.
        passing: Number and flow ``(2,)`` of what moves by itself and otherwise than what is around it.
    """

    flow_px: Float
    number: NDArray[np.int32] | None = None
    passing: tuple[tuple[int, Float], ...] = ()

    @property
    def longest_px(self) -> float:
        """Of all flows."""
        return float(np.hypot(self.flow_px[..., 0], self.flow_px[..., 1]).max())


def motion_during(
    path: CameraPath, t_s: float, seen: Seen, lens: Lens, exposure_s: float, *, convergence_rad: float
) -> Motion:
    """Movement in the picture during an exposure, zoom included; arguments as in `shots`.

    What is seen at a grid of pixels is projected from the poses at the exposure's begin and end; so is the middle of
    what moves by itself, from where it is at these times.
    """
    height, width = seen.depth_m.shape
    rows = np.linspace(0, height - 1, _GRID).round().astype(int)
    columns = np.linspace(0, width - 1, _GRID).round().astype(int)
    ends = path.at(t_s + np.array([-0.5, 0.0, 0.5]) * exposure_s)
    turned = rotations(ends, convergence_rad)
    now = lens.zoomed(float(ends.zoom[1]))
    pixels = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2).astype(np.float64)
    points = seen.ground_m[np.ix_(rows, columns)].reshape(-1, 3).astype(np.float64) + seen.origin_m
    sky = ends.eye_m[1] + _FAR_M * rays_of(pixels, now) @ turned[1].T
    points = np.where(np.isfinite(points), points, sky)
    begin, end = (project_lens(points, ends.eye_m[k], turned[k], lens.zoomed(float(ends.zoom[k]))) for k in (0, 2))
    flow = np.nan_to_num(end - begin).reshape(_GRID, _GRID, 2)
    if not seen.moving:
        return Motion(flow)
    middles, velocity, spots = _middles(seen)
    way = 0.5 * exposure_s * velocity
    begin = project_lens(middles - way, ends.eye_m[0], turned[0], lens.zoomed(float(ends.zoom[0])))
    end = project_lens(middles + way, ends.eye_m[2], turned[2], lens.zoomed(float(ends.zoom[2])))
    own = end - begin
    apart = np.hypot(*(own - _between(flow, spots)).T)
    passing = tuple((seen.moving[k][0], own[k]) for k in np.flatnonzero(apart > _LEAST_APART_PX))
    return Motion(flow, seen.number if passing else None, passing)


def _middles(seen: Seen) -> tuple[Float, Float, Float]:
    """Of what moves: ``(N, 3)`` site places and velocities, ``(N, 2)`` shares of the picture across and down."""
    places, velocities, spots = [], [], []
    for number, velocity in seen.moving:
        rows, columns = np.nonzero(seen.number == number)
        places.append(np.median(seen.ground_m[rows, columns].astype(np.float64), axis=0) + seen.origin_m)
        velocities.append((*velocity, 0.0))
        spots.append((columns.mean() / (seen.number.shape[1] - 1), rows.mean() / (seen.number.shape[0] - 1)))
    return np.array(places), np.array(velocities), np.array(spots)


def _between(flow_px: Float, spots: Float) -> Float:
    """``(N, 2)`` flow of a grid at shares of the picture across and down."""
    at = spots * (_GRID - 1)
    corner = np.clip(at.astype(int), 0, _GRID - 2)
    u, v = (at - corner).T[..., None]
    column, row = corner.T
    upper = (1 - u) * flow_px[row, column] + u * flow_px[row, column + 1]
    lower = (1 - u) * flow_px[row + 1, column] + u * flow_px[row + 1, column + 1]
    return np.asarray((1 - v) * upper + v * lower, np.float64)
