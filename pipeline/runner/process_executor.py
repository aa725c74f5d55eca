"""A process for every task: one that is killed, hangs or eats all memory takes nothing with it.

`concurrent.futures.ProcessPoolExecutor` loses every other task when one worker is killed; this executor has the same
interface and no pool. Workers are spawned, never forked: forked OpenCV and GDAL threads deadlock.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, ParamSpec, TypeVar

import cv2

from pipeline.errors import ConfigError, GeometryError, InputError, TrucewatchError

P = ParamSpec("P")
T = TypeVar("T")


class TaskDied(TrucewatchError):  # noqa: N818  it is what happened to the task
    """The process of a task ended without an answer: killed, out of memory, or out of time."""


class TaskFailed(TrucewatchError):  # noqa: N818  likewise
    """The task raised; the message is that of its exception.

    Attributes:
        refused: The input or its configuration is at fault, so that another try would fail alike.
        trace: Where it happened.
    """

    def __init__(self, message: str, refused: bool, trace: str) -> None:
        super().__init__(message)
        self.refused = refused
        self.trace = trace


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    future: "Future[Any]"
    call: Callable[[], Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Running:
    future: "Future[Any]"
    process: SpawnProcess
    answer: Connection
    timer: threading.Timer | None


@dataclass(frozen=True, slots=True)
class _Call:
    """A picklable call."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...]

    def __call__(self) -> Any:  # noqa: ANN401  whatever the function gives
        return self.function(*self.args, **dict(self.kwargs))


def _work(call: Callable[[], Any], answer: Connection, threads: int) -> None:
    """Run in the new process. An interrupt at the terminal is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(threads)
    try:
        answer.send((True, call()))
    except BaseException as error:  # noqa: BLE001  the parent decides what an error means
        refused = isinstance(error, InputError | ConfigError | GeometryError)
        answer.send((False, (str(error) or type(error).__name__, refused, traceback.format_exc())))
    finally:
        answer.close()


class ProcessPerTask(Executor):
    """Runs each submitted call in a fresh process, at most ``workers`` at once, which share the processors.

    Args:
        workers: Processes at a time.
        timeout_s: A task that runs longer is ended and fails with `TaskDied`; None for no limit.
    """

    def __init__(self, workers: int, timeout_s: float | None = None) -> None:
        self._workers = workers
        self._threads = max(1, default_workers() // workers)
        self._timeout_s = timeout_s
        self._context = multiprocessing.get_context("spawn")
        self._waiting: deque[_Waiting] = deque()
        self._running: list[_Running] = []
        self._lock = threading.Condition()
        self._closing = False
        self._wake_out, self._wake_in = self._context.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._serve, name="process-per-task", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Queue a call; function and arguments must be picklable."""
        future: Future[T] = Future()
        with self._lock:
            if self._closing:
                raise RuntimeError("the executor is shut down")
            self._waiting.append(_Waiting(future, _Call(fn, args, tuple(kwargs.items()))))
        self._wake_in.send(None)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with ``cancel_futures`` end those that run, too."""
        with self._lock:
            self._closing = True
            if cancel_futures:
                for waiting in self._waiting:
                    waiting.future.cancel()
                self._waiting.clear()
                for running in self._running:
                    running.process.terminate()
        self._wake_in.send(None)
        if wait:
            self._thread.join()

    def _serve(self) -> None:
        while True:
            with self._lock:
                self._start_waiting()
                if self._closing and not self._waiting and not self._running:
                    return
                by_pipe = {running.answer: running for running in self._running}
            for ready in wait([*by_pipe, self._wake_out]):
                if ready is self._wake_out:
                    self._wake_out.recv()
                elif isinstance(ready, Connection) and ready in by_pipe:
                    self._settle(by_pipe[ready])

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._workers:
            waiting = self._waiting.popleft()
            if not waiting.future.set_running_or_notify_cancel():
                continue
            receive, send = self._context.Pipe(duplex=False)
            process = self._context.Process(target=_work, args=(waiting.call, send, self._threads))
            try:
                process.start()
            except Exception as error:  # noqa: BLE001  unpicklable, or no memory: this task alone fails
                waiting.future.set_exception(error)
                continue
            finally:
                send.close()
            timer = None
            if self._timeout_s is not None:
                timer = threading.Timer(self._timeout_s, process.kill)
                timer.daemon = True
                timer.start()
            self._running.append(_Running(waiting.future, process, receive, timer))

    def _settle(self, running: _Running) -> None:
        try:
            good, value = running.answer.recv()
        except (EOFError, OSError):
            good, value = False, None
        running.process.join()
        late = running.timer is not None and not running.timer.is_alive()
        if running.timer is not None:
            running.timer.cancel()
        running.answer.close()
        if good:
            running.future.set_result(value)
        elif value is not None:
            running.future.set_exception(TaskFailed(*value))
        else:
            running.future.set_exception(TaskDied(_cause(running.process.exitcode, late, self._timeout_s)))
        with self._lock:
            self._running.remove(running)


def _cause(exitcode: int | None, late: bool, timeout_s: float | None) -> str:
    if late:
        return f"its process was ended after {timeout_s:.0f} s; is it hanging, or is the time limit too short?"
    if exitcode == -signal.SIGKILL:
        return "its process was killed; was the machine out of memory?"
    if exitcode is not None and exitcode < 0:
        return f"its process was ended by {signal.Signals(-exitcode).name}"
    return f"its process ended with code {exitcode} and no answer"


def default_workers() -> int:
    """One process for each processor that this process may use."""
    return max(1, len(os.sched_getaffinity(0)))
