"""Work on several items at once, in threads: OpenCV, NumPy and the decoders let other threads run meanwhile."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """How many processors this process may keep busy: what OpenCV was told, so that one number holds for both."""
    return int(cv2.getNumThreads())


def in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """What `work` gives for each item, in the order of the items.

    Args:
        work: Called from several threads at once; with one thread from that one only, item after item.
        items: Taken from the caller's thread, as far ahead as there are threads and one more.
        threads: None, so that nothing is done ahead: 0.

    Raises:
        Exception: Whatever `work` or `items` raised, when its turn has come; nothing further is begun then.
    """
    if threads < 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        begun: deque[Future[Result]] = deque()
        for item in items:
            begun.append(pool.submit(work, item))
            if len(begun) > threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def read_ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """As `in_order`, from one thread of its own: for decoders, which go from frame to frame.

    Where one processor is all there is, nothing is done ahead.
    """
    return in_order(work, items, 1 if processors() > 1 else 0)


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """As `in_order`, from as many threads as there are processors."""
    return in_order(work, items, processors() if processors() > 1 else 0)


class Behind:
    """Calls that are made by a thread of its own, one after the other, while the caller goes on.

    Where one processor is all there is, they are made at once.
    """

    def __init__(self, backlog: int) -> None:
        """Let at most `backlog` calls wait: what they hold stays in memory."""
        self._backlog = backlog
        self._pool = ThreadPoolExecutor(1) if processors() > 1 else None
        self._begun: deque[Future[None]] = deque()

    def do(self, call: Callable[[], None]) -> None:
        """Have it made, when its turn comes.

        Raises:
            Exception: Whatever an earlier call raised.
        """
        if self._pool is None:
            call()
            return
        self._begun.append(self._pool.submit(call))
        while len(self._begun) > self._backlog:
            self._begun.popleft().result()

    def finish(self) -> None:
        """Wait for all; nothing may be asked afterwards.

        Raises:
            Exception: Whatever a call raised.
        """
        if self._pool is None:
            return
        try:
            while self._begun:
                self._begun.popleft().result()
        finally:
            self._pool.shutdown(cancel_futures=True)
