"""The truth of simulated flights, read back: shared by tests and benchmarks."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from shapely import from_wkb

from pipeline.errors import InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.truth.changes import changes_of
from pipeline.simulator.truth.pictures import read_depth, read_mask, read_shadow
from pipeline.simulator.truth.records import (
    ChangeTruth,
    Delta,
    EventState,
    MoverTruth,
    NightEvent,
    ObjectTruth,
    PoseTruth,
    VisibilityTruth,
)

T = TypeVar("T")
MANIFEST = "manifest.json"
WORLD = "world.json"
NIGHTS = "nights.parquet"


class Truth:
    """The truth beside simulated flights.

    Args:
        folder: What `simulate` wrote into, or its folder ``truth``.

    Raises:
        InputError: There is no truth there, or a file of it is missing or broken; names the file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder if (folder / WORLD).is_file() else folder / "truth"
        self._world: dict[str, Any] = self._json(self.folder / WORLD)

    @property
    def site(self) -> SiteFrame:
        """Frame of every ``site_`` column and ``_m`` position."""
        return SiteFrame(**self._world["site"])

    @property
    def place(self) -> tuple[float, float]:
        """Longitude and latitude of the place."""
        lon, lat = self._world["place"]
        return float(lon), float(lat)

    @property
    def sorties(self) -> tuple[str, ...]:
        """Ids of the sorties that are finished, sorted."""
        return tuple(sorted(path.parent.name for path in self.folder.glob(f"*/{MANIFEST}")))

    def manifest(self, sortie: str) -> dict[str, Any]:
        """What a sortie was made from: night, folder of its flight, settings, frames."""
        return self._json(self.folder / sortie / MANIFEST)

    def flight_folder(self, sortie: str) -> Path:
        """Where the sortie's frames and telemetry lie."""
        return self.folder.parent / str(self.manifest(sortie)["flight"])

    def poses(self, sortie: str) -> tuple[PoseTruth, ...]:
        """The cameras of all frames, in their order."""
        return self._records(PoseTruth, sortie, "poses")

    def objects(self, sortie: str) -> tuple[ObjectTruth, ...]:
        """Everything that the sortie saw."""
        return self._records(ObjectTruth, sortie, "objects")

    def visibility(self, sortie: str, frame_id: str | None = None) -> tuple[VisibilityTruth, ...]:
        """What shows in one frame, or in all of them."""
        return self._records(VisibilityTruth, sortie, "visibility", frame_id)

    def movers(self, sortie: str, frame_id: str | None = None) -> tuple[MoverTruth, ...]:
        """Movers of the world at the time of one frame, or of all of them, seen or not."""
        return self._records(MoverTruth, sortie, "movers", frame_id)

    def events(self, sortie: str) -> tuple[EventState, ...]:
        """All events of the world as they were in the middle of a sortie."""
        return self._records(EventState, sortie, "events")

    def night_events(self, night_id: str | None = None) -> tuple[NightEvent, ...]:
        """The log of one night, or of all of them."""
        rows = self._rows(self.folder / NIGHTS)
        out = []
        for row in rows:
            deltas = tuple(Delta(**delta) for delta in row.pop("deltas"))
            name = row.pop("night_id")
            if night_id in (None, name):
                out.append(NightEvent(name, _record(EventState, row), deltas))
        return tuple(out)

    def changes_between(self, before: str, after: str) -> tuple[ChangeTruth, ...]:
        """What a detector of changes should find in sortie `after` against sortie `before`."""
        return changes_of(self.events(before), self.events(after), self.site)

    def faults(self, sortie: str) -> dict[str, Any]:
        """What is wrong with the sortie's telemetry and files."""
        return self._json(self.folder / sortie / "faults.json")

    def mask(self, sortie: str, frame_id: str) -> NDArray[np.uint16]:
        """``(H, W)``: 0 bare ground and sky, else a number of `visibility`."""
        return read_mask(self.folder / sortie / "masks" / f"{frame_id}.png")

    def shadow(self, sortie: str, frame_id: str) -> NDArray[np.bool_]:
        """``(H, W)``: where the sun does not reach."""
        return read_shadow(self.folder / sortie / "shadows" / f"{frame_id}.png")

    def depth(self, sortie: str, frame_id: str) -> NDArray[np.float32]:
        """``(H, W)`` metres along the optical axis; inf in the sky."""
        scale = next((pose.depth_scale_m for pose in self.poses(sortie) if pose.frame_id == frame_id), None)
        if scale is None:
            raise InputError(f"{self.folder / sortie}: no frame {frame_id}; frames are named as ingest names them")
        return read_depth(self.folder / sortie / "depths" / f"{frame_id}.png", scale)

    def table(self, sortie: str, name: str) -> pa.Table:
        """A whole table: ``poses``, ``visibility``, ``movers``, ``objects`` or ``events``."""
        return self._table(self.folder / sortie / f"{name}.parquet")

    def _records(self, kind: type[T], sortie: str, name: str, frame_id: str | None = None) -> tuple[T, ...]:
        table = self.table(sortie, name)
        if frame_id is not None:
            table = table.filter(pc.equal(table["frame_id"], frame_id))
        return tuple(_record(kind, row) for row in table.to_pylist())

    def _rows(self, path: Path) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._table(path).to_pylist()
        return rows

    def _table(self, path: Path) -> pa.Table:
        try:
            return pq.read_table(path)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(f"{path}: not a table of the truth; is the sortie finished and its name right?") from error

    def _json(self, path: Path) -> dict[str, Any]:
        try:
            data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not readable; is this a folder that trucewatch simulate wrote?") from error
        return data


def _record(kind: type[T], row: dict[str, Any]) -> T:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if "geometry" in row and row["geometry"] is not None:
        row = {**row, "geometry": from_wkb(row["geometry"])}
    return kind(**{name: value for name, value in row.items() if name in known})
