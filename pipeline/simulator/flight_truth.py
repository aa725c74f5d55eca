"""What is true of one flight, frame by frame and mover by mover, as rows and files."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.simulator.flight import Flown
from pipeline.simulator.old_thing import Thing
from pipeline.simulator.old_truth import (
    POSE_SCHEMA,
    SIGHTING_SCHEMA,
    line_feature,
    object_features,
    write_geojson,
    write_rows,
)
from pipeline.simulator.scenario import Mover, Scenario
from pipeline.simulator.settings import SortieSettings


def pose_row(
    name: str, t_ns: int, scenario: Scenario, camera: CameraModel, flown: Flown, index: int, rotation: Float
) -> dict[str, Any]:
    """Where the camera of a frame was and how it looked."""
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


def sighting_row(
    name: str,
    index: int,
    t_ns: int,
    scenario: Scenario,
    mover: Mover,
    t_s: float,
    box: tuple[float, float, float, float, int],
) -> dict[str, Any]:
    """Where a mover shows in a frame, and where it is."""
    at = mover.at(t_s)
    lon, lat = scenario.site.to_lonlat(np.array([[at.x_m, at.y_m]]))[0]
    return {
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


def write_truth(
    truth: Path,
    scenario: Scenario,
    sortie: SortieSettings,
    things: tuple[Thing, ...],
    poses: list[dict[str, Any]],
    sightings: list[dict[str, Any]],
    camera: CameraModel,
) -> None:
    """The truth of one flight, in its folder."""
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
