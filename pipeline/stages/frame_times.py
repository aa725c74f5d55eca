"""When stills were taken, in UTC, from clocks that rarely say their zone."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records.contents import Still, StillTags

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
QUARTER_S = 900
"""Zones differ by quarters of an hour."""


@dataclass(frozen=True, slots=True)
class TimeSettings:
    """How clocks are read.

    Attributes:
        stated_sigma_s: Standard deviation of a camera clock whose zone is known: set by hand or GNSS, they drift.
        gps_sigma_s: Of a GNSS time stamp in the tags: whole seconds, sometimes of the fix before.
        assumed_sigma_s: Where the zone was guessed from the longitude: borders and summer time make it an hour.
        gps_contradiction_s: Clock and GNSS time further apart than this: the clock is wrong.
    """

    stated_sigma_s: float = 0.5
    gps_sigma_s: float = 1.0
    assumed_sigma_s: float = 3600.0
    gps_contradiction_s: float = 120.0


@dataclass(frozen=True, slots=True)
class FrameTime:
    """When a still was taken.

    Attributes:
        t_utc_ns: UTC.
        t_sigma_s: Standard deviation.
        notes: Codes of what was assumed.
    """

    t_utc_ns: int
    t_sigma_s: float
    notes: tuple[str, ...] = ()


def utc_ns(moment: dt.datetime) -> int:
    """Nanoseconds since 1970 of an aware time, without rounding."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def still_time(
    tags: StillTags, utc_offset_h: float | None, lon_deg: float | None, settings: TimeSettings
) -> FrameTime | None:
    """When a still was taken.

    In this order: the clock with the zone that its tags, then people, state; the clock with the zone that GNSS time
    shows; GNSS time; the clock with the zone of the longitude.

    Args:
        tags: Of the still.
        utc_offset_h: Zone stated by people.
        lon_deg: Roughly where the flight was; None where not known.
        settings: Uncertainties.
    """
    gps_ns = utc_ns(tags.gps_utc) if tags.gps_utc is not None else None
    if tags.clock is None:
        return None if gps_ns is None else FrameTime(gps_ns, settings.gps_sigma_s, ("time_from_gps",))
    local_ns = utc_ns(tags.clock.replace(tzinfo=dt.UTC))
    step = tags.clock_step_s / 2
    offset_s = tags.utc_offset_s
    if offset_s is None and utc_offset_h is not None:
        offset_s = round(utc_offset_h * 3600)
    notes: tuple[str, ...] = ()
    if offset_s is None and gps_ns is not None:
        offset_s = round((local_ns - gps_ns) / 1e9 / QUARTER_S) * QUARTER_S
        notes = ("time_zone_from_gps",)
    if offset_s is not None:
        t_ns = local_ns - offset_s * 10**9
        if gps_ns is not None and abs(t_ns - gps_ns) > settings.gps_contradiction_s * 1e9:
            return FrameTime(gps_ns, settings.gps_sigma_s, ("clock_contradicted",))
        return FrameTime(t_ns, max(settings.stated_sigma_s, step), notes)
    zone_h = 0 if lon_deg is None else round(lon_deg / 15)
    sigma_s = settings.assumed_sigma_s * (1 if lon_deg is not None else 6)
    return FrameTime(local_ns - zone_h * 3600 * 10**9, sigma_s, ("time_zone_assumed",))


def spread_within_seconds(stills: Sequence[Still], times: Sequence[FrameTime | None]) -> list[FrameTime | None]:
    """Stills of one sensor that share a whole second are set apart evenly within it, in order of their names.

    Clocks without sub-seconds give bursts one time, and movers would seem to jump.
    """
    spread = list(times)
    groups: dict[tuple[str, int], list[int]] = {}
    for index, (still, time) in enumerate(zip(stills, times, strict=True)):
        if time is not None and still.tags.clock_step_s >= 1:
            groups.setdefault((still.sensor, time.t_utc_ns), []).append(index)
    for members in groups.values():
        if len(members) > 1:
            members.sort(key=lambda index: stills[index].frame_id)
            for place, index in enumerate(members):
                time = times[index]
                if time is not None:
                    shifted = time.t_utc_ns + place * 10**9 // len(members)
                    spread[index] = FrameTime(shifted, time.t_sigma_s, (*time.notes, "time_spread"))
    return spread


def night_of(t_utc_ns: int, utc_offset_h: float) -> str:
    """Date (ISO) of the local noon before an instant: a night has one name though UTC dates cut it."""
    local = EPOCH + dt.timedelta(microseconds=t_utc_ns // 1000, hours=utc_offset_h - 12)
    return local.date().isoformat()
