"""Earlier nights' ground and events around a finding: what its row was compared with."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from pipeline.archive.index import write_index
from pipeline.archive.snapshot import Snapshot
from pipeline.errors import InputError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.event import Event
from pipeline.records.frame import GroundFrame
from pipeline.records.tile import TileEntry
from pipeline.runner.baselines import tile_square
from pipeline.runner.workspace import file_sha256
from pipeline.sinks.bundle_store import Part
from pipeline.sinks.columns import RowContext
from pipeline.sinks.event_columns import EVENTS
from pipeline.sinks.events import read_snapshot
from pipeline.sinks.geoparquet import encode
from pipeline.stages.ingest import Ingested

FOLDER = "baseline"
"""Laid out as an output folder: ``archive/`` and ``events/``."""

EVENT_REACH_M = 500.0
"""Events further from all frames' ground can be none of theirs."""


@dataclass(frozen=True, slots=True)
class EarlierGround:
    """Files of a bundle's ``baseline/``.

    Attributes:
        parts: The files.
        whole: They are all that the archive held before the night.
        registers_alike: Frames are registered to this part of the archive as to the whole.
    """

    parts: tuple[Part, ...]
    whole: bool
    registers_alike: bool


def earlier_ground(
    out: Path, snapshot: Snapshot, frames: Sequence[GroundFrame], ingested: Ingested, scratch: Path
) -> EarlierGround:
    """Tiles under some frames, and events around them.

    Raises:
        InputError: A tile is missing or was changed.
    """
    site = ingested.site
    ground = shapely.union_all(
        [shapely.make_valid(shapely.polygons(f.footprint_m)) for f in frames if len(f.footprint_m) > 2]
    )
    local = [entry for entry in snapshot.entries if entry.key.epsg == site.epsg]
    near = [entry for entry in local if tile_square(entry.key, site).intersects(ground)]
    parts = [part for entry in near for part in _tile_parts(snapshot.root, entry)]
    parts += _index_parts(near, scratch)
    events = read_snapshot(out, ingested.sortie.night_id)
    lasting = [event for event in events if event.known.change_direction is not None]
    around = [event for event in lasting if _is_near(event, ground, site)]
    if around:
        table = EVENTS.table(around, RowContext("", around[0].night_id, None))
        path = f"{FOLDER}/{EVENTS.path(around[0].night_id)}"
        parts.append(Part(path, "events known from earlier nights", encode(EVENTS, table)))
    whole = len(near) == len(snapshot.entries) and len(around) == len(lasting)
    return EarlierGround(tuple(parts), whole, _registers_as(near) == _registers_as(local))


def _registers_as(entries: Sequence[TileEntry]) -> tuple[frozenset[int], float]:
    """What of a whole archive counts when frames are matched to a piece of it."""
    return frozenset(entry.key.gsd_mm for entry in entries), max((entry.ce95_m for entry in entries), default=0.0)


def _tile_parts(root: Path, entry: TileEntry) -> list[Part]:
    digest, parts = hashlib.sha256(), []
    for file in entry.files:
        try:
            sha256 = file_sha256(root / file)
        except OSError as error:
            raise InputError(
                f"{root / file}: baseline tile of {entry.sortie_id} cannot be read: {error.strerror}; restore it, or "
                "run that sortie again with --force"
            ) from error
        digest.update(bytes.fromhex(sha256))
        parts.append(
            Part(f"{FOLDER}/archive/{file}", f"ground as flight {entry.sortie_id} saw it", root / file, sha256)
        )
    if digest.hexdigest() != entry.sha256:
        raise InputError(
            f"{root / entry.files[0]}: baseline tile of {entry.sortie_id} was changed since it joined the archive; "
            "restore it, or run that sortie again with --force"
        )
    return parts


def _index_parts(entries: Sequence[TileEntry], scratch: Path) -> list[Part]:
    by_sortie: dict[str, list[TileEntry]] = defaultdict(list)
    for entry in entries:
        by_sortie[entry.sortie_id].append(entry)
    parts = []
    for sortie_id, those in sorted(by_sortie.items()):
        path = scratch / f"index-{sortie_id}.parquet"
        write_index(path, those)
        parts.append(Part(f"{FOLDER}/archive/index/{sortie_id}.parquet", "index of these tiles", path.read_bytes()))
    return parts


def _is_near(event: Event, ground: shapely.Geometry, site: SiteFrame) -> bool:
    shape = event.known.geometry
    if shape is None:
        return False
    metres = shapely.transform(shape, lambda at: np.asarray(site.from_lonlat(at[:, 0], at[:, 1])))
    return bool(metres.distance(ground) <= EVENT_REACH_M + (event.known.err95_major_m or 0.0))
