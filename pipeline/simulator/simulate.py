"""Flights with known truth: one frame after the other, from a scenario to folders."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ConfigError
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.sun import sun_direction
from pipeline.records.arrays import Float
from pipeline.simulator.flight import Flown, fly, report
from pipeline.simulator.flight_truth import pose_row, sighting_row, write_truth
from pipeline.simulator.frame_files import EXPOSURE_S, jpeg, tags_of, write_mask
from pipeline.simulator.layout import half_extent, scenario_of, true_camera
from pipeline.simulator.old_sensor import expose
from pipeline.simulator.old_truth import change_features, mover_box, write_geojson
from pipeline.simulator.photo_tags import with_tags
from pipeline.simulator.scenario import Scenario
from pipeline.simulator.settings import SimulationSettings, SortieSettings
from pipeline.simulator.telemetry_table import write_table
from pipeline.simulator.terrain_file import write_line, write_terrain
from pipeline.simulator.video import VideoWriter
from pipeline.simulator.view import Viewer
from pipeline.simulator.world import World

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
    write_terrain(out / "terrain.tif", scenario, half_extent(settings), settings.seed)
    write_line(out / "line.geojson", scenario)
    write_geojson(out / "truth" / "changes.geojson", change_features(scenario))
    for number, sortie in enumerate(settings.sorties):
        _simulate_sortie(out, settings, scenario, sortie, number, progress)
    return scenario


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
        motion = (0.0, settings.plan.speed_mps * EXPOSURE_S / gsd)
        noise = np.random.default_rng([settings.seed, 3, number, index])
        image = expose(seen.light, sortie.sensor, motion, noise)
        t_ns = sortie.start_utc_ns + round(t_s * 1e9)
        if film:
            film.add(image)
        else:
            tags = tags_of(settings, scenario, sortie, told, index, t_ns, take_off)
            (folder / f"{name}.JPG").write_bytes(with_tags(jpeg(image, sortie.sensor.jpeg_quality), tags))
        poses.append(pose_row(name, t_ns, scenario, camera, flown, index, rotation))
        for order, mover in enumerate(movers):
            box = mover_box(seen.number, len(things) + 1 + order)
            if box is not None:
                sightings.append(sighting_row(name, index, t_ns, scenario, mover, t_s, box))
        if settings.masks:
            write_mask(truth / "masks" / f"{name}.png", seen.number)
        if progress:
            progress(sortie.name, index + 1, settings.frames)
    if film:
        film.close()
    if film or settings.table:
        write_table(folder / "telemetry.csv", told, scenario.site, sortie.start_utc_ns, video=film is not None)
    write_truth(truth, scenario, sortie, things, poses, sightings, camera)


def _rotation(flown: Flown, index: int, convergence_rad: float) -> Float:
    yaw, pitch, roll = (np.radians(a[index]) for a in (flown.yaw_deg, flown.pitch_deg, flown.roll_deg))
    return camera_to_site(float(yaw), float(pitch), float(roll), convergence_rad)
