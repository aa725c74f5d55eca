"""Where one pixel of a frame lies, from what a run left."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.archive.archive import Archive
from pipeline.errors import ConfigError, InputError
from pipeline.geometry.locate import PIXEL_SIGMA_PX, error_ellipse, locate_pixels
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.side import sides_of
from pipeline.records.frame import GroundFrame, PosedFrame
from pipeline.records.sortie import Sortie
from pipeline.runner.identity import Identity, identify, sortie_id_of_job
from pipeline.runner.job import Job
from pipeline.runner.progress import Silent
from pipeline.runner.sortie_work import SortieWork
from pipeline.runner.stage_book import StageBook
from pipeline.runner.workspace import StageFolder
from pipeline.sinks.run_report import read_report
from pipeline.stages.agreed_ground import AgreedGround
from pipeline.stages.ingest import Ingested


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """On whose ground the pixel lies by one version of the line; None where the line says nothing."""

    line_id: str
    p_a: float | None
    p_b: float | None
    p_between: float | None
    distance_m: float | None


@dataclass(frozen=True, slots=True)
class LocatedPixel:
    """Place of one pixel.

    Attributes:
        sortie_id, frame_id, column, row: What was asked.
        lon_deg, lat_deg: WGS 84.
        height_m: Of the ground there, above the zero of `height_datum`.
        height_datum: ``ellipsoidal``, or ``shared`` when only the agreement of camera and terrain is known.
        major_m, minor_m, azimuth_deg: 95 % error ellipse, azimuth from true north.
        method, registration: How the frame came to its place.
        notes: Codes of what was assumed.
        lines: One a version of the line in force.
    """

    sortie_id: str
    frame_id: str
    column: float
    row: float
    lon_deg: float
    lat_deg: float
    height_m: float
    height_datum: str
    major_m: float
    minor_m: float
    azimuth_deg: float
    method: str
    registration: str
    notes: tuple[str, ...]
    lines: tuple[LineAnswer, ...]


def locate_pixel(job: Job, frame_id: str, column: float, row: float) -> LocatedPixel:
    """Locate a pixel of a sortie that was run with the same settings.

    Args:
        job: The sortie, as it was run.
        frame_id: File's stem; for video ``stem#000123``.
        column, row: Pixel; whole numbers are pixel centres.

    Raises:
        ConfigError: There is no such frame or pixel, or the settings are not those of the run.
        InputError: The sortie was not run, or the pixel sees no known ground.
    """
    sortie_id = sortie_id_of_job(job)
    who = identify(job, sortie_id)
    report = read_report(job.out, sortie_id)
    if report is None:
        raise InputError(f"{sortie_id}: there is no run of this sortie in {job.out}; run it first: trucewatch run")
    if report.config_sha256 != who.config_sha256:
        raise ConfigError(
            f"{sortie_id}: it was run with other settings or another elevation model; give the same options as to run"
        )
    work = job.out / "work" / sortie_id
    frame = _frame(work, frame_id)
    width, height = frame.camera.size_px
    if not (-0.5 <= column <= width - 0.5 and -0.5 <= row <= height - 0.5):
        raise ConfigError(f"{frame_id}: pixel {column:g}, {row:g} lies outside the picture of {width} x {height}")
    return _answer(job, who, work, frame, np.array([[column, row]]))


def _frame(work: Path, frame_id: str) -> GroundFrame:
    frames = StageFolder(work / "register", "").load("frames", GroundFrame)
    found = [frame for frame in frames if frame.ref.frame_id == frame_id]
    if not found:
        some = ", ".join(frame.ref.frame_id for frame in frames[:3])
        raise ConfigError(f"no frame {frame_id!r} was placed; there are {len(frames)}, such as {some}")
    return found[0]


def _answer(job: Job, who: Identity, work: Path, frame: GroundFrame, pixels: np.ndarray) -> LocatedPixel:
    kept = StageFolder(work / "ingest", "")
    site = kept.load("site", SiteFrame)[0]
    ingested = Ingested(kept.load("sortie", Sortie)[0], site, kept.load("frames", PosedFrame), (), ())
    book = StageBook(work, frozenset(), Silent())
    archive = Archive(job.out / "archive")
    stages = SortieWork(job.folder, archive, who.sortie_id, job.settings, who.cameras, who.hashes, {}, book)
    settled = stages.settle(ingested)
    camera, pose = frame.camera, frame.pose
    located = locate_pixels(
        pixels,
        camera.K,
        camera.distortion,
        camera.focal_sigma,
        pose.eye_m,
        pose.rotation,
        frame.row_covariance,
        settled.terrain,
        pixel_sigma_px=PIXEL_SIGMA_PX,
    )
    point = located.points_m[0]
    if not np.isfinite(point).all():
        raise InputError(
            f"{frame.ref.frame_id}: pixel {pixels[0, 0]:g}, {pixels[0, 1]:g} sees no known ground; does it look above "
            "the horizon, or beyond the elevation model?"
        )
    lon, lat = site.to_lonlat(point[None, :2])[0]
    major, minor, azimuth = error_ellipse(located.covariance_m2[0], site.convergence_rad)
    lines = AgreedGround(who.agreement, site).lines_at(frame.ref.t_utc_ns)
    answers = []
    for line, model in lines:
        sides = sides_of(model, point[None, :2], located.covariance_m2)
        values = (sides.p_a, sides.p_b, sides.p_between, sides.distance_m)
        answers.append(LineAnswer(line.line_id, *(_known(float(value[0])) for value in values)))
    return LocatedPixel(
        who.sortie_id,
        frame.ref.frame_id,
        float(pixels[0, 0]),
        float(pixels[0, 1]),
        float(lon),
        float(lat),
        float(point[2]),
        "shared" if settled.terrain_datum in ("shared", "unknown") else "ellipsoidal",
        major,
        minor,
        azimuth,
        str(pose.method),
        f"{frame.registration.outcome} ({frame.registration.against})",
        frame.notes,
        tuple(answers),
    )


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
