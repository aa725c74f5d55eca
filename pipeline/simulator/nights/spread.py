"""Frames rendered by several processes, handed back in their order."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from pipeline.errors import PublishError
from pipeline.simulator.nights.frame import FrameRenderer, SentFrame
from pipeline.simulator.nights.lands import OpenRasters
from pipeline.simulator.nights.night import Night, Sortie

MOST_FRAMES = 8
_CHUNK_BYTES = 64 * 1024 * 1024
_AHEAD = 2
"""Chunks that each process is asked for before the first is taken: its pipe holds it back, not its memory."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Frames of one sortie that one process renders one after the other."""

    sortie: Sortie
    begin: int
    end: int


def chunks_of(sortie: Sortie, begin: int, end: int) -> Iterator[Chunk]:
    """A sortie's frames in chunks that fit a pipe's memory."""
    wide, high = sortie.template.lens.size
    step = max(1, min(MOST_FRAMES, _CHUNK_BYTES // (3 * wide * high)))
    for first in range(begin, end, step):
        yield Chunk(sortie, first, min(first + step, end))


def rendered(
    night: Night, chunks: Iterable[Chunk], workers: int, rasters: OpenRasters | None = None
) -> Iterator[tuple[Chunk, list[SentFrame]]]:
    """Chunks with their frames, in their order, whoever renders them; frames without a link are missing.

    Args:
        night: The description; each process makes its own world from it.
        chunks: What to render.
        workers: Processes; with one, this process renders by itself.
        rasters: Reads the user's rasters.

    Raises:
        PublishError: A process died.
        TrucewatchError: A frame cannot be rendered.
    """
    if workers == 1:
        renderer = FrameRenderer(night, rasters)
        for chunk in chunks:
            yield chunk, _render(renderer, chunk)
        return
    crew = [_Renderer(night, rasters) for _ in range(workers)]
    try:
        yield from _in_turn(crew, iter(chunks))
    finally:
        for member in crew:
            member.stop()


def _in_turn(crew: "list[_Renderer]", chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, list[SentFrame]]]:
    """Chunk `i` goes to process `i` modulo their number, so that answers come back in turn."""
    waiting: deque[tuple[Chunk, _Renderer]] = deque()
    turn = 0
    while True:
        for chunk in islice(chunks, _AHEAD * len(crew) - len(waiting)):
            member = crew[turn % len(crew)]
            member.ask(chunk)
            waiting.append((chunk, member))
            turn += 1
        if not waiting:
            return
        chunk, member = waiting.popleft()
        yield chunk, member.answer()


class _Renderer:
    """A process that renders what it is asked for."""

    def __init__(self, night: Night, rasters: OpenRasters | None) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would share the ray tracer's threads and locks
        self._ours, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(night, rasters, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, chunk: Chunk) -> None:
        try:
            self._ours.send(chunk)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._died() from error

    def answer(self) -> list[SentFrame]:
        try:
            said: list[SentFrame] | Exception = self._ours.recv()
        except (EOFError, ConnectionResetError) as error:
            raise self._died() from error
        if isinstance(said, Exception):
            raise said
        return said

    def stop(self) -> None:
        self._ours.close()
        self._process.terminate()
        self._process.join()

    def _died(self) -> PublishError:
        self._process.join(5.0)
        code = self._process.exitcode
        return PublishError(
            f"a rendering process ended (code {code}); was it killed for want of memory? Finished sorties are kept: "
            "run the same command again, with fewer --workers"
        )


def _serve(night: Night, rasters: OpenRasters | None, line: Connection) -> None:
    """Render until nobody asks any more. Interrupts are the asking process's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    renderer = FrameRenderer(night, rasters)
    while True:
        try:
            chunk: Chunk = line.recv()
        except EOFError:
            return
        try:
            line.send(_render(renderer, chunk))
        except BrokenPipeError:
            return
        except Exception as error:  # noqa: BLE001  whoever asked raises it again
            line.send(error)


def _render(renderer: FrameRenderer, chunk: Chunk) -> list[SentFrame]:
    return [
        renderer.render(chunk.sortie, index).to_send(chunk.sortie)
        for index in range(chunk.begin, chunk.end)
        if renderer.flown(chunk.sortie).linked(index)
    ]
