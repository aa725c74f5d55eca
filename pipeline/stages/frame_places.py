"""Where a frame was and how its camera looked: the best that tags and telemetry tables give."""

import math
from dataclasses import dataclass

import numpy as np

from pipeline.records.sortie import FrameRef
from pipeline.records.telemetry import Quality
from pipeline.stages.ingest_settings import IngestSettings
from pipeline.stages.ingest_tracks import SortieTrack
from pipeline.stages.time_matching import Moment

TIME_UNSURE_S = 60.0
"""Frames whose time is less sure than this are matched by name only."""

RECORDED_TOGETHER_S = 0.1
"""Standard deviation of the delay between a video and the telemetry that its recorder wrote beside it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Position and attitude of a frame.

    Attributes:
        lon_deg, lat_deg: WGS 84.
        height_m: Above the zero of `vertical_datum`.
        vertical_datum: As in `PosedFrame`.
        relative_alt_m: Above take-off, or NaN.
        yaw_deg, pitch_deg, roll_deg: Of the camera.
        position_sigma_m, alt_sigma_m, yaw_sigma_deg, tilt_sigma_deg: Standard deviations.
        own_height: The height is the absolute one of the frame's own tags.
        quality: Bits of `Quality`.
        notes: Codes of what was assumed.
    """

    lon_deg: float
    lat_deg: float
    height_m: float
    vertical_datum: str
    relative_alt_m: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    position_sigma_m: float
    alt_sigma_m: float
    yaw_sigma_deg: float
    tilt_sigma_deg: float
    own_height: bool
    quality: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    moment: Moment
    track: SortieTrack
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceFinder:
    """Looks in telemetry tables and in the frame's own tags.

    A table that names the frame counts first, for somebody made it; then the frame's own tags, then tables by time,
    then the tags of the stills before and after it.
    """

    tables: tuple[SortieTrack, ...]
    settings: IngestSettings

    def find(
        self,
        ref: FrameRef,
        names: tuple[str, ...],
        own: SortieTrack | None,
        bound: tuple[SortieTrack, ...] = (),
    ) -> Place | tuple[str, str]:
        """The place, or the reason and its code why there is none.

        Args:
            ref: The frame.
            names: What tables may call it, in lower case.
            own: Track of its sensor's tags.
            bound: Tracks that run by the frame's own clock: asked first of those by time, and as surely as the two
                were recorded together, however unsure UTC is.
        """
        position = self._first("position", ref, names, own, bound)
        if position is None:
            return self._no_position(ref.t_utc_ns, 0.0 if bound else ref.t_sigma_s, own)
        attitude = self._first("attitude", ref, names, own, bound)
        if attitude is None:
            return (
                "no attitude: neither its tags nor telemetry at its time say where the camera looked; add yaw_deg and "
                "pitch_deg to the telemetry, or [attitude] with pitch_deg = -90 to sortie.toml",
                "no_attitude",
            )
        place = _place(position, attitude)
        if math.isnan(place.height_m):
            return (
                "no height: neither its tags nor telemetry give one; add alt_m, alt_hae_m or relative_alt_m to the "
                "telemetry",
                "no_height",
            )
        return place

    def _first(
        self,
        what: str,
        ref: FrameRef,
        names: tuple[str, ...],
        own: SortieTrack | None,
        bound: tuple[SortieTrack, ...],
    ) -> _Found | None:
        t_ns, t_sigma_s = ref.t_utc_ns, ref.t_sigma_s
        for table in self.tables:
            for name in names:
                if name in table.by_name:
                    moment = _ask(table, what, table.by_name[name], 0.0)
                    if moment is not None:
                        return _Found(moment, table, (f"{what}_from_table",))
        mine = _ask(own, what, own.by_name[ref.frame_id], 0.0) if own is not None else None
        if own is not None and mine is not None and mine.gap_s == 0:
            return _Found(mine, own, ())
        timed = [table for table in self.tables if table.timed and t_sigma_s <= TIME_UNSURE_S]
        together_s = min(t_sigma_s, RECORDED_TOGETHER_S)
        for tables, sigma_s in ((bound, together_s), (timed, t_sigma_s)):
            by_time = [(moment, table) for table in tables if (moment := _ask(table, what, t_ns, sigma_s)) is not None]
            if by_time:
                moment, table = min(by_time, key=lambda found: found[0].gap_s)
                return _Found(moment, table, (f"{what}_from_table",))
        if own is not None and mine is not None:
            return _Found(mine, own, (f"{what}_interpolated",))
        return None

    def _no_position(self, t_ns: int, t_sigma_s: float, own: SortieTrack | None) -> tuple[str, str]:
        timed = [table for table in self.tables if table.timed and len(table.matcher.placed)]
        if own is not None:
            row = int(np.searchsorted(own.track.t_utc_ns, t_ns))
            if row < len(own.track) and own.track.quality[row] & Quality.POSITION_JUMP:
                return (
                    "its position is one that the rest of the flight cannot reach; was GNSS disturbed?",
                    "position_jump",
                )
        if not timed:
            return (
                "no position: its tags have none or (0, 0), and there is no telemetry with times and positions",
                "no_position",
            )
        if t_sigma_s > TIME_UNSURE_S:
            return (
                "no position in its tags, and its clock does not say its zone; add utc_offset_h to sortie.toml, or a "
                "column file to the telemetry",
                "time_unsure",
            )
        gap = self.settings.matching.max_gap_s
        ends = [table.track.t_utc_ns[table.matcher.placed[[0, -1]]] for table in timed]
        outside_s = min(max(int(first) - t_ns, t_ns - int(last)) for first, last in ends) / 1e9
        if outside_s > 0:
            return (
                f"taken {outside_s:.1f} s outside the telemetry; is a clock wrong? nothing is extrapolated",
                "no_telemetry",
            )
        return f"the telemetry has a gap of more than {gap:g} s around it", "telemetry_gap"


def _ask(track: SortieTrack, what: str, t_ns: int, t_sigma_s: float) -> Moment | None:
    return (track.matcher.position if what == "position" else track.matcher.attitude)(t_ns, t_sigma_s)


def _place(position: _Found, attitude: _Found) -> Place:
    lon, lat, alt, relative = position.moment.values
    yaw, pitch, roll = attitude.moment.values
    notes = [*position.notes, *attitude.notes]
    datum, height = position.track.track.vertical_datum, alt
    if math.isnan(height):
        # the only height is above take-off: georeferencing has to find out how high that was
        datum, height = "unknown", relative
        notes.append("height_relative_only")
    if math.isnan(roll):
        notes.append("roll_assumed")
    horizontal, vertical = position.moment.sigma
    yaw_sigma, tilt_sigma = attitude.moment.sigma
    return Place(
        lon_deg=lon,
        lat_deg=lat,
        height_m=height,
        vertical_datum=datum,
        relative_alt_m=relative,
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=0.0 if math.isnan(roll) else roll,
        position_sigma_m=math.hypot(horizontal, position.moment.added_sigma),
        alt_sigma_m=math.hypot(vertical, position.moment.added_sigma),
        yaw_sigma_deg=math.hypot(yaw_sigma, attitude.moment.added_sigma),
        tilt_sigma_deg=math.hypot(tilt_sigma, attitude.moment.added_sigma),
        own_height=not position.notes and math.isfinite(alt),
        quality=position.moment.quality | attitude.moment.quality,
        notes=tuple(notes),
    )
