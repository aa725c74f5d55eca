"""What ``inspect`` says about the pictures of stills, before any is decoded in full."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records.triage import FLAW_WORDS, Flaw, StillVerdict

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class FlawFound:
    """A flaw, with some of the pictures that have it."""

    code: str
    count: int
    reason: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """The stills of a folder as their previews show them.

    Attributes:
        judged: Stills that were judged.
        by_preview: Of these, by the preview in the file; the others by the picture itself, decoded reduced.
        flaws: What is wrong with them.
        preview_faults: Why previews in the files were not used.
        not_judged: Why some stills were not judged.
    """

    judged: int
    by_preview: int
    flaws: tuple[FlawFound, ...]
    preview_faults: tuple[FlawFound, ...]
    not_judged: tuple[FlawFound, ...]


def pictures_of(verdicts: Sequence[StillVerdict]) -> Pictures:
    """Count."""
    judged = [verdict for verdict in verdicts if verdict.judged]
    flaws = [(flaw, [one.frame_id for one in judged if flaw in one.flaws]) for flaw in Flaw]
    return Pictures(
        judged=len(judged),
        by_preview=sum(verdict.embedded for verdict in judged),
        flaws=tuple(
            FlawFound(flaw.value, len(ids), FLAW_WORDS[flaw], tuple(ids[:EXAMPLES])) for flaw, ids in flaws if ids
        ),
        preview_faults=_faults("preview_unusable", [verdict for verdict in judged if verdict.fault]),
        not_judged=_faults("not_judged", [verdict for verdict in verdicts if not verdict.judged]),
    )


def picture_lines(pictures: Pictures) -> list[str]:
    """For the screen; nothing where there are no stills."""
    if not pictures.judged and not pictures.not_judged:
        return []
    good = "no flaw found" if not pictures.flaws else "flaws:"
    lines = [
        "",
        f"pictures   {pictures.judged} stills judged before decoding, {pictures.by_preview} by their previews: {good}",
    ]
    for found in (*pictures.flaws, *pictures.preview_faults, *pictures.not_judged):
        more = ", …" if found.count > len(found.examples) else ""
        lines += [f"  {found.count:5d} {found.code}: {', '.join(found.examples)}{more}", f"        {found.reason}"]
    return lines


def _faults(code: str, verdicts: Sequence[StillVerdict]) -> tuple[FlawFound, ...]:
    """One entry: the first reason stands for all."""
    if not verdicts:
        return ()
    examples = tuple(verdict.frame_id for verdict in verdicts[:EXAMPLES])
    return (FlawFound(code, len(verdicts), verdicts[0].fault, examples),)
