"""The sorties of a description, one by one as they are asked for."""

import bisect
import difflib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import overload

from pipeline.errors import ConfigError
from pipeline.simulator.nights.clock import SECOND_NS
from pipeline.simulator.nights.night import Night, NightDate, Sortie, SortieTemplate


class Sorties(Sequence[Sortie]):
    """All sorties of a night's description, template by template and night by night; made when they are looked at."""

    def __init__(self, night: Night) -> None:
        self._night = night
        sizes = [template.a_night * len(template.nights) for template in night.templates]
        self._ends = list(accumulate(sizes))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> Sortie: ...

    @overload
    def __getitem__(self, index: slice) -> list[Sortie]: ...

    def __getitem__(self, index: int | slice) -> Sortie | list[Sortie]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        which = bisect.bisect_right(self._ends, at)
        template = self._night.templates[which]
        within = at - (self._ends[which - 1] if which else 0)
        night, number = divmod(within, template.a_night)
        return self._make(template, self._night.nights[template.nights[night]], number)

    def __iter__(self) -> Iterator[Sortie]:
        return (self[at] for at in range(len(self)))

    def named(self, sortie_id: str) -> Sortie:
        """The sortie of an id.

        Raises:
            ConfigError: There is none; names the likely one.
        """
        for template in self._night.templates:
            if sortie_id == template.name or sortie_id.startswith(f"{template.name}_"):
                for night in template.nights:
                    for number in range(template.a_night):
                        if _id(template, self._night.nights[night], number) == sortie_id:
                            return self._make(template, self._night.nights[night], number)
        near = difflib.get_close_matches(sortie_id, [sortie.sortie_id for sortie in self], n=1, cutoff=0.4)
        hint = f"did you mean '{near[0]}'?" if near else "see --dry-run for their names"
        raise ConfigError(f"there is no sortie '{sortie_id}' among the {len(self)} described; {hint}")

    def _make(self, template: SortieTemplate, date: NightDate, number: int) -> Sortie:
        sortie_id = _id(template, date, number)
        turn, cell = divmod(number, template.a_night // template.repeat)
        since_noon = template.start_s + turn * template.every_s + cell * template.stagger_s
        start = self._night.noon_ns(date) + round(since_noon * SECOND_NS)
        seed = self._night.seed_for("sortie", sortie_id)
        return Sortie(sortie_id, date, start, template.where, _shift(template, cell), template, seed)


def _id(template: SortieTemplate, date: NightDate, number: int) -> str:
    """A template flown once gives its name; else the night and a number follow."""
    words = [template.name]
    if len(template.nights) > 1:
        words.append(date.night_id)
    if template.a_night > 1:
        words.append(f"{number + 1:03d}")
    return "_".join(words)


def _shift(template: SortieTemplate, cell: int) -> tuple[float, float]:
    if template.grid is None:
        return 0.0, 0.0
    row, column = divmod(cell, template.grid.columns)
    east, north = template.grid.spacing_m
    return (column - (template.grid.columns - 1) / 2) * east, (row - (template.grid.rows - 1) / 2) * north
