"""Targets that a sensor reports, as tracks in the pixels of posed frames, and which of them our own tracks show too.

Reported targets are placed on the ground by `PlaceTracks` as our own are, and must pass the same tests there. Only
number, time, pixel and status are used: what a sensor calls a target is not read. Its places carry no errors, so they
can't tell motion from wandering.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2

from pipeline.records.arrays import Bool, Float, Int
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ALSO_REPORTED, REPORTED_ONLY, ImageTrack, Reason
from pipeline.records.frame import GroundFrame
from pipeline.records.mover_sight import PixelSight, SightGrade
from pipeline.records.samples import ReportedStream, TargetSamples

STAGE = "reported_tracks"

DROPPED, INACTIVE = 2.0, 0.0
"""Status of targets that the sensor no longer sees, by ST 0903."""


@dataclass(frozen=True, slots=True)
class ReportedSettings:
    """Tunables of reported targets.

    Attributes:
        time_apart_s: A report further from every frame in time is not placed: at 20 m/s a car moves 1 m in 0.05 s.
        gap_s: A number that was silent for longer may have been given to another thing.
        centre_sigma_px: Of a reported centre; ST 0903 does not tell it.
        gate: Probability with which two views of one thing are found together.
        least_common: Frames that two tracks must share.
    """

    time_apart_s: float = 0.05
    gap_s: float = 2.0
    centre_sigma_px: float = 3.0
    gate: float = 0.99
    least_common: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Reported:
    """One target over a stretch of time: the sensor's number, and where it is in which frames."""

    number: int
    track: ImageTrack


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Movers of one stream, seen by us, by its sensor, or by both."""

    tracks: list[ImageTrack]
    dropped: list[Dropped]


@dataclass(frozen=True, slots=True)
class CompareReported:
    """Our own tracks of a stream beside what its sensor reports."""

    settings: ReportedSettings

    def __call__(
        self,
        own: Sequence[ImageTrack],
        reports: Sequence[ReportedStream],
        frames: Sequence[GroundFrame],
        sights: Sequence[PixelSight],
    ) -> Compared:
        """Join both.

        Args:
            own: Our tracks; `ImageTrack.frames` counts `frames`.
            reports: Of all sensors; those of the frames' own are taken.
            frames: Of one stream, their times increasing.
            sights: What our detector could have seen in each of them.
        """
        gathered: list[Reported] = []
        dropped: list[Dropped] = []
        for report in reports:
            if not frames or report.sensor != frames[0].ref.sensor:
                continue
            for item in GatherReported(self.settings)(report.targets, report.t_utc_ns, frames):
                if isinstance(item, Dropped):
                    dropped.append(item)
                else:
                    gathered.append(item)
        joined, alone = join_reported(own, gathered, self.settings)
        after = max((track.track_id for track in joined), default=0)
        blind = np.array([sight.grade is not SightGrade.ASSESSABLE for sight in sights], np.bool_)
        kept = [_alone(one.track, after + k, blind) for k, one in enumerate(alone, 1)]
        return Compared([*joined, *kept], dropped)


def _alone(track: ImageTrack, track_id: int, blind: Bool) -> ImageTrack:
    """What the sensor alone reports: that we do not see it speaks against it only where we could have."""
    if float(np.mean(blind[track.frames])) > 0.5:
        return replace(track, track_id=track_id, against=(*track.against, Reason("pictures_not_assessable", ())))
    return replace(track, track_id=track_id, against=(*track.against, Reason("not_seen_in_pictures", ())))


@dataclass(frozen=True, slots=True)
class GatherReported:
    """Targets of one stream's telemetry to tracks in its frames."""

    settings: ReportedSettings

    def __call__(
        self, targets: TargetSamples, sample_t_utc_ns: Int, frames: Sequence[GroundFrame]
    ) -> Iterator[Reported | Dropped]:
        """Gather each target's reports.

        Args:
            targets: Their rows count `sample_t_utc_ns`.
            sample_t_utc_ns: ``(N,)`` by the clock of the frames.
            frames: Of one stream, their times increasing.
        """
        if not len(targets) or not frames:
            return
        t_utc_ns = sample_t_utc_ns[targets.row]
        nearest, apart_s = _nearest(t_utc_ns, np.array([frame.ref.t_utc_ns for frame in frames], np.int64))
        sizes = np.array([frame.camera.size_px for frame in frames], np.float64)[nearest]
        centre = targets.centre_px
        known = np.isfinite(centre).all(axis=1) & ~np.isin(targets.status, (INACTIVE, DROPPED))
        inside = known & (centre >= -0.5).all(axis=1) & (centre <= sizes - 0.5).all(axis=1)
        in_time = apart_s <= self.settings.time_apart_s
        count = 0
        for number in np.unique(targets.number):
            own = np.flatnonzero(targets.number == number)
            own = own[np.argsort(t_utc_ns[own], kind="stable")]
            silent = np.flatnonzero(np.diff(t_utc_ns[own]) > self.settings.gap_s * 1e9) + 1
            for part in np.split(own, silent):
                used = _once_a_frame(part[inside[part] & in_time[part]], nearest, apart_s)
                if len(used) < 2:
                    yield _unplaced(int(number), bool(inside[part].any()), bool(in_time[part].any()))
                    continue
                count += 1
                yield Reported(int(number), _track(count, targets, used, nearest[used], self.settings.centre_sigma_px))


def join_reported(
    own: Sequence[ImageTrack], reported: Sequence[Reported], settings: ReportedSettings
) -> tuple[list[ImageTrack], list[Reported]]:
    """Our tracks, with a reason where the sensor reports the same thing, and what it alone reports.

    Both are seen in the same frames through the same pose, whose errors are common to them: they are compared in
    pixels, where these are none. One to one. A reported centre errs alike from frame to frame, so the mean over the
    common frames is held against one frame's gate.

    Source: Mahalanobis distance; Hungarian assignment.
    """
    limit = float(chi2.ppf(settings.gate, 2))
    beyond = 1e6
    tracks = [other.track for other in reported]
    frame_count = 1 + max((int(track.frames[-1]) for track in (*own, *tracks)), default=-1)
    theirs = _middles(tracks, frame_count)
    distance2 = np.array([_distances2(track, theirs, settings) for track in own]).reshape(len(own), len(reported))
    rows, columns = linear_sum_assignment(np.where(distance2 <= limit, distance2, beyond))
    pairs = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if distance2[i, j] <= limit}
    joined = [
        replace(track, reasons=(*track.reasons, _also(reported[pairs[i]].number, distance2[i, pairs[i]])))
        if i in pairs
        else track
        for i, track in enumerate(own)
    ]
    taken = set(pairs.values())
    return joined, [other for j, other in enumerate(reported) if j not in taken]


def _nearest(t_utc_ns: Int, frame_t_utc_ns: Int) -> tuple[Int, Float]:
    after = np.clip(np.searchsorted(frame_t_utc_ns, t_utc_ns), 0, len(frame_t_utc_ns) - 1)
    before = np.maximum(after - 1, 0)
    earlier = np.abs(t_utc_ns - frame_t_utc_ns[before]) <= np.abs(frame_t_utc_ns[after] - t_utc_ns)
    nearest = np.where(earlier, before, after).astype(np.int64)
    return nearest, np.abs(t_utc_ns - frame_t_utc_ns[nearest]) / 1e9


def _once_a_frame(rows: Int, nearest: Int, apart_s: Float) -> Int:
    """Of several reports in one frame the one nearest in time; frames increasing."""
    order = rows[np.lexsort((apart_s[rows], nearest[rows]))]
    return order[np.unique(nearest[order], return_index=True)[1]]


def _track(track_id: int, targets: TargetSamples, used: Int, frames: Int, centre_sigma_px: float) -> ImageTrack:
    """A target without a box that can be is a single pixel, of which no length is told."""
    box = targets.box_px[used]
    sides = box[:, 2:] - box[:, :2] + 1
    sides[~(sides >= 1).all(axis=1) | ~np.isfinite(sides).all(axis=1)] = 1.0
    boxes = np.column_stack([targets.centre_px[used] - (sides - 1) / 2, sides])
    stated = targets.confidence[used]
    stated = stated[np.isfinite(stated)]
    score = float(np.clip(np.median(stated), 0.0, 1.0)) if len(stated) else 0.5
    reason = Reason(REPORTED_ONLY, (("target", float(targets.number[used[0]])),))
    seen = np.ones(len(used), np.bool_)
    return ImageTrack(track_id, frames, boxes, seen, score, (reason,), (), centre_sigma_px)


def _distances2(own: ImageTrack, theirs: Float, settings: ReportedSettings) -> Float:
    """Mean squared distance to each of ``(M, F, 2)`` in common frames, in variances; inf where too few are common."""
    variance = (1.0 + 0.1 * np.sqrt(own.boxes_px[:, 2] * own.boxes_px[:, 3])) ** 2 + settings.centre_sigma_px**2
    offset = theirs[:, own.frames] - (own.boxes_px[:, :2] + own.boxes_px[:, 2:] / 2)
    distance2 = (offset**2).sum(axis=2) / variance
    common = np.isfinite(distance2)
    count = common.sum(axis=1)
    mean = np.where(common, distance2, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count >= settings.least_common, mean, np.inf)


def _middles(tracks: Sequence[ImageTrack], frame_count: int) -> Float:
    """``(M, F, 2)`` NaN where a track is not in a frame."""
    out = np.full((len(tracks), frame_count, 2), np.nan)
    for k, track in enumerate(tracks):
        out[k, track.frames] = track.boxes_px[:, :2] + track.boxes_px[:, 2:] / 2
    return out


def _also(number: int, distance2: float) -> Reason:
    return Reason(ALSO_REPORTED, (("target", float(number)), ("sigmas", float(np.sqrt(distance2)))))


def _unplaced(number: int, inside: bool, in_time: bool) -> Dropped:
    item = f"target {number}"
    if not inside:
        reason = "its centre is never inside the frame; is the frame size that the sensor states that of the video?"
        return Dropped(STAGE, item, f"{item}: {reason}", "target_outside_frame")
    if not in_time:
        reason = "no posed frame near its reports in time; are the clocks of video and telemetry the same?"
        return Dropped(STAGE, item, f"{item}: {reason}", "target_without_frame")
    return Dropped(
        STAGE, item, f"{item}: in fewer than two frames; a single report shows no motion", "target_seen_once"
    )
