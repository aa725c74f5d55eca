"""Frames whose pixels are mirrored against the ground: no camera sees so, some recorders write so."""

from collections.abc import Sequence

from pipeline.records.dropped import Dropped
from pipeline.stages.survey import Surveyed


def without_mirrored(seen: Sequence[Surveyed]) -> tuple[list[Surveyed], list[Dropped]]:
    """Set aside frames that fit the ground only when mirrored, and the rest of a sensor of which no frame fits plainly.

    Everything that needs a place would find them wrong: a pixel's place, the mosaic, the direction of a mover. They
    are not mirrored back: whatever else reads the files would still see the other hand.
    """
    plain = {item.frame.ref.sensor for item in seen if item.match.fit is not None}
    ways = {item.frame.ref.sensor: item.mirrored for item in seen if item.mirrored}
    left, aside = [], []
    for item in seen:
        ref = item.frame.ref
        way = item.mirrored or ("" if ref.sensor in plain else ways.get(ref.sensor, ""))
        if not way:
            left.append(item)
            continue
        shown = "it fits" if item.mirrored else "other frames of its sensor fit"
        reason = (
            f"{ref.frame_id}: {shown} the ground only when its pixels are mirrored {way}; was the picture flipped by "
            "the recorder or a converter? give the frames as the camera took them"
        )
        aside.append(Dropped("register", ref.frame_id, reason, "pixels_mirrored"))
    return left, aside
