"""Simulated counterparts of the real sequences: the same kind of flight, ground, movers, lens and compression."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry.camera import camera_matrix
from pipeline.simulator.flights.plans import CameraWork, CorridorPlan, OrbitPlan, Plan, make_path
from pipeline.simulator.scene.ground import Land
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.scene.moment import Weather
from pipeline.simulator.scene.shot import Seen
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.sensor.shoot import motion_during, shots
from pipeline.simulator.things.beings import Person
from pipeline.simulator.things.house import House
from pipeline.simulator.things.shelters import Shed
from pipeline.simulator.things.vehicle import Vehicle
from pipeline.simulator.worlds.catalogue import WorldSettings, make_land
from tests.bench.realism.flown import Daylight, develop, moment, new_renderer
from tests.bench.realism.samples import Image, Sequence

LEAST_PX = 6  # a mover of fewer pixels is not in the truth: the real truth has none smaller
_PAINTS = ((0.75, 0.75, 0.74), (0.05, 0.05, 0.06), (0.35, 0.36, 0.38), (0.45, 0.06, 0.05), (0.10, 0.16, 0.35))
_FORMS = ("car", "van", "pickup", "car", "truck")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Movers on straight ways over the ground, and what stands still among them.

    Attributes:
        vehicles, persons: How many move.
        strollers: Persons who walk about and aren't in the truth: real footage has movers of its own.
        parked: Vehicles that stand in the same place; they aren't in the truth.
        spread_m: They start within this of the place's middle.
        speed_mps: Least and most of vehicles; persons walk.
    """

    vehicles: int = 0
    persons: int = 0
    strollers: int = 0
    parked: int = 0
    spread_m: float = 60.0
    speed_mps: tuple[float, float] = (3.0, 10.0)


@dataclass(frozen=True, slots=True)
class Film:
    """A simulated sequence.

    Attributes:
        group: Of the real sequence that it stands for.
        biome, season, seed: The world.
        light: Sun and air.
        plan: The flight.
        middle_m: Of the place flown at.
        size_px, focal_px: The picture.
        rate_hz, frames: Length.
        crowd: What moves.
        sensor: The camera.
        quality: Of the JPEG.
        single: As in the real one, one mover is scored.
        school: Where a large flat-roofed building with machines on its roof stands, from the place's middle.
    """

    group: str
    biome: str
    season: str
    plan: Plan
    size_px: tuple[int, int]
    focal_px: float
    rate_hz: float
    frames: int
    crowd: Crowd
    quality: int
    seed: int = 5
    light: Daylight = field(default_factory=Daylight)
    middle_m: tuple[float, float] = (0.0, 0.0)
    sensor: SensorSettings = field(default_factory=lambda: SensorSettings(vignetting=0.1))
    single: bool = False
    school: tuple[float, float] | None = None


def _looking(pitch_deg: float, yaw_deg: float = 0.0, shake_deg: float = 0.1, sway_m: float = 0.15) -> CameraWork:
    return CameraWork("fixed", pitch_deg, yaw_deg, shake_deg=shake_deg, sway_m=sway_m)


FILMS: tuple[Film, ...] = (
    Film(
        "small_targets", "village", "autumn",
        CorridorPlan(((-40.0, -230.0), (-10.0, -90.0)), 62.0, "take_off", 10.0, camera=_looking(-20.0, shake_deg=0.06)),
        (800, 450), 1050.0, 10.0, 100, Crowd(vehicles=5, spread_m=90.0), 88,
        light=Daylight(35.0, 210.0, Weather(visibility_m=9_000.0)), school=(10.0, -25.0),
    ),
    Film(
        "parallax", "orchard", "summer",
        OrbitPlan(16.0, 720.0, 200.0, height_m=13.0, speed_mps=2.2, camera=CameraWork("centre", shake_deg=0.08)),
        (640, 360), 525.0, 10.0, 100, Crowd(persons=1, spread_m=4.0), 88,
        light=Daylight(55.0, 140.0),
    ),
    Film(
        "one_fps", "village", "summer",
        OrbitPlan(4200.0, 90.0, 160.0, height_m=3500.0, speed_mps=45.0, camera=CameraWork("centre", shake_deg=0.003)),
        (360, 240), 16_100.0, 1.0, 100,
        Crowd(vehicles=2, persons=3, strollers=6, parked=24, spread_m=40.0, speed_mps=(0.8, 2.2)), 70,
        light=Daylight(50.0, 190.0, Weather(visibility_m=40_000.0)),
        sensor=SensorSettings(blur_px=0.8, sharpening=2.2, sharpening_px=1.5, meter_error_ev=0.12, vignetting=0.1),
    ),
    Film(
        "oblique_town", "village", "summer",
        CorridorPlan(((0.0, -260.0), (5.0, 60.0)), 60.0, "take_off", 7.0, camera=_looking(-13.0, shake_deg=0.03)),
        (800, 450), 900.0, 10.0, 50, Crowd(vehicles=8, spread_m=70.0, speed_mps=(2.0, 8.0)), 90,
        light=Daylight(45.0, 150.0, Weather(visibility_m=12_000.0)), single=True,
    ),
)  # fmt: skip


def film(what: Film, frames: int | None = None) -> Sequence:
    """Render a sequence with its truth."""
    land = make_land(WorldSettings(what.biome, what.seed, what.season))
    path = make_path(what.plan, _centre(land, what.middle_m), lambda x, y: height_at(land, x, y), 0.0, what.seed)
    lens = Lens("brown", what.size_px, camera_matrix(what.focal_px, what.size_px), np.zeros(5))
    camera, renderer = Camera(what.sensor, what.seed), new_renderer()
    images: list[Image] = []
    truth: list[tuple[float, ...]] = []
    for index in range(min(what.frames, frames or what.frames)):
        t_s = 1.0 + index / what.rate_hz
        now = moment(land, what.light, t_s, movers(what, t_s))
        shot = shots(path, t_s, lens, convergence_rad=0.0)[0]
        seen = renderer.render(now, shot)
        exposure = camera.meter([seen], index)
        motion = motion_during(path, t_s, seen, lens, exposure.exposure_s, convergence_rad=0.0)
        images.append(develop([seen], camera, index, what.quality, motion))
        truth += [(float(index), *row) for row in boxes(seen)]
    rows = np.array(truth, np.float64).reshape(-1, 6)
    if what.single:
        rows = steadiest(rows, what.size_px)
    return Sequence(what.group, tuple(images), what.rate_hz, rows, what.single)


def movers(what: Film, t_s: float) -> tuple[Placed, ...]:
    """What moves, where it is at a time."""
    draw = np.random.default_rng([what.seed, 77])
    out = []
    for number in range(what.crowd.vehicles + what.crowd.persons):
        place = draw.uniform(-what.crowd.spread_m, what.crowd.spread_m, 2)
        azimuth, speed = float(draw.uniform(0, 2 * np.pi)), float(draw.uniform(*what.crowd.speed_mps))
        on_foot = number >= what.crowd.vehicles
        speed = 1.4 if on_foot else speed
        velocity = (speed * np.cos(azimuth), speed * np.sin(azimuth))
        x, y = (what.middle_m[k] + place[k] + velocity[k] * (t_s - 3.0) for k in range(2))
        model: Person | Vehicle = (
            Person(phase=int(t_s * 8) % 4, clothing_rgb=(0.5, 0.5, 0.52))
            if on_foot
            else Vehicle(_FORMS[number % 5], _PAINTS[number % 5], seed=number)
        )
        out.append(Placed(f"mover-{number}", model, x, y, azimuth, velocity_mps=velocity))
    return (*out, *_strollers(what, t_s), *_parked(what), *_school(what))


def _strollers(what: Film, t_s: float) -> tuple[Placed, ...]:
    """Persons who walk as the others do; only the truth knows nothing of them."""
    draw = np.random.default_rng([what.seed, 79])
    out = []
    for number in range(what.crowd.strollers):
        x, y = (what.middle_m[k] + draw.uniform(-what.crowd.spread_m, what.crowd.spread_m) for k in range(2))
        azimuth, speed = float(draw.uniform(0, 2 * np.pi)), float(draw.uniform(0.3, 1.4))
        velocity = (speed * float(np.cos(azimuth)), speed * float(np.sin(azimuth)))
        model = Person(phase=int(t_s * 8) % 4)
        at = (float(x + velocity[0] * t_s), float(y + velocity[1] * t_s))
        out.append(Placed(f"stroller-{number}", model, *at, azimuth, velocity_mps=velocity))
    return tuple(out)


def _school(what: Film) -> tuple[Placed, ...]:
    """Small bright things high above the ground: no homography of the ground brings them onto themselves."""
    if what.school is None:
        return ()
    house = House(56.0, 24.0, storeys=4, roof="flat", roof_rgb=(0.09, 0.085, 0.08), wall_rgb=(0.42, 0.35, 0.27))
    x, y = (what.middle_m[k] + what.school[k] for k in range(2))
    draw = np.random.default_rng([what.seed, 80])
    out = [Placed("school", house, x, y, 0.0)]
    for number in range(48):
        along, aside = 4.2 * (number % 12 - 5.5), 5.0 * (number // 12 - 1.5)
        machine = Shed(2.6, 2.4, (0.6, 0.6, 0.58), (0.5, 0.5, 0.48), seed=number)
        at = (float(x + along + draw.uniform(-1, 1)), float(y + aside + draw.uniform(-1, 1)))
        out.append(Placed(f"machine-{number}", machine, *at, lift_m=house.eaves_m + 0.2, scale=0.55))
    return tuple(out)


def _parked(what: Film) -> tuple[Placed, ...]:
    """Vehicles that stand still: they hide ground and are seen from ever other sides, as movers are."""
    draw = np.random.default_rng([what.seed, 78])
    out = []
    for number in range(what.crowd.parked):
        x, y = (what.middle_m[k] + draw.uniform(-what.crowd.spread_m, what.crowd.spread_m) for k in range(2))
        model = Vehicle(_FORMS[number % 5], _PAINTS[number % 5], seed=100 + number)
        out.append(Placed(f"parked-{number}", model, float(x), float(y), float(draw.uniform(0, 2 * np.pi))))
    return tuple(out)


def boxes(seen: Seen) -> list[tuple[float, ...]]:
    """Number, left, top, width, height of each mover that is seen."""
    rows = []
    for index, thing in enumerate(seen.thing_ids):
        if not thing.startswith("mover-"):
            continue
        y, x = np.nonzero(seen.number == index + 1)
        if len(x) < LEAST_PX:
            continue
        left, top = float(x.min()), float(y.min())
        rows.append((float(thing.split("-")[1]), left, top, float(x.max()) + 1 - left, float(y.max()) + 1 - top))
    return rows


def steadiest(rows: NDArray[np.float64], size_px: tuple[int, int]) -> NDArray[np.float64]:
    """Of the mover alone that is seen in most frames and, of several, nearest to the picture's middle."""
    names, counts = np.unique(rows[:, 1], return_counts=True)
    if not len(names):
        return rows
    away = {n: float(np.abs(rows[rows[:, 1] == n, 2:4].mean(axis=0) - np.array(size_px) / 2).sum()) for n in names}
    chosen = min(names[counts == counts.max()], key=lambda n: away[n])
    return rows[rows[:, 1] == chosen]


def _centre(land: Land, middle_m: tuple[float, float]) -> NDArray[np.float64]:
    return np.array([*middle_m, height_at(land, *middle_m)])


def height_at(land: Land, x_m: float, y_m: float) -> float:
    """Ground height at one place."""
    return float(land.terrain(np.array([x_m]), np.array([y_m]))[0, 0])
