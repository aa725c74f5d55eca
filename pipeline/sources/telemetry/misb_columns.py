"""A table of MISB metadata to the columns of telemetry: our axes, heights with their datum, what the sensor sees."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.line_of_sight import line_of_sight
from pipeline.geometry.projection import grid_convergence_deg
from pipeline.records.arrays import Bool, Float, Int
from pipeline.records.samples import GnssSamples, ReadingFault, ViewSamples
from pipeline.sources.telemetry.klv_attitude import Attitude, camera_attitude
from pipeline.sources.telemetry.klv_packets import Kind
from pipeline.sources.telemetry.klv_stream import KlvTable
from pipeline.sources.telemetry.st0601_items import GNSS_BITS

_ATTITUDE = (
    *("heading_deg", "pitch_deg", "roll_deg", "pitch_full_deg", "roll_full_deg"),
    *("relative_azimuth_deg", "relative_elevation_deg", "relative_roll_deg"),
    *("angle_to_north_deg", "obliquity_deg", "sensor_roll_deg"),
)
_PLACE = (
    *("lon_deg", "lat_deg", "alt_msl_m", "alt_ellipsoidal_m", "alt_ellipsoidal_long_m"),
    *("centre_lon_deg", "centre_lat_deg", "centre_msl_m", "centre_ellipsoidal_m", "slant_range_m"),
    *("hfov_deg", "vfov_deg"),
    *(f"corner_{corner}_{axis}_{of}deg" for corner in range(1, 5) for axis in ("lon", "lat") for of in ("", "offset_")),
)
_MOTION = ("satellites", "positioning", "north_mps", "east_mps", "ground_speed_mps", "climb_mps")
WANTED = frozenset((*_ATTITUDE, *_PLACE, *_MOTION, "time_us", "leap_s", "time_correction_us"))
"""Names of numbers that are kept of packets."""

_SAME_HEIGHT_M = 0.5
_GRID_DEG = 0.5
"""Grid north is told from true north only where they differ more."""
_GRID_FITS_DEG = 0.15
_DOUBTED_DEG = 2.0

_MSL = "metadata of items {items} are heights above mean sea level by their standard, which takes EGM96 for it"
_ELLIPSOIDAL = "metadata of item 75 or 104 are heights above the ellipsoid by their standard"


@dataclass(frozen=True, slots=True, eq=False)
class RowFault:
    """A fault and the samples that have it: ``(N,)``."""

    code: str
    rows: Bool
    reason: str

    def among(self, rows: Int) -> ReadingFault:
        """Counted over some samples."""
        return ReadingFault(self.code, int(np.count_nonzero(self.rows[rows])), self.reason)


@dataclass(frozen=True, slots=True, eq=False)
class MisbColumns:
    """Columns of `TelemetrySamples` and what is to be said of them.

    Attributes:
        numbers: ``(N,)`` by name, of `SAMPLE_COLUMNS`.
        gnss, view: As there.
        vertical_datum, datum_reason, notes, faults: As there.
    """

    numbers: dict[str, Float]
    gnss: GnssSamples | None
    view: ViewSamples
    vertical_datum: str
    datum_reason: str
    notes: tuple[str, ...]
    faults: tuple[RowFault, ...] = ()


def columns_of(table: KlvTable) -> MisbColumns:
    """Turn names and axes into ours."""
    lon, lat = table.column("lon_deg"), table.column("lat_deg")
    alt, datum, reason, heights = _heights(table)
    centre, centre_datum = _centre_height(table, datum)
    sight = _sight(table, (lon, lat, alt), centre if centre_datum == datum else np.full(len(table), np.nan))
    read = _uas_attitude if table.kind is Kind.UAS else _predator_attitude
    attitude, heading, notes, faults = read(table, sight, lon, lat)
    view = ViewSamples(
        hfov_deg=_angle(table.column("hfov_deg")),
        vfov_deg=_angle(table.column("vfov_deg")),
        slant_range_m=_positive(table.column("slant_range_m")),
        target_lon_deg=table.column("centre_lon_deg"),
        target_lat_deg=table.column("centre_lat_deg"),
        target_height_m=centre,
        corners_deg=_corners(table),
        target_datum=centre_datum,
    )
    numbers = {
        "lon_deg": lon,
        "lat_deg": lat,
        "alt_m": alt,
        "yaw_deg": (attitude.yaw_deg + 180.0) % 360.0 - 180.0,
        "pitch_deg": attitude.pitch_deg,
        "roll_deg": attitude.roll_deg,
        "aircraft_yaw_deg": heading,
    }
    return MisbColumns(numbers, _gnss(table), view, datum, reason, (*notes, *heights), faults)


def _sight(table: KlvTable, sensor: tuple[Float, Float, Float], centre_m: Float) -> tuple[Float, Float]:
    """Bearing and elevation of the frame's centre; where its height is not given, by the slant range."""
    lon, lat, slant = table.column("centre_lon_deg"), table.column("centre_lat_deg"), table.column("slant_range_m")
    level = ~np.isfinite(centre_m) & (slant > 0)
    bearing, elevation, distance = line_of_sight(sensor, (lon, lat, np.where(level, sensor[2], centre_m)))
    with np.errstate(invalid="ignore", divide="ignore"):
        dip = -np.degrees(np.arccos(distance / slant))
    return bearing, np.where(level, dip, elevation)


def _heights(table: KlvTable) -> tuple[Float, str, str, tuple[str, ...]]:
    """Heights, their datum, why, and notes. Where both kinds are given, the ellipsoidal one needs no geoid."""
    sea, ellipsoidal = table.column("alt_msl_m"), table.column("alt_ellipsoidal_long_m", "alt_ellipsoidal_m")
    both = np.isfinite(sea) & np.isfinite(ellipsoidal)
    if both.any() and float(np.median(np.abs(sea[both] - ellipsoidal[both]))) < _SAME_HEIGHT_M:
        reason = (
            "the heights above the sea (item 15) and above the ellipsoid (75) are the same number: one is mislabelled"
        )
        return ellipsoidal, "unknown", reason, (reason,)
    if (
        np.count_nonzero(np.isfinite(ellipsoidal)) >= np.count_nonzero(np.isfinite(sea)) > 0
        or not np.isfinite(sea).any()
    ):
        known = np.isfinite(ellipsoidal).any()
        return ellipsoidal, "ellipsoidal" if known else "unknown", _ELLIPSOIDAL if known else "", ()
    return sea, "egm96", _MSL.format(items="15 and 25" if table.kind is Kind.UAS else "EG 0104"), ()


def _centre_height(table: KlvTable, datum: str) -> tuple[Float, str]:
    """The frame centre's height in the sensor's datum where it is given so."""
    sea, ellipsoidal = table.column("centre_msl_m"), table.column("centre_ellipsoidal_m")
    if datum in ("ellipsoidal", "unknown") and np.isfinite(ellipsoidal).any():
        return ellipsoidal, datum
    if np.isfinite(sea).any() or datum == "egm96":
        return sea, "egm96"
    return ellipsoidal, "ellipsoidal" if np.isfinite(ellipsoidal).any() else "unknown"


_Read = tuple[Attitude, Float, tuple[str, ...], tuple[RowFault, ...]]


def _uas_attitude(table: KlvTable, sight: tuple[Float, Float], lon: Float, lat: Float) -> _Read:
    del lon, lat
    heading = table.column("heading_deg")
    pitch, roll = table.column("pitch_full_deg", "pitch_deg"), table.column("roll_full_deg", "roll_deg")
    relative_roll = table.column("relative_roll_deg")
    turned = np.isfinite(table.column("relative_elevation_deg"))
    notes: list[str] = []
    if turned.any() and not np.isfinite(relative_roll[turned]).any():
        notes.append("the sensor's roll is not given; taken as 0 against its platform")
        relative_roll = np.zeros(len(table))
    relative = (table.column("relative_azimuth_deg"), table.column("relative_elevation_deg"), relative_roll)
    attitude = camera_attitude((heading, pitch, roll), relative, sight)
    return _checked(attitude, sight, heading, notes)


def _predator_attitude(table: KlvTable, sight: tuple[Float, Float], lon: Float, lat: Float) -> _Read:
    """Azimuth and elevation against north and horizon; the sign of the older "obliquity" is by who wrote it."""
    heading, yaw, slope = table.column("heading_deg"), table.column("angle_to_north_deg"), table.column("obliquity_deg")
    notes: list[str] = []
    down = -np.abs(slope)
    known = np.isfinite(sight[1]) & np.isfinite(slope)
    if known.any():
        flip = np.median(np.abs(slope[known] - sight[1][known])) > np.median(np.abs(slope[known] + sight[1][known]))
        down = -slope if flip else slope
    down = np.where(np.abs(down) <= 90, down, np.nan)
    convergence = grid_convergence_deg(lon, lat)
    off = (sight[0] - yaw + 180) % 360 - 180
    seen = np.isfinite(off) & np.isfinite(convergence)
    if seen.any() and abs(float(np.median(convergence[seen]))) > _GRID_DEG:
        apart, spread = float(np.median((off - convergence)[seen])), float(np.std(off[seen]))
        if abs(apart) < _GRID_FITS_DEG and spread < _GRID_FITS_DEG:
            yaw = yaw + convergence
            notes.append(
                f"the sensor's angle to north counts from UTM grid north, {float(np.median(convergence[seen])):+.2f}° "
                "from true north: positions of sensor and frame centre show it"
            )
    attitude = camera_attitude((yaw * 0, yaw * 0, yaw * 0), (yaw, down, table.column("sensor_roll_deg")), sight)
    attitude = replace(attitude, reading="platform")
    if not np.isfinite(attitude.yaw_deg).any():  # without a roll the axis is known all the same
        axis = camera_attitude((yaw * 0, yaw * 0, yaw * 0), (yaw, down, yaw * 0), sight)
        attitude = replace(axis, roll_deg=np.full(len(yaw), np.nan), reading="platform")
    return _checked(attitude, sight, heading, notes)


def _checked(attitude: Attitude, sight: tuple[Float, Float], heading: Float, notes: list[str]) -> _Read:
    """Say what the frame's centre says of the angles; where angles lack, look where it is."""
    faults: tuple[RowFault, ...] = ()
    missing = ~np.isfinite(attitude.pitch_deg) & np.isfinite(sight[1])
    if np.isfinite(attitude.misses_deg):
        notes.append(f"camera axis and frame centre agree within {attitude.misses_deg:.2f}° (median)")
    if attitude.reading != "platform":
        was = attitude.others_deg["platform"]
        against = "the platform's heading alone" if attitude.reading == "level" else "north and the horizon"
        faults = (
            RowFault(
                "sensor_angles_misread",
                np.isfinite(attitude.pitch_deg),
                f"samples whose sensor angles are against {against}, not the platform as their standard has it: "
                f"read so they meet the frame's centre within {attitude.misses_deg:.1f}°, else they miss by {was:.0f}°",
            ),
        )
    elif attitude.misses_deg > _DOUBTED_DEG:
        faults = (
            RowFault(
                "sensor_angles_contradicted",
                np.isfinite(attitude.pitch_deg) & np.isfinite(sight[1]),
                f"samples whose camera axis misses the frame's centre that they state by {attitude.misses_deg:.1f}° "
                "(median); kept as stated",
            ),
        )
    if missing.any():
        faults = (
            *faults,
            RowFault(
                "attitude_from_frame_centre",
                missing,
                "samples without usable angles; the camera's axis is taken from its place and the frame's centre",
            ),
        )
        attitude = _aimed(attitude, missing, sight)
    return attitude, heading, tuple(notes), faults


def _aimed(attitude: Attitude, rows: Bool, sight: tuple[Float, Float]) -> Attitude:
    return replace(
        attitude,
        yaw_deg=np.where(rows, sight[0], attitude.yaw_deg),
        pitch_deg=np.where(rows, sight[1], attitude.pitch_deg),
        roll_deg=np.where(rows, np.nan, attitude.roll_deg),
    )


def _corners(table: KlvTable) -> Float:
    """Whole coordinates where they are given, else offsets from the frame's centre."""
    lon, lat = table.column("centre_lon_deg"), table.column("centre_lat_deg")
    corners = np.full((len(table), 4, 2), np.nan)
    for corner in range(4):
        for axis, (name, centre) in enumerate((("lon", lon), ("lat", lat))):
            whole = table.column(f"corner_{corner + 1}_{name}_deg")
            offset = centre + table.column(f"corner_{corner + 1}_{name}_offset_deg")
            corners[:, corner, axis] = np.where(np.isfinite(whole), whole, offset)
    return corners


def _gnss(table: KlvTable) -> GnssSamples | None:
    positioning = table.column("positioning")
    speed = np.hypot(table.column("north_mps"), table.column("east_mps"))
    speed = np.where(np.isfinite(speed), speed, table.column("ground_speed_mps"))
    without = np.isfinite(positioning) & ((np.nan_to_num(positioning) % 256).astype(np.int64) & GNSS_BITS == 0)
    columns = {
        "satellites": table.column("satellites"),
        "speed_mps": speed,
        "climb_mps": table.column("climb_mps"),
        "fix": np.where(without, 0.0, np.nan),
    }
    if not any(np.isfinite(column).any() for column in columns.values()):
        return None
    return GnssSamples.of(len(table), **columns)


def _angle(values: Float) -> Float:
    return np.where((values > 0) & (values < 180), values, np.nan)


def _positive(values: Float) -> Float:
    return np.where(values > 0, values, np.nan)
