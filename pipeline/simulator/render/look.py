"""Settings of appearance that no world decides: to be calibrated against real flights."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """How rough, hazy and changeable surfaces look.

    Attributes:
        blades: Contrast (standard deviation over mean) of what stands on vegetated ground, at `clump_m`. It changes
            with the direction of view: unresolved blades show other sides and hide other gaps.
        clump_m: Size at which `blades` holds; contrast falls as 1 / size for coarser patterns, as many blades average.
        blade_turn: Change of viewing direction (tangent) over which the blades' pattern becomes another one.
        grit: The same contrast of bare ground: stones and clods shade each other.
        grit_turn: As `blade_turn`, of bare ground.
        fixed_share: Share of the ground's own pattern finer than `canopy_m` that stays put on vegetated ground.
        canopy_m: Patterns finer than this belong to single plants.
        wind_turn: Change of the blades' pattern by 1 m/s of wind in 1 s, in the same measure as `blade_turn`.
        texture: Factor on the roughness of things' surfaces.
        hotspot: By how much rough surfaces are brighter where the sun stands behind the camera.
        edge_samples: Extra samples in pixels with an edge, 0 to 4.
        edge_contrast: Difference of brightness between neighbours (of the brighter) that makes an edge.
    """

    blades: float = 0.22
    clump_m: float = 0.05
    blade_turn: float = 0.12
    grit: float = 0.08
    grit_turn: float = 0.35
    fixed_share: float = 0.6
    canopy_m: float = 0.25
    wind_turn: float = 0.06
    texture: float = 1.0
    hotspot: float = 0.22
    edge_samples: int = 4
    edge_contrast: float = 0.12
