"""Takes simulated pictures for contact sheets, and lays them out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.rotation import camera_to_site
from pipeline.simulator.flights.plans import Plan, make_path
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
from pipeline.simulator.worlds.catalogue import WorldSettings, make_land

T0_UTC_NS = 1_780_000_000_000_000_000
Picture = NDArray[np.uint8]
Tiles = Iterator[tuple[str, Picture]]


@dataclass(frozen=True, slots=True)
class View:
    """Where a camera stands, and in which light.

    Attributes:
        biome, season, wetness, seed: The world.
        at_m: What is looked at.
        pitch_deg, yaw_deg, away_m: From where.
        up_m: The camera stands so far above what `at_m` says, and looks into the distance.
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
    up_m: float | None = None
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
        there = np.array([*view.at_m, ground])
        eye = there - view.away_m * rotation[:, 2] if view.up_m is None else there + np.array([0.0, 0.0, view.up_m])
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


def labelled(image: Picture, words: str) -> Picture:
    """White words in a dark box in the upper left corner."""
    done = image.copy()
    if words:
        (wide, high), below = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
        cv2.rectangle(done, (0, 0), (wide + 9, high + below + 7), (25, 25, 25), cv2.FILLED)
        cv2.putText(done, words, (5, high + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return done


def sheet(tiles: Tiles, columns: int, width: int) -> Picture:
    """Tiles in rows, with their words."""
    done = []
    for words, image in tiles:
        small = cv2.resize(image, (width, round(width * 0.75)), interpolation=cv2.INTER_AREA)
        small = labelled(np.asarray(small, np.uint8), words)
        done.append(cv2.copyMakeBorder(small, 0, 3, 0, 3, cv2.BORDER_CONSTANT, value=(255, 255, 255)))
    while len(done) % columns:
        done.append(np.full_like(done[0], 255))
    return np.asarray(cv2.vconcat([cv2.hconcat(done[k : k + columns]) for k in range(0, len(done), columns)]), np.uint8)


def write_sheet(path: Path, picture: Picture, most_bytes: int) -> None:
    """As good a JPEG as fits."""
    for quality in range(86, 40, -3):
        coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        if len(coded) <= most_bytes:
            break
    path.write_bytes(coded.tobytes())
