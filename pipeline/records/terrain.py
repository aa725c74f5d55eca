"""Terrain as it was read: heights with the datum that they are said to have."""

from dataclasses import dataclass

from pipeline.geometry.terrain_ray import HeightGrid


@dataclass(frozen=True, slots=True, eq=False)
class TerrainModel:
    """A piece of an elevation model in the site frame, in its own vertical datum.

    Attributes:
        grid: Heights above the zero of `vertical_datum`.
        vertical_datum: ``ellipsoidal``, ``egm96``, ``egm2008`` or ``unknown``.
        name: File name or wording for messages.
        notes: Codes of what was assumed or is missing, e.g. ``terrain_covers_part``.
    """

    grid: HeightGrid
    vertical_datum: str
    name: str
    notes: tuple[str, ...] = ()
