"""What tonight's tiles are compared with."""

from collections.abc import Iterable

import numpy as np
from shapely.geometry import Polygon, box

from pipeline.archive.archive import Archive
from pipeline.archive.snapshot import Snapshot
from pipeline.geometry.projection import SiteFrame
from pipeline.records.sortie import Sortie
from pipeline.records.tile import TileEntry, TileKey


def snapshot_before(archive: Archive, sortie: Sortie) -> Snapshot:
    """The archive as it was before the sortie's night: the same however often and in whatever order sorties run."""
    whole = archive.snapshot()
    earlier = [entry for entry in whole.entries if entry.t_end_utc_ns < sortie.night_start_utc_ns]
    return Snapshot.of(archive.root, earlier)


def baseline_pairs(
    snapshot: Snapshot, entries: Iterable[TileEntry], sortie: Sortie
) -> tuple[tuple[tuple[TileEntry, TileEntry], ...], frozenset[str]]:
    """For each of tonight's tiles the newest good earlier look and, where it is another one, the pinned.

    Returns:
        Earlier and tonight's tile of every comparison, and the flights that are a pinned baseline.
    """
    start = sortie.night_start_utc_ns
    pairs: list[tuple[TileEntry, TileEntry]] = []
    pinned_flights = set()
    for entry in entries:
        least = entry.valid_share / 2
        recent = snapshot.recent(entry.key, start, sortie.sortie_id, min_valid_share=least)
        pinned = snapshot.pinned(entry.key, start, sortie.sortie_id, min_valid_share=least)
        if pinned is not None:
            pinned_flights.add(pinned.sortie_id)
        pairs += [(before, entry) for before in dict.fromkeys([recent, pinned]) if before is not None]
    return tuple(pairs), frozenset(pinned_flights)


def tile_square(key: TileKey, site: SiteFrame) -> Polygon:
    """A tile's outline in site metres."""
    low, high = site.from_utm(
        np.array([[key.west_m, key.north_m - key.span_m], [key.west_m + key.span_m, key.north_m]])
    )
    return box(*low, *high)
