"""All cues of a file or track as columns."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Bool, Float, Int
from pipeline.sources.telemetry.cue_clock import NO_CLOCK
from pipeline.sources.telemetry.dji_fields import read_fields
from pipeline.sources.telemetry.srt_cues import NO_TIME, CueBlock

_Kind = TypeVar("_Kind", bound=np.generic)

MAX_CUES = 500_000
"""Two and a half hours at 50 cues a second; recorders begin a new file after some minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class CueTable:
    """Cues that say something, in order of the file.

    Attributes:
        start_ns, end_ns, number, clock_ns: ``(N,)`` as in `CueBlock` and `CueFields`.
        columns: ``(N,)`` each; fields that no cue gives are absent.
        clock_step_ns, place_step_deg: Finest steps.
        damaged: Cues without a time or without anything in them.
        untimed: No cue says when it is shown; times are the clock's, from the first.
        beyond: Not all cues were read: there are more than `MAX_CUES`.
    """

    start_ns: Int
    end_ns: Int
    number: Int
    clock_ns: Int
    columns: dict[str, Float]
    clock_step_ns: int
    place_step_deg: float
    damaged: int
    untimed: bool
    beyond: bool

    def column(self, *names: str) -> Float:
        """The first of some fields that a cue gives; NaN without."""
        column = np.full(len(self.start_ns), np.nan)
        for name in names:
            if name in self.columns:
                column = np.where(np.isnan(column), self.columns[name], column)
        return column

    def part(self, rows: slice) -> "CueTable":
        """Some successive cues."""
        return replace(
            self,
            start_ns=self.start_ns[rows],
            end_ns=self.end_ns[rows],
            number=self.number[rows],
            clock_ns=self.clock_ns[rows],
            columns={name: column[rows] for name, column in self.columns.items()},
        )


def gather(blocks: Iterable[CueBlock]) -> CueTable:
    """Read the fields of all blocks and keep the cues that can be used."""
    parts: list[tuple[CueBlock, dict[str, Float], Int]] = []
    count = said = 0
    step_ns, place_step = 10**9, 0.0
    beyond = False
    for block in blocks:
        fields = read_fields(block)
        told = fields.clock_ns != NO_CLOCK
        for column in fields.columns.values():
            told |= ~np.isnan(column)
        said += len(told)
        kept = _cut(block, told)
        parts.append((kept, {name: column[told] for name, column in fields.columns.items()}, fields.clock_ns[told]))
        step_ns = min(step_ns, fields.clock_step_ns)
        place_step = min(filter(None, (place_step, fields.place_step_deg)), default=0.0)
        count += len(kept.at)
        if count >= MAX_CUES:
            beyond = True
            break
    names = sorted({name for _, columns, _ in parts for name in columns})
    columns = {
        name: _joined([part.get(name, np.full(len(clock), np.nan)) for _, part, clock in parts], np.float64)
        for name in names
    }
    clock_ns = _joined([clock for _, _, clock in parts], np.int64)
    start_ns, end_ns, number = (
        _joined([getattr(block, name) for block, _, _ in parts], np.int64) for name in ("start_ns", "end_ns", "number")
    )
    timed = start_ns != NO_TIME
    untimed = not timed.any()
    if untimed:
        timed = clock_ns != NO_CLOCK
        first = int(clock_ns[timed][0]) if timed.any() else 0
        start_ns = np.where(timed, clock_ns - np.where(timed, first, 0), NO_TIME)
        end_ns = start_ns
    end_ns = np.maximum(end_ns, start_ns)
    keep = timed if not timed.all() else slice(None)
    return CueTable(
        start_ns[keep],
        end_ns[keep],
        number[keep],
        clock_ns[keep],
        {name: column[keep] for name, column in columns.items()},
        step_ns,
        place_step,
        said - int(np.count_nonzero(timed)),
        untimed,
        beyond,
    )


def _cut(block: CueBlock, told: Bool) -> CueBlock:
    """The block's numbers without its text."""
    return CueBlock("", block.at[told], block.number[told], block.start_ns[told], block.end_ns[told])


def _joined(parts: "list[NDArray[_Kind]]", kind: type[_Kind]) -> "NDArray[_Kind]":
    return np.concatenate(parts) if parts else np.zeros(0, kind)
