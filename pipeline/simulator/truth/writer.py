"""Writes the truth of one sortie as its frames come."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.simulator.truth import schemas
from pipeline.simulator.truth.event_log import state_row
from pipeline.simulator.truth.frame_truth import FrameTruth
from pipeline.simulator.truth.geoparquet import TableFile, write_table
from pipeline.simulator.truth.reader import MANIFEST
from pipeline.simulator.truth.records import EventState


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a sortie has seen of a thing.

    Attributes:
        frames: In how many frames it shows.
        pixels: At most.
        x_m, y_m: Mean site place of the pixels where it showed largest.
    """

    frames: int
    pixels: int
    x_m: float
    y_m: float


class SortieTruth:
    """The truth's folder of one sortie.

    Args:
        folder: Made anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._poses = TableFile(folder / "poses.parquet", schemas.POSES)
        self._visibility = TableFile(folder / "visibility.parquet", schemas.VISIBILITY)
        self._movers = TableFile(folder / "movers.parquet", schemas.MOVERS)
        self.glimpses: dict[str, Glimpse] = {}
        self.parts: dict[str, dict[str, Any]] = {}

    def add(self, frame_id: str, frame: FrameTruth) -> None:
        """Append a frame."""
        self._poses.add([{**frame.pose, "frame_id": frame_id}])
        self._visibility.add(frame.visible.table(frame_id, frame.index))
        self._movers.add({**row, "frame_id": frame_id} for row in frame.movers)
        for name, data in frame.pictures.items():
            (self.folder / name).mkdir(exist_ok=True)
            (self.folder / name / f"{frame_id}.png").write_bytes(data)
        self.parts |= {row["thing_id"]: row for row in frame.parts}
        self._remember(frame)

    @property
    def land_glimpses(self) -> dict[str, Glimpse]:
        """What was seen of the land's own things."""
        return {thing_id: glimpse for thing_id, glimpse in self.glimpses.items() if thing_id not in self.parts}

    def close(
        self,
        land_objects: Iterable[Mapping[str, Any]],
        events: Iterable[EventState],
        faults: Mapping[str, Any],
        manifest: Mapping[str, Any],
    ) -> None:
        """Finish all files; the manifest comes last.

        Args:
            land_objects: Rows of `schemas.OBJECTS` for `land_glimpses`, but for how often they show.
            events: All events in the middle of the sortie.
            faults: What is wrong with its telemetry and files.
            manifest: What it was made from.
        """
        for table in (self._poses, self._visibility, self._movers):
            table.close()
        write_table(self.folder / "objects.parquet", schemas.OBJECTS, self._objects(land_objects))
        write_table(self.folder / "events.parquet", schemas.EVENTS, [state_row(event) for event in events])
        write_json(self.folder / "faults.json", faults)
        write_json(self.folder / MANIFEST, manifest)

    def _objects(self, land_objects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        rows = {str(row["thing_id"]): {**row} for row in (*land_objects, *self.parts.values())}
        for thing_id, row in rows.items():
            row |= {"frames": self.glimpses[thing_id].frames, "pixels_max": self.glimpses[thing_id].pixels}
        return [rows[thing_id] for thing_id in sorted(rows)]

    def _remember(self, frame: FrameTruth) -> None:
        shown = frame.visible
        for thing_id, pixels, place in zip(shown.thing_ids, shown.pixels, shown.place_m, strict=True):
            old = self.glimpses.get(thing_id)
            if old is None or pixels > old.pixels:
                x, y = float(place[0]), float(place[1])
                self.glimpses[thing_id] = Glimpse(1 + (old.frames if old else 0), int(pixels), x, y)
            else:
                self.glimpses[thing_id] = Glimpse(old.frames + 1, old.pixels, old.x_m, old.y_m)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Sorted and indented, with a line end."""
    path.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
