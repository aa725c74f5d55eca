"""Frames with a time, a camera and a pose, out of what a sortie folder says."""

import hashlib
import math
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.errors import InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.short_distance import from_first
from pipeline.protocols import FrameSource, PreviewSource
from pipeline.records.clock import ClockFinding
from pipeline.records.contents import SortieContents
from pipeline.records.dropped import Dropped
from pipeline.records.frame import GeorefMethod, GeorefStatus, Pose, PosedFrame
from pipeline.records.marking import highest_marking
from pipeline.records.samples import ReportedStream
from pipeline.records.sortie import Sortie
from pipeline.records.telemetry import Quality, TelemetryTrack
from pipeline.records.triage import FLAW_WORDS, StillVerdict
from pipeline.stages.clock_check import ClockCheck
from pipeline.stages.frame_places import Place, PlaceFinder
from pipeline.stages.frame_times import night_of
from pipeline.stages.ingest_settings import IngestSettings
from pipeline.stages.ingest_tracks import STAGE, table_tracks, unserving
from pipeline.stages.motion_check import MotionCheck
from pipeline.stages.row_sweep import RowSweep
from pipeline.stages.timed_frames import TimedFrame, timed_frames
from pipeline.stages.triage import Triage

__all__ = ["Ingest", "IngestSettings", "Ingested", "NothingPlacedError"]

GUESSED_FOCAL_SIGMA = 0.05
"""From here on a focal length is a guess and noted as one."""

_DEGRADED = Quality.POSITION_INVALID | Quality.POSITION_JUMP | Quality.POSITION_FROZEN | Quality.GNSS_DEGRADED


class NothingPlacedError(InputError):
    """Not one frame of a sortie has a time, a camera and a pose.

    `dropped` says why, item by item; `tracks` is the telemetry and `verdicts` the stills that there were all the same.
    """

    def __init__(
        self,
        message: str,
        dropped: tuple[Dropped, ...] = (),
        tracks: tuple[TelemetryTrack, ...] = (),
        verdicts: tuple[StillVerdict, ...] = (),
    ) -> None:
        super().__init__(message)
        self.dropped, self.tracks, self.verdicts = dropped, tracks, verdicts


@dataclass(frozen=True, slots=True)
class Ingested:
    """A sortie, ready to be put on the ground.

    Attributes:
        sortie: What it is.
        site: The plane that it works in.
        frames: In order of time.
        tracks: Telemetry with times, after the gates.
        dropped: What could not be used, and why.
        clocks: What the pictures say about the clocks of telemetry.
        verdicts: What the previews of stills show; none where nobody looked.
        reported: What sensors themselves report as moving.
    """

    sortie: Sortie
    site: SiteFrame
    frames: tuple[PosedFrame, ...]
    tracks: tuple[TelemetryTrack, ...]
    dropped: tuple[Dropped, ...]
    clocks: tuple[ClockFinding, ...] = ()
    verdicts: tuple[StillVerdict, ...] = ()
    reported: tuple[ReportedStream, ...] = ()


@dataclass(frozen=True, slots=True)
class Ingest:
    """What a folder says, to posed frames."""

    settings: IngestSettings = field(default_factory=IngestSettings)

    def __call__(
        self, contents: SortieContents, pixels: FrameSource | None = None, previews: PreviewSource | None = None
    ) -> Ingested:
        """Time, match and gate.

        Args:
            contents: Of the folder.
            pixels: Decodes frames, to check the clocks of telemetry against; None: they are believed.
            previews: Of stills, to judge these by; None: they are all taken.

        Raises:
            NothingPlacedError: Not one frame can be placed; the message counts the reasons.
        """
        settings = self.settings
        tables, dropped = table_tracks(contents, settings)
        dropped = [*contents.dropped, *dropped]
        verdicts = Triage(previews, settings.triage)(contents.stills) if previews is not None else ()
        by_id = {verdict.frame_id: verdict for verdict in verdicts}
        timed: list[TimedFrame] = []
        for frame in timed_frames(contents, tables, settings):
            judged = frame if isinstance(frame, Dropped) else _judged(frame, by_id.get(frame.ref.frame_id))
            if isinstance(judged, Dropped):
                dropped.append(judged)
            else:
                timed.append(judged)
        timed.sort(key=lambda frame: (frame.ref.t_utc_ns, frame.ref.frame_id))
        names = [name for frame in timed for name in frame.names]
        dropped += unserving(tables, [frame.ref.t_utc_ns for frame in timed], names)
        finder = PlaceFinder(tuple(tables), settings)
        clocks: list[ClockFinding] = []
        if pixels is not None and settings.clock.estimate:
            timed, clocks = ClockCheck(finder, pixels, settings.clock)(timed)
        contradicted, told = _contradicted(timed, finder, pixels, settings)
        dropped += told
        placed: list[tuple[TimedFrame, Place]] = []
        for frame in timed:
            place = _place(frame, finder, settings)
            if isinstance(place, Dropped):
                dropped.append(place)
            else:
                placed.append((frame, _told_against(place, contradicted.get(frame.ref.frame_id, Quality.GOOD))))
        own = {id(frame.own): frame.own.track for frame in timed if frame.own is not None}
        tracks = tuple([table.track for table in tables if table.timed] + list(own.values()))
        if not placed:
            raise NothingPlacedError(_nothing_placed(contents, dropped), tuple(dropped), tracks, verdicts)
        lon, lat = _middle([place for _, place in placed], settings.max_extent_m)
        site = SiteFrame.at(lon, lat)
        sweep = RowSweep(finder, site)
        frames: list[PosedFrame] = []
        for frame, place in placed:
            posed = _pose(frame, place, site, settings.max_extent_m)
            if isinstance(posed, Dropped):
                dropped.append(posed)
            else:
                frames.append(replace(posed, sweep=sweep(frame)))
        if not frames:
            raise NothingPlacedError(_nothing_placed(contents, dropped), tuple(dropped), tracks, verdicts)
        sortie = _sortie(contents, frames[0].ref.t_utc_ns, lon)
        reported = tuple(table.reported for table in tables if table.reported is not None)
        return Ingested(sortie, site, tuple(frames), tracks, tuple(dropped), tuple(clocks), verdicts, reported)


def _judged(frame: TimedFrame, verdict: StillVerdict | None) -> TimedFrame | Dropped:
    """The frame with its picture's flaws as notes; dropped when nothing can be seen in it."""
    if verdict is None or not verdict.flaws:
        return frame
    if verdict.useless:
        flaw = verdict.flaws[0]
        return Dropped(STAGE, frame.ref.frame_id, FLAW_WORDS[flaw], flaw.value)
    return replace(frame, notes=(*frame.notes, *(flaw.value for flaw in verdict.flaws)))


def _place(frame: TimedFrame, finder: PlaceFinder, settings: IngestSettings) -> Place | Dropped:
    ref = frame.ref
    if frame.camera is None:
        return Dropped(STAGE, ref.frame_id, frame.camera_error, "no_camera")
    asked = replace(ref, t_utc_ns=ref.t_utc_ns + frame.lookup_ns)
    place = finder.find(asked, frame.names, frame.own, frame.bound)
    if isinstance(place, tuple):
        return Dropped(STAGE, ref.frame_id, *place)
    if place.position_sigma_m > settings.max_frame_sigma_m:
        reason = (
            f"its position is known to {place.position_sigma_m:.0f} m only: its time is uncertain by "
            f"{ref.t_sigma_s:.0f} s; add utc_offset_h to sortie.toml, or a column file to the telemetry"
        )
        return Dropped(STAGE, ref.frame_id, reason, "place_unsure")
    return place


def _contradicted(
    frames: list[TimedFrame], finder: PlaceFinder, pixels: FrameSource | None, settings: IngestSettings
) -> tuple[dict[str, Quality], list[Dropped]]:
    """Frames whose pictures move otherwise than their positions, where there are pictures to look at."""
    if pixels is None or not settings.motion.estimate:
        return {}, []
    return MotionCheck(finder, pixels, settings.motion)(frames)


def _told_against(place: Place, quality: Quality) -> Place:
    if not quality:
        return place
    return replace(place, quality=place.quality | quality, notes=(*place.notes, "motion_contradicted"))


def _middle(places: list[Place], extent_m: float) -> tuple[float, float]:
    """Median place of the flight that most frames are of, the earliest of several.

    A median over all could lie between two flights, where neither is.
    """
    lon, lat = (np.array([getattr(place, name) for place in places]) for name in ("lon_deg", "lat_deg"))
    best = np.zeros(0, np.intp)
    left = np.arange(len(places))
    while len(left) > len(best):
        far = np.hypot(*from_first(lon[left], lat[left]).T) > extent_m
        near = left[~far]
        if len(near) > len(best):
            best = near
        left = left[far]
    # longitudes are taken from the first, so that the date line does no harm
    turned = (lon[best] - lon[best[0]] + 180) % 360 - 180
    middle = (lon[best[0]] + np.median(turned) + 180) % 360 - 180
    return float(middle), float(np.median(lat[best]))


def _pose(frame: TimedFrame, place: Place, site: SiteFrame, max_extent_m: float) -> PosedFrame | Dropped:
    ref, camera = frame.ref, frame.camera
    xy = site.from_lonlat(np.array([place.lon_deg]), np.array([place.lat_deg]))[0]
    away_m = float(np.hypot(*xy))
    if camera is None or not away_m <= max_extent_m:
        reason = f"{away_m / 1000:.0f} km from the middle of the flight; does it belong to another one?"
        return Dropped(STAGE, ref.frame_id, reason, "too_far")
    yaw_rad, pitch_rad, roll_rad = (math.radians(angle) for angle in (place.yaw_deg, place.pitch_deg, place.roll_deg))
    rotation = camera_to_site(yaw_rad, pitch_rad, roll_rad, site.convergence_rad)
    tilt, yaw = math.radians(place.tilt_sigma_deg), math.radians(place.yaw_sigma_deg)
    sigma = [place.position_sigma_m, place.position_sigma_m, place.alt_sigma_m, tilt, tilt, yaw]
    quality = place.quality | (Quality.HEIGHT_CONTRADICTED if frame.height_contradicted else 0)
    notes = [*frame.notes, *place.notes]
    if frame.lookup_ns:
        notes.append("clock_offset_applied")
    if camera.focal_sigma >= GUESSED_FOCAL_SIGMA:
        notes.append("focal_guessed")
    status = GeorefStatus.OK
    if quality & Quality.TIME_BACKWARD or "clock_contradicted" in notes:
        status = GeorefStatus.CLOCK_SUSPECT
    if quality & _DEGRADED:
        status = GeorefStatus.DEGRADED_GNSS
    if quality & Quality.SPOOF_SUSPECTED:
        status = GeorefStatus.SPOOF_SUSPECTED
    datum = place.vertical_datum
    if datum == "unknown" and frame.rtk and place.own_height:
        datum = "ellipsoidal"  # receivers of corrections give heights above the ellipsoid of their network
    pose = Pose(np.array([*xy, place.height_m]), rotation, np.diag(np.square(sigma)), GeorefMethod.TELEMETRY_ONLY)
    return PosedFrame(
        ref=ref,
        camera=camera,
        pose=pose,
        vertical_datum=datum,
        relative_alt_m=place.relative_alt_m,
        quality=int(quality),
        status=status,
        notes=tuple(dict.fromkeys(notes)),
        sighted_ground_m=_sighted_ground_m(frame),
    )


def _sighted_ground_m(frame: TimedFrame) -> float:
    """Height of the ground that the frame's own telemetry says it shows, NaN for none."""
    t_ns = frame.ref.t_utc_ns + frame.lookup_ns
    heights = (track.sighted.height_at(t_ns) for track in frame.bound if track.sighted is not None)
    return next((height for height in heights if math.isfinite(height)), math.nan)


def _sortie(contents: SortieContents, first_utc_ns: int, lon_deg: float) -> Sortie:
    facts = contents.facts
    offset_h = facts.utc_offset_h if facts.utc_offset_h is not None else lon_deg / 15
    models = Counter(still.sensor for still in contents.stills) + Counter(video.sensor for video in contents.videos)
    digest = hashlib.sha256()
    for sha256 in sorted(samples.sha256 for samples in contents.telemetry):
        digest.update(sha256.encode())
    for still in contents.stills:
        digest.update(f"{still.frame_id} {still.tags!r}\n".encode())
    return Sortie(
        sortie_id=contents.sortie_id,
        folder=contents.folder,
        night_id=night_of(first_utc_ns, offset_h),
        operating_cell=facts.operating_cell,
        means=facts.means or ", ".join(sorted(models)),
        security_marking=highest_marking(
            [facts.security_marking, *(part.security_marking for part in contents.telemetry)]
        ),
        telemetry_sha256=digest.hexdigest(),
        night_offset_h=offset_h,
    )


def _nothing_placed(contents: SortieContents, dropped: list[Dropped]) -> str:
    counts = Counter(drop.code for drop in dropped)
    first = next((drop for drop in dropped if drop.code == counts.most_common(1)[0][0]), None) if dropped else None
    reasons = ", ".join(f"{count} {code}" for code, count in counts.most_common(5)) or "it is empty"
    example = f"; for example {first.item}: {first.reason}" if first else ""
    return (
        f"{contents.sortie_id}: no frame of {contents.folder} can be placed ({reasons}){example}; "
        f"see: trucewatch inspect {contents.folder}"
    )
