"""Draws the contact sheets under docs/images/simulator: ``python docs/images/simulator_sheets.py [SHEET …]``.

Nothing real is shown: frames that events are injected into were themselves simulated.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.rotation import camera_to_site
from pipeline.simulator.events.catalogue import KINDS, EventSpec, make_event
from pipeline.simulator.flights.plans import CameraWork, FixedWingPlan, Plan, make_path
from pipeline.simulator.render.renderer import Renderer
from pipeline.simulator.scene.event import Happening
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.moment import Moment, Weather
from pipeline.simulator.scene.shot import Shot
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.lens_rays import lens_rays
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.sensor.shoot import motion_during, shots
from pipeline.simulator.worlds.catalogue import BIOMES, SEASONS, WorldSettings, make_land

OUT = Path(__file__).with_name("simulator")
T0_UTC_NS = 1_780_000_000_000_000_000
DAY_NS = 86_400_000_000_000
Picture = NDArray[np.uint8]
Tiles = Iterator[tuple[str, Picture]]


@dataclass(frozen=True, slots=True)
class View:
    """Where a camera stands, and in which light.

    Attributes:
        biome, season, wetness, seed: The world.
        at_m: What is looked at.
        pitch_deg, yaw_deg, away_m: From where.
        sun_deg: Height and bearing of the sun.
        weather: The air.
        size_px, field_deg: The picture.
        lens: Another lens than a pinhole of that field.
        sensor: The camera.
    """

    biome: str = "village"
    season: str = "summer"
    wetness: float = 0.0
    seed: int = 4
    at_m: tuple[float, float] = (0.0, 0.0)
    pitch_deg: float = -90.0
    yaw_deg: float = 20.0
    away_m: float = 90.0
    sun_deg: tuple[float, float] = (42.0, 150.0)
    weather: Weather = field(default_factory=Weather)
    size_px: tuple[int, int] = (480, 360)
    field_deg: float = 60.0
    lens: Lens | None = None
    sensor: SensorSettings = field(default_factory=SensorSettings)


class Studio:
    """Renders views; keeps the last land."""

    def __init__(self) -> None:
        self._land: tuple[tuple[object, ...], Land, Renderer] | None = None

    def land(self, view: View) -> tuple[Land, Renderer]:
        """The view's land and a renderer warm with it."""
        key = (view.biome, view.season, view.wetness, view.seed)
        if self._land is None or self._land[0] != key:
            land = make_land(WorldSettings(view.biome, view.seed, view.season, view.wetness))
            self._land = (key, land, Renderer(lens_rays))
        return self._land[1], self._land[2]

    def take(
        self, view: View, happening: Happening | None = None, *, thermal: bool = False, t_s: float = 0.0
    ) -> Picture:
        """A still picture."""
        land, renderer = self.land(view)
        lens = view.lens or pinhole(view)
        ground = float(land.terrain(np.array([view.at_m[0]]), np.array([view.at_m[1]]))[0, 0])
        rotation = camera_to_site(np.radians(view.yaw_deg), np.radians(view.pitch_deg), 0.0)
        eye = np.array([*view.at_m, ground]) - view.away_m * rotation[:, 2]
        seen = renderer.render(
            moment(view, land, happening, t_s), Shot(lens, eye[None], rotation[None], np.zeros(1)), thermal=thermal
        )
        image = Camera(view.sensor, view.seed).expose([seen], 0, np.random.default_rng(view.seed))
        return stretched(np.asarray(image)) if thermal else np.asarray(image, np.uint8)

    def film(self, view: View, plan: Plan, times_s: tuple[float, ...], readout_s: float) -> Iterator[Picture]:
        """Frames of a flight, with its movement, smear and rolling shutter."""
        land, renderer = self.land(view)

        def ground(x_m: float, y_m: float) -> float:
            return float(land.terrain(np.array([x_m]), np.array([y_m]))[0, 0])

        path = make_path(plan, np.array([*view.at_m, ground(*view.at_m)]), ground, 0.0, view.seed)
        lens, camera = view.lens or pinhole(view), Camera(view.sensor, view.seed)
        for index, t_s in enumerate(times_s):
            shot = shots(path, t_s, lens, readout_s, convergence_rad=0.0)[0]
            seen = renderer.render(moment(view, land, None, t_s), shot)
            exposure_s = camera.meter([seen], index).exposure_s
            motion = motion_during(path, t_s, seen, lens, exposure_s, convergence_rad=0.0)
            yield np.asarray(camera.expose([seen], index, np.random.default_rng(index), motion=motion), np.uint8)


def pinhole(view: View) -> Lens:
    """A lens without distortion."""
    focal_px = view.size_px[0] / 2 / np.tan(np.radians(view.field_deg) / 2)
    return Lens("brown", view.size_px, camera_matrix(float(focal_px), view.size_px), np.zeros(5))


def moment(view: View, land: Land, happening: Happening | None, t_s: float) -> Moment:
    """The world at the time of the view."""
    up, bearing = (np.radians(angle) for angle in view.sun_deg)
    sun = np.array([np.cos(up) * np.sin(bearing), np.cos(up) * np.cos(bearing), np.sin(up)])
    now = T0_UTC_NS + round(t_s * 1e9)
    if happening is None:
        return Moment(land, (), (), (), (), now, t_s, sun, view.weather)
    return Moment(
        land, happening.placed, happening.dug, happening.movers, happening.puffs, now, t_s, sun, view.weather,
        gone=happening.gone,
    )  # fmt: skip


def stretched(counts: NDArray[np.generic]) -> Picture:
    """Thermal counts as grey, white hot."""
    values = counts.astype(np.float64)
    low, high = np.percentile(values, (0.5, 99.7))
    grey = np.clip((values - low) / max(high - low, 1.0) * 255, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def worlds() -> Tiles:
    """Every biome straight down and oblique."""
    studio = Studio()
    for biome in BIOMES:
        yield biome, studio.take(View(biome, away_m=110.0))
        yield "", studio.take(View(biome, pitch_deg=-28.0, away_m=130.0))


def seasons() -> Tiles:
    """One place through the year, the weather and the day."""
    studio = Studio()
    base = View("farmland", pitch_deg=-38.0, away_m=120.0)
    for season in SEASONS:
        yield season, studio.take(replace(base, season=season))
    village = replace(base, biome="village")
    yield "rain-soaked", studio.take(replace(village, wetness=1.0, weather=Weather(cloud_cover=1.0, wetness=1.0)))
    yield "broken clouds", studio.take(replace(village, weather=Weather(cloud_cover=0.45)))
    yield "overcast", studio.take(replace(village, weather=Weather(cloud_cover=1.0)))
    yield "haze, 2 km", studio.take(replace(village, weather=Weather(visibility_m=2_000.0), away_m=400.0))
    yield "early, sun at 8 deg", studio.take(replace(village, sun_deg=(8.0, 95.0)))
    yield "noon", studio.take(replace(village, sun_deg=(62.0, 180.0)))
    yield "dusk", studio.take(replace(village, sun_deg=(-3.0, 300.0)))
    yield "night", studio.take(replace(village, sun_deg=(-18.0, 330.0)))


def events() -> Tiles:
    """Each kind, the day before and when it is complete."""
    studio = Studio()
    view = View("steppe", pitch_deg=-60.0, away_m=38.0, size_px=(320, 240))
    for kind in KINDS:
        land, _ = studio.land(view)
        event = make_event(EventSpec("E1", kind, *view.at_m, 0.5, T0_UTC_NS, 11, {}), land, T0_UTC_NS)
        reach = _reach(event.at(T0_UTC_NS + 3 * DAY_NS)) or _reach(event.at(T0_UTC_NS + 20_000_000_000)) or 12.0
        when = 3 * DAY_NS if _reach(event.at(T0_UTC_NS + 3 * DAY_NS)) else 20_000_000_000
        near = replace(view, away_m=float(np.clip(2.6 * reach, 22.0, 160.0)))
        yield f"{kind}: before", studio.take(near, event.at(T0_UTC_NS - DAY_NS))
        yield "after", studio.take(near, event.at(T0_UTC_NS + when))


def _reach(happening: Happening) -> float:
    outline = happening.truth.outline_m
    if not happening.truth.there or outline is None or not len(outline):
        return 0.0
    return float(np.hypot(*outline.T).max())


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
    slow = replace(view, sensor=SensorSettings(exposure_s=1 / 60))
    fast = FixedWingPlan(height_m=60.0, speed_mps=24.0, camera=CameraWork(gimbal="fixed", pitch_deg=-80.0))
    yield "1/60 s at 24 m/s", next(studio.film(slow, fast, (8.0,), 0.0))
    yield "ISO 6400 at dusk", studio.take(replace(view, sun_deg=(-5.0, 300.0), sensor=SensorSettings(iso=6400)))
    thermal = replace(view, pitch_deg=-45.0, away_m=110.0)
    yield "thermal, noon", studio.take(replace(thermal, sun_deg=(60.0, 180.0)), thermal=True)
    night = replace(thermal, sun_deg=(-25.0, 330.0), weather=Weather(air_c=9.0))
    yield "thermal, night", studio.take(night, thermal=True)
    yield "visible, night", studio.take(replace(night, weather=Weather(air_c=9.0)))
    wide = replace(view, field_deg=84.0, sensor=SensorSettings(vignetting=0.6))
    yield "dark corners", studio.take(wide)


SHEETS: dict[str, tuple[Callable[[], Tiles], int, int]] = {
    "worlds": (worlds, 4, 400),
    "seasons": (seasons, 4, 400),
    "events": (events, 6, 270),
    "sensors": (sensors, 4, 400),
}
"""Tiles, columns and width of a tile."""


def sheet(tiles: Tiles, columns: int, width: int) -> Picture:
    """Tiles in rows, with their words."""
    done = []
    for words, image in tiles:
        small = cv2.resize(image, (width, round(width * 0.75)), interpolation=cv2.INTER_AREA)
        if words:
            for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
                cv2.putText(small, words, (7, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.48, colour, thick, cv2.LINE_AA)
        done.append(cv2.copyMakeBorder(small, 0, 3, 0, 3, cv2.BORDER_CONSTANT, value=(255, 255, 255)))
    while len(done) % columns:
        done.append(np.full_like(done[0], 255))
    return np.asarray(cv2.vconcat([cv2.hconcat(done[k : k + columns]) for k in range(0, len(done), columns)]), np.uint8)


def main() -> None:
    """Draw the named sheets, or all."""
    OUT.mkdir(exist_ok=True)
    for name in sys.argv[1:] or SHEETS:
        tiles, columns, width = SHEETS[name]
        picture = sheet(tiles(), columns, width)
        cv2.imwrite(str(OUT / f"{name}.jpg"), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
