"""Flights with known truth: one frame after the other, from a scenario to folders."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.sun import sun_direction
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.simulator.flight import Faults, FlightPlan, Flown, fly, frame_times, report
from pipeline.simulator.photo_tags import PhotoTags, with_tags
from pipeline.simulator.scenario import SAMPLE_PLACE, Scenario, make_scenario
from pipeline.simulator.sensor import SensorSettings, expose
from pipeline.simulator.telemetry_table import write_table
from pipeline.simulator.terrain_file import write_line, write_terrain
from pipeline.simulator.truth import (
    POSE_SCHEMA,
    SIGHTING_SCHEMA,
    change_features,
    line_feature,
    mover_box,
    object_features,
    write_geojson,
    write_rows,
)
from pipeline.simulator.video import VideoWriter
from pipeline.simulator.view import Viewer
from pipeline.simulator.world import World

_FOCAL_PER_WIDTH = 0.85
_SENSOR_WIDTH_MM = 6.4
_EXPOSURE_S = 1 / 800


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


Progress = Callable[[str, int, int], None]
"""Called with the flight's name, frames done and frames in all."""


def simulate(out: Path, settings: SimulationSettings, progress: Progress | None = None) -> Scenario:
    """Write flights into ``out/flights/<name>`` and their truth into ``out/truth/<name>``.

    Beside them: ``terrain.tif`` (ellipsoidal heights), ``line.geojson`` and ``truth/changes.geojson``.

    Args:
        out: Folder; made where it is missing. Files of the same names are written over.
        settings: What to simulate.
        progress: Told after each frame.

    Returns:
        The scenario, for those who want its truth without reading it back.

    Raises:
        ConfigError: The flights cannot be flown as asked.
        GeometryError: A camera would look at the horizon or fly below the ground.
    """
    scenario = scenario_of(settings)
    (out / "truth").mkdir(parents=True, exist_ok=True)
    write_terrain(out / "terrain.tif", scenario, _half_extent(settings), settings.seed)
    write_line(out / "line.geojson", scenario)
    write_geojson(out / "truth" / "changes.geojson", change_features(scenario))
    for number, sortie in enumerate(settings.sorties):
        _simulate_sortie(out, settings, scenario, sortie, number, progress)
    return scenario


def scenario_of(settings: SimulationSettings) -> Scenario:
    """The place that a simulation flies over."""
    times, strips = frame_times(settings.plan, settings.frames)
    passes = tuple(
        (float(times[strips == strip].min()), float(times[strips == strip].max())) for strip in np.unique(strips)
    )
    half = _half_extent(settings)
    return make_scenario(settings.seed, half, settings.place, events=settings.events, passes_s=passes)


def true_camera(settings: SimulationSettings) -> CameraModel:
    """The camera as it is."""
    focal = _focal_px(settings)
    width, height = settings.size_px
    principal = ((width - 1) / 2 + 0.004 * width, (height - 1) / 2 - 0.003 * width)
    K = camera_matrix(focal, settings.size_px, principal)
    distortion = np.array(settings.distortion, np.float64)
    return CameraModel("trucewatch simulated", settings.size_px, K, distortion, 0.0, "truth")


def _focal_px(settings: SimulationSettings) -> float:
    if settings.gsd_m is not None:
        return settings.plan.height_m / settings.gsd_m
    return _FOCAL_PER_WIDTH * settings.size_px[0]


def _half_extent(settings: SimulationSettings) -> tuple[float, float]:
    """Half of the ground that all frames together see, along east and north."""
    plan, focal = settings.plan, _focal_px(settings)
    times, strips = frame_times(plan, settings.frames)
    del times
    per_strip = int(np.bincount(strips).max())
    along = (per_strip - 1) * plan.speed_mps * plan.interval_s + plan.height_m * settings.size_px[1] / focal
    aside = (int(strips.max())) * plan.strip_spacing_m + plan.height_m * settings.size_px[0] / focal
    c, s = abs(np.cos(plan.azimuth_rad)), abs(np.sin(plan.azimuth_rad))
    return float(along * c + aside * s) / 2, float(along * s + aside * c) / 2


def _simulate_sortie(
    out: Path,
    settings: SimulationSettings,
    scenario: Scenario,
    sortie: SortieSettings,
    number: int,
    progress: Progress | None,
) -> None:
    """Render one flight, frame by frame."""
    folder, truth = out / "flights" / sortie.name, out / "truth" / sortie.name
    folder.mkdir(parents=True, exist_ok=True)
    (truth / "masks").mkdir(parents=True, exist_ok=True)
    camera = true_camera(settings)
    random = np.random.default_rng([settings.seed, 2, number])
    take_off = scenario.land.height_at(*(float(v) for v in scenario.centre_m))
    centre = np.array([*scenario.centre_m, take_off])
    flown = fly(settings.plan, settings.frames, centre, scenario.site.convergence_rad, random)
    told = report(flown, sortie.faults, random)
    gsd = settings.plan.height_m / camera.focal_px
    things = scenario.things(after=sortie.after)
    sun = sun_direction(sortie.start_utc_ns, *settings.place)
    if sun[2] < 0.1:
        raise ConfigError(f"flight {sortie.name}: the sun stands below 6°; choose a time of day with light")
    world = World(scenario.land, things, sun, cell_m=float(np.clip(1.2 * gsd, 0.06, 0.6)))
    viewer = Viewer(camera)
    film = (
        VideoWriter(folder / "flight.mp4", settings.size_px, 1 / settings.plan.interval_s) if settings.video else None
    )
    poses: list[dict[str, Any]] = []
    sightings: list[dict[str, Any]] = []
    for index in range(settings.frames):
        name = f"flight#{index:06d}" if film else f"DJI_{index + 1:04d}"
        t_s, eye = float(flown.t_s[index]), flown.eye_m[index]
        rotation = _rotation(flown, index, scenario.site.convergence_rad)
        movers = scenario.movers if sortie.after else ()
        seen = viewer.look(
            world, eye, rotation, tuple(m.at(t_s) for m in movers), sharpness_m=0.35 * max(gsd - 0.4 * world.cell_m, 0)
        )
        motion = (0.0, settings.plan.speed_mps * _EXPOSURE_S / gsd)
        noise = np.random.default_rng([settings.seed, 3, number, index])
        image = expose(seen.light, sortie.sensor, motion, noise)
        t_ns = sortie.start_utc_ns + round(t_s * 1e9)
        if film:
            film.add(image)
        else:
            tags = _tags(settings, scenario, sortie, told, index, t_ns, take_off)
            (folder / f"{name}.JPG").write_bytes(with_tags(_jpeg(image, sortie.sensor.jpeg_quality), tags))
        poses.append(_pose_row(name, t_ns, scenario, camera, flown, index, rotation))
        for order, mover in enumerate(movers):
            box = mover_box(seen.number, len(things) + 1 + order)
            if box is not None:
                at = mover.at(t_s)
                lon, lat = scenario.site.to_lonlat(np.array([[at.x_m, at.y_m]]))[0]
                sightings.append(
                    {
                        "track_id": mover.track_id,
                        "frame_id": name,
                        "frame": index + 1,
                        "t_utc_ns": t_ns,
                        **dict(zip(("left_px", "top_px", "width_px", "height_px", "visible_px"), box, strict=True)),
                        "lon_deg": float(lon),
                        "lat_deg": float(lat),
                        "height_hae_m": scenario.land.height_at(at.x_m, at.y_m),
                        "speed_mps": mover.speed_at(t_s),
                    }
                )
        if settings.masks:
            _write_mask(truth / "masks" / f"{name}.png", seen.number)
        if progress:
            progress(sortie.name, index + 1, settings.frames)
    if film:
        film.close()
    if film or settings.table:
        write_table(folder / "telemetry.csv", told, scenario.site, sortie.start_utc_ns, video=film is not None)
    _write_truth(truth, scenario, sortie, things, poses, sightings, camera)


def _write_truth(
    truth: Path,
    scenario: Scenario,
    sortie: SortieSettings,
    things: tuple[Any, ...],
    poses: list[dict[str, Any]],
    sightings: list[dict[str, Any]],
    camera: CameraModel,
) -> None:
    write_rows(truth / "poses.parquet", POSE_SCHEMA, poses)
    write_rows(truth / "tracks.parquet", SIGHTING_SCHEMA, sightings)
    write_geojson(truth / "objects.geojson", object_features(scenario, things))
    lines = []
    for mover in scenario.movers if sortie.after else ():
        times = [row["t_utc_ns"] for row in poses]
        at = [mover.at((t - sortie.start_utc_ns) / 1e9) for t in times]
        places = np.array([[v.x_m, v.y_m] for v in at])
        facts = {"track_id": mover.track_id, "t_utc_ns": times, "length_m": at[0].length_m}
        lines.append(line_feature(scenario.site, places, facts))
    write_geojson(truth / "tracks.geojson", lines)
    facts = {"K": camera.K.tolist(), "distortion": camera.distortion.tolist(), "size_px": list(camera.size_px)}
    (truth / "camera.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _rotation(flown: Flown, index: int, convergence_rad: float) -> Float:
    yaw, pitch, roll = (np.radians(a[index]) for a in (flown.yaw_deg, flown.pitch_deg, flown.roll_deg))
    return camera_to_site(float(yaw), float(pitch), float(roll), convergence_rad)


def _jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ConfigError("OpenCV on this machine cannot write JPEG; run trucewatch doctor")
    return data.tobytes()


def _write_mask(path: Path, number: NDArray[np.uint16]) -> None:
    done, data = cv2.imencode(".png", number, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ConfigError("OpenCV on this machine cannot write PNG; run trucewatch doctor")
    path.write_bytes(data.tobytes())


def _tags(
    settings: SimulationSettings,
    scenario: Scenario,
    sortie: SortieSettings,
    told: Flown,
    index: int,
    t_ns: int,
    take_off_m: float,
) -> PhotoTags:
    """Tags with the flight's faults; a lost sample leaves position and gimbal at zero, as drones do."""
    camera = true_camera(settings)
    width, height = settings.size_px
    focal = camera.focal_px * (1 + sortie.faults.focal_error)
    lon, lat = scenario.site.to_lonlat(told.eye_m[index : index + 1, :2])[0]
    alt = float(told.eye_m[index, 2])
    relative = alt - take_off_m - sortie.faults.height_bias_m
    angles = float(told.yaw_deg[index]), float(told.pitch_deg[index]), float(told.roll_deg[index])
    if not told.present[index]:
        lon, lat, alt, relative, angles = 0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0)
    centre = camera.K[0, 2] - (width - 1) / 2, camera.K[1, 2] - (height - 1) / 2
    return PhotoTags(
        make="trucewatch",
        model="simulated",
        clock_utc_ns=t_ns - round(sortie.faults.clock_offset_s * 1e9),
        utc_offset_h=4,
        lon_deg=float(lon),
        lat_deg=float(lat),
        alt_m=alt,
        relative_alt_m=relative,
        yaw_deg=angles[0],
        pitch_deg=angles[1],
        roll_deg=angles[2],
        flight_yaw_deg=angles[0] + 1.0,
        flight_pitch_deg=-6.0,
        flight_roll_deg=0.8,
        focal_mm=round(camera.focal_px / width * _SENSOR_WIDTH_MM, 2),
        focal_35mm=round(camera.focal_px * 43.267 / float(np.hypot(width, height))),
        exposure_s=_EXPOSURE_S,
        size_px=settings.size_px,
        dewarp=(focal, focal, *centre, *settings.distortion),
    )


def _pose_row(
    name: str, t_ns: int, scenario: Scenario, camera: CameraModel, flown: Flown, index: int, rotation: Float
) -> dict[str, Any]:
    eye = flown.eye_m[index]
    lon, lat = scenario.site.to_lonlat(eye[None, :2])[0]
    return {
        "frame_id": name,
        "t_utc_ns": t_ns,
        "lon_deg": float(lon),
        "lat_deg": float(lat),
        "height_hae_m": float(eye[2]),
        "yaw_deg": float(flown.yaw_deg[index]),
        "pitch_deg": float(flown.pitch_deg[index]),
        "roll_deg": float(flown.roll_deg[index]),
        "site_x_m": float(eye[0]),
        "site_y_m": float(eye[1]),
        "fx": float(camera.K[0, 0]),
        "fy": float(camera.K[1, 1]),
        "cx": float(camera.K[0, 2]),
        "cy": float(camera.K[1, 2]),
        "distortion": camera.distortion.tolist(),
        "rotation": rotation.ravel().tolist(),
    }


SAMPLE_START_UTC_NS = 1_621_315_800_000_000_000  # 2021-05-18T05:30:00Z
DAY_NS = 86_400_000_000_000


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
