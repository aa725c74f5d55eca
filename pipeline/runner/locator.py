"""A sortie that was run, opened once to be asked where its pixels lie."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ConfigError, InputError
from pipeline.geometry.locate import error_ellipses, locate_pixels
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.side import sides_of
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GroundFrame, PosedFrame
from pipeline.runner.identity import Identity, identify, sortie_id_of_job
from pipeline.runner.job import Job
from pipeline.runner.located_pixel import LineAnswers, LocatedPixel, LocatedPixels
from pipeline.runner.settled_ground import settled_ground
from pipeline.runner.workspace import StageFolder
from pipeline.sinks.run_report import read_report
from pipeline.stages.agreed_ground import AgreedGround

Asked = Callable[[str], object]
"""Told of every question before it is answered: sortie, frame and pixels, for the custody log."""

_NAMED = 8
"""A question for more pixels names their number and a hash of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Locator:
    """Where pixels lie, by what a run left. Opening reads elevation model and poses; answers take milliseconds.

    What it holds is never changed, so that several threads may ask, as far as `asked` allows it.

    Attributes:
        sortie_id: The sortie.
        frames: Frames that were placed, by their ids: the file's stem, for video ``stem#000123``.
        site: Frame of their metres.
        terrain: The ground.
        height_datum: What heights are above: ``ellipsoidal``, or ``shared`` when only the agreement of camera and
            terrain is known.
        ground: The agreement's lines.
        asked: Told of every question.
    """

    sortie_id: str
    frames: Mapping[str, GroundFrame]
    site: SiteFrame
    terrain: HeightGrid
    height_datum: str
    ground: AgreedGround
    asked: Asked

    @classmethod
    def open(cls, job: Job, asked: Asked) -> "Locator":
        """Open a sortie that was run with the same settings.

        Raises:
            ConfigError: The settings are not those of the run.
            InputError: The sortie was not run, or what it left was damaged.
        """
        who = _as_run(job)
        work = job.out / "work" / who.sortie_id
        kept = StageFolder(work / "ingest", "")
        site = kept.load("site", SiteFrame)[0]
        settled = settled_ground(kept.load("frames", PosedFrame), site, job.settings)
        placed = StageFolder(work / "register", "").load("frames", GroundFrame)
        return cls(
            who.sortie_id,
            {frame.ref.frame_id: frame for frame in placed},
            site,
            settled.terrain,
            "shared" if settled.terrain_datum in ("shared", "unknown") else "ellipsoidal",
            AgreedGround(who.agreement, site),
            asked,
        )

    def pixel(self, frame_id: str, column: float, row: float) -> LocatedPixel:
        """Where one pixel lies; whole numbers are pixel centres.

        Raises:
            ConfigError: There is no such frame or pixel.
            InputError: The pixel sees no known ground.
        """
        found = self.pixels(frame_id, np.array([[column, row]], np.float64))
        if not found.seen[0]:
            raise InputError(
                f"{frame_id}: pixel {column:g}, {row:g} sees no known ground; does it look above the horizon, or "
                "beyond the elevation model?"
            )
        return found.one(0)

    def pixels(self, frame_id: str, pixels: Float) -> LocatedPixels:
        """Where many pixels of a frame lie.

        Args:
            frame_id: Which frame.
            pixels: ``(N, 2)`` column, row.

        Raises:
            ConfigError: There is no such frame, or a pixel lies outside the picture.
        """
        frame = self._frame(frame_id)
        _require_inside(frame, pixels)
        self.asked(f"{self.sortie_id} {frame_id} {_words(pixels)}")
        camera, pose = frame.camera, frame.pose
        located = locate_pixels(
            pixels,
            camera.K,
            camera.distortion,
            camera.focal_sigma,
            pose.eye_m,
            pose.rotation,
            frame.row_covariance,
            self.terrain,
            focal_covariance=pose.focal_covariance,
            leverage=pose.leverage,
        )
        xy_m = located.points_m[:, :2]
        answers = []
        for line, model in self.ground.lines_at(frame.ref.t_utc_ns):
            sides = sides_of(model, xy_m, located.covariance_m2)
            answers.append(LineAnswers(line.line_id, sides.p_a, sides.p_b, sides.p_between, sides.distance_m))
        return LocatedPixels(
            pixels,
            _lonlat(self.site, xy_m),
            located.points_m[:, 2],
            error_ellipses(located.covariance_m2, self.site.convergence_rad),
            tuple(answers),
            self.sortie_id,
            frame_id,
            self.height_datum,
            str(pose.method),
            f"{frame.registration.outcome} ({frame.registration.against})",
            _camera_words(camera),
            f"{self.terrain.source}, heights ± {self.terrain.sigma_m:.2g} m",
            frame.notes,
        )

    def _frame(self, frame_id: str) -> GroundFrame:
        found = self.frames.get(frame_id)
        if found is None:
            some = ", ".join(list(self.frames)[:3])
            raise ConfigError(f"no frame {frame_id!r} was placed; there are {len(self.frames)}, such as {some}")
        return found


def _as_run(job: Job) -> Identity:
    """What the sortie depends on, if it was run with that."""
    sortie_id = sortie_id_of_job(job)
    report = read_report(job.out, sortie_id)
    if report is None:
        raise InputError(f"{sortie_id}: there is no run of this sortie in {job.out}; run it first: trucewatch run")
    who = identify(job, sortie_id)
    if report.config_sha256 != who.config_sha256:
        raise ConfigError(
            f"{sortie_id}: it was run with other settings or another elevation model; give the same options as to run"
        )
    return who


def _require_inside(frame: GroundFrame, pixels: Float) -> None:
    if pixels.ndim != 2 or pixels.shape[1] != 2:
        raise ConfigError(f"pixels must be (N, 2) of column and row, not {pixels.shape}")
    width, height = frame.camera.size_px
    outside = ~((pixels >= -0.5) & (pixels <= np.array([width, height]) - 0.5)).all(axis=1)
    if outside.any():
        column, row = pixels[np.argmax(outside)]
        raise ConfigError(
            f"{frame.ref.frame_id}: pixel {column:g}, {row:g} lies outside the picture of {width} x {height}"
        )


def _words(pixels: Float) -> str:
    if len(pixels) <= _NAMED:
        return "; ".join(f"{column:g} {row:g}" for column, row in pixels)
    digest = hashlib.sha256(np.ascontiguousarray(pixels, "<f8").tobytes()).hexdigest()
    return f"{len(pixels)} pixels, sha256 {digest}"


def _lonlat(site: SiteFrame, xy_m: Float) -> Float:
    """``(N, 2)``; NaN rows stay."""
    out = np.full(xy_m.shape, np.nan)
    known = np.isfinite(xy_m).all(axis=1)
    if known.any():
        out[known] = site.to_lonlat(xy_m[known])
    return out


def _camera_words(camera: CameraModel) -> str:
    return (
        f"{camera.name}: focal length {camera.focal_px:.0f} px by {camera.source}, ± {100 * camera.focal_sigma:.2g} %"
    )
