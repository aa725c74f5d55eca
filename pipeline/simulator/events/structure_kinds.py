"""Kinds of events that build, hit or take away what stands."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

import numpy as np

from pipeline.simulator.events.chapters import Chapter, Chapters
from pipeline.simulator.events.clock import DAY_NS, HOUR_NS, day_shift, night_shift
from pipeline.simulator.events.options import Option
from pipeline.simulator.events.order import KindFacts, Order, kind_facts
from pipeline.simulator.events.patch import Patch
from pipeline.simulator.events.standing import nearest, placed, without, worn
from pipeline.simulator.events.telling import Parts, Sizes
from pipeline.simulator.scene.event import Event
from pipeline.simulator.scene.mesh import Model, Placed
from pipeline.simulator.things.building_site import BareWalls, Foundation
from pipeline.simulator.things.house import House, RoofKind
from pipeline.simulator.things.posts import Bunker, SandbagPost
from pipeline.simulator.things.rubble import Crates, Rubble
from pipeline.simulator.things.shelters import Net, Shed, Tarpaulin, Tent
from pipeline.simulator.things.vehicle import Vehicle

DAMAGE = {"possible": 0.1, "moderate": 0.36, "severe": 0.68, "destroyed": 1.0}
LASTS = {"lasts_h": Option(0.0, "h", "until it is taken away again; 0: it stays", 0.0, 1e5)}
HOUSE = {
    "length_m": Option(11.0, "m", "along the ridge", 3.0, 60.0),
    "width_m": Option(8.0, "m", "across the ridge", 3.0, 40.0),
    "storeys": Option(1.0, "", "full storeys", 1.0, 5.0),
    "roof": Option("gable", "", "kind of roof", choices=("gable", "hip", "flat", "shed")),
}


def chaptered(order: Order, parts: Parts, sizes: Sizes, lasts_h: float) -> Event:
    """An event that stands from its beginning, for some hours or for good."""
    begins = order.spec.begins_utc_ns
    chapters = [Chapter(begins, parts, sizes=sizes)]
    if lasts_h > 0:
        chapters.append(Chapter(begins + round(lasts_h * HOUR_NS), Parts(), there=False))
    return Chapters(order.identity, Parts(), tuple(chapters))


def _sandbag_post(order: Order) -> Event:
    chosen = order.chosen
    post = SandbagPost(chosen.number("size_m"), 1.25, chosen.yes("roof"), order.spec.seed)
    dug = (worn(order, "worn", 0.85 * post.size_m),)
    parts = Parts((placed(order, "post", post),), dug)
    return chaptered(order, parts, Sizes(rise_m=post.height_m), chosen.number("lasts_h"))


def _tent(order: Order) -> Event:
    chosen, rng = order.chosen, order.rng(1)
    count = chosen.count("count")
    tent = Tent(chosen.number("length_m"), chosen.number("width_m"))
    rows = int(np.ceil(np.sqrt(count)))
    step = tent.length_m + 2.5, tent.width_m + 2.5
    some = []
    for k in range(count):
        ahead, left = (k % rows - (rows - 1) / 2) * step[0], (k // rows - (count // rows - 1) / 2) * step[1]
        turn = float(rng.uniform(-0.06, 0.06))
        some.append(placed(order, f"tent{k + 1}", tent, ahead, left, turn))
    parts = Parts(tuple(some), (worn(order, "worn", 0.7 * rows * step[0], 0.5),))
    return chaptered(order, parts, Sizes(rise_m=tent.height_m, count=count), chosen.number("lasts_h"))


def _tarpaulin(order: Order) -> Event:
    chosen = order.chosen
    sheet = Tarpaulin(chosen.number("length_m"), chosen.number("width_m"), seed=order.spec.seed)
    parts = Parts((placed(order, "tarpaulin", sheet), placed(order, "crates", Crates(6, order.spec.seed))))
    return chaptered(order, parts, Sizes(rise_m=sheet.height_m), chosen.number("lasts_h"))


def _net(order: Order) -> Event:
    chosen = order.chosen
    net = Net(chosen.number("length_m"), chosen.number("width_m"), 4.3, chosen.word("season"), order.spec.seed)
    things = [placed(order, "net", net)]
    if chosen.yes("covers_truck"):
        things.append(placed(order, "truck", Vehicle("truck", (0.085, 0.095, 0.05), "tarpaulin")))
    return chaptered(order, Parts(tuple(things)), Sizes(rise_m=net.height_m), chosen.number("lasts_h"))


def _bunker(order: Order) -> Event:
    """Earth is bared in the first night, the concrete front stands after the second, the cover after the third."""
    chosen, begins = order.chosen, order.spec.begins_utc_ns
    bunker = Bunker(
        chosen.number("length_m"), chosen.number("width_m"), chosen.number("height_m"), seed=order.spec.seed
    )
    shift = night_shift(chosen.number("utc_offset_h"))
    bare = Patch(order.name("worn"), *order.at_m, 0.75 * bunker.length_m, "worn", 0.9, order.spec.seed)
    raw = BareWalls(0.55 * bunker.length_m, 0.55 * bunker.width_m, 0.8 * bunker.height_m, order.spec.seed)
    wall, mound = placed(order, "walls", raw), placed(order, "bunker", bunker)
    nights = [max(begins, shift.ended_ns(begins, k)) for k in range(2)]
    chapters = (
        Chapter(begins, Parts(dug=(bare,))),
        Chapter(nights[0], Parts((wall,), (bare,)), sizes=Sizes(rise_m=raw.height_m), outline_m=bare.outline_m),
        Chapter(nights[1], Parts((mound,), (bare,)), sizes=Sizes(rise_m=bunker.height_m)),
    )
    return Chapters(order.identity, Parts(), chapters)


def _house(order: Order) -> House:
    chosen = order.chosen
    size = chosen.number("length_m"), chosen.number("width_m"), chosen.count("storeys")
    return House(*size, cast(RoofKind, chosen.word("roof")), seed=order.spec.seed)


def _structure_built(order: Order) -> Event:
    """Foundation, walls, roof: each is finished at the end of a working day."""
    chosen, begins = order.chosen, order.spec.begins_utc_ns
    house, seed = _house(order), order.spec.seed
    step = chosen.number("days_per_stage")
    shift = day_shift(chosen.number("utc_offset_h"))
    stages: tuple[Model, ...] = (
        Foundation(house.length_m, house.width_m, seed),
        BareWalls(house.length_m, house.width_m, house.eaves_m, seed),
        house,
    )
    site = worn(order, "site", 0.85 * house.length_m)
    chapters = []
    for k, model in enumerate(stages):
        stuff: tuple[Placed, ...] = (placed(order, f"stage{k + 1}", model),)
        if k < 2:
            stuff += (placed(order, "material", Crates(8, seed), 0.0, house.width_m / 2 + 3.0),)
        done = begins if k == 0 else max(begins, shift.ended_ns(begins, 0) + round((k * step - 1) * DAY_NS))
        own = stuff[0].outline_m
        chapters.append(Chapter(done, Parts(stuff, (site,)), sizes=Sizes(rise_m=model.height_m), outline_m=own))
    return Chapters(order.identity, Parts(), tuple(chapters))


def _target(order: Order) -> tuple[Placed, bool]:
    """The house that is meant: the land's nearest, or one of the event's own; and whether it is the land's."""
    own = placed(order, "house", _house(order))
    if order.chosen.yes("own_house"):
        return own, False
    found = nearest(order, ("house",))
    return (own, False) if found is None else (found, True)


def _harmed(order: Order) -> Event:
    """A house is hit; it stands whole before."""
    state = "destroyed" if order.spec.kind == "structure_destroyed" else order.chosen.word("damage")
    whole, lands = _target(order)
    model = whole.model if isinstance(whole.model, House) else _house(order)
    after = without(whole, order.name("hit"), replace(model, damage=DAMAGE[state]))
    wide = max(model.length_m, model.width_m) * whole.scale
    dust = Patch(order.name("dust"), whole.x_m, whole.y_m, wide * (0.75 if state == "destroyed" else 0.7), "rubble",
                 0.6 if state == "destroyed" else 0.4, order.spec.seed)  # fmt: skip
    things: tuple[Placed, ...] = (after,)
    if state == "possible":
        aside = whole.outline_m[0] + 0.12 * (whole.outline_m[1] - whole.outline_m[0])
        chips = Rubble(2.5, 1.8, 0.5, seed=order.spec.seed)
        things += (Placed(order.name("rubble"), chips, float(aside[0]), float(aside[1]), whole.azimuth_rad),)
    gone = frozenset({whole.thing_id}) if lands else frozenset()
    sizes = Sizes(rise_m=after.model.height_m * whole.scale, damage=state)
    chapter = Chapter(
        order.spec.begins_utc_ns, Parts(things, (dust,), gone=gone), sizes=sizes, outline_m=whole.outline_m
    )
    return Chapters(order.identity, Parts() if lands else Parts((whole,)), (chapter,))


def _structure_gone(order: Order) -> Event:
    """A shed or house is taken away; bare earth is left."""
    found = None if order.chosen.yes("own_shed") else nearest(order, ("shed", "house"))
    whole = placed(order, "shed", Shed(seed=order.spec.seed)) if found is None else found
    radius = float(np.hypot(*np.ptp(whole.outline_m, axis=0))) / 2.4
    bare = Patch(order.name("bare"), whole.x_m, whole.y_m, radius, "worn", 0.9, order.spec.seed)
    gone = frozenset() if found is None else frozenset({whole.thing_id})
    chapter = Chapter(
        order.spec.begins_utc_ns, Parts(dug=(bare,), gone=gone), sizes=Sizes(rise_m=0.0), outline_m=whole.outline_m
    )
    return Chapters(order.identity, Parts((whole,)) if found is None else Parts(), (chapter,))


def _withdrawal(order: Order) -> Event:
    """A post is given up: first its tent and roof, a day later its sandbags; trodden earth is left."""
    begins = order.spec.begins_utc_ns
    size = order.chosen.number("size_m")
    patch = worn(order, "worn", 1.7 * size, 0.8)
    tent = placed(order, "tent", Tent(), -1.6 * size)
    crates = placed(order, "crates", Crates(8, order.spec.seed), -0.4 * size, 0.9 * size)
    whole = placed(order, "post", SandbagPost(size, 1.25, True, order.spec.seed))
    bare = without(whole, whole.thing_id, SandbagPost(size, 1.25, False, order.spec.seed))
    chapters = (
        Chapter(begins, Parts((bare,), (patch,)), sizes=Sizes(rise_m=1.25)),
        Chapter(begins + DAY_NS, Parts(dug=(patch,)), sizes=Sizes(rise_m=0.0), outline_m=whole.outline_m),
    )
    return Chapters(order.identity, Parts((whole, tent, crates), (patch,)), chapters)


OWN = "whether it brings one itself rather than take the nearest within 60 m"
OWN_HOUSE = {"own_house": Option(False, "", OWN)}
SIZE = {"size_m": Option(4.5, "m", "outer edge of the sandbags", 2.0, 15.0)}
STRUCTURE_KINDS: Mapping[str, KindFacts] = MappingProxyType(
    {
        "sandbag_post": kind_facts(
            "a post of sandbags", "structure", "violation", _sandbag_post,
            {**SIZE, "roof": Option(True, "", "whether a sheet covers its rear"), **LASTS},
        ),
        "tent": kind_facts(
            "one or more tents", "structure", "violation", _tent,
            {"count": Option(1.0, "", "how many", 1.0, 60.0),
             "length_m": Option(5.0, "m", "along the ridge", 1.5, 30.0),
             "width_m": Option(4.0, "m", "across the ridge", 1.2, 15.0), **LASTS},
        ),
        "tarpaulin": kind_facts(
            "a tarpaulin on poles over crates", "structure", "violation", _tarpaulin,
            {"length_m": Option(6.0, "m", "longer side", 1.5, 20.0),
             "width_m": Option(4.0, "m", "shorter side", 1.5, 15.0), **LASTS},
        ),
        "net": kind_facts(
            "a garnished net on poles", "structure", "violation", _net,
            {"length_m": Option(11.0, "m", "longer side", 3.0, 30.0),
             "width_m": Option(7.0, "m", "shorter side", 3.0, 20.0),
             "season": Option("green", "", "its colours", choices=("green", "sand", "snow")),
             "covers_truck": Option(True, "", "whether a truck stands under it"), **LASTS},
        ),
        "bunker": kind_facts(
            "a shelter under earth, built in three nights", "structure", "violation", _bunker,
            {"length_m": Option(8.0, "m", "of the mound", 3.0, 30.0),
             "width_m": Option(7.0, "m", "of the mound", 3.0, 30.0),
             "height_m": Option(2.2, "m", "of the mound", 1.0, 5.0)},
        ),
        "structure_built": kind_facts(
            "a house built in stages: foundation, walls, roof", "structure", "harmless", _structure_built,
            {**HOUSE, "days_per_stage": Option(1.0, "d", "from stage to stage", 1.0, 60.0)},
        ),
        "structure_damaged": kind_facts(
            "a house is hit", "structure", "violation", _harmed,
            {**HOUSE, "damage": Option("moderate", "", "UNOSAT class", choices=tuple(DAMAGE)),
             **OWN_HOUSE},
        ),
        "structure_destroyed": kind_facts(
            "a house is destroyed", "structure", "violation", _harmed,
            {**HOUSE, **OWN_HOUSE},
        ),
        "structure_gone": kind_facts(
            "a shed or house is cleared away", "structure", "harmless", _structure_gone,
            {"own_shed": Option(False, "", OWN)},
        ),
        "withdrawal": kind_facts("a post is dismantled in two steps", "structure", "compliance", _withdrawal, SIZE),
    }
)  # fmt: skip
