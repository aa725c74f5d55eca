"""The ground of tonight and of earlier flights, as pictures of candidates need it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache

from pipeline.archive.snapshot import Snapshot
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.records.evidence import Change
from pipeline.records.tile import Tile, TileEntry, TileKey
from pipeline.sinks.flown_ground import FlownGround

TILES_KEPT = 12
"""Tiles in memory, about 5 MB each: the context of a change touches up to nine."""


class Gallery:
    """Reads tiles as pictures ask for them, and keeps the latest few.

    Args:
        site: The plane of places.
        tonight: The run's own tiles.
        pairs: Earlier and tonight's tile of every comparison.
        read_tonight: Reads one of the run's own.
        snapshot: The archive before the night.
    """

    def __init__(
        self,
        site: SiteFrame,
        tonight: Iterable[TileEntry],
        pairs: Iterable[tuple[TileEntry, TileEntry]],
        read_tonight: Callable[[TileEntry], Tile],
        snapshot: Snapshot,
    ) -> None:
        self._site = site
        self._tonight = {entry.key: entry for entry in tonight}
        self._pairs = tuple(pairs)
        self._earlier = {(entry.sortie_id, entry.key): entry for entry in snapshot.entries}

        @lru_cache(maxsize=TILES_KEPT)
        def read(entry: TileEntry, *, own: bool) -> Tile:
            tile = read_tonight(entry) if own else snapshot.read(entry)
            return replace(tile, views=tile.views[:1])

        self._read = read

    def tonight(self, change: Change) -> FlownGround:
        """All that tonight's flight saw, on the grid of the tile that a change was found in."""
        key = next(key for key in self._tonight if key.name == change.tile)
        return FlownGround(self._tonight[key].sortie_id, key.gsd_mm, self._own)

    def before(self, change: Change) -> FlownGround | None:
        """All that the flight saw which a change was found against; None where its tiles are not at hand."""
        for before, after in self._pairs:
            if after.key.name == change.tile and before.sortie_id == change.baseline_sortie_id:
                return self._flown_by(before)
        return None

    def earlier_at(self, xy_m: Float) -> FlownGround | None:
        """The earlier flight that tonight's tile at a place, ``(2,)`` site metres, was compared with."""
        east, north = self._site.to_utm(xy_m[None])[0]
        for before, _ in self._pairs:
            key = before.key
            if key.west_m <= east < key.west_m + key.span_m and key.north_m - key.span_m < north <= key.north_m:
                return self._flown_by(before)
        return None

    def _own(self, key: TileKey) -> Tile | None:
        entry = self._tonight.get(key)
        return None if entry is None else self._read(entry, own=True)

    def _flown_by(self, entry: TileEntry) -> FlownGround:
        def read(key: TileKey) -> Tile | None:
            found = self._earlier.get((entry.sortie_id, key))
            return None if found is None else self._read(found, own=False)

        return FlownGround(entry.sortie_id, entry.key.gsd_mm, read)
