"""What a user may set for change detection."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """Tunables of the pair detector.

    Attributes:
        working_gsd_m: Pictures are reduced, by a whole number of pixels, to about this.
        max_factor: But never by more than this many pixels.
        texture_window_m: Side of the window whose gradients make up one description of structure.
        max_displacement_m: Largest displacement that relief and registration may leave, compensated by smooth flow.
        max_displacement_px: The same in pixels of the input, whichever is larger.
        high: Strength that a change must reach somewhere.
        low: Strength down to which a change extends.
        min_area_m2: Smallest change.
        min_area_cells: But at least this many cells of the comparison.
        edge_margin_m: Nothing is said this near the edge of what either picture shows.
        max_twin: Likeness of a place near by in the other picture from which on parallax speaks against a change.
        min_score: Changes less probable than this are not reported.
    """

    working_gsd_m: float = 0.10
    max_factor: int = 3
    texture_window_m: float = 0.7
    max_displacement_m: float = 0.7
    max_displacement_px: float = 14.0
    high: float = 10.0
    low: float = 5.5
    min_area_m2: float = 0.8
    min_area_cells: int = 12
    edge_margin_m: float = 0.8
    max_twin: float = 0.7
    min_score: float = 0.3
