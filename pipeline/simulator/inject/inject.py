"""Events rendered into the posed frames of a real flight, with truth.

How the command line uses it::

    flight = read_poses(poses, source, sortie_id)          # poses: OUT of `trucewatch run`, or a truth's folder
    land = SurfaceLand.over(grid)                          # grid: ellipsoidal HeightGrid in flight.site
    t0 = flight.pictures[0].t_utc_ns
    events = [make_event(spec, land, t0) for spec in specs]   # places of specs in metres of flight.site
    report = inject(source, out, flight, land, events, InjectSettings(), tell)

`flight_bounds` says which part of an elevation model is needed. Written are ``OUT/flights/NAME`` (the changed flight,
all other files copied), and ``OUT/truth`` in the form of simulated flights, with two sorties: ``NAME-original``, in
which nothing has happened yet, and ``NAME``; so `Truth.changes_between` gives what a detector should find.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import ConfigError, InputError
from pipeline.simulator.inject.frame_file import read_frame_file
from pipeline.simulator.inject.happened import Stages
from pipeline.simulator.inject.light import (
    UNSURE_S,
    FlightLight,
    Samples,
    sample_ground,
    settle_sun_offset,
    shade_of,
    sun_at,
)
from pipeline.simulator.inject.posed import REGISTERED, PosedFlight, PosedPicture
from pipeline.simulator.inject.radiometry import linear_of
from pipeline.simulator.inject.report import FrameReport, InjectReport, SkippedFrame
from pipeline.simulator.inject.stills import inject_still
from pipeline.simulator.inject.surface import SurfaceLand
from pipeline.simulator.inject.truth_files import FlightTruth
from pipeline.simulator.inject.video import inject_video
from pipeline.simulator.scene.event import Event
from pipeline.simulator.truth.frame_truth import Picture

_LOOKED_AT = 6
"""Frames from which the flight's light is read."""


@dataclass(frozen=True, slots=True)
class InjectSettings:
    """Choices of an injection.

    Attributes:
        seed: Of noise.
        pictures: Which pictures of the truth to write for each frame; depths only where something was changed.
        sun_offset_s: Added to the frames' times to find the sun's place; None: settled by the surface's shadows
            where the times are unsure by more than ten minutes, else 0.
    """

    seed: int = 0
    pictures: tuple[Picture, ...] = ("masks", "shadows")
    sun_offset_s: float | None = None


Tell = Callable[[str, int, int], None]
"""Told of progress: a frame, how many are done, how many there are."""


def inject(
    source: Path,
    out: Path,
    flight: PosedFlight,
    land: SurfaceLand,
    events: Sequence[Event],
    settings: InjectSettings | None = None,
    tell: Tell | None = None,
) -> InjectReport:
    """Render events into a copy of a flight.

    Args:
        source: Folder of the flight; nothing in it is touched.
        out: Made anew; must not lie in `source`.
        flight: Poses of its frames.
        land: Surface model, in the flight's site frame.
        events: What happens, at the times of the frames.
        settings: Choices.
        tell: Is told of progress.

    Raises:
        ConfigError: Folders in one another, no events, two of one id, or events where no height is known.
        InputError: No frame of the flight shows any of the events, or all that do cannot be changed.
    """
    chosen = settings or InjectSettings()
    _check(source, out, flight, land, events)
    target = out / "flights" / source.resolve().name
    stages = Stages(land, events, _detail_m(flight, land))
    light = _flight_light(flight, stages, chosen)
    shutil.copytree(source, target)
    truth = FlightTruth(out / "truth", flight, land, target.relative_to(out).as_posix(), chosen.pictures, light)
    frames: list[FrameReport] = []
    skipped: list[SkippedFrame] = []
    done = 0
    for path, pictures in _by_file(flight):
        copied = target / path.relative_to(source)
        if pictures[0].video:
            results = inject_video(path, copied, pictures, stages, flight.site, light, chosen.seed)
        else:
            results = iter([inject_still(path, copied, pictures[0], stages, flight.site, light, chosen.seed)])
        for outcome in results:
            done += 1
            if outcome.made is None:
                skipped.append(SkippedFrame(outcome.picture.frame_id, outcome.reason))
            else:
                truth.add(done - 1, outcome.picture, stages.at(outcome.picture.t_utc_ns), outcome.made)
            frames += [outcome.report] if outcome.report is not None else []
            if tell is not None:
                tell(outcome.picture.frame_id, done, len(flight.pictures))
    if not frames:
        shutil.rmtree(out)
        raise InputError(_nothing(flight, skipped))
    truth.close([event.at(_middle_ns(flight)) for event in events])
    report = InjectReport(
        str(target), str(out / "truth"), truth.names, tuple(frames), len(flight.pictures) - len(frames) - len(skipped),
        tuple(skipped), light.sun_offset_s, _warnings(flight, land, light, frames, skipped),
    )  # fmt: skip
    truth.write_report(asdict(report))
    return report


def flight_bounds(flight: PosedFlight, reach_m: float = 400.0) -> tuple[float, float, float, float]:
    """West, south, east, north of the ground that may matter, site metres: around all cameras."""
    eyes = np.array([picture.eye_m for picture in flight.pictures])
    (west, south), (east, north) = eyes[:, :2].min(axis=0) - reach_m, eyes[:, :2].max(axis=0) + reach_m
    return float(west), float(south), float(east), float(north)


def _check(source: Path, out: Path, flight: PosedFlight, land: SurfaceLand, events: Sequence[Event]) -> None:
    if not source.is_dir():
        raise InputError(f"{source}: not a folder; name the folder of the flight that events go into")
    inside = out.resolve().is_relative_to(source.resolve()) or source.resolve().is_relative_to(out.resolve())
    if inside:
        raise ConfigError(
            f"--out {out} and the flight {source} lie in one another; originals stay untouched: choose another folder"
        )
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"--out {out} is not empty; choose another folder, or remove it")
    if not events:
        raise ConfigError("no events to inject; describe at least one")
    names = [event.event_id for event in events]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"event id {twice[0]!r} is used twice; each event needs its own")
    if all(picture.thermal for picture in flight.pictures):
        raise InputError(f"{source}: all frames are thermal; events can be injected into visible frames only")
    for event in events:
        outline = event.at(_middle_ns(flight)).truth.outline_m
        if outline is not None and not land.known_at(np.asarray(outline)).all():
            raise ConfigError(
                f"event {event.event_id} ({event.kind}) lies where the surface model {land.grid.source} knows "
                "no height; move it, or give a model that covers its place"
            )


def _flight_light(flight: PosedFlight, stages: Stages, chosen: InjectSettings) -> FlightLight:
    """Sun and shade by some frames that look at known ground."""
    visible = [picture for picture in flight.pictures if not picture.video and not picture.thermal]
    picked = (
        [visible[at] for at in np.unique(np.linspace(0, len(visible) - 1, _LOOKED_AT).astype(int))] if visible else []
    )
    stage = stages.at(_middle_ns(flight)).stage
    samples: list[tuple[int, Samples]] = []
    for picture in picked:
        try:
            linear = linear_of(read_frame_file(picture.path).rgb.astype(np.float32))
        except InputError:
            continue  # said when its turn comes
        if (linear.shape[1], linear.shape[0]) == picture.lens.size_px:
            samples.append((picture.t_utc_ns, sample_ground(picture, linear, stage, chosen.seed)))
    sigma = max(picture.t_sigma_s for picture in flight.pictures)
    offset = chosen.sun_offset_s
    if offset is None:
        offset = settle_sun_offset(samples, sigma, stage, flight.site)[0] if sigma > UNSURE_S and samples else 0.0
    shades = []
    for t_utc_ns, sample in samples:
        shade = shade_of(sample, sun_at(t_utc_ns + round(offset * 1e9), flight.site, stage.origin_m), stage)
        shades += [shade] if shade is not None else []
    return FlightLight(offset, np.median(shades, axis=0) if shades else None)


def _by_file(flight: PosedFlight) -> list[tuple[Path, tuple[PosedPicture, ...]]]:
    """Frames of each file, in order of time."""
    files: dict[Path, list[PosedPicture]] = {}
    for picture in flight.pictures:
        files.setdefault(picture.path, []).append(picture)
    return [(path, tuple(pictures)) for path, pictures in files.items()]


def _detail_m(flight: PosedFlight, land: SurfaceLand) -> float:
    """Two thirds of the finest ground sample distance."""
    ground = float(np.median(land.grid.heights_m))
    sizes = [max(float(p.eye_m[2]) - ground, 2.0) / p.lens.focal_px for p in flight.pictures]
    return float(np.clip(1.5 * min(sizes), 0.02, 0.5))


def _middle_ns(flight: PosedFlight) -> int:
    return (flight.pictures[0].t_utc_ns + flight.pictures[-1].t_utc_ns) // 2


def _nothing(flight: PosedFlight, skipped: list[SkippedFrame]) -> str:
    if skipped:
        return f"not one of {len(flight.pictures)} frames could be changed; {skipped[0].frame_id}: {skipped[0].reason}"
    return f"not one of {len(flight.pictures)} frames shows any of the events; do they happen there and then?"


def _warnings(
    flight: PosedFlight, land: SurfaceLand, light: FlightLight, frames: list[FrameReport], skipped: list[SkippedFrame]
) -> tuple[str, ...]:
    said = []
    loose = [picture.frame_id for picture in flight.pictures if picture.method not in (REGISTERED, "truth", "gcp")]
    if loose:
        said.append(
            f"{len(loose)} frames, such as {loose[0]}, are placed by telemetry alone: what is injected wanders over "
            "the ground by the error of their poses; register them with --reference first"
        )
    if light.sun_offset_s:
        said.append(
            f"The frames' clock is unsure; the sun was taken {light.sun_offset_s / 60:+.0f} minutes on, "
            "where the surface model's shadows fit the pictures best."
        )
    if light.shade is None and frames:
        said.append("No frame shows enough shadow of the surface model; how dark shade is was assumed.")
    if land.grid.cell_m > 1.5:
        said.append(
            f"The surface model's cells are {land.grid.cell_m:.1f} m: what stands before an event does not hide it."
        )
    if skipped:
        said.append(f"{len(skipped)} frames were left as they are, such as {skipped[0].frame_id}: {skipped[0].reason}")
    return tuple(said)
