"""Marks that know stills by their numbers only, given the stills' names."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from pipeline.records.samples import ReadingFault, TelemetrySamples

_NUMBER = re.compile(r"_\d{4,7}", re.ASCII)
_STEM = re.compile(r"(_\d{4,7})(_[A-Z]{1,3})?$", re.ASCII | re.IGNORECASE)


def named_by_number(samples: TelemetrySamples, items: Sequence[str]) -> tuple[TelemetrySamples, ...]:
    """Give marks such as ``_0001`` the names of the stills whose stems end in it.

    Recorders begin again at 1 in every folder: stills of the marks' own folder count, or those of the only folder that
    has any. A drone of several sensors takes several stills at one mark (``_0001_W``, ``_0001_T``): each kind of
    still gets a copy of the marks.

    Args:
        samples: Telemetry of any format.
        items: All stills, by their paths within the sortie's folder.

    Returns:
        The samples as they are when their names are no such numbers or no still has one.
    """
    if not samples.frame_names or not all(_NUMBER.fullmatch(name) for name in samples.frame_names):
        return (samples,)
    leaves = Counter(PurePosixPath(item).name.casefold() for item in items)
    by_folder: dict[str, dict[str, dict[str, list[str]]]] = {}
    for item in items:
        path = PurePosixPath(item)
        found = _STEM.search(path.stem)
        if found is not None:
            kinds = by_folder.setdefault(path.parent.as_posix(), {})
            kinds.setdefault((found[2] or "").upper(), {}).setdefault(found[1], []).append(
                path.name if leaves[path.name.casefold()] == 1 else item
            )
    own = by_folder.get(PurePosixPath(samples.item).parent.as_posix())
    if own is None and len(by_folder) == 1:
        own = next(iter(by_folder.values()))
    if not own:
        return (samples,)
    copies = []
    for kind, numbers in sorted(own.items()):
        names = tuple(_only(numbers.get(name, [])) for name in samples.frame_names)
        if any(names):
            twice = sum(len(numbers.get(name, [])) > 1 for name in samples.frame_names)
            fault = ReadingFault("number_twice", twice, "marks whose number several stills of the folder have")
            copies.append(
                replace(
                    samples,
                    frame_names=names,
                    stream=kind.strip("_"),
                    faults=(*samples.faults, fault) if twice else samples.faults,
                )
            )
    return tuple(copies) or (samples,)


def _only(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ""
