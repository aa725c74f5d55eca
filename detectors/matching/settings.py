"""Settings of the structure matcher."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StructureSettings:
    """How far pictures may differ and what is believed. Pixels are those of the pictures that are compared.

    Attributes:
        turn_step_deg: Step of the turns that are tried.
        max_rival: Largest likeness of another place over that of the best one: repeated patterns have rivals.
        max_apart_px: How far the best places of two halves of the picture may lie apart.
        patch_px: Side of the patches that are compared after the whole.
        step_px: From one patch to the next.
        search_px: How far a patch is sought from where the whole puts it.
        max_patch_rival: As `max_rival`, for one patch.
    """

    turn_step_deg: float = 2.0
    max_rival: float = 0.8
    max_apart_px: float = 10.0
    patch_px: int = 97
    step_px: int = 28
    search_px: int = 12
    max_patch_rival: float = 0.9

    def __post_init__(self) -> None:
        if not (self.turn_step_deg > 0 and self.max_apart_px > 0):
            raise ValueError("'turn_step_deg' and 'max_apart_px' must be positive")
        if not (0 < self.max_rival <= 1 and 0 < self.max_patch_rival <= 1):
            raise ValueError("'max_rival' and 'max_patch_rival' must lie above 0 and at most at 1")
        if min(self.patch_px, self.step_px, self.search_px) < 4:
            raise ValueError("'patch_px', 'step_px' and 'search_px' must be at least 4")
