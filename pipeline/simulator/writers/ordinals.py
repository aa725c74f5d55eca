"""Which frames a video holds: what ingest counts is not the flight's index once the link was lost."""

import numpy as np

from pipeline.records.arrays import Bool


class Ordinals:
    """Counts the frames of a video as they are added.

    Args:
        linked: ``(frames,)`` whether each frame reaches the recorder.
    """

    def __init__(self, linked: Bool) -> None:
        self._linked = linked
        self._added: dict[int, int] = {}
        self._next = 0

    @property
    def empty(self) -> bool:
        """Whether no frame was added yet."""
        return not self._added

    def add(self, index: int) -> bool:
        """Count a frame; False where it did not reach the recorder."""
        if not self._linked[index]:
            return False
        self._added[index] = len(self._added)
        self._next = index + 1
        return True

    def of(self, index: int) -> int | None:
        """Ordinal of a frame in the video, from 0; of one that is still to come, as if none before it were left out.

        None where it did not reach the recorder, or was left out.
        """
        if index in self._added or index < self._next:
            return self._added.get(index)
        if not self._linked[index]:
            return None
        return len(self._added) + int(np.count_nonzero(self._linked[self._next : index]))


def video_frame_id(stem: str, ordinal: int | None) -> str:
    """What ingest calls a frame of a video; "" for one that it never sees."""
    return "" if ordinal is None else f"{stem}#{ordinal:06d}"
