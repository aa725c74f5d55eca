"""One sortie's folders, written aside and put in place when they are whole."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.simulator.nights.flown import FlownSortie, facts_of
from pipeline.simulator.nights.frame import SentFrame
from pipeline.simulator.nights.land_things import land_rows
from pipeline.simulator.nights.night import Night, Sortie
from pipeline.simulator.nights.world import World
from pipeline.simulator.nights.world_files import middle_ns
from pipeline.simulator.truth.event_log import event_state
from pipeline.simulator.truth.reader import MANIFEST
from pipeline.simulator.truth.writer import SortieTruth
from pipeline.simulator.writers import open_writer
from pipeline.simulator.writers.folder_faults import spoil_folder
from pipeline.simulator.writers.stated_facts import write_sortie_toml

LAND_DETAIL_M = 0.0
"""Nothing of the land is left out when what was seen is looked up."""
TAGGED = ("dji_stills", "thermal_stills")
"""Formats whose frames state their camera; beside the others lies a ``sortie.toml`` that does."""
ASIDE = ".making"
"""Folder under OUT in which a sortie grows."""


def flight_folder(night: Night, sortie: Sortie) -> Path:
    """Of a sortie's frames and telemetry, relative to OUT."""
    if night.folders == "flat":
        return Path("flights") / sortie.sortie_id
    return Path("flights") / sortie.night.night_id / sortie.sortie_id


def is_made(out: Path, night: Night, sortie: Sortie, key: str) -> bool:
    """Whether the sortie lies there, made from the same."""
    try:
        manifest = json.loads((out / "truth" / sortie.sortie_id / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return manifest.get("key") == key and (out / flight_folder(night, sortie)).is_dir()


class SortieFiles:
    """A sortie while its frames come in.

    Args:
        out: Folder of all flights.
        world: What it flies over.
        flown: The sortie.
        key: Hash of what it is made from.
        frames: First and one past the last frame.
    """

    def __init__(self, out: Path, world: World, flown: FlownSortie, key: str, frames: tuple[int, int]) -> None:
        self._out, self._world, self._flown = out, world, flown
        self._key, self._frames = key, frames
        self._aside = out / ASIDE / flown.sortie.sortie_id
        shutil.rmtree(self._aside, ignore_errors=True)
        (self._aside / "flight").mkdir(parents=True)
        template = flown.sortie.template
        self._writer = open_writer(template.format, self._aside / "flight", facts_of(world, flown), template.written)
        self._truth = SortieTruth(self._aside / "truth")

    def add(self, frame: SentFrame) -> None:
        """Append a frame."""
        self._writer.add(frame.exposed)
        self._truth.add(self._writer.frame_id(frame.exposed.index), frame.truth)

    def finish(self) -> None:
        """Close all files and put the folders in place: the flight first, its truth with the manifest last."""
        sortie, night = self._flown.sortie, self._world.night
        self._writer.close()
        facts = facts_of(self._world, self._flown)
        if sortie.template.format not in TAGGED or facts.lens.kind == "fisheye":
            write_sortie_toml(self._aside / "flight", facts)
        spoiled = spoil_folder(self._aside / "flight", sortie.template.folder_faults, sortie.seed)
        faults = {
            "telemetry": [asdict(record) for record in self._flown.fault_records()],
            "files": [asdict(record) for record in spoiled],
        }
        at_ns = middle_ns(sortie)
        states = [event_state(h.truth, at_ns, self._world.site) for h in self._world.happenings(sortie, at_ns)]
        rows = land_rows(self._world.land(sortie), self._truth.land_glimpses, self._world.site, LAND_DETAIL_M)
        self._truth.close(rows, states, faults, self._manifest())
        _put(self._aside / "flight", self._out / flight_folder(night, sortie))
        _put(self._aside / "truth", self._out / "truth" / sortie.sortie_id)
        shutil.rmtree(self._aside)

    def abandon(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._aside, ignore_errors=True)

    def _manifest(self) -> dict[str, Any]:
        sortie, night = self._flown.sortie, self._world.night
        return {
            "schema": "trucewatch-simulated-sortie/1",
            "sortie_id": sortie.sortie_id,
            "night_id": sortie.night.night_id,
            "flight": flight_folder(night, sortie).as_posix(),
            "format": sortie.template.format,
            "frames": list(self._frames),
            "start_utc_ns": sortie.start_utc_ns,
            "interval_s": sortie.template.interval_s,
            "season": night.season_of(sortie.night),
            "weather": asdict(night.weather_of(sortie)),
            "lens": asdict(sortie.template.lens),
            "seed": sortie.seed,
            "key": self._key,
        }


def _put(made: Path, place: Path) -> None:
    """Move a whole folder to its place; an older one there makes way."""
    place.parent.mkdir(parents=True, exist_ok=True)
    old = made.with_name(f"{made.name}.old")
    if place.exists():
        place.rename(old)
    made.rename(place)
