"""Videos that a recorder split: which of them goes on where another ended, and what shows it."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from pipeline.records.contents import SortieContents, Video
from pipeline.records.samples import TelemetrySamples
from pipeline.stages.frame_times import utc_ns
from pipeline.stages.sidecars import video_of

JOINED_SIGMA_S = 0.5
"""How well a video's beginning is known by the end of the one before it: recorders lose a few frames at the cut."""
_SAME_MOMENT_S = 2.5
_FULL_BYTES = (3_400_000_000, 4_400_000_000)
"""File systems and recorders end a file at 4 GB or somewhat before."""

_STAMP = re.compile(r"(?<!\d)(\d{14}|\d{8}[_-]?\d{6})(?!\d)")
_CHAPTER = re.compile(r"^(G[XHL])(\d{2})(\d{4})$", re.IGNORECASE)
_NUMBER = re.compile(r"^(.*?)(\d+)(\D*)$")


@dataclass(frozen=True, slots=True)
class Joint:
    """A video whose name follows another's.

    Attributes:
        before: The other one.
        evidence: What shows that it goes on from there, in words; "" when nothing tells either way.
    """

    before: Video
    evidence: str

    @property
    def joined(self) -> bool:
        """Whether it goes on from there."""
        return bool(self.evidence)


def joints_of(contents: SortieContents) -> dict[str, Joint]:
    """By item, the videos that go on where another ended, or may: of one sensor and folder, with the next number.

    Clocks decide where both have one: people's, telemetry's, the container's, in this order. Else telemetry of the
    first that lasts as long as both together, or a first file as long as recorders write one. Times that contradict
    end it.
    """
    own: dict[str, list[TelemetrySamples]] = {}
    for part in contents.telemetry:
        video = video_of(part, contents) if len(part) else None
        if video is not None:
            own.setdefault(video.item, []).append(part)
    found: dict[str, Joint] = {}
    for before, after in _followers(contents):
        evidence = _evidence(before, after, own.get(before.item, []), own.get(after.item, []))
        if evidence is not None:
            found[after.item] = Joint(before, evidence)
    return found


def _followers(contents: SortieContents) -> Iterator[tuple[Video, Video]]:
    """Pairs of videos, the second of which has the next number."""
    groups: dict[tuple[object, ...], list[tuple[int, Video]]] = {}
    for video in contents.videos:
        named = _numbered(video.path.stem)
        if named is not None:
            key = (video.path.parent, video.sensor, video.size_px, video.path.suffix.casefold(), named[0])
            groups.setdefault(key, []).append((named[1], video))
    for members in groups.values():
        members.sort(key=lambda member: (member[0], member[1].item))
        for (number, before), (following, after) in pairwise(members):
            if following == number + 1:
                yield before, after


def _numbered(stem: str) -> tuple[str, int] | None:
    """What a name has in common with those of its recording, and its number among these."""
    chapter = _CHAPTER.match(stem)
    if chapter is not None:
        return f"{chapter[1]}{chapter[3]}".casefold(), int(chapter[2])
    number = _NUMBER.match(_STAMP.sub("*", stem))
    return None if number is None else (f"{number[1]}#{number[3]}".casefold(), int(number[2]))


def _evidence(before: Video, after: Video, first: list[TelemetrySamples], second: list[TelemetrySamples]) -> str | None:
    """What shows that `after` goes on from `before`; "" when nothing tells, None when something speaks against it.

    Args:
        before, after: Two videos.
        first, second: Telemetry that runs with each.
    """
    if before.lasts_ns <= 0:
        return ""
    for name, one, two in _clocks(before, after, first, second):
        if one is not None and two is not None:
            gap_s = (two - one - before.lasts_ns) / 1e9
            if name == "container":  # some state the end of the recording
                gap_s = min(gap_s, (two - after.lasts_ns - one) / 1e9, key=abs)
            if abs(gap_s) > _SAME_MOMENT_S:
                return None
            return f"it begins {max(gap_s, 0.0):.1f} s after that one's end, by {_WORDS[name]}"
    if first and not second:
        lasts_ns = max(int(part.t_ns.max()) for part in first) - min(int(part.t_ns.min()) for part in first)
        if abs(lasts_ns - before.lasts_ns - after.lasts_ns) <= _SAME_MOMENT_S * 1e9:
            return "that one's telemetry lasts as long as both"
    low, high = _FULL_BYTES
    if low <= before.file_bytes <= high:
        return "that one is as long as recorders write one file"
    return ""


_WORDS = {
    "people": "what people state",
    "utc": "telemetry",
    "local": "telemetry's clock",
    "container": "the containers",
}


def _clocks(
    before: Video, after: Video, first: list[TelemetrySamples], second: list[TelemetrySamples]
) -> Iterator[tuple[str, int | None, int | None]]:
    """When the two began, by each kind of clock."""
    yield "people", _ns(before.start_utc), _ns(after.start_utc)
    for name, kind in (("utc", "video_start_utc_ns"), ("local", "video_start_local_ns")):
        yield name, _begun(first, kind), _begun(second, kind)
    yield "container", _ns(before.created_utc), _ns(after.created_utc)


def _ns(moment: dt.datetime | None) -> int | None:
    return None if moment is None else utc_ns(moment)


def _begun(parts: list[TelemetrySamples], kind: str) -> int | None:
    """By the clip that holds the video's beginning."""
    known = [part for part in parts if getattr(part, kind) is not None]
    return int(getattr(min(known, key=lambda part: int(part.t_ns.min())), kind)) if known else None


def recorded_with(video: Video, joints: Mapping[str, Joint]) -> set[str]:
    """Items of a video and of those that it goes on from: telemetry of the first may last for all."""
    own, joint = {video.item}, joints.get(video.item)
    while joint is not None and joint.joined:
        own.add(joint.before.item)
        joint = joints.get(joint.before.item)
    return own
