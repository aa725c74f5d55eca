"""How a long run tells its caller how far it is."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Told of every stage and item; must be quick and must not raise."""

    def start(self, stage: str, total: int | None) -> None:
        """A stage begins; None: the number of items is not known."""
        ...

    def advance(self, stage: str, items: int = 1) -> None:
        """Items of a stage are done."""
        ...

    def finish(self, stage: str, text: str) -> None:
        """A stage ended, with a few words about its result."""
        ...


class Silent:
    """Tells nobody."""

    def start(self, stage: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, stage: str, items: int = 1) -> None:
        """Nothing."""

    def finish(self, stage: str, text: str) -> None:
        """Nothing."""


def counted(items: Iterable[T], stage: str, progress: Progress) -> Iterator[T]:
    """The same items; each is told once it was used."""
    for item in items:
        yield item
        progress.advance(stage)
