"""What a still is worth, as its preview shows it."""

from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """What is wrong with a picture."""

    BLACK = "black_frame"
    BLOWN_OUT = "blown_out"
    NO_TEXTURE = "no_texture"
    BLURRED = "blurred"
    SAME_VIEW = "same_view"


FLAW_WORDS = {
    Flaw.BLACK: "no light anywhere in the picture: was the lens covered, or is it night?",
    Flaw.BLOWN_OUT: "the whole picture is blown out: nothing on the ground can be seen",
    Flaw.NO_TEXTURE: "hardly any texture: fog, snow, calm water, a covered lens or a bag look like this; kept",
    Flaw.BLURRED: "blurred beside the other pictures of its camera, or of smoother ground; kept",
    Flaw.SAME_VIEW: "the same view as the picture before: hovering, or not taken off; kept",
}
"""For people."""


@dataclass(frozen=True, slots=True)
class StillVerdict:
    """What was found about one still.

    Attributes:
        frame_id: Which.
        flaws: What is wrong with it; none is a good picture, or one that is not judged.
        embedded: Judged by the preview that the camera put into the file.
        fault: Why that was not used, or why the still was not judged; "" otherwise.
        judged: Thermal pictures, whose grey values are not light, and unreadable ones are not.
    """

    frame_id: str
    flaws: tuple[Flaw, ...]
    embedded: bool
    fault: str = ""
    judged: bool = True

    @property
    def useless(self) -> bool:
        """Nothing at all can be seen in it."""
        return Flaw.BLACK in self.flaws or Flaw.BLOWN_OUT in self.flaws
