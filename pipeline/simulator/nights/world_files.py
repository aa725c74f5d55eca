"""What lies beside simulated flights: elevation model, line, agreement, and the log of what happened."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pipeline.errors import PublishError
from pipeline.records.arrays import Float
from pipeline.simulator.nights.clock import DAY_NS
from pipeline.simulator.nights.extent import flown_extent
from pipeline.simulator.nights.night import Night, NightDate, Sortie
from pipeline.simulator.nights.sorties import Sorties
from pipeline.simulator.nights.world import World
from pipeline.simulator.scene.event import EventTruth
from pipeline.simulator.truth.event_log import event_state, night_rows
from pipeline.simulator.truth.geoparquet import write_table
from pipeline.simulator.truth.reader import NIGHTS, WORLD
from pipeline.simulator.truth.records import EventState
from pipeline.simulator.truth.schemas import NIGHT_EVENTS
from pipeline.simulator.truth.writer import write_json
from pipeline.simulator.writers.agreement import Notified, write_agreement, write_line
from pipeline.simulator.writers.ground import write_terrain

MARGIN_M = 120.0
LARGEST_CELLS = 25e6
"""Of the elevation model: beyond, its cells grow."""
_CELLS_M = (1.0, 2.0, 5.0, 10.0, 30.0)
_LOOKS_A_NIGHT = 24
"""Times of a night at which its log looks for what comes and goes."""


def write_world(out: Path, world: World) -> None:
    """All files beside the sorties; each appears whole."""
    (out / "truth").mkdir(parents=True, exist_ok=True)
    night = world.night
    first = Sorties(night)[0]
    extent = flown_extent(world, MARGIN_M)
    area = (extent.east_m - extent.west_m) * (extent.north_m - extent.south_m)
    cell = next((size for size in _CELLS_M if area / size**2 <= LARGEST_CELLS), _CELLS_M[-1])
    aside = out / ".terrain.tif"
    try:
        write_terrain(aside, world.land(first), world.site, extent, night.seed_for("survey"), cell_m=cell)
        aside.replace(out / "terrain.tif")
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise PublishError(
            f"{out / 'terrain.tif'} cannot be written ({error}); is the disk full, or the size of files limited "
            "(ulimit -f)? Free some and run the same command again"
        ) from error
    notified = _notified(world)
    if night.line.line_file:
        shutil.copyfile(night.line.line_file, out / "line.geojson")
    else:
        write_line(out / "line.geojson", world.site, line_of(world), night.line.reach_m, notified)
    if night.line.agreement_file:
        shutil.copyfile(night.line.agreement_file, out / "agreement.toml")
    else:
        offset = night.place.utc_offset_h
        write_agreement(out / "agreement.toml", "line.geojson", utc_offset_h=offset, notified=notified)
    write_table(out / "truth" / NIGHTS, NIGHT_EVENTS, night_rows(dict(_nights(world)), world.site))


def is_written(out: Path, key: str) -> bool:
    """Whether the files beside the sorties lie there, made from the same."""
    try:
        known = json.loads((out / "truth" / WORLD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    beside = (out / name for name in ("terrain.tif", "line.geojson", "agreement.toml"))
    return known.get("key") == key and all(path.is_file() for path in beside)


def write_world_json(out: Path, world: World, key: str) -> None:
    """The frame of all metres, and what the files beside the sorties were made from; written last."""
    night = world.night
    facts = {
        "schema": "trucewatch-truth/1",
        "name": night.name,
        "seed": night.seed,
        "place": [night.place.lon_deg, night.place.lat_deg],
        "utc_offset_h": night.place.utc_offset_h,
        "site": asdict(world.site),
        "biome": night.world.biome,
        "nights": [date.night_id for date in night.nights],
        "key": key,
    }
    write_json(out / "truth" / WORLD, facts)


def line_of(world: World) -> Float:
    """``(N, 2)`` the line in site metres; winds from south to north through the world's middle unless described."""
    night = world.night
    if night.line.points_m:
        return np.array(night.line.points_m, np.float64) + world.centre_m
    y = np.linspace(-1.6, 1.6, 17) * max(night.line.reach_m, 300.0)
    return np.column_stack([5.0 * np.sin(y / 40.0 + 0.6) + 0.06 * y, y]) + world.centre_m


def _nights(world: World) -> Iterator[tuple[str, list[EventState]]]:
    for date, first, looks in _looks(world.night):
        yield date.night_id, _states(world, first, looks)


def _states(world: World, first: Sortie, looks: list[int]) -> list[EventState]:
    """Each event when it was last there, else as it is in the last of the night's sorties that are looked at."""
    latest: dict[str, EventTruth] = {}
    times: dict[str, int] = {}
    for t_ns in looks:
        for happening in world.happenings(first, t_ns):
            truth = happening.truth
            if truth.there or truth.event_id not in latest or not latest[truth.event_id].there:
                latest[truth.event_id], times[truth.event_id] = truth, t_ns
    return [event_state(latest[event_id], times[event_id], world.site) for event_id in sorted(latest)]


def _looks(night: Night) -> Iterator[tuple[NightDate, Sortie, list[int]]]:
    """Nights in which somebody flies, their first sortie, and the middles of some of their sorties."""
    flown: dict[str, list[Sortie]] = {}
    for sortie in Sorties(night):
        flown.setdefault(sortie.night.night_id, []).append(sortie)
    for date in night.nights:
        tonight = flown.get(date.night_id, [])
        if tonight:
            middles = sorted({middle_ns(sortie) for sortie in tonight})
            picks = np.linspace(0, len(middles) - 1, min(_LOOKS_A_NIGHT, len(middles))).round().astype(int)
            yield date, tonight[0], [middles[at] for at in picks]


def middle_ns(sortie: Sortie) -> int:
    """About the middle of a sortie, UTC: when its events are said to be as its truth says."""
    return sortie.start_utc_ns + round(sortie.frames * sortie.template.interval_s / 2 * 1e9)


def _notified(world: World) -> tuple[Notified, ...]:
    """What the agreement's notifications name: every notified event's ground, for the nights in which it is there."""
    found: dict[str, tuple[EventTruth, int, int]] = {}
    for date, first, looks in _looks(world.night):
        noon = world.night.noon_ns(date)
        announced = [event for event in world.events(first) if event.at(event.begins_utc_ns).truth.notification_id]
        for event in announced:
            for truth in (event.at(t_ns).truth for t_ns in looks):
                if truth.notification_id and truth.there and truth.outline_m is not None:
                    begin = found[truth.notification_id][1] if truth.notification_id in found else noon
                    found[truth.notification_id] = (truth, begin, noon + DAY_NS)
    return tuple(
        Notified(name, _around(truth), begin, end, truth.count) for name, (truth, begin, end) in sorted(found.items())
    )


def _around(truth: EventTruth) -> Float:
    """The box about an event, with 25 m to spare on each side."""
    outline = np.asarray(truth.outline_m)
    (west, south), (east, north) = outline.min(axis=0) - 25.0, outline.max(axis=0) + 25.0
    return np.array([[west, south], [east, south], [east, north], [west, north]])
