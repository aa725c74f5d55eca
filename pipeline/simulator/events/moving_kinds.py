"""Kinds of events that move."""

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from pipeline.simulator.events.moving import Band, Drive, Plume
from pipeline.simulator.events.options import Option
from pipeline.simulator.events.order import KindFacts, Order, kind_facts
from pipeline.simulator.events.standing import PAINTS
from pipeline.simulator.events.vehicle_kinds import VEHICLE, vehicle_of
from pipeline.simulator.events.ways import Meander, Pace, way_near
from pipeline.simulator.scene.event import Event
from pipeline.simulator.things.beings import Animal, AnimalForm, Person
from pipeline.simulator.things.vehicle import Cargo, Vehicle

LASTS_S = Option(900.0, "s", "how long it is there at most", 1.0, 86_400.0)
PASSES_S = Option(60.0, "s", "after the beginning, when the first passes the place", 0.0, 86_400.0)
SMOKE_RGB = {"black": (0.035, 0.033, 0.032), "grey": (0.33, 0.325, 0.32), "white": (0.72, 0.72, 0.72)}
CLOTHES = ((0.10, 0.11, 0.07), (0.05, 0.06, 0.10), (0.16, 0.13, 0.09), (0.03, 0.03, 0.03), (0.22, 0.05, 0.04))
COATS: dict[AnimalForm, tuple[tuple[float, float, float], ...]] = {
    "sheep": ((0.40, 0.37, 0.31), (0.33, 0.305, 0.25), (0.06, 0.05, 0.045)),
    "cow": ((0.20, 0.105, 0.055), (0.55, 0.52, 0.47), (0.045, 0.04, 0.038)),
    "dog": ((0.12, 0.085, 0.05), (0.05, 0.045, 0.04)),
}


def _drive(order: Order, vehicles: tuple[Vehicle, ...], spacing_m: float, pace: Pace) -> Event:
    way, along = way_near(order.land, *order.at_m, order.spec.azimuth_rad)
    gaps, back = [0.0], 0.0
    for ahead, behind in pairwise(vehicles):
        back += spacing_m + (ahead.length_m + behind.length_m) / 2
        gaps.append(back)
    times = order.chosen.number("passes_s"), order.chosen.number("lasts_s")
    return Drive(order.identity, way, pace, along, *times, vehicles, tuple(gaps))


def _convoy(order: Order) -> Event:
    """An escort first and last, trucks between."""
    chosen, rng = order.chosen, order.rng(11)
    paint = PAINTS[chosen.word("paint")]
    loads: tuple[Cargo, ...] = ("tarpaulin", "tarpaulin", "box", "tank", "open")
    lit = chosen.yes("lamps")
    trucks = [
        Vehicle("truck", paint, loads[int(rng.integers(len(loads)))], lit, k % 3)
        for k in range(chosen.count("vehicles"))
    ]
    if chosen.yes("escort"):
        light = Vehicle("pickup", paint, "none", lit)
        trucks = [light, *trucks, Vehicle("apc" if chosen.yes("armoured") else "pickup", paint, "none", lit, 1)]
    return _drive(order, tuple(trucks), chosen.number("spacing_m"), Pace(chosen.number("speed_mps")))


def _vehicle_moving(order: Order) -> Event:
    chosen = order.chosen
    model = vehicle_of(order)
    lit = Vehicle(model.form, model.rgb, model.cargo, chosen.yes("lamps"), model.seed)
    pace = Pace(chosen.number("speed_mps"), chosen.number("go_s"), chosen.number("stop_s"))
    return _drive(order, (lit,), 0.0, pace)


def _people(order: Order) -> Event:
    """A loose band, each with a stray of their own."""
    chosen, rng = order.chosen, order.rng(13)
    bodies, paths = [], []
    for k in range(chosen.count("count")):
        ahead, left = (
            -2.2 * (k // 2) + float(rng.uniform(-0.6, 0.6)),
            1.3 * (k % 2 - 0.5) + float(rng.uniform(-0.5, 0.5)),
        )
        start = order.offset(ahead, left)
        cloth = CLOTHES[int(rng.integers(len(CLOTHES)))]
        height = float(rng.uniform(1.58, 1.88))
        bodies.append(Person(height, cloth, (0.06, 0.06, 0.07), -1, chosen.yes("packs")))
        # one seed for the band's common way; each strays by where it walks
        paths.append(Meander(*start, order.spec.azimuth_rad, chosen.number("speed_mps"), 3.0, order.spec.seed))
    return Band(order.identity, tuple(bodies), tuple(paths), chosen.number("lasts_s"))


def _animals(order: Order) -> Event:
    """A herd; while it grazes, each goes its own slow way."""
    chosen, rng = order.chosen, order.rng(17)
    word = chosen.word("form")
    form: AnimalForm = "cow" if word == "cow" else "dog" if word == "dog" else "sheep"
    grazing = chosen.yes("grazing")
    count = chosen.count("count")
    wide = chosen.number("spread_m") * float(np.sqrt(count))
    bodies, paths = [], []
    for _ in range(count):
        turn, away = float(rng.uniform(0, 2 * np.pi)), wide * float(np.sqrt(rng.random()))
        start = order.offset(away * float(np.cos(turn)), away * float(np.sin(turn)))
        coats = COATS[form]
        bodies.append(Animal(form, coats[int(rng.choice(len(coats), p=_shares(len(coats))))], grazing))
        heading = float(rng.uniform(0, 2 * np.pi)) if grazing else order.spec.azimuth_rad + float(rng.normal(0, 0.06))
        speed = 0.06 if grazing else chosen.number("speed_mps")
        paths.append(Meander(*start, heading, speed, 1.5, int(rng.integers(1 << 30)) if grazing else order.spec.seed))
    return Band(order.identity, tuple(bodies), tuple(paths), chosen.number("lasts_s"))


def _shares(n: int) -> list[float]:
    """The first coat is the commonest."""
    return [0.7] + [0.3 / (n - 1)] * (n - 1)


def _smoke(order: Order) -> Event:
    chosen = order.chosen
    x, y = order.at_m
    ground = float(order.land.terrain(np.array([x, x + 0.5]), np.array([y, y + 0.5]))[0, 0])
    towards = float(np.radians(90.0 - chosen.number("wind_to_deg")))
    return Plume(
        order.identity, (x, y, ground), chosen.number("source_m") / 2, chosen.number("wind_mps"), towards,
        chosen.number("rise_mps"), chosen.number("lasts_s"), chosen.number("depth"), SMOKE_RGB[chosen.word("colour")],
        order.spec.seed,
    )  # fmt: skip


MOVING_KINDS: Mapping[str, KindFacts] = MappingProxyType(
    {
        "convoy": kind_facts(
            "trucks along a road, an escort first and last", None, "violation", _convoy,
            {"vehicles": Option(5.0, "", "trucks between the escort", 1.0, 60.0),
             "escort": Option(True, "", "whether lighter vehicles go first and last"),
             "armoured": Option(False, "", "whether the last is an eight-wheeled heavy vehicle"),
             "spacing_m": Option(25.0, "m", "clear distance between vehicles", 2.0, 300.0),
             "speed_mps": Option(11.0, "m/s", "of all", 0.5, 35.0),
             "paint": Option("olive", "", "colour", choices=tuple(PAINTS)),
             "lamps": Option(False, "", "whether lamps burn"), "passes_s": PASSES_S, "lasts_s": LASTS_S},
        ),
        "vehicle_moving": kind_facts(
            "a vehicle drives along a road", None, "harmless", _vehicle_moving,
            {**VEHICLE, "speed_mps": Option(12.0, "m/s", "while it goes", 0.5, 45.0),
             "go_s": Option(0.0, "s", "between stops; 0: it never stops", 0.0, 3600.0),
             "stop_s": Option(0.0, "s", "length of a stop", 0.0, 3600.0),
             "lamps": Option(False, "", "whether lamps burn"), "passes_s": PASSES_S, "lasts_s": LASTS_S},
        ),
        "people": kind_facts(
            "a band of people walks over land", None, "violation", _people,
            {"count": Option(6.0, "", "how many", 1.0, 200.0), "speed_mps": Option(1.3, "m/s", "mean", 0.2, 4.0),
             "packs": Option(False, "", "whether they carry packs"), "lasts_s": LASTS_S},
        ),
        "animals": kind_facts(
            "a herd grazes or walks", None, "harmless", _animals,
            {"count": Option(12.0, "", "how many", 1.0, 400.0),
             "form": Option("sheep", "", "which animals", choices=("sheep", "cow", "dog")),
             "grazing": Option(True, "", "whether they graze rather than walk"),
             "spread_m": Option(3.0, "m", "between neighbours", 0.8, 40.0),
             "speed_mps": Option(0.9, "m/s", "while they walk", 0.1, 5.0), "lasts_s": LASTS_S},
        ),
        "smoke": kind_facts(
            "smoke rises and drifts with the wind", None, "violation", _smoke,
            {"source_m": Option(2.5, "m", "diameter of the fire", 0.3, 60.0),
             "wind_mps": Option(3.0, "m/s", "speed of the wind", 0.0, 30.0),
             "wind_to_deg": Option(70.0, "°", "where it blows to, clockwise from north", -360.0, 360.0),
             "rise_mps": Option(2.0, "m/s", "upwards at the fire", 0.0, 15.0),
             "depth": Option(3.0, "", "optical depth of a fresh puff", 0.05, 20.0),
             "colour": Option("grey", "", "of the smoke", choices=tuple(SMOKE_RGB)), "lasts_s": LASTS_S},
        ),
    }
)  # fmt: skip
