"""Short simulated flights with movers and without, each described in full by its seed."""

import tomllib
from dataclasses import dataclass

import numpy as np

BIOMES = ("forest_edge", "farmland", "village", "mountain_valley", "orchard", "steppe")
PLANS = {
    "hover": 'kind = "hover"\neast_m = 0\nnorth_m = -40\nheight_m = 60\nseconds = 40',
    "corridor": 'kind = "corridor"\npoints_m = [[-100, 0], [100, 0]]\nheight_m = 80\nspeed_mps = 10',
    "orbit": 'kind = "orbit"\nradius_m = 70\nheight_m = 60\nspeed_mps = 6',
    "survey": 'kind = "survey"\nlength_m = 240\nstrips = 1\nheight_m = 70\nspeed_mps = 10',
}
DAY_LENS, NIGHT_LENS = 'name = "zoom", size_px = [640, 360]', 'name = "thermal_wide"'


@dataclass(frozen=True)
class Flight:
    """One flight.

    Attributes:
        seed: Decides place, plan and movers.
        thermal: By night, by an uncooled camera; else by day.
        movers: Whether anything moves.
        seconds, rate_hz: How long, and how many pictures a second are taken.
    """

    seed: int
    thermal: bool
    movers: bool
    seconds: float = 20.0
    rate_hz: float = 5.0

    @property
    def name(self) -> str:
        return f"{'night' if self.thermal else 'day'}{self.seed:03d}{'' if self.movers else '_still'}"

    @property
    def plan(self) -> str:
        return list(PLANS)[self.seed // 2 % len(PLANS)]

    @property
    def biome(self) -> str:
        return BIOMES[self.seed // 2 % len(BIOMES)]

    def described(self) -> str:
        """The night as TOML."""
        start = "23:30:00" if self.thermal else "09:30:00"
        text = f"""name = "movers"
seed = {self.seed}
folders = "flat"
[place]
lon_deg = 46.8438
lat_deg = 39.9684
utc_offset_h = 4
[world]
biome = "{self.biome}"
season = "summer"
[[nights]]
date = 2021-05-17
{self._events(start) if self.movers else ""}
[plans.way]
{PLANS[self.plan]}
[[sorties]]
id = "flight"
nights = [1]
start = {start}
plan = "way"
lens = {{ {NIGHT_LENS if self.thermal else DAY_LENS} }}
format = "{"tiff_csv" if self.thermal else "video_csv"}"
frames = {round(self.seconds * self.rate_hz)}
interval_s = {1 / self.rate_hz}
faults = "consumer"
truth = []
"""
        tomllib.loads(text)
        return text

    def _events(self, start: str) -> str:
        rng = np.random.default_rng(self.seed)
        half_s = self.seconds / 2
        form = rng.choice(["car", "van", "truck", "pickup"])
        paint = rng.choice(["white", "grey", "black", "blue", "olive"])
        speed = np.exp(rng.uniform(np.log(1.5), np.log(25)))
        events = [("vehicle_moving", 'road = "any"', f'form = "{form}", paint = "{paint}", speed_mps = {speed:.1f}, '
                   f"passes_s = {half_s}")]  # fmt: skip
        pace = rng.uniform(1.0, 3.0)
        events.append(("people", self._at(rng), f"count = 1, speed_mps = {pace:.1f}"))
        dogs = f'count = 1, form = "{rng.choice(["dog", "cow"])}", grazing = false, speed_mps = {rng.uniform(1, 5):.1f}'
        events.append(("animals", self._at(rng), dogs))
        return "\n".join(
            f'[[events]]\nid = "M{k}"\nkind = "{kind}"\nat = {{ {at} }}\nheading_deg = {rng.uniform(0, 360):.0f}\n'
            f"night = 1\ntime = {start}\noptions = {{ {options} }}"
            for k, (kind, at, options) in enumerate(events)
        )

    def _at(self, rng: np.random.Generator) -> str:
        east, north = rng.uniform(-25, 25, 2)
        return f"east_m = {east:.1f}, north_m = {north:.1f}"
