"""What ``inspect`` found, for people and machines alike."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, replace

import numpy as np

from pipeline.cli.inspect_pictures import Pictures, pictures_of
from pipeline.cli.inspect_shutters import StreamShutter, stream_shutter
from pipeline.records.arrays import Float, Int
from pipeline.records.camera import CameraModel
from pipeline.records.clock import ClockFinding
from pipeline.records.contents import SortieContents, Still, Video
from pipeline.records.dropped import Dropped
from pipeline.records.samples import TelemetrySamples
from pipeline.stages.ingest import Ingested, NothingPlacedError
from pipeline.stages.recordings import Joint, joints_of

EXAMPLES = 3
LONG_GAP = 5.0
"""Times the usual interval of a stream."""
BINS = 60
"""Parts of the flight's time in which presence is told."""
TRACK_POINTS = 300
"""Most places of the track that are told."""


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
        presence: Share of the usual rate in each of 60 equal parts of the flight's time; empty where nothing was used.
        shutter: How its rows are exposed, and what follows; None for telemetry.
        notes: How it was read: what was settled by evidence, and what its heights count from and why.
    """

    name: str
    what: str
    count: int
    used: int
    camera: str
    start: str
    end: str
    longest_gaps_s: tuple[float, ...]
    presence: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    shutter: StreamShutter | None = None


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
        start, end: UTC of the first and last frame or sample, telemetry that serves no frame aside.
        track: Longitude and latitude of the aircraft in order of time, thinned.
        clocks: What the pictures say about the clocks of telemetry.
        pictures: What is wrong with stills as their previews show them.
        security_marking: Highest marking found, or None.
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
    start: str
    end: str
    track: tuple[tuple[float, float], ...]
    clocks: tuple[ClockFinding, ...]
    pictures: Pictures
    security_marking: str | None
    trouble: str


def findings_of(contents: SortieContents, outcome: Ingested | NothingPlacedError) -> Findings:
    """Sum up."""
    ingested = outcome if isinstance(outcome, Ingested) else None
    placed = ingested.frames if ingested is not None else ()
    by_sensor: dict[str, list[int]] = {}
    by_file: dict[str, list[int]] = {}
    cameras = {str(frame.ref.path): frame.camera for frame in placed}
    for frame in placed:
        by_sensor.setdefault(frame.ref.sensor, []).append(frame.ref.t_utc_ns)
        by_file.setdefault(str(frame.ref.path), []).append(frame.ref.t_utc_ns)
    telemetry = {track.source: track.t_utc_ns.tolist() for track in outcome.tracks}
    idle = {drop.item for drop in outcome.dropped if drop.code == "serves_no_frame"} if placed else set()
    own = [
        times for source, times in telemetry.items() if source not in idle
    ]  # another flight's would stretch the span
    everything = [t for times in (*by_sensor.values(), *own) for t in times]
    span = (min(everything), max(everything)) if everything else (0, 0)
    streams = []
    for sensor in sorted({still.sensor for still in contents.stills}):
        stills = [still for still in contents.stills if still.sensor == sensor]
        shutter = stream_shutter(stills, [frame for frame in placed if frame.ref.sensor == sensor])
        streams.append(replace(_still_stream(sensor, stills, by_sensor.get(sensor, []), span), shutter=shutter))
    joints = joints_of(contents)
    for video in contents.videos:
        shutter = stream_shutter([video], [frame for frame in placed if frame.ref.path == video.path])
        stream = _video_stream(video, by_file.get(str(video.path), []), span, cameras.get(str(video.path)))
        streams.append(replace(stream, shutter=shutter, notes=(*stream.notes, *_joint_words(joints.get(video.item)))))
    streams += [_table_stream(samples, telemetry.get(samples.item, []), span) for samples in contents.telemetry]
    bounds: tuple[float, ...] = ()
    if ingested is not None:
        lonlat = ingested.site.to_lonlat(np.array([frame.pose.eye_m[:2] for frame in placed]))
        bounds = tuple(round(float(v), 6) for v in (*lonlat.min(axis=0), *lonlat.max(axis=0)))
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
        start=_iso(span[0]) if everything else "",
        end=_iso(span[1]) if everything else "",
        track=_track(outcome, idle),
        clocks=ingested.clocks if ingested is not None else (),
        pictures=pictures_of(outcome.verdicts),
        security_marking=ingested.sortie.security_marking if ingested is not None else None,
        trouble="" if ingested is not None else str(outcome),
    )


def _track(outcome: Ingested | NothingPlacedError, idle: Set[str]) -> tuple[tuple[float, float], ...]:
    """Where the aircraft was: the longest telemetry track that serves a frame, else the frames."""
    tracks = [np.column_stack([t.lon_deg, t.lat_deg]) for t in outcome.tracks if t.source not in idle]
    known = [places[np.isfinite(places).all(axis=1)] for places in tracks]
    places: Float = max(known, key=len, default=np.zeros((0, 2)))
    if isinstance(outcome, Ingested) and len(places) < len(outcome.frames):
        ordered = sorted(outcome.frames, key=lambda frame: frame.ref.t_utc_ns)
        places = outcome.site.to_lonlat(np.array([frame.pose.eye_m[:2] for frame in ordered]))
    if not len(places):
        return ()
    chosen = np.unique(np.linspace(0, len(places) - 1, min(TRACK_POINTS, len(places))).astype(np.intp))
    return tuple((round(float(lon), 7), round(float(lat), 7)) for lon, lat in places[chosen])


def _still_stream(sensor: str, stills: list[Still], times: list[int], span: tuple[int, int]) -> Stream:
    width, height = stills[0].size_px
    what = f"{stills[0].band.value} stills, {width} × {height}"
    return _stream(sensor, what, len(stills), _camera(stills[0]), times, span, _counts(stills))


def _counts(stills: list[Still]) -> tuple[str, ...]:
    """Where the counts of radiometric stills come from, and how warm they say it was."""
    places = sorted({still.counts_from for still in stills if still.counts_from})
    if not places:
        return ()
    ends = [still.warmth_c for still in stills if still.warmth_c is not None]
    warmth = "no temperatures: the files hold no constants for them"
    if ends:
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        warmth = f"{low:.0f} to {high:.0f} °C by the constants in the files"
    return (f"16-bit counts from {' and '.join(places)}; {warmth}",)


def _video_stream(video: Video, times: list[int], span: tuple[int, int], used: CameraModel | None) -> Stream:
    width, height = video.size_px
    what = f"video, {width} × {height}, {video.frame_count} frames, {len(video.indices)} taken"
    camera = _camera(video) if video.camera is not None or used is None else _in_words(used)
    return _stream(video.item, what, len(video.indices), camera, times, span)


def _joint_words(joint: Joint | None) -> tuple[str, ...]:
    if joint is None:
        return ()
    if joint.joined:
        return (f"goes on from {joint.before.item}: {joint.evidence}",)
    return (f"its number follows that of {joint.before.item}; nothing tells whether it goes on from there",)


def _table_stream(samples: TelemetrySamples, times: list[int], span: tuple[int, int]) -> Stream:
    clock = {"utc": "UTC", "video_start": "seconds of the video", "none": "no times"}[samples.time_base.value]
    named = sum(bool(name) for name in samples.frame_names)
    what = f"telemetry ({samples.format}), {clock}" + (f", {named} rows name a frame" if named else "")
    what += f", {samples.platform}" if samples.platform else ""
    heights = f"heights {samples.vertical_datum}" + (f": {samples.datum_reason}" if samples.datum_reason else "")
    notes = (*samples.notes, heights) if np.isfinite(samples.alt_m).any() else samples.notes
    name = samples.item + (f" {samples.stream}" if samples.stream else "")
    return _stream(name, what, len(samples.t_ns) + samples.bad_rows, "", times, span, notes)


def _stream(
    name: str,
    what: str,
    count: int,
    camera: str,
    times: list[int],
    span: tuple[int, int],
    notes: tuple[str, ...] = (),
) -> Stream:
    times = sorted(times)
    gaps = sorted(((b - a) / 1e9 for a, b in itertools.pairwise(times)), reverse=True)
    usual = gaps[len(gaps) // 2] if gaps else 0.0
    long = tuple(round(gap, 1) for gap in gaps if gap > max(LONG_GAP * usual, 1.0))[:EXAMPLES]
    ends = (_iso(times[0]), _iso(times[-1])) if times else ("", "")
    return Stream(name, what, count, len(times), camera, *ends, long, _presence(np.array(times), usual, span), notes)


def _presence(times: Int, usual_s: float, span: tuple[int, int]) -> tuple[float, ...]:
    """Share of the usual rate in each part of the span; a part shorter than an interval takes from its neighbours."""
    if not len(times) or span[1] <= span[0]:
        return (1.0,) * BINS if len(times) else ()
    edges = np.linspace(span[0], span[1] + 1, BINS + 1)
    width_s = (edges[1] - edges[0]) / 1e9
    expected = width_s / usual_s if usual_s > 0 else 1.0
    counts = np.histogram(times, edges)[0].astype(np.float64)
    if expected < 1:  # fewer than one a part: a part counts when a frame lies within an interval of it
        middle = (edges[:-1] + edges[1:]) / 2
        at = np.clip(np.searchsorted(times, middle), 1, max(len(times) - 1, 1))
        near = np.minimum(np.abs(middle - times[at - 1]), np.abs(middle - times[np.minimum(at, len(times) - 1)]))
        counts, expected = (near <= 0.75e9 * usual_s).astype(np.float64), 1.0
    return tuple(round(float(share), 2) for share in np.minimum(counts / expected, 1.0))


def _camera(source: Still | Video) -> str:
    if source.camera is None:
        return source.camera_error
    return _in_words(source.camera)


def _in_words(camera: CameraModel) -> str:
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
