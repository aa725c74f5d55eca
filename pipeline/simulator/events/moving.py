"""Events that move: vehicles on roads, people and animals on land, smoke in the wind."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.events.telling import Identity, Parts, Sizes, around, not_yet, told
from pipeline.simulator.events.ways import STEP_S, Meander, Pace, Way
from pipeline.simulator.scene.event import Happening
from pipeline.simulator.scene.mesh import Placed, Puff
from pipeline.simulator.things.beings import STRIDE_PHASES, Animal, Person
from pipeline.simulator.things.solid import circle
from pipeline.simulator.things.vehicle import Vehicle

SECOND_NS = 10**9
SLOWEST_MPS = 0.05  # below, a body turns where it likes
PUFFS = 36


def _since(identity: Identity, t_s: float, lasts_s: float) -> int:
    """Its beginning, or its end once that is past."""
    return identity.begins_utc_ns + (0 if t_s <= lasts_s else round(lasts_s * SECOND_NS))


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """Vehicles one behind the other along a way.

    They are there from `begins` for `lasts_s`, and only while they are on the way, not on its prolonged ends.

    Attributes:
        identity: What stays the same.
        way: What they follow.
        pace: How the first moves; all others do the same, each behind the one before.
        place_m: Where the first is along the way when it passes.
        passes_s: When that is, after the beginning.
        lasts_s: How long they are there at most.
        vehicles: From the first to the last.
        gaps_m: Of each behind the first.
    """

    identity: Identity
    way: Way
    pace: Pace
    place_m: float
    passes_s: float
    lasts_s: float
    vehicles: tuple[Vehicle, ...]
    gaps_m: tuple[float, ...]

    @property
    def event_id(self) -> str:
        """Unique in its world."""
        return self.identity.event_id

    @property
    def kind(self) -> str:
        """As in the catalogue."""
        return self.identity.kind

    @property
    def begins_utc_ns(self) -> int:
        """Nothing of it is there before."""
        return self.identity.begins_utc_ns

    def at(self, t_utc_ns: int) -> Happening:
        """Those that are on the way now."""
        t_s = (t_utc_ns - self.begins_utc_ns) / SECOND_NS
        if t_s < 0:
            return not_yet(self.identity, Parts())
        here = [k for k in range(len(self.vehicles)) if self._on(k, t_s)] if t_s <= self.lasts_s else []
        movers = [self._placed(k, t_s) for k in here]
        parts = Parts(movers=tuple(movers))
        length = self.gaps_m[here[-1]] - self.gaps_m[here[0]] if here else None
        sizes = Sizes(count=len(movers), length_m=length)
        outline = around([mover.outline_m for mover in movers])
        return told(self.identity, bool(movers), 0, _since(self.identity, t_s, self.lasts_s), parts, outline, sizes)

    def _along(self, k: int, t_s: float) -> float:
        return self.place_m + self.pace.gone_m(t_s - self.passes_s) - self.gaps_m[k]

    def _on(self, k: int, t_s: float) -> bool:
        return 0 <= self._along(k, t_s) <= self.way.length_m

    def _placed(self, k: int, t_s: float) -> Placed:
        x, y, heading = self.way.at(self._along(k, t_s))
        xa, ya, _ = self.way.at(self._along(k, t_s - STEP_S))
        xb, yb, _ = self.way.at(self._along(k, t_s + STEP_S))
        speed = ((xb - xa) / (2 * STEP_S), (yb - ya) / (2 * STEP_S))
        return Placed(f"{self.event_id}-v{k + 1}", self.vehicles[k], x, y, heading, velocity_mps=speed, warm=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """People or animals that walk, or graze, each on a path of its own.

    Attributes:
        identity: What stays the same.
        bodies: One of each.
        paths: As many; their time 0 is the beginning.
        lasts_s: How long they are there.
    """

    identity: Identity
    bodies: tuple[Person | Animal, ...]
    paths: tuple[Meander, ...]
    lasts_s: float

    @property
    def event_id(self) -> str:
        """Unique in its world."""
        return self.identity.event_id

    @property
    def kind(self) -> str:
        """As in the catalogue."""
        return self.identity.kind

    @property
    def begins_utc_ns(self) -> int:
        """Nothing of it is there before."""
        return self.identity.begins_utc_ns

    def at(self, t_utc_ns: int) -> Happening:
        """Where each is, in its stride."""
        t_s = (t_utc_ns - self.begins_utc_ns) / SECOND_NS
        if t_s < 0:
            return not_yet(self.identity, Parts())
        there = t_s <= self.lasts_s
        movers = tuple(self._placed(k, t_s) for k in range(len(self.bodies))) if there else ()
        outline = around([mover.outline_m for mover in movers])
        sizes = Sizes(count=len(movers))
        since = _since(self.identity, t_s, self.lasts_s)
        return told(self.identity, there, 0, since, Parts(movers=movers), outline, sizes)

    def _placed(self, k: int, t_s: float) -> Placed:
        x, y, vx, vy = self.paths[k].at(t_s)
        body, speed = self.bodies[k], float(np.hypot(vx, vy))
        heading = float(np.arctan2(vy, vx)) if speed > SLOWEST_MPS else self.paths[k].azimuth_rad
        stride = body.height_m * 0.42
        phase = int(self.paths[k].speed_mps * max(t_s, 0) / stride + k) % STRIDE_PHASES if speed > 0.3 else -1
        if isinstance(body, Person):
            model: Person | Animal = Person(body.height_m, body.clothing_rgb, body.legs_rgb, phase, body.pack)
        else:
            model = Animal(body.form, body.rgb, body.grazing and phase < 0, phase)
        return Placed(f"{self.event_id}-b{k + 1}", model, x, y, heading, velocity_mps=(vx, vy), warm=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Plume:
    """Smoke from a place, drifting and widening with the wind.

    Attributes:
        identity: What stays the same.
        source_m: ``(x, y, z)``.
        source_radius_m: Of the fire.
        wind_mps: Speed.
        wind_to_rad: Where it blows to, counter-clockwise from east.
        rise_mps: At the source; it slows down.
        lasts_s: How long it smokes.
        depth: Optical depth of a fresh puff.
        colour: Linear.
        seed: How it billows.
    """

    identity: Identity
    source_m: tuple[float, float, float]
    source_radius_m: float
    wind_mps: float
    wind_to_rad: float
    rise_mps: float
    lasts_s: float
    depth: float
    colour: tuple[float, float, float]
    seed: int

    @property
    def event_id(self) -> str:
        """Unique in its world."""
        return self.identity.event_id

    @property
    def kind(self) -> str:
        """As in the catalogue."""
        return self.identity.kind

    @property
    def begins_utc_ns(self) -> int:
        """Nothing of it is there before."""
        return self.identity.begins_utc_ns

    def at(self, t_utc_ns: int) -> Happening:
        """All puffs that are still in the air: each was sent out at its own time and ages since."""
        t_s = (t_utc_ns - self.begins_utc_ns) / SECOND_NS
        if t_s < 0:
            return not_yet(self.identity, Parts())
        every = self._lives_s() / PUFFS
        first, last = int(np.ceil((t_s - self._lives_s()) / every)), int(np.floor(min(t_s, self.lasts_s) / every))
        numbers = range(max(0, first), last + 1)
        puffs = tuple(self._puff(k, t_s - k * every) for k in numbers)
        outline = around([circle(1.5 * p.sigma_m, 16, float(p.centre_m[0]), float(p.centre_m[1])) for p in puffs])
        length = float(np.hypot(*np.ptp(outline, axis=0))) if outline is not None else None
        since = _since(self.identity, t_s, self.lasts_s + self._lives_s())
        return told(self.identity, bool(puffs), 0, since, Parts(puffs=puffs), outline, Sizes(length_m=length))

    def _lives_s(self) -> float:
        """A puff thins out within 120 m of its source, or after a minute and a half in still air."""
        return 120.0 / max(self.wind_mps, 1.3)

    def _puff(self, number: int, age_s: float) -> Puff:
        rng = np.random.default_rng([self.seed, 937, number])
        aside, up, big, thick = rng.normal(size=4)
        share = age_s / self._lives_s()
        c, s = np.cos(self.wind_to_rad), np.sin(self.wind_to_rad)
        along = self.wind_mps * age_s * (0.75 + 0.25 * share)
        stray = aside * (0.35 * self.source_radius_m + 0.09 * along)
        high = self.rise_mps * 9.0 * (1 - np.exp(-age_s / 9.0)) * (1 + 0.15 * up) + 0.5 * self.source_radius_m
        sigma = (0.55 * self.source_radius_m + 0.06 * along + 0.16 * age_s**0.7) * (1 + 0.15 * np.clip(big, -2, 2))
        thin = (0.55 * self.source_radius_m / sigma) ** 0.8 * (1 - share) ** 0.7
        centre: Float = np.array(self.source_m) + np.array([along * c - stray * s, along * s + stray * c, high])
        depth = float(max(0.0, self.depth * thin * (1 + 0.3 * np.clip(thick, -2, 2))))
        return Puff(centre, float(sigma), depth, self.colour, float(25.0 * np.exp(-age_s / 6.0)))
