"""The archive as it was at one moment: what a night's sorties are compared with, in whatever order they run."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.archive.tile_file import read_tile
from pipeline.records.tile import Tile, TileEntry, TileKey

_GOOD_CE95_M = 1.0
"""Tiles whose places are off by no more are compared as they are: the change detector takes a shift out."""
_WORSE = 2.0
"""A newer look whose place is worse than the best known by more than this factor stands back."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen list of tiles.

    Attributes:
        root: The archive's folder.
        entries: In order of key and sortie.
        sha256: Over keys, sorties and contents; the same for the same tiles, whatever the order of adding.
    """

    root: Path
    entries: tuple[TileEntry, ...]
    sha256: str

    @classmethod
    def of(cls, root: Path, entries: Iterable[TileEntry]) -> "Snapshot":
        """Freeze a list."""
        ordered = tuple(sorted(entries, key=lambda entry: (entry.key, entry.sortie_id, entry.sha256)))
        lines = "\n".join(f"{entry.key.name} {entry.sortie_id} {entry.sha256}" for entry in ordered)
        return cls(root, ordered, hashlib.sha256(lines.encode()).hexdigest())

    def baselines(self, key: TileKey, before_utc_ns: int, exclude_sortie: str) -> list[TileEntry]:
        """Earlier looks at a tile, newest first.

        Args:
            key: The tile.
            before_utc_ns: Start of the sortie that asks: nothing that ended later is ever a baseline.
            exclude_sortie: The sortie that asks: its own earlier run is no baseline.
        """
        found = [
            entry
            for entry in self.entries
            if entry.key == key and entry.t_end_utc_ns < before_utc_ns and entry.sortie_id != exclude_sortie
        ]
        return sorted(found, key=lambda entry: (-entry.t_end_utc_ns, entry.sortie_id))

    def recent(
        self, key: TileKey, before_utc_ns: int, exclude_sortie: str, *, min_valid_share: float = 0.0
    ) -> TileEntry | None:
        """The look that tonight's is compared with: the newest of those that saw enough and whose place is known well.

        Args:
            key, before_utc_ns, exclude_sortie: As in `baselines`.
            min_valid_share: Looks that saw less of the tile stand back; where all did, the widest is taken.
        """
        looks = self.baselines(key, before_utc_ns, exclude_sortie)
        wide = [entry for entry in looks if entry.valid_share >= min_valid_share]
        if not wide:
            return max(looks, key=lambda entry: entry.valid_share, default=None)
        enough_m = max(_GOOD_CE95_M, _WORSE * min(entry.ce95_m for entry in wide))
        return next(entry for entry in wide if entry.ce95_m <= enough_m)

    def pinned(
        self,
        key: TileKey,
        before_utc_ns: int,
        exclude_sortie: str,
        *,
        from_utc_ns: int | None = None,
        min_valid_share: float = 0.0,
    ) -> TileEntry | None:
        """The look that slow growth is measured against: the earliest one.

        Args:
            key, before_utc_ns, exclude_sortie: As in `baselines`.
            from_utc_ns: The agreement's date: the first look from then on goes before earlier ones.
            min_valid_share: Looks that saw less of the tile stand back.
        """
        oldest_first = self.baselines(key, before_utc_ns, exclude_sortie)[::-1]
        good = [entry for entry in oldest_first if entry.valid_share >= min_valid_share] or oldest_first
        since = [entry for entry in good if from_utc_ns is None or entry.t_start_utc_ns >= from_utc_ns]
        return next(iter(since or good), None)

    def gsds_mm(self, epsg: int) -> frozenset[int]:
        """Ground sample distances of the tiles in a zone, for `choose_gsd_mm`."""
        return frozenset(entry.key.gsd_mm for entry in self.entries if entry.key.epsg == epsg)

    def read(self, entry: TileEntry) -> Tile:
        """A tile's pixels.

        Raises:
            InputError: A file is missing or damaged.
        """
        return read_tile(self.root, entry)
