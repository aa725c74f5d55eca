"""Which place is to be made."""

from dataclasses import dataclass
from difflib import get_close_matches

from pipeline.errors import ConfigError

BIOMES = ("steppe", "farmland", "mountain_valley", "village", "orchard", "forest_edge", "river", "reservoir")
SEASONS = ("spring", "summer", "autumn", "snow")


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """A place that follows from a seed.

    Attributes:
        biome: One of `BIOMES`.
        seed: Which of its kind.
        season: One of `SEASONS`.
        wetness: 0 dry to 1 rain-soaked.
        base_m: Ellipsoidal height of its middle, about.
        x0_m, y0_m: Its middle, site metres.
        relief: Factor on its undulation.
    """

    biome: str = "farmland"
    seed: int = 1
    season: str = "summer"
    wetness: float = 0.0
    base_m: float = 415.0
    x0_m: float = 0.0
    y0_m: float = 0.0
    relief: float = 1.0

    def __post_init__(self) -> None:
        for name, value, known in (("biome", self.biome, BIOMES), ("season", self.season, SEASONS)):
            if value not in known:
                near = get_close_matches(value, known, 1)
                meant = f"; did you mean {near[0]!r}?" if near else f"; know {', '.join(known)}"
                raise ConfigError(f"world: no {name} {value!r}{meant}")
        if not 0 <= self.wetness <= 1 or self.relief < 0:
            raise ConfigError("world: wetness goes from 0 to 1, relief from 0")
