"""Draws the contact sheets under docs/images/simulator: ``python docs/images/simulator_sheets.py [SHEET …]``.

Nothing real is shown: frames that events are injected into were themselves simulated.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from simulator_fault_sheet import faults
from simulator_injected_sheet import injected
from simulator_studio import T0_UTC_NS, Studio, Tiles, View, sheet, write_sheet

from pipeline.geometry.camera import camera_matrix
from pipeline.simulator.events.catalogue import KINDS, EventSpec, make_event
from pipeline.simulator.flights.plans import CameraWork, FixedWingPlan
from pipeline.simulator.scene.event import Event, Happening
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.worlds.catalogue import BIOMES, SEASONS

OUT = Path(__file__).with_name("simulator")
MOST_BYTES = 690_000
DAY_NS = 86_400_000_000_000
SOON_NS = 60_000_000_000
FIELDS = {
    "ploughing": ((144.0, -216.0), {"length_m": 90.0, "width_m": 42.0}),
    "harvest": ((160.0, -104.0), {"length_m": 90.0, "width_m": 38.0}),
    "mowing": ((-88.0, -232.0), {"length_m": 80.0, "width_m": 50.0}),
    "hay_bales": ((216.0, 144.0), {}),
}
"""Farm work: middles of fields of the farmland that it belongs on (stubble, crop, pasture, stubble), and options."""


def worlds() -> Tiles:
    """Every biome straight down and oblique."""
    studio = Studio()
    for biome in BIOMES:
        yield biome, studio.take(View(biome, away_m=110.0, at_m=(72.0, 60.0) if biome == "reservoir" else (0.0, 0.0)))
        far = View(biome, pitch_deg=-28.0, away_m=130.0)
        if biome == "mountain_valley":
            far = View(biome, pitch_deg=-12.0, yaw_deg=110.0, up_m=130.0, field_deg=75.0)
        yield f"{biome}, oblique", studio.take(far)


def seasons() -> Tiles:
    """One place through the year, the weather and the day."""
    studio = Studio()
    base = View("farmland", pitch_deg=-38.0, away_m=120.0)
    for season in SEASONS:
        yield season, studio.take(replace(base, season=season))
    village = replace(base, biome="village")
    yield "rain-soaked", studio.take(replace(village, wetness=1.0, weather=Weather(cloud_cover=1.0, wetness=1.0)))
    yield "broken clouds", studio.take(replace(village, weather=Weather(cloud_cover=0.45)))
    yield "haze, 2 km", studio.take(replace(village, weather=Weather(visibility_m=2_000.0), away_m=400.0))
    yield "early, sun at 8 deg", studio.take(replace(village, sun_deg=(8.0, 95.0)))
    yield "noon", studio.take(replace(village, sun_deg=(62.0, 180.0)))
    yield "dusk, sun at -4 deg", studio.take(replace(village, sun_deg=(-4.0, 300.0)))
    yield "night, moon", studio.take(replace(village, sun_deg=(-18.0, 325.0), away_m=160.0))
    yield "fog, 300 m", studio.take(replace(village, weather=Weather(cloud_cover=1.0, visibility_m=300.0)))


def events() -> Tiles:
    """Each kind, the day before and when it is complete; what moves, a minute after it begins."""
    studio = Studio()
    for kind in KINDS:
        (x_m, y_m), options = FIELDS.get(kind, ((0.0, 0.0), {}))
        farm = kind in FIELDS
        view = View("farmland" if farm else "steppe", pitch_deg=-60.0, size_px=(320, 240))
        land, _ = studio.land(view)
        spec = EventSpec("E1", kind, x_m, y_m, 0.0 if farm else 0.5, T0_UTC_NS, 11, options)
        event = make_event(spec, land, T0_UTC_NS)
        when = T0_UTC_NS + (3 * DAY_NS if event.at(T0_UTC_NS + 3 * DAY_NS).truth.there else SOON_NS)
        (x_m, y_m), reach_m = _where(event, when)
        near = replace(view, at_m=(x_m, y_m), away_m=float(np.clip(2.6 * reach_m, 20.0, 190.0)))
        yield f"{kind}: before", studio.take(near, event.at(T0_UTC_NS - DAY_NS))
        yield "after", studio.take(near, event.at(when))


def _where(event: Event, when: int) -> tuple[tuple[float, float], float]:
    """Middle and half diagonal of all that is of it before or after, by its truth."""
    points = [_outline(event.at(t)) for t in (T0_UTC_NS - DAY_NS, when)]
    both = np.concatenate(points)
    if not len(both):
        both = _outline(event.at(T0_UTC_NS + SOON_NS))
    low, high = both.min(axis=0), both.max(axis=0)
    middle = (low + high) / 2
    return (float(middle[0]), float(middle[1])), float(np.hypot(*(high - low))) / 2


def _outline(happening: Happening) -> np.ndarray:
    if happening.movers:
        return np.concatenate([mover.outline_m for mover in happening.movers])
    outline = happening.truth.outline_m
    return np.zeros((0, 2)) if outline is None or not happening.truth.there else np.asarray(outline)


def sensors() -> Tiles:
    """Ways to look at one village."""
    studio = Studio()
    view = View("village", away_m=120.0)
    turned = np.array([0.02, -0.008, 0.003, -0.0006])
    fisheye = Lens("fisheye", (480, 360), camera_matrix(208.0, (480, 360)), turned)
    yield "nadir", studio.take(view)
    yield "oblique", studio.take(replace(view, pitch_deg=-25.0, away_m=160.0))
    yield "fisheye 122 deg", studio.take(replace(view, lens=fisheye, pitch_deg=-50.0, away_m=60.0))
    wing = FixedWingPlan(length_m=260.0, strips=2, height_m=140.0, bank_deg=40.0)
    yield "fixed wing, in the turn", next(studio.film(view, wing, (21.0,), 0.0))
    yield (
        "3 km away, narrow field",
        studio.take(
            replace(view, pitch_deg=-22.0, away_m=3_000.0, field_deg=2.4, weather=Weather(visibility_m=14_000.0))
        ),
    )
    shaken = FixedWingPlan(
        height_m=60.0, speed_mps=24.0, camera=CameraWork(gimbal="fixed", pitch_deg=-45.0, shake_deg=2.5)
    )
    yield "rolling shutter, 60 ms", next(studio.film(view, shaken, (8.0,), 0.06))
    slow = replace(view, field_deg=24.0, sensor=SensorSettings(exposure_s=1 / 60, iso=100, f_number=11.0))
    fast = FixedWingPlan(height_m=60.0, speed_mps=24.0, camera=CameraWork(gimbal="fixed", pitch_deg=-80.0))
    yield "1/60 s at 24 m/s, ISO 100, f/11", next(studio.film(slow, fast, (10.5,), 0.0))
    yield "ISO 6400, sun at -4 deg", studio.take(replace(view, sun_deg=(-4.0, 300.0), sensor=SensorSettings(iso=6400)))
    thermal = replace(view, pitch_deg=-45.0, away_m=110.0)
    yield "thermal, noon", studio.take(replace(thermal, sun_deg=(60.0, 180.0)), thermal=True)
    night = replace(thermal, sun_deg=(-25.0, 330.0), weather=Weather(air_c=9.0))
    yield "thermal, night", studio.take(night, thermal=True)
    land, _ = studio.land(night)
    driving = EventSpec("E1", "vehicle_moving", 0.0, 0.0, 0.0, T0_UTC_NS, 11, {"lamps": True})
    passing = make_event(driving, land, T0_UTC_NS).at(T0_UTC_NS + SOON_NS)
    beside = replace(night, at_m=(passing.movers[0].x_m, passing.movers[0].y_m), pitch_deg=-35.0, away_m=45.0)
    yield "night, a car with its lamps on", studio.take(beside, passing)
    wide = replace(view, field_deg=84.0, sensor=SensorSettings(vignetting=0.6))
    yield "dark corners", studio.take(wide)


SHEETS: dict[str, tuple[Callable[[], Tiles], int, int]] = {
    "worlds": (worlds, 4, 400),
    "seasons": (seasons, 4, 400),
    "events": (events, 6, 250),
    "sensors": (sensors, 4, 400),
    "faults": (faults, 4, 400),
    "injected": (injected, 4, 360),
}
"""Tiles, columns and width of a tile."""


def main() -> None:
    """Draw the named sheets, or all."""
    OUT.mkdir(exist_ok=True)
    for name in sys.argv[1:] or SHEETS:
        tiles, columns, width = SHEETS[name]
        write_sheet(OUT / f"{name}.jpg", sheet(tiles(), columns, width), MOST_BYTES)


if __name__ == "__main__":
    main()
