"""``trucewatch inspect``: what is in a sortie folder, how it was read, and what is wrong with it."""

import datetime as dt
import itertools
import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from pipeline.records.contents import SortieContents, Still, Video
from pipeline.records.dropped import Dropped
from pipeline.records.samples import TelemetrySamples
from pipeline.stages.ingest import Ingest, Ingested, NothingPlacedError

EXAMPLES = 3
LONG_GAP = 5.0
"""Times the usual interval of a stream."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Frames of one camera, or the samples of one telemetry table.

    Attributes:
        name: Sensor or file.
        what: How it was read.
        count: Frames or samples in it.
        used: Frames placed, or samples within the gates.
        camera: Camera in words, or why there is none; "" for telemetry.
        start, end: UTC; "" where nothing was used.
        longest_gaps_s: The longest pauses that are far above the usual interval.
    """

    name: str
    what: str
    count: int
    used: int
    camera: str
    start: str
    end: str
    longest_gaps_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault, with some of the items that have it."""

    code: str
    count: int
    reason: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What ``inspect`` says.

    Attributes:
        sortie_id, night_id, folder: Which sortie.
        placed, frames: Frames with a pose, of all that were found.
        bounds: West, south, east, north of the cameras in degrees; empty without.
        vertical_datums: How many frames by what their heights count from.
        streams: What was found.
        notes: Codes of what was assumed or corrected, with the number of frames.
        statuses: Codes of what is wrong with poses, with the number of frames.
        dropped: What is not used, and why.
        trouble: Why no frame can be placed; "" otherwise.
    """

    sortie_id: str
    night_id: str
    folder: str
    placed: int
    frames: int
    bounds: tuple[float, ...]
    vertical_datums: dict[str, int]
    streams: tuple[Stream, ...]
    notes: dict[str, int]
    statuses: dict[str, int]
    dropped: tuple[Fault, ...]
    trouble: str


@click.command()
@click.argument("sortie", type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Configuration; by default the built-in one.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def inspect(sortie: Path, config: Path | None, as_json: bool) -> int:
    """What is in a sortie folder and how it was read. Changes nothing.

    Ends with 1 when no frame can be placed.
    """
    from pipeline.config import configs_folder, load_config
    from pipeline.plugins import telemetry_readers
    from pipeline.sources.cameras import read_camera_table
    from pipeline.sources.sortie import read_sortie

    settings = load_config(config)
    cameras = read_camera_table(settings.cameras.path or configs_folder() / "cameras.toml")
    contents = read_sortie(sortie, settings.read, cameras, readers=telemetry_readers())
    outcome: Ingested | NothingPlacedError
    try:
        outcome = Ingest(settings.ingest)(contents)
    except NothingPlacedError as error:
        outcome = error
    findings = findings_of(contents, outcome)
    click.echo(json.dumps(asdict(findings), indent=2) if as_json else "\n".join(lines_of(findings)))
    return 1 if findings.trouble else 0


def findings_of(contents: SortieContents, outcome: Ingested | NothingPlacedError) -> Findings:
    """Sum up."""
    ingested = outcome if isinstance(outcome, Ingested) else None
    placed = ingested.frames if ingested is not None else ()
    times: dict[str, list[int]] = {}
    for frame in placed:
        times.setdefault(frame.ref.sensor, []).append(frame.ref.t_utc_ns)
    streams = [
        _still_stream(sensor, [still for still in contents.stills if still.sensor == sensor], times.get(sensor, []))
        for sensor in sorted({still.sensor for still in contents.stills})
    ]
    streams += [_video_stream(video, times.get(video.sensor, [])) for video in contents.videos]
    streams += [_table_stream(samples, ingested) for samples in contents.telemetry]
    bounds: tuple[float, ...] = ()
    if ingested is not None:
        lonlat = [ingested.site.to_lonlat(frame.pose.eye_m[None, :2])[0] for frame in placed]
        west, east = min(p[0] for p in lonlat), max(p[0] for p in lonlat)
        bounds = tuple(round(float(v), 6) for v in (west, min(p[1] for p in lonlat), east, max(p[1] for p in lonlat)))
    return Findings(
        sortie_id=contents.sortie_id,
        night_id=ingested.sortie.night_id if ingested is not None else "",
        folder=str(contents.folder),
        placed=len(placed),
        frames=len(contents.stills) + sum(len(video.indices) for video in contents.videos),
        bounds=bounds,
        vertical_datums=dict(Counter(frame.vertical_datum for frame in placed)),
        streams=tuple(streams),
        notes=dict(Counter(note for frame in placed for note in frame.notes)),
        statuses=dict(Counter(frame.status.value for frame in placed if frame.status.value != "ok")),
        dropped=_faults(outcome.dropped),
        trouble="" if ingested is not None else str(outcome),
    )


def _still_stream(sensor: str, stills: list[Still], times: list[int]) -> Stream:
    width, height = stills[0].size_px
    what = f"{stills[0].band.value} stills, {width} × {height}"
    return _stream(sensor, what, len(stills), _camera(stills[0]), times)


def _video_stream(video: Video, times: list[int]) -> Stream:
    width, height = video.size_px
    what = f"video, {width} × {height}, {video.frame_count} frames, {len(video.indices)} taken"
    return _stream(video.item, what, len(video.indices), _camera(video), times)


def _table_stream(samples: TelemetrySamples, ingested: Ingested | None) -> Stream:
    clock = {"utc": "UTC", "video_start": "seconds of the video", "none": "no times"}[samples.time_base.value]
    named = sum(bool(name) for name in samples.frame_names)
    what = f"telemetry table ({samples.format}), {clock}" + (f", {named} rows name a frame" if named else "")
    track = next((t for t in ingested.tracks if t.source == samples.item), None) if ingested is not None else None
    times = [int(t) for t in track.t_utc_ns] if track is not None else []
    return _stream(samples.item, what, len(samples.t_ns) + samples.bad_rows, "", times)


def _stream(name: str, what: str, count: int, camera: str, times: list[int]) -> Stream:
    times = sorted(times)
    gaps = sorted(((b - a) / 1e9 for a, b in itertools.pairwise(times)), reverse=True)
    usual = gaps[len(gaps) // 2] if gaps else 0.0
    long = tuple(round(gap, 1) for gap in gaps if gap > max(LONG_GAP * usual, 1.0))[:EXAMPLES]
    ends = (_iso(times[0]), _iso(times[-1])) if times else ("", "")
    return Stream(name, what, count, len(times), camera, *ends, long)


def _camera(source: Still | Video) -> str:
    if source.camera is None:
        return source.camera_error
    camera = source.camera
    return f"{camera.name}, focal length {camera.focal_px:.0f} px ± {100 * camera.focal_sigma:.1f} % ({camera.source})"


def _faults(dropped: tuple[Dropped, ...]) -> tuple[Fault, ...]:
    by_code: dict[str, list[Dropped]] = {}
    for drop in dropped:
        by_code.setdefault(drop.code, []).append(drop)
    return tuple(
        Fault(code, len(drops), drops[0].reason, tuple(drop.item for drop in drops[:EXAMPLES]))
        for code, drops in sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def _iso(t_utc_ns: int) -> str:
    return dt.datetime.fromtimestamp(t_utc_ns // 10**9, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def lines_of(findings: Findings) -> list[str]:
    """One screen of text."""
    night = f", night of {findings.night_id}" if findings.night_id else ""
    lines = [
        f"{findings.sortie_id}{night}   {findings.folder}",
        f"{findings.placed} of {findings.frames} frames have a time, a camera and a pose",
    ]
    if findings.bounds:
        west, south, east, north = findings.bounds
        datums = ", ".join(f"{count} {name}" for name, count in findings.vertical_datums.items())
        lines.append(f"cameras between {west:.5f} {south:.5f} and {east:.5f} {north:.5f}; heights: {datums}")
    for stream in findings.streams:
        lines += ["", f"{stream.name}   {stream.what}: {stream.used} of {stream.count} used"]
        if stream.camera:
            lines.append(f"  camera  {stream.camera.removeprefix('camera ')}")
        if stream.start:
            gaps = ", ".join(f"{gap:g} s" for gap in stream.longest_gaps_s)
            lines.append(
                f"  time    {stream.start} to {stream.end}; " + (f"longest gaps {gaps}" if gaps else "no gaps")
            )
    marks = [*findings.statuses.items(), *findings.notes.items()]
    if marks:
        lines += ["", "faults and assumptions (frames): " + ", ".join(f"{code} {count}" for code, count in marks)]
    if findings.dropped:
        lines += ["", "not used:"]
        for fault in findings.dropped:
            more = ", …" if fault.count > len(fault.examples) else ""
            lines += [f"  {fault.count:5d} {fault.code}: {', '.join(fault.examples)}{more}", f"        {fault.reason}"]
    if findings.trouble:
        lines += ["", findings.trouble]
    return lines
