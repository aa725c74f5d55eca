"""Poses of a run, for making a row again without what shows the way to the launch place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pipeline.config import Settings
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.frame import GroundFrame
from pipeline.records.samples import ReportedStream
from pipeline.records.sortie import Sortie
from pipeline.runner.settled_ground import settled_ground
from pipeline.runner.workspace import StageFolder
from pipeline.sinks.bundle_store import Part
from pipeline.sinks.telemetry_table import read_telemetry_csv
from pipeline.stages.ingest import Ingested
from pipeline.stages.on_station import Span, clipped_reports

FOLDER = "poses"


@dataclass(frozen=True, slots=True)
class Grid:
    """Ground sample distance of the run's tiles; None where it made none."""

    gsd_mm: int | None


@dataclass(frozen=True, slots=True, eq=False)
class KeptPoses:
    """What `pose_parts` wrote: frames where the run put them, the ground as it took it, the grid of its tiles."""

    ingested: Ingested
    frames: tuple[GroundFrame, ...]
    terrain: HeightGrid
    gsd_mm: int | None


def pose_parts(
    ingested: Ingested,
    settings: Settings,
    shown: Sequence[GroundFrame],
    places: Mapping[str, str],
    gsd_mm: int | None,
    span: Span,
    scratch: Path,
) -> list[Part]:
    """Files of a bundle's ``poses/``.

    Args:
        ingested: As the run kept it.
        settings: Of the run.
        shown: Placed frames on station.
        places: Where each lies in the bundle, by its id.
        gsd_mm: Of the run's tiles.
        span: The part of the flight on station.
        scratch: For files on the way.

    Raises:
        InputError: The elevation model cannot be used.
    """
    terrain = settled_ground(ingested.frames, ingested.site, settings).terrain
    stage = StageFolder(scratch / FOLDER, "")
    stage.start()
    stage.store("sortie", [replace(ingested.sortie, folder=Path("originals"))])
    stage.store("site", [ingested.site])
    stage.store("frames", [replace(f, ref=replace(f.ref, path=Path(places[f.ref.frame_id]))) for f in shown])
    stage.store("terrain", [cropped(terrain, shown)])
    stage.store("reported", [clipped_reports(stream, span) for stream in ingested.reported])
    stage.store("grid", [Grid(gsd_mm)])
    words = "poses of the run on station, and the ground under them (Parquet of this version)"
    return [Part(f"{FOLDER}/{path.name}", words, path) for path in sorted(stage.folder.iterdir())]


def read_poses(root: Path) -> KeptPoses:
    """What `pose_parts` wrote, with frames where they lie now.

    Raises:
        InputError: A file is damaged, or another version wrote it.
    """
    stage = StageFolder(root / FOLDER, "")
    frames = stage.load("frames", GroundFrame)
    tracks = tuple(read_telemetry_csv(path) for path in sorted((root / "telemetry").glob("*.csv"), key=_number))
    reported = stage.load("reported", ReportedStream)
    sortie, site = stage.load("sortie", Sortie)[0], stage.load("site", SiteFrame)[0]
    return KeptPoses(
        Ingested(sortie, site, (), tracks, (), reported=reported),
        tuple(replace(frame, ref=replace(frame.ref, path=root / frame.ref.path)) for frame in frames),
        stage.load("terrain", HeightGrid)[0],
        stage.load("grid", Grid)[0].gsd_mm,
    )


def cropped(terrain: HeightGrid, frames: Sequence[GroundFrame], margin_m: float = 500.0) -> HeightGrid:
    """The ground under some frames and a margin around it; without frames one cell, since none of it is needed."""
    if not frames:
        corner = np.ascontiguousarray(terrain.heights_m[:2, :2])
        return HeightGrid(corner, terrain.x0_m, terrain.y0_m, terrain.cell_m, terrain.sigma_m, terrain.source)
    seen = [frame.footprint_m for frame in frames if len(frame.footprint_m)] + [f.pose.eye_m[None, :2] for f in frames]
    points = (np.concatenate(seen) - [terrain.x0_m, terrain.y0_m]) / terrain.cell_m
    rows, columns = terrain.heights_m.shape
    around = margin_m / terrain.cell_m
    low, high = np.floor(points.min(axis=0) - around), np.ceil(points.max(axis=0) + around)
    left, right = _within(low[0], high[0], columns)
    lower, upper = _within(low[1], high[1], rows)
    x0_m, y0_m = terrain.x0_m + left * terrain.cell_m, terrain.y0_m + lower * terrain.cell_m
    heights = np.ascontiguousarray(terrain.heights_m[lower : upper + 1, left : right + 1])
    return HeightGrid(heights, x0_m, y0_m, terrain.cell_m, terrain.sigma_m, terrain.source)


def _within(low: float, high: float, count: int) -> tuple[int, int]:
    """First and last node of a stretch of a grid, two at least."""
    first = int(np.clip(low, 0, count - 2))
    return first, int(np.clip(high, first + 1, count - 1))


def _number(path: Path) -> int:
    return int(path.stem)
