"""Placing what events build or park."""

from dataclasses import replace

import numpy as np

from pipeline.simulator.events.order import Order
from pipeline.simulator.events.patch import Patch
from pipeline.simulator.scene.mesh import Extent, Model, Placed
from pipeline.simulator.things.vehicle import Cargo, Vehicle, VehicleForm

SEARCH_M = 60.0
PAINTS: dict[str, tuple[float, float, float]] = {
    "white": (0.72, 0.72, 0.70),
    "silver": (0.42, 0.43, 0.44),
    "grey": (0.17, 0.175, 0.18),
    "black": (0.022, 0.022, 0.024),
    "blue": (0.035, 0.075, 0.22),
    "red": (0.36, 0.03, 0.025),
    "green": (0.04, 0.11, 0.05),
    "sand": (0.40, 0.33, 0.22),
    "olive": (0.085, 0.095, 0.05),
}
"""Linear reflectance of paints by name."""
CIVIL = ("white", "silver", "grey", "black", "blue", "red")
CIVIL_FORMS: tuple[VehicleForm, ...] = ("car", "car", "car", "van", "pickup", "truck", "car", "bus")
CARGOES: tuple[Cargo, ...] = ("box", "tarpaulin", "open", "tank")


def placed(
    order: Order, part: str, model: Model, ahead_m: float = 0.0, left_m: float = 0.0, turn: float = 0.0
) -> Placed:
    """A part of an event at a place relative to it."""
    x, y = order.offset(ahead_m, left_m)
    return Placed(order.name(part), model, x, y, order.spec.azimuth_rad + turn)


def worn(order: Order, part: str, radius_m: float, strength: float = 0.75) -> Patch:
    """Trodden earth around an event."""
    return Patch(order.name(part), *order.at_m, radius_m, "worn", strength, order.spec.seed)


def without(thing: Placed, thing_id: str, model: Model) -> Placed:
    """Another model where a thing stands, under an id of its own."""
    return replace(thing, thing_id=thing_id, model=model)


def nearest(order: Order, kinds: tuple[str, ...]) -> Placed | None:
    """The land's own thing of a kind that stands nearest to an event, within 60 m; None where there is none."""
    x, y = order.at_m
    extent = Extent(x - SEARCH_M, y - SEARCH_M, x + SEARCH_M, y + SEARCH_M)
    there = [thing for thing in order.land.things(extent, 1.0) if thing.model.kind.startswith(kinds)]
    near = [(float(np.hypot(thing.x_m - x, thing.y_m - y)), thing.thing_id, thing) for thing in there]
    near = [item for item in near if item[0] <= SEARCH_M]
    return min(near, key=lambda item: item[:2])[2] if near else None


def civil_vehicle(rng: np.random.Generator) -> Vehicle:
    """One of those that wait in a queue."""
    form = CIVIL_FORMS[int(rng.integers(len(CIVIL_FORMS)))]
    paint = PAINTS[CIVIL[int(rng.integers(len(CIVIL)))]]
    cargo: Cargo = CARGOES[int(rng.integers(len(CARGOES)))] if form == "truck" else "none"
    return Vehicle(form, paint, cargo, seed=int(rng.integers(4)))
