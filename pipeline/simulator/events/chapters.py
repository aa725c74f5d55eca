"""Events that are one thing for a while, then another."""

from dataclasses import dataclass, field

from pipeline.records.arrays import Float
from pipeline.simulator.events.telling import Identity, Parts, Sizes, around, not_yet, told
from pipeline.simulator.scene.event import Happening


@dataclass(frozen=True, slots=True, eq=False)
class Chapter:
    """How an event is from a time on.

    Attributes:
        from_utc_ns: When it begins.
        parts: What stands, and what is gone.
        there: Whether anything of the event is there. Of an event that takes something away, the empty place is.
        sizes: What is measured.
        outline_m: Of the event; None: the hull of what stands, without worn earth and tracks.
    """

    from_utc_ns: int
    parts: Parts
    there: bool = True
    sizes: Sizes = field(default_factory=Sizes)
    outline_m: Float | None = None

    def outline(self) -> Float | None:
        """As stated, or around what stands; around what is dug where nothing stands."""
        if self.outline_m is not None:
            return self.outline_m
        things = self.parts.placed or self.parts.dug
        return around([thing.outline_m for thing in things])


@dataclass(frozen=True, slots=True, eq=False)
class Chapters:
    """An event told in chapters.

    Attributes:
        identity: What stays the same.
        before: What stands there before it begins, without being its doing (a house that will be hit).
        chapters: In order of time; the first begins with the event, or before it where the old place counts too.
    """

    identity: Identity
    before: Parts
    chapters: tuple[Chapter, ...]

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
        """When it happens."""
        return self.identity.begins_utc_ns

    def at(self, t_utc_ns: int) -> Happening:
        """The chapter of a time."""
        begun = [k for k, chapter in enumerate(self.chapters) if chapter.from_utc_ns <= t_utc_ns]
        if not begun:
            return not_yet(self.identity, self.before)
        chapter = self.chapters[begun[-1]]
        return told(
            self.identity,
            chapter.there,
            begun[-1],
            chapter.from_utc_ns,
            chapter.parts,
            chapter.outline(),
            chapter.sizes,
        )
