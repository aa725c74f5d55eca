"""Features of a whole sortie, in a temporary file: 120 kB a frame add up, and each is tied to a few others only."""

import os
import tempfile
from collections import OrderedDict
from threading import Lock
from types import TracebackType

import numpy as np

from pipeline.stages.features import Features

_AT_HAND = 128  # frames, about 15 MB: those of the line flown before are asked for again
_BYTES = 16 + 8 + 128  # pixel, size, descriptor


class FeatureShelf:
    """Keeps features by the ids of their frames. Use it in a ``with`` block; safe for threads."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="trucewatch-features-")  # noqa: SIM115  closed in __exit__
        self._places: dict[str, tuple[int, int]] = {}
        self._at_hand: OrderedDict[str, Features] = OrderedDict()
        self._lock = Lock()

    def __enter__(self) -> "FeatureShelf":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, frame_id: str, features: Features) -> None:
        """Keep them.

        Raises:
            OSError: The disk of temporary files is full.
        """
        with self._lock:
            self._places[frame_id] = self._file.seek(0, os.SEEK_END), len(features)
            for array in (features.pixels, features.size_px, features.descriptors):
                self._file.write(np.ascontiguousarray(array).tobytes())

    def take(self, frame_id: str) -> Features:
        """Those of a frame that were put."""
        with self._lock:
            found = self._at_hand.pop(frame_id, None)
            found = self._read(frame_id) if found is None else found
            self._at_hand[frame_id] = found
            if len(self._at_hand) > _AT_HAND:
                self._at_hand.popitem(last=False)
            return found

    def _read(self, frame_id: str) -> Features:
        start, count = self._places[frame_id]
        self._file.seek(start)
        data = self._file.read(count * _BYTES)
        return Features(
            np.frombuffer(data, np.float64, 2 * count).reshape(count, 2),
            np.frombuffer(data, np.float64, count, 16 * count),
            np.frombuffer(data, np.uint8, 128 * count, 24 * count).reshape(count, 128),
        )
