"""What was assumed or is missing, in words for people."""

from collections.abc import Sequence

import numpy as np

from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.clock import ClockFinding
from pipeline.records.frame import GroundFrame
from pipeline.stages.along_track import shown_delay_s
from pipeline.stages.ingest import Ingested
from pipeline.stages.skew import SKEW_PX

SENTENCES = {
    "vertical_datum_by_evidence": "The datum of camera and terrain heights was settled by the height above take-off.",
    "altitude_datum_by_evidence": "Which zero the altitudes count from was settled by the height above take-off.",
    "flat_ground_assumed": "There is no elevation model: the ground was taken as flat below the take-off point. "
    "Give one with --terrain.",
    "flat_ground_from_sensor": "There is no elevation model: the ground was taken as flat at the height of what the "
    "sensor says it looks at. Give one with --terrain.",
    "take_off_assumed_below_first_frame": "Frames state only a height above take-off: the take-off point was taken to "
    "be at the height of the ground below the first frame.",
    "take_off_shown_by_other_frames": "Some frames state only a height above take-off; frames that state both heights "
    "show how high that is.",
}


def unknown_ground(frame_ids: Sequence[str], total: int) -> str:
    """Frames that look beyond the elevation model."""
    return (
        f"{len(frame_ids)} of {total} frames, such as {frame_ids[0]}, look at ground of which the elevation model has "
        "no height; that ground is left out."
    )


NOTHING_EXAMINED = "Not one frame could be used: nothing was examined, which is not the same as nothing found."

_SHOWN_OFFSET_S = 0.1
_SURE_GAIN = 0.1


def worth_telling(found: ClockFinding) -> bool:
    """Whether people should know of it: applied, or an offset that the pictures clearly prefer."""
    clear = abs(found.offset_s) > max(_SHOWN_OFFSET_S, 3 * found.sigma_s) and found.gain > _SURE_GAIN
    return found.applied or found.turned or clear


def clock_sentence(found: ClockFinding) -> str:
    """What the pictures say about the clock of telemetry."""
    way = "behind" if found.offset_s > 0 else "ahead of"
    told = (
        f"{found.stream}: the pictures move as if telemetry ran {abs(found.offset_s):.2f} ± {found.sigma_s:.2f} s "
        f"{way} them ({found.pairs} pairs); " + ("it was read so." if found.applied else "too unsure to correct.")
    )
    return told + (" They move as if turned by 180° against their attitude." if found.turned else "")


def skewed(frames: Sequence[GroundFrame]) -> list[str]:
    """Frames whose rows were read one after the other while the camera moved; none where there are none."""
    skews = sorted(frame.skew_px for frame in frames if frame.skew_px > SKEW_PX)
    if not skews:
        return []
    return [
        f"In {len(skews)} of {len(frames)} frames the rolling shutter is foretold to skew the picture, by "
        f"{skews[len(skews) // 2]:.1f} px in the median and {skews[-1]:.1f} px at most; their error ellipses are wider "
        "for it, the pictures are not straightened."
    ]


def clock_off(told: Sequence[GroundFrame], registered: Sequence[GroundFrame], terrain: HeightGrid) -> list[str]:
    """A flight whose positions were moved along its way, since its pictures lie there; none where it was not."""
    seconds = shown_delay_s(told, registered, terrain)
    if not np.isfinite(seconds):
        return []
    return [
        f"Pictures lie {abs(seconds):.1f} s {'farther along' if seconds > 0 else 'back along'} the flight's way than "
        "telemetry has them, forth and back: its clock and the camera's differ. Positions were moved."
    ]


_DAY_NS = 86_400 * 10**9


def doubts(ingested: Ingested, placed: Sequence[GroundFrame]) -> list[str]:
    """What people should know before they believe an empty result."""
    found = [] if placed else [NOTHING_EXAMINED]
    end = ingested.sortie.night_start_utc_ns + _DAY_NS
    late = sum(frame.ref.t_utc_ns >= end for frame in ingested.frames)
    if late:
        found.append(
            f"{late} of {len(ingested.frames)} frames were taken on a later night than the first: is this a folder of "
            "sorties? then run it with: trucewatch batch"
        )
    return found
