"""Events that change the ground little by little: trenches, berms, craters, burns, farm work."""

from dataclasses import dataclass, replace

from pipeline.simulator.events.burn import BurnScar
from pipeline.simulator.events.clock import DAY_NS, HOUR_NS, Shift, age_days
from pipeline.simulator.events.crater import Crater
from pipeline.simulator.events.earthwork import Berm, Trench
from pipeline.simulator.events.field import Field
from pipeline.simulator.events.polyline import length_of, part_of
from pipeline.simulator.events.telling import Identity, Parts, Sizes, not_yet, told
from pipeline.simulator.scene.event import Happening
from pipeline.simulator.scene.mesh import Placed

SHORTEST_M = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """A trench or berm that gets longer each night, up to the length of its line.

    Attributes:
        identity: What stays the same.
        whole: The work as it will be; its line is what is dug in the end.
        start_m: Dug at once when it begins.
        metres_per_night: Dug in each night shift after that, hour by hour.
        shift: When.
    """

    identity: Identity
    whole: Trench | Berm
    start_m: float
    metres_per_night: float
    shift: Shift

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

    def length_m(self, t_utc_ns: int) -> float:
        """Dug by then."""
        if t_utc_ns < self.begins_utc_ns:
            return 0.0
        grown = self.start_m + self.metres_per_night * self.shift.worked(self.begins_utc_ns, t_utc_ns)
        return min(grown, length_of(self.whole.points_m))

    def at(self, t_utc_ns: int) -> Happening:
        """As long as it is by then; each night's part has its own age."""
        length = self.length_m(t_utc_ns)
        if length < SHORTEST_M:
            return not_yet(self.identity, Parts())
        points = part_of(self.whole.points_m, 0.0, length)
        if isinstance(self.whole, Trench):
            dug: Trench | Berm = replace(self.whole, points_m=points, sections=self._sections(length, t_utc_ns))
            sizes = Sizes(length_m=length, depth_m=self.whole.depth_m, rise_m=self.whole.heap_m[1])
        else:
            dug = replace(self.whole, points_m=points, age_days=age_days(self.begins_utc_ns, t_utc_ns))
            sizes = Sizes(length_m=length, rise_m=self.whole.height_m)
        nights = self._nights(length)
        return told(self.identity, True, nights, self._since(t_utc_ns, length), Parts(dug=(dug,)), dug.outline_m, sizes)

    def _nights(self, length_m: float) -> int:
        """Nights begun."""
        if self.metres_per_night <= 0 or length_m <= self.start_m:
            return 0
        return int(-(-(length_m - self.start_m - 1e-9) // self.metres_per_night))

    def _sections(self, length_m: float, t_utc_ns: int) -> tuple[tuple[float, float], ...]:
        sections = [(min(self.start_m, length_m), age_days(self.begins_utc_ns, t_utc_ns))] if self.start_m > 0 else []
        for night in range(self._nights(length_m)):
            until = min(self.start_m + (night + 1) * self.metres_per_night, length_m)
            sections.append((until, age_days(self.shift.ended_ns(self.begins_utc_ns, night), t_utc_ns)))
        return tuple(sections)

    def _since(self, t_utc_ns: int, length_m: float) -> int:
        """The full hour at which it reached its present length."""
        if length_m <= self.start_m or self.metres_per_night <= 0:
            return self.begins_utc_ns
        first = self.shift.first_ns(self.begins_utc_ns)
        low, high = 0, max(0, (t_utc_ns - first) // HOUR_NS)
        while low < high:
            middle = (low + high) // 2
            if self.length_m(first + middle * HOUR_NS) >= length_m - 1e-9:
                high = middle
            else:
                low = middle + 1
        return max(self.begins_utc_ns, first + low * HOUR_NS)


@dataclass(frozen=True, slots=True, eq=False)
class Filling:
    """A trench that was there and is filled in.

    Attributes:
        identity: What stays the same.
        open: The trench before.
    """

    identity: Identity
    open: Trench

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
        """The trench lies open before."""
        return self.identity.begins_utc_ns

    def at(self, t_utc_ns: int) -> Happening:
        """Open, then a band of raw soil that dries."""
        if t_utc_ns < self.begins_utc_ns:
            return not_yet(self.identity, Parts(dug=(self.open,)))
        age = age_days(self.begins_utc_ns, t_utc_ns)
        closed = replace(self.open, filled=True, sections=((self.open.length_m, age),))
        sizes = Sizes(length_m=self.open.length_m, depth_m=0.0)
        return told(self.identity, True, 1, self.begins_utc_ns, Parts(dug=(closed,)), closed.outline_m, sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A crater or a burn: there at once, fading with the days.

    Attributes:
        identity: What stays the same.
        fresh: As it is when it begins.
        sizes: What is measured.
    """

    identity: Identity
    fresh: Crater | BurnScar
    sizes: Sizes

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
        """With its age."""
        if t_utc_ns < self.begins_utc_ns:
            return not_yet(self.identity, Parts())
        days = age_days(self.begins_utc_ns, t_utc_ns)
        aged = replace(self.fresh, age_days=days)
        return told(self.identity, True, 0, self.begins_utc_ns, Parts(dug=(aged,)), aged.outline_m, self.sizes)


@dataclass(frozen=True, slots=True, eq=False)
class FarmWork:
    """A field worked by day, hour by hour; its machine stands there in working hours.

    Attributes:
        identity: What stays the same.
        field: As it will be when all is done.
        hectares_per_day: Speed of the work.
        shift: Working hours.
        machine: Stands at the head of the worked strip while work goes on; None: none is seen.
    """

    identity: Identity
    field: Field
    hectares_per_day: float
    shift: Shift
    machine: Placed | None

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
        """What is worked by then."""
        done = self._done_m(t_utc_ns)
        if done < SHORTEST_M:
            return not_yet(self.identity, Parts())
        whole = done >= self.field.done_m - 1e-9
        worked = replace(self.field, done_m=done, age_days=age_days(self.begins_utc_ns, t_utc_ns))
        at_work = self._at_work(t_utc_ns) and not whole and self.machine is not None
        placed: tuple[Placed, ...] = ()
        if at_work and self.machine is not None:
            corner = worked.outline_m[2]
            placed = (replace(self.machine, x_m=float(corner[0]), y_m=float(corner[1])),)
        since = self.shift.first_ns(self.begins_utc_ns)
        sizes = Sizes(length_m=self.field.length_m)
        return told(
            self.identity,
            True,
            1 if whole else 0,
            max(since, self.begins_utc_ns),
            Parts(placed=placed, dug=(worked,)),
            worked.outline_m,
            sizes,
        )

    def _done_m(self, t_utc_ns: int) -> float:
        per_day = 10_000 * self.hectares_per_day / self.field.length_m
        return min(self.field.done_m, per_day * self.shift.worked(self.begins_utc_ns, t_utc_ns))

    def _at_work(self, t_utc_ns: int) -> bool:
        into = (t_utc_ns - self.shift.first_ns(self.begins_utc_ns)) % DAY_NS
        return t_utc_ns >= self.begins_utc_ns and into < self.shift.hours * HOUR_NS
