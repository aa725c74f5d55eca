"""One vertical datum for cameras and ground, by what is stated and by what the flight shows.

The evidence is the height above take-off: with both heights in one datum, ``camera - terrain`` agrees with it. It
cannot tell which datum the two share, and need not: only their difference places a pixel.

Frames that state only a height above take-off are no such evidence. They are lifted afterwards, from the take-off
point: see `pipeline.stages.take_off`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.errors import DatumError, GeometryError
from pipeline.geometry.datum import ELLIPSOIDAL, UNKNOWN, to_ellipsoidal
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.arrays import Float
from pipeline.records.frame import Pose, PosedFrame
from pipeline.records.terrain import TerrainModel
from pipeline.stages.take_off import (
    TakeOff,
    is_relative_only,
    lifted_from,
    take_off_below_first,
    take_off_shown_by,
)

SHARED = "shared"
"""A datum that cameras and terrain have in common, whatever it is."""


@dataclass(frozen=True, slots=True)
class SettleSettings:
    """How heights are brought together.

    Attributes:
        evidence_tolerance_m: How far ``camera - terrain`` may be from the height above take-off, beyond half of the
            relief under the flight: barometers and home points drift by about 5 m in a flight.
        flat_sigma_m: Standard deviation of the ground when it is taken as flat below the take-off point.
        sighted_sigma_m: The same when it is taken as flat at the height of what the sensor says it looks at: sensors
            compute that from their own pose over coarse models of the ground, or over the sea's level.
        flat_height_m: Stated height of flat ground, in `flat_datum`; None: not stated.
        flat_datum: ``ellipsoidal``, ``egm96`` or ``egm2008``.
        geoid_grid: File with the geoid's grid; None: PROJ's own, or the one that ships.
    """

    evidence_tolerance_m: float = 6.0
    flat_sigma_m: float = 8.0
    sighted_sigma_m: float = 30.0
    flat_height_m: float | None = None
    flat_datum: str = ELLIPSOIDAL
    geoid_grid: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SettledHeights:
    """Cameras and terrain in one datum.

    Attributes:
        terrain: Heights for everything that follows.
        frames: With ellipsoidal (or shared) heights and the codes of what was assumed.
        camera_datum, terrain_datum: Which reading of the two was taken; ``shared`` when only their agreement is known.
        height_disagreement_m: Median of ``camera - terrain - relative altitude`` in that reading, NaN without evidence.
        notes: Codes; each is also in the notes of the frames that it holds for.
    """

    terrain: HeightGrid
    frames: tuple[PosedFrame, ...]
    camera_datum: str
    terrain_datum: str
    height_disagreement_m: float
    notes: tuple[str, ...]


def settle_heights(
    frames: Sequence[PosedFrame], terrain: TerrainModel | None, site: SiteFrame, settings: SettleSettings
) -> SettledHeights:
    """Choose the reading of camera and terrain heights that the flight supports, and convert both.

    Frames of one sortie that state a height above some zero are taken to share it; the most frequent datum counts.
    Frames that state only a height above take-off follow, each from the take-off point.

    Raises:
        DatumError: Neither statement nor evidence says how the two go together, or a geoid grid is missing. Never for
            a sortie in which all heights are above take-off.
        GeometryError: There is neither terrain nor anything that tells the height of the ground.
    """
    if not frames:
        raise GeometryError("no frame has a pose; see what ingest dropped")
    if terrain is None and settings.flat_height_m is not None:
        plane = HeightGrid.flat(settings.flat_height_m, settings.flat_sigma_m, "stated flat ground")
        terrain = TerrainModel(plane, settings.flat_datum, "stated flat ground", ("flat_ground_stated",))
    absolute = [frame for frame in frames if not is_relative_only(frame)]
    if not absolute:
        return _above_take_off(frames, terrain, site, settings)
    stated = _usual([frame.vertical_datum for frame in absolute])
    if terrain is None:
        settled = _flat_ground(absolute, stated, site, settings)
    else:
        settled = _Settling(absolute, terrain, stated, site, settings).settle()
    if len(absolute) == len(frames):
        return settled
    take_off = take_off_shown_by(settled.frames) or take_off_below_first(frames, settled.terrain)
    done = iter(settled.frames)
    # notes on the absolute heights of the others say nothing of a frame that has none
    merged = tuple(lifted_from(take_off, frame) if is_relative_only(frame) else next(done) for frame in frames)
    return replace(settled, frames=merged, notes=(*settled.notes, take_off.note))


def _above_take_off(
    frames: Sequence[PosedFrame], terrain: TerrainModel | None, site: SiteFrame, settings: SettleSettings
) -> SettledHeights:
    """A sortie in which no height refers to anything but the take-off point."""
    nan = float("nan")
    if terrain is None:
        ground = HeightGrid.flat(0.0, settings.flat_sigma_m, "flat ground at the height of take-off")
        take_off = TakeOff(0.0, 0.0, "take_off_assumed_below_first_frame")
        notes: tuple[str, ...] = ("flat_ground_assumed", "vertical_datum_unsettled")
        lifted = tuple(lifted_from(take_off, frame, notes) for frame in frames)
        return SettledHeights(ground, lifted, SHARED, SHARED, nan, (*notes, take_off.note))
    datum, notes = terrain.vertical_datum, terrain.notes
    try:
        ground = terrain_in(SHARED if datum == UNKNOWN else datum, terrain, site, settings)
    except DatumError:
        datum, ground = SHARED, terrain.grid  # only the height above the ground matters here
    if datum in (UNKNOWN, SHARED):
        datum, notes = SHARED, (*notes, "vertical_datum_unsettled")
    take_off = take_off_below_first(frames, ground)
    lifted = tuple(lifted_from(take_off, frame, notes) for frame in frames)
    return SettledHeights(ground, lifted, datum, datum, nan, (*notes, take_off.note))


@dataclass(frozen=True, slots=True, eq=False)
class _Settling:
    frames: Sequence[PosedFrame]
    terrain: TerrainModel
    stated: str
    site: SiteFrame
    settings: SettleSettings

    def settle(self) -> SettledHeights:
        """Try the stated reading first, then the others."""
        readings = self._readings()
        has_evidence = any(np.isfinite(frame.relative_alt_m) for frame in self.frames)
        first = readings[0] if UNKNOWN not in (self.stated, self.terrain.vertical_datum) else None
        missing: DatumError | None = None
        for reading in readings if has_evidence else ():
            try:
                error, allowed = self._disagreement(reading)
            except DatumError as lacking:
                missing = missing or lacking
                continue
            if abs(error) <= allowed:
                return self._taken(reading, error, self._evidence_notes(reading, first))
        if first is None:
            raise DatumError(self._undecided(has_evidence))
        if missing is not None:
            raise missing
        error, _ = self._disagreement(first)
        return self._taken(first, error, ("relative_altitude_disagrees",) if has_evidence else ())

    def _readings(self) -> list[tuple[str, str]]:
        """(camera datum, terrain datum), the stated one first."""
        ground = self.terrain.vertical_datum
        if ground == UNKNOWN:
            return [(SHARED, SHARED)]
        tags = [self.stated] if self.stated != UNKNOWN else []
        return [(datum, ground) for datum in dict.fromkeys([*tags, ELLIPSOIDAL, "egm96"])]

    def _evidence_notes(self, reading: tuple[str, str], first: tuple[str, str] | None) -> tuple[str, ...]:
        if reading == first:
            return ()
        if reading[0] == SHARED:
            return ("vertical_datum_by_evidence",)
        return ("altitude_datum_by_evidence",)

    def _disagreement(self, reading: tuple[str, str]) -> tuple[float, float]:
        """Median of camera - terrain - relative altitude, and how large it may be."""
        eyes = np.array([frame.pose.eye_m for frame in self.frames])
        relative = np.array([frame.relative_alt_m for frame in self.frames])
        ground = terrain_in(reading[1], self.terrain, self.site, self.settings).height_at(eyes[:, :2])
        over = np.isfinite(ground)
        known = over & np.isfinite(relative)
        if not known.any():
            return float("nan"), 0.0
        low, high = np.percentile(ground[over], [5, 95])
        heights = self._cameras_in(reading[0])
        error = float(np.median((heights - ground - relative)[known]))
        return error, self.settings.evidence_tolerance_m + float(high - low) / 2

    def _taken(self, reading: tuple[str, str], error: float, notes: tuple[str, ...]) -> SettledHeights:
        grid = terrain_in(reading[1], self.terrain, self.site, self.settings)
        every = (*self.terrain.notes, *notes)
        frames = _lifted(self.frames, self._cameras_in(reading[0]), every)
        return SettledHeights(grid, frames, *reading, error, every)

    def _cameras_in(self, datum: str) -> Float:
        eyes = np.array([frame.pose.eye_m for frame in self.frames])
        return _convert(eyes[:, :2], eyes[:, 2], datum, self.site, self.settings)

    def _undecided(self, has_evidence: bool) -> str:
        why = "and no frame has a height above take-off that could show it"
        if has_evidence:
            error, _ = self._disagreement(self._readings()[0])
            why = f"and heights above take-off contradict a common datum by {error:.1f} m"
            if not np.isfinite(error):
                why = "and no frame with a height above take-off lies over it"
        if self.terrain.vertical_datum == UNKNOWN:
            return (
                f"elevation model {self.terrain.name} does not say to what its heights refer, {why}; give "
                "--terrain-datum ellipsoidal|egm96|egm2008 (maps and satellite models are mostly egm96 or egm2008, "
                "photogrammetry and RTK mostly ellipsoidal)"
            )
        return (
            f"the telemetry does not say to what its altitudes refer, {why}; set "
            'vertical_datum = "ellipsoidal" (or egm96, egm2008) in sortie.toml'
        )


def _flat_ground(
    frames: Sequence[PosedFrame], stated: str, site: SiteFrame, settings: SettleSettings
) -> SettledHeights:
    """Without an elevation model: level ground at the height of the take-off point, or of what the sensor sights."""
    eyes = np.array([frame.pose.eye_m for frame in frames])
    above = np.array([frame.relative_alt_m for frame in frames])
    notes: tuple[str, ...] = ("flat_ground_assumed",)
    what, sigma_m = "flat ground at the height of take-off", settings.flat_sigma_m
    if not np.isfinite(above).any():
        above = np.array([frame.pose.eye_m[2] - frame.sighted_ground_m for frame in frames])
        notes = ("flat_ground_from_sensor",)
        what, sigma_m = "flat ground at the height that the sensor states", settings.sighted_sigma_m
    if not np.isfinite(above).any():
        raise GeometryError(
            "neither an elevation model nor a height above take-off tells how high the cameras were; give --terrain, "
            "or flat_height_m in the configuration"
        )
    datum = stated
    try:
        heights = _convert(eyes[:, :2], eyes[:, 2], SHARED if stated == UNKNOWN else stated, site, settings)
    except DatumError:
        datum, heights = SHARED, eyes[:, 2]  # only the height above the ground matters here
    if datum in (UNKNOWN, SHARED):
        datum, notes = SHARED, (*notes, "vertical_datum_unsettled")
    grid = HeightGrid.flat(float(np.nanmedian(heights - above)), sigma_m, what)
    return SettledHeights(grid, _lifted(frames, heights, notes), datum, datum, 0.0, notes)


def terrain_in(datum: str, terrain: TerrainModel, site: SiteFrame, settings: SettleSettings) -> HeightGrid:
    """The ground's heights, read as heights in a datum, made ellipsoidal.

    Raises:
        DatumError: The grid of the geoid is missing.
    """
    grid = terrain.grid
    if datum in (SHARED, ELLIPSOIDAL):
        return grid
    rows, columns = grid.heights_m.shape
    x = grid.x0_m + grid.cell_m * np.arange(columns)
    y = grid.y0_m + grid.cell_m * np.arange(rows)
    span = max(x[-1] - x[0], y[-1] - y[0])
    # a geoid changes slowly: 17 x 17 places carry it over any one flight
    axis = np.linspace(0, span, 17)
    at_x, at_y = np.meshgrid(x[0] + axis, y[0] + axis)
    places = np.column_stack([at_x.ravel(), at_y.ravel()])
    lift = _convert(places, np.zeros(len(places)), datum, site, settings).reshape(17, 17)
    geoid = HeightGrid(lift, x[0], y[0], span / 16 * (1 + 1e-12), 0.0, datum)
    across, down = np.meshgrid(x, y)
    raised = grid.heights_m + geoid.height_at(np.column_stack([across.ravel(), down.ravel()])).reshape(rows, columns)
    return replace(grid, heights_m=raised)


def _convert(xy_m: Float, height_m: Float, datum: str, site: SiteFrame, settings: SettleSettings) -> Float:
    if datum in (SHARED, ELLIPSOIDAL):
        return np.array(height_m, np.float64)
    lonlat = site.to_lonlat(xy_m)
    grid = Path(settings.geoid_grid) if settings.geoid_grid is not None else None
    return to_ellipsoidal(lonlat[:, 0], lonlat[:, 1], height_m, datum, grid)


def _lifted(frames: Sequence[PosedFrame], heights_m: Float, notes: tuple[str, ...]) -> tuple[PosedFrame, ...]:
    """The frames at their settled heights."""
    return tuple(
        replace(
            frame, pose=_at_height(frame.pose, float(height)), vertical_datum=ELLIPSOIDAL, notes=_with(frame, notes)
        )
        for frame, height in zip(frames, heights_m, strict=True)
    )


def _at_height(pose: Pose, height_m: float) -> Pose:
    return replace(pose, eye_m=np.array([pose.eye_m[0], pose.eye_m[1], height_m]))


def _with(frame: PosedFrame, notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*frame.notes, *notes]))


def _usual(datums: Sequence[str]) -> str:
    """The most frequent one; among equals the first in the alphabet."""
    return min(set(datums), key=lambda datum: (-datums.count(datum), datum))
