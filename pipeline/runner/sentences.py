"""What was assumed or is missing, in words for people."""

from collections.abc import Sequence

SENTENCES = {
    "vertical_datum_by_evidence": "The datum of camera and terrain heights was settled by the height above take-off.",
    "altitude_datum_by_evidence": "Which zero the altitudes count from was settled by the height above take-off.",
    "flat_ground_assumed": "There is no elevation model: the ground was taken as flat below the take-off point. "
    "Give one with --terrain.",
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
