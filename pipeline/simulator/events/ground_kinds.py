"""Kinds of events that change the ground."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

import numpy as np

from pipeline.simulator.events.burn import BurnScar
from pipeline.simulator.events.clock import day_shift, night_shift
from pipeline.simulator.events.crater import Crater
from pipeline.simulator.events.earthwork import Berm, Side, Trench
from pipeline.simulator.events.field import Field, Work
from pipeline.simulator.events.options import Option
from pipeline.simulator.events.order import KindFacts, Order, kind_facts
from pipeline.simulator.events.polyline import Points, centred, zigzag
from pipeline.simulator.events.telling import Sizes
from pipeline.simulator.events.works import FarmWork, Filling, Growth, Mark
from pipeline.simulator.scene.event import Event
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.things.vehicle import Vehicle

LINE = {
    "length_m": Option(60.0, "m", "along its line when all is dug", 2.0, 5000.0),
    "form": Option("zigzag", "", "course of the line", choices=("zigzag", "straight")),
    "swing_deg": Option(30.0, "°", "how far legs of a zigzag turn from the direction", 0.0, 60.0),
}
GROWS = {
    "start_m": Option(12.0, "m", "dug at once when it begins", 0.0, 5000.0),
    "metres_per_night": Option(12.0, "m", "dug between 20:00 and 04:00 local of each night, hour by hour", 0.0, 1000.0),
}
DITCH = {
    "width_m": Option(1.3, "m", "of the mouth", 0.4, 8.0),
    "depth_m": Option(1.5, "m", "below the ground", 0.2, 5.0),
    "spoil": Option("both", "", "side of the soil, seen along the line", choices=("left", "right", "both", "none")),
}
FIELD_SPEED = ("ha", "worked between 07:00 and 17:00 local, hour by hour")
FIELD = {
    "length_m": Option(120.0, "m", "along the rows", 5.0, 2000.0),
    "width_m": Option(60.0, "m", "across the rows", 3.0, 2000.0),
    "hectares_per_day": Option(4.0, *FIELD_SPEED, 0.01, 200.0),
    "machine": Option(True, "", "whether a machine stands at the work in working hours"),
}


def _line(order: Order) -> Points:
    length = order.chosen.number("length_m")
    if order.chosen.word("form") == "straight":
        c, s = float(np.cos(order.spec.azimuth_rad)), float(np.sin(order.spec.azimuth_rad))
        return centred(((0.0, 0.0), (length * c, length * s)), order.at_m)
    swing = float(np.radians(order.chosen.number("swing_deg")))
    return centred(zigzag((0.0, 0.0), order.spec.azimuth_rad, length, swing, order.spec.seed), order.at_m)


def _trench_of(order: Order) -> Trench:
    chosen = order.chosen
    spoil = cast(Side, chosen.word("spoil"))
    length = chosen.number("length_m")
    size = chosen.number("width_m"), chosen.number("depth_m")
    return Trench(order.name("trench"), _line(order), *size, spoil, ((length, 30.0),), seed=order.spec.seed)


def _trench(order: Order) -> Event:
    speed = order.chosen.number("start_m"), order.chosen.number("metres_per_night")
    return Growth(order.identity, _trench_of(order), *speed, night_shift(order.chosen.number("utc_offset_h")))


def _trench_filled(order: Order) -> Event:
    return Filling(order.identity, _trench_of(order))


def _berm(order: Order) -> Event:
    berm = Berm(order.name("berm"), _line(order), order.chosen.number("height_m"), seed=order.spec.seed)
    speed = order.chosen.number("start_m"), order.chosen.number("metres_per_night")
    return Growth(order.identity, berm, *speed, night_shift(order.chosen.number("utc_offset_h")))


def _crater(order: Order) -> Event:
    wide = order.chosen.number("diameter_m")
    deep = order.chosen.number("depth_m") or 0.25 * wide
    crater = Crater(order.name("crater"), *order.at_m, wide, deep, seed=order.spec.seed)
    return Mark(order.identity, crater, Sizes(length_m=wide, depth_m=deep, rise_m=wide / 16))


def _burn(order: Order) -> Event:
    chosen = order.chosen
    size = chosen.number("radius_m"), chosen.number("stretch")
    scar = BurnScar(order.name("burn"), *order.at_m, *size, order.spec.azimuth_rad, seed=order.spec.seed)
    return Mark(order.identity, scar, Sizes())


def _farm(order: Order) -> Event:
    chosen = order.chosen
    long, wide = chosen.number("length_m"), chosen.number("width_m")
    work = cast(Work, order.spec.kind)
    corner = order.offset(-long / 2, -wide / 2)
    field = Field(order.name("field"), corner, order.spec.azimuth_rad, long, wide, wide, work, seed=order.spec.seed)
    machine = None
    if chosen.yes("machine"):
        paint = ((0.03, 0.11, 0.04), (0.35, 0.05, 0.03), (0.04, 0.10, 0.28))[order.spec.seed % 3]
        size = 1.5 if work == "harvest" else 1.0  # a combine is as tall as a tractor is long
        heading = order.spec.azimuth_rad
        machine = Placed(order.name("machine"), Vehicle("tractor", paint), *corner, heading, warm=1.0, scale=size)
    shift = day_shift(chosen.number("utc_offset_h"))
    return FarmWork(order.identity, field, chosen.number("hectares_per_day"), shift, machine)


GROUND_KINDS: Mapping[str, KindFacts] = MappingProxyType(
    {
        "trench": kind_facts(
            "a trench dug night after night, its soil beside it", "linear_earthwork", "violation", _trench,
            {**LINE, **GROWS, **DITCH},
        ),
        "trench_filled": kind_facts(
            "a trench that lay open is filled in", "linear_earthwork", "compliance", _trench_filled, {**LINE, **DITCH}
        ),
        "berm": kind_facts(
            "a bank of earth that gets longer night after night", "linear_earthwork", "violation", _berm,
            {**LINE, "form": Option("straight", "", "course of the line", choices=("zigzag", "straight")), **GROWS,
             "height_m": Option(1.8, "m", "of the crest", 0.3, 6.0)},
        ),
        "crater": kind_facts(
            "the crater of an explosion", "crater", "violation", _crater,
            {"diameter_m": Option(4.0, "m", "from rim to rim", 0.4, 40.0),
             "depth_m": Option(0.0, "m", "below the ground; 0: a quarter of the diameter", 0.0, 15.0)},
        ),
        "burn": kind_facts(
            "ground blackened by fire; its cause is undetermined", "burn", "violation", _burn,
            {"radius_m": Option(12.0, "m", "mean radius", 0.5, 500.0),
             "stretch": Option(1.4, "", "length over width", 1.0, 5.0)},
        ),
        "ploughing": kind_facts("a field is ploughed", "other", "harmless", _farm, FIELD),
        "harvest": kind_facts(
            "a field is harvested", "other", "harmless", _farm,
            {**FIELD, "hectares_per_day": Option(12.0, *FIELD_SPEED, 0.01, 200.0)},
        ),
        "mowing": kind_facts("a meadow is mown", "other", "harmless", _farm, FIELD),
    }
)  # fmt: skip
