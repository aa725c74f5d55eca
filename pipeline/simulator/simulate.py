"""Whole nights of simulated flights: from a description to folders, frame by frame."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.simulator.nights.flown import fly
from pipeline.simulator.nights.lands import OpenRasters
from pipeline.simulator.nights.made_from import made_world, sortie_key, world_key
from pipeline.simulator.nights.night import Night, Sortie
from pipeline.simulator.nights.sortie_files import ASIDE, SortieFiles, is_made
from pipeline.simulator.nights.sorties import Sorties
from pipeline.simulator.nights.spread import Chunk, chunks_of, rendered
from pipeline.simulator.nights.world import World
from pipeline.simulator.nights.world_files import is_written, write_world, write_world_json

Progress = Callable[[str, int, int], None]
"""Called with a sortie's id, its frames done and its frames in all."""


@dataclass(frozen=True, slots=True)
class Task:
    """A sortie that is asked for.

    Attributes:
        sortie: Which.
        begin, end: First and one past the last frame.
        key: Hash of what it is made from.
        made: Whether it lies there already.
    """

    sortie: Sortie
    begin: int
    end: int
    key: str
    made: bool

    @property
    def frames(self) -> int:
        """How many."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of a simulation.

    Attributes:
        made: Sorties that were rendered.
        kept: Sorties that lay there already, made from the same.
        frames: That were rendered.
    """

    made: tuple[str, ...]
    kept: tuple[str, ...]
    frames: int


def simulate(
    out: Path,
    night: Night,
    *,
    only: Sequence[str] = (),
    frames: tuple[int, int] | None = None,
    workers: int = 1,
    rasters: OpenRasters | None = None,
    progress: Progress | None = None,
) -> Simulated:
    """Render the sorties of a description into ``out/flights`` and their truth into ``out/truth``.

    Beside them: ``terrain.tif``, ``line.geojson``, ``agreement.toml``. A sortie's folders appear whole, its truth's
    manifest last; what lies there already, made from the same, is passed over. The same bytes come from any number
    of workers.

    Args:
        out: Folder; made where it is missing.
        night: What to simulate.
        only: Ids of sorties; none: all of them.
        frames: First and one past the last frame of each sortie; None: all.
        workers: Processes that render.
        rasters: Reads the user's elevation model and orthophoto, where the description names any.
        progress: Told after each frame.

    Raises:
        ConfigError: No such sortie, or one cannot be flown as described.
        GeometryError: A camera is below the ground.
        PublishError: A rendering process died.
    """
    require_tracer()
    tasks = plan(out, night, only=only, frames=frames)
    todo = [task for task in tasks if not task.made]
    world = World(night, rasters)
    if not is_written(out, world_key(night)):
        write_world(out, world)
        write_world_json(out, world, world_key(night))
    count = 0
    try:
        with closing(_make(out, world, todo, workers, rasters)) as frames_made:
            for task, number in frames_made:
                count += 1
                if progress:
                    progress(task.sortie.sortie_id, number, task.frames)
    finally:
        with suppress(OSError):
            (out / ASIDE).rmdir()
    kept = tuple(task.sortie.sortie_id for task in tasks if task.made)
    return Simulated(tuple(task.sortie.sortie_id for task in todo), kept, count)


def plan(
    out: Path, night: Night, *, only: Sequence[str] = (), frames: tuple[int, int] | None = None
) -> tuple[Task, ...]:
    """What `simulate` would do with the same arguments. Renders nothing.

    Raises:
        ConfigError: No such sortie, or no frame in the range.
    """
    every = Sorties(night)
    chosen = [every.named(name) for name in dict.fromkeys(only)] if only else every
    made = made_world(night)
    return tuple(_task(out, night, made, sortie, frames) for sortie in chosen)


def rehearse(night: Night, rasters: OpenRasters | None = None) -> None:
    """Make every event and fly one sortie of each template, without rendering: what a run would stumble over.

    Raises:
        ConfigError: An event cannot be made, or a plan cannot be flown or ends before its last frame.
        InputError: The user's rasters cannot be read.
    """
    world, sorties, first = World(night, rasters), Sorties(night), 0
    for template in night.templates:
        world.events(sorties[first])
        fly(world, sorties[first])
        first += template.a_night * len(template.nights)


def _task(out: Path, night: Night, made: str, sortie: Sortie, frames: tuple[int, int] | None) -> Task:
    begin, end = (0, sortie.frames) if frames is None else (frames[0], min(frames[1], sortie.frames))
    if not 0 <= begin < end:
        asked = frames or (begin, end)
        raise ConfigError(
            f"sortie {sortie.sortie_id} has frames 0 to {sortie.frames - 1}; none of them lies in {asked[0]}:{asked[1]}"
        )
    key = sortie_key(made, night, sortie, begin, end)
    return Task(sortie, begin, end, key, is_made(out, night, sortie, key))


def _make(
    out: Path, world: World, todo: list[Task], workers: int, rasters: OpenRasters | None
) -> Generator[tuple[Task, int], None, None]:
    """Render and write; yields after each frame that was asked for, whether the link let it through or not."""
    by_id = {task.sortie.sortie_id: task for task in todo}
    chunks = (chunk for task in todo for chunk in chunks_of(task.sortie, task.begin, task.end))
    files: SortieFiles | None = None
    try:
        for chunk, sent in rendered(world.night, chunks, workers, rasters):
            task = by_id[chunk.sortie.sortie_id]
            if files is None:
                files = SortieFiles(out, world, fly(world, task.sortie), task.key, (task.begin, task.end))
            for frame in sent:
                files.add(frame)
            yield from _told(task, chunk)
            if chunk.end == task.end:
                files.finish()
                files = None
    except BaseException:
        if files is not None:
            files.abandon()
        raise


def _told(task: Task, chunk: Chunk) -> Iterator[tuple[Task, int]]:
    return ((task, index + 1 - task.begin) for index in range(chunk.begin, chunk.end))


def require_tracer() -> None:
    """Refuse to begin without the ray tracer.

    Raises:
        ConfigError: The extra is not installed.
    """
    if find_spec("embreex") is None:
        raise ConfigError("rendering needs the ray tracer Embree; install it with: pip install 'trucewatch[simulator]'")
