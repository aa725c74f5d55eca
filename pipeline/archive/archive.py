"""Ground tiles of earlier flights.

```
ROOT/index/SORTIE.parquet         what a sortie saw; replaced by one rename
ROOT/tiles/SORTIE-HASH/KEY.…      its tiles; never edited, so that a snapshot stays readable while others add
ROOT/staging/…                    additions under way; nobody reads there
```
"""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.archive.index import read_index, write_index
from pipeline.archive.snapshot import Snapshot
from pipeline.errors import InputError, PublishError
from pipeline.records.tile import TileEntry


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder of tiles and their index; it need not exist yet.

    Several processes may read, and add different sorties, at once. Additions of one sortie must not overlap: the
    sortie's lock sees to that.
    """

    root: Path

    def snapshot(self) -> Snapshot:
        """What is in the archive now, frozen.

        Raises:
            InputError: An index file is damaged.
        """
        entries = [entry for path in sorted(self._index.glob("*.parquet")) for entry in read_index(path)]
        return Snapshot.of(self.root, entries)

    def add(self, sortie_id: str, folder: Path, entries: Sequence[TileEntry]) -> tuple[TileEntry, ...]:
        """Copy a sortie's tiles in; they appear all together, or not at all. Replaces what the sortie added before.

        Args:
            sortie_id: Whose.
            folder: What the entries' files are relative to.
            entries: From `Mosaic.finish`.

        Returns:
            The entries as the archive lists them.

        Raises:
            InputError: A tile's file is missing.
            PublishError: The disk is full or the archive cannot be written; it is as it was.
        """
        name = f"{sortie_id}-{_joint_sha256(entries)[:16]}"
        listed = tuple(
            replace(entry, files=tuple(f"tiles/{name}/{Path(file).name}" for file in entry.files)) for entry in entries
        )
        staging = self.root / "staging" / f"{name}-{os.getpid()}"
        try:
            staging.mkdir(parents=True)
            self._place_tiles(name, staging, folder, entries)
            aside = staging / "index.parquet"
            write_index(aside, listed)
            _sync(aside)
            self._index.mkdir(parents=True, exist_ok=True)
            aside.replace(self._index / f"{sortie_id}.parquet")
            _sync(self._index)
        except FileNotFoundError as error:
            raise InputError(
                f"{sortie_id}: tile {error.filename} is gone; run the sortie again with --force"
            ) from error
        except OSError as error:
            raise PublishError(
                f"{sortie_id}: tiles could not be added to {self.root} ({error.strerror}); the archive is as it was. "
                "Free some space, then run again"
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return listed

    @property
    def _index(self) -> Path:
        return self.root / "index"

    def _place_tiles(self, name: str, staging: Path, folder: Path, entries: Sequence[TileEntry]) -> None:
        """Tiles under their final name; the same tiles may be there already, from a run that was cut short."""
        final = self.root / "tiles" / name
        if final.is_dir():
            return
        aside = staging / "tiles"
        aside.mkdir()
        for entry in entries:
            for file in entry.files:
                shutil.copyfile(folder / file, aside / Path(file).name)
                _sync(aside / Path(file).name)
        _sync(aside)
        final.parent.mkdir(parents=True, exist_ok=True)
        aside.rename(final)
        _sync(final.parent)


def _joint_sha256(entries: Sequence[TileEntry]) -> str:
    ordered = sorted((entry.key.name, entry.sha256) for entry in entries)
    return hashlib.sha256("\n".join(f"{key} {sha}" for key, sha in ordered).encode()).hexdigest()


def _sync(path: Path) -> None:
    """Have the disk hold what was written to a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
