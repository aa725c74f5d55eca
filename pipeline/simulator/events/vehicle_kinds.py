"""Kinds of events with vehicles that stand, and what goes with them."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

import numpy as np

from pipeline.simulator.events.chapters import Chapter, Chapters
from pipeline.simulator.events.clock import HOUR_NS, day_shift
from pipeline.simulator.events.field import Field, Tracks
from pipeline.simulator.events.options import Option
from pipeline.simulator.events.order import KindFacts, Order, kind_facts
from pipeline.simulator.events.standing import PAINTS, civil_vehicle, placed
from pipeline.simulator.events.structure_kinds import LASTS, chaptered
from pipeline.simulator.events.telling import Parts, Sizes
from pipeline.simulator.events.ways import Straight, way_near
from pipeline.simulator.scene.event import Event
from pipeline.simulator.scene.mesh import Placed
from pipeline.simulator.things.posts import MarkedLane, RoadBlock
from pipeline.simulator.things.vehicle import SIZES_M, Cargo, Vehicle, VehicleForm
from pipeline.simulator.things.wall import HayBale

VEHICLE = {
    "form": Option("car", "", "class of size and shape", choices=tuple(SIZES_M)),
    "cargo": Option(
        "none", "", "what a truck or trailer carries", choices=("none", "box", "tarpaulin", "tank", "open")
    ),
    "paint": Option("grey", "", "colour", choices=tuple(PAINTS)),
}
WARM = {"warm": Option(0.0, "", "heat of its engine, 0 cold to 1 running", 0.0, 1.0)}
ROAD_M = 40.0


def vehicle_of(order: Order) -> Vehicle:
    """As the options say."""
    chosen = order.chosen
    paint = PAINTS[chosen.word("paint")]
    return Vehicle(
        cast(VehicleForm, chosen.word("form")), paint, cast(Cargo, chosen.word("cargo")), seed=order.spec.seed % 4
    )


def _tracks(order: Order, thing: Placed, part: str) -> Tracks:
    """Where it came from: a bend behind it."""
    rng = order.rng(3)
    heading, x, y = thing.azimuth_rad + np.pi, thing.x_m, thing.y_m
    bend, points = float(rng.uniform(-0.09, 0.09)), []
    for _ in range(14):
        points.append((float(x), float(y)))
        x, y, heading = x + 2.0 * np.cos(heading), y + 2.0 * np.sin(heading), heading + bend
    return Tracks(order.name(part), tuple(points), strength=0.55, seed=order.spec.seed)


def _parked(order: Order) -> Event:
    thing = replace(placed(order, "vehicle", vehicle_of(order)), warm=order.chosen.number("warm"))
    dug = (_tracks(order, thing, "tracks"),) if order.chosen.yes("tracks") else ()
    sizes = Sizes(count=1, length_m=SIZES_M[order.chosen.word("form")][0])
    return chaptered(order, Parts((thing,), dug), sizes, order.chosen.number("lasts_h"))


def _gone(order: Order) -> Event:
    """A vehicle that stood there is not there any more; its place is."""
    thing = placed(order, "vehicle", vehicle_of(order))
    chapter = Chapter(order.spec.begins_utc_ns, Parts(), sizes=Sizes(count=0), outline_m=thing.outline_m)
    return Chapters(order.identity, Parts((thing,)), (chapter,))


def _moved(order: Order) -> Event:
    """A vehicle stands elsewhere from then on; its old place is told since the world's beginning, as stage 0."""
    chosen = order.chosen
    thing = placed(order, "vehicle", vehicle_of(order))
    far, turn = chosen.number("distance_m"), float(np.radians(chosen.number("turn_deg")))
    x, y = order.offset(far * float(np.cos(turn)), far * float(np.sin(turn)))
    later = replace(thing, x_m=x, y_m=y, azimuth_rad=thing.azimuth_rad + turn)
    dug = (_tracks(order, later, "tracks"),)
    known = min(order.identity.known_utc_ns, order.spec.begins_utc_ns)
    old = Chapter(known, Parts((thing,)), sizes=Sizes(count=1, length_m=0.0))
    new = Chapter(order.spec.begins_utc_ns, Parts((later,), dug), sizes=Sizes(count=1, length_m=far))
    return Chapters(order.identity, Parts((thing,)), (old, new))


def _road_block(order: Order) -> Event:
    """Across a road within 40 m; a queue grows behind it, one vehicle after another."""
    chosen, rng, begins = order.chosen, order.rng(5), order.spec.begins_utc_ns
    way, along = way_near(order.land, *order.at_m, order.spec.azimuth_rad)
    x, y, heading = way.middle(along)
    if float(np.hypot(x - order.spec.x_m, y - order.spec.y_m)) > ROAD_M:
        way = Straight(*order.at_m, order.spec.azimuth_rad)
        along = way.length_m / 2
        x, y, heading = way.middle(along)
    width = chosen.number("width_m") or way.width_m
    block = Placed(order.name("block"), RoadBlock(width, chosen.yes("closed"), order.spec.seed), x, y, heading)
    queue: list[Placed] = []
    back = 10.0
    for k in range(chosen.count("queue")):
        model = civil_vehicle(rng)
        back += model.length_m / 2
        side = float(rng.uniform(-0.25, 0.25))
        vx, vy, turn = way.at(along - back, side)
        queue.append(Placed(order.name(f"queue{k + 1}"), model, vx, vy, turn, warm=0.6))
        back += model.length_m / 2 + float(rng.uniform(1.2, 3.5))
    step = round(HOUR_NS * 1.0 / chosen.number("arrivals_per_h"))
    chapters = []
    for k in range(len(queue) + 1):
        length = float(np.hypot(queue[k - 1].x_m - x, queue[k - 1].y_m - y)) if k else 0.0
        sizes = Sizes(count=k, length_m=length, rise_m=block.model.height_m)
        chapters.append(Chapter(begins + k * step, Parts((block, *queue[:k])), sizes=sizes, outline_m=block.outline_m))
    return Chapters(order.identity, Parts(), tuple(chapters))


def _hay_bales(order: Order) -> Event:
    """Strewn along the rows of a field."""
    chosen, rng = order.chosen, order.rng(7)
    count, step = chosen.count("count"), chosen.number("spacing_m")
    rows = max(1, int(np.sqrt(count * 0.7)))
    form = "round" if chosen.word("form") == "round" else "square"
    bales = []
    for k in range(count):
        ahead = (k // rows - count / rows / 2) * step + float(rng.uniform(-0.3, 0.3)) * step
        left = (k % rows - (rows - 1) / 2) * 0.8 * step + float(rng.uniform(-0.15, 0.15)) * step
        bale = HayBale("round" if form == "round" else "square", 1.4 if form == "round" else 2.2, k % 3)
        bales.append(placed(order, f"bale{k + 1}", bale, ahead, left, float(rng.normal(0, 0.25))))
    sizes = Sizes(count=count, rise_m=bales[0].model.height_m)
    return chaptered(order, Parts(tuple(bales)), sizes, chosen.number("lasts_h"))


def _demining(order: Order) -> Event:
    """A marked lane is cleared day by day beside a parked van."""
    chosen, begins = order.chosen, order.spec.begins_utc_ns
    whole, step = chosen.number("length_m"), chosen.number("metres_per_day")
    shift = day_shift(chosen.number("utc_offset_h"))
    van = placed(order, "van", Vehicle("van", PAINTS["white"], seed=1), -whole / 2 - 6.0, 3.0)
    chapters, done, day = [], 0.0, 0
    while done < whole - 1e-9:
        done = min(whole, done + step)
        lane = placed(order, "lane", MarkedLane(done, 4.0, order.spec.seed), (done - whole) / 2)
        corner = order.offset(-whole / 2, -2.0)
        bare = Field(
            order.name("cleared"), corner, order.spec.azimuth_rad, done, 4.0, 4.0, "mowing", 2.0, order.spec.seed
        )
        since = begins if day == 0 else max(begins, shift.ended_ns(begins, day - 1))
        parts = Parts((lane, van), (bare,))
        chapters.append(Chapter(since, parts, sizes=Sizes(length_m=done), outline_m=lane.outline_m))
        day += 1
    return Chapters(order.identity, Parts(), tuple(chapters))


def _mission(order: Order) -> Event:
    """White off-road vehicles of another mission, parked one behind the other."""
    chosen = order.chosen
    some = tuple(
        replace(placed(order, f"vehicle{k + 1}", Vehicle("pickup", PAINTS["white"], "box", seed=k), -8.0 * k), warm=0.7)
        for k in range(chosen.count("count"))
    )
    return chaptered(order, Parts(some), Sizes(count=len(some)), chosen.number("lasts_h"))


VEHICLE_KINDS: Mapping[str, KindFacts] = MappingProxyType(
    {
        "parked_vehicle": kind_facts(
            "a vehicle stands there", "vehicle", "violation", _parked,
            {**VEHICLE, **WARM, "tracks": Option(True, "", "whether its tracks show on the ground"), **LASTS},
        ),
        "vehicle_gone": kind_facts("a vehicle that stood there has left", "vehicle", "compliance", _gone, VEHICLE),
        "moved_vehicle": kind_facts(
            "a vehicle stands elsewhere from then on", "vehicle", "harmless", _moved,
            {**VEHICLE, "distance_m": Option(25.0, "m", "from its old place to its new", 1.0, 2000.0),
             "turn_deg": Option(30.0, "°", "of its new place and heading, counter-clockwise", -180.0, 180.0)},
        ),
        "road_block": kind_facts(
            "a road block with a growing queue", "structure", "violation", _road_block,
            {"width_m": Option(0.0, "m", "of what it blocks; 0: of the road", 0.0, 25.0),
             "closed": Option(True, "", "whether the barrier is down"),
             "queue": Option(5.0, "", "vehicles at most", 0.0, 80.0),
             "arrivals_per_h": Option(12.0, "1/h", "how fast the queue grows", 0.1, 600.0)},
        ),
        "hay_bales": kind_facts(
            "bales lie on a field", "other", "harmless", _hay_bales,
            {"count": Option(14.0, "", "how many", 1.0, 400.0),
             "spacing_m": Option(14.0, "m", "between bales", 2.0, 100.0),
             "form": Option("round", "", "of bales", choices=("round", "square")), **LASTS},
        ),
        "demining_works": kind_facts(
            "a marked lane is cleared day by day", "other", "notified", _demining,
            {"length_m": Option(40.0, "m", "of the lane in the end", 3.0, 1000.0),
             "metres_per_day": Option(12.0, "m", "cleared between 07:00 and 17:00 local", 1.0, 500.0)},
        ),
        "second_mission_vehicle": kind_facts(
            "vehicles of another mission, announced", "vehicle", "notified", _mission,
            {"count": Option(2.0, "", "how many", 1.0, 20.0), **LASTS},
        ),
    }
)  # fmt: skip
