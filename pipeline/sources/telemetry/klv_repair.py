"""Packets whose tags or lengths were damaged, restored from those of the packets around them.

About half of a packet's bytes are key, tags and lengths, the same in packet after packet. Where a damaged stretch is
built like the others but for a few of these bytes, they are put back; the checksum over the whole then says whether
that gave the packet that was sent. Values are never changed.
"""

import re
from collections.abc import Sequence

import numpy as np

from pipeline.sources.telemetry.klv_layouts import Layout
from pipeline.sources.telemetry.klv_packets import PacketBlock, checksum

MAX_WRONG = 3
"""Bytes of key, tags and lengths that may be put back in a packet."""
MAX_LAYOUTS = 8
MAX_TRIES = 64
"""Places in a stretch at which a packet is sought."""
_PIECE_OF_KEY = re.compile(rb"\x06\x0e\x2b\x34|\x0e\x01\x03\x01\x01")


def repaired(block: PacketBlock, layouts: Sequence[Layout]) -> tuple[bytes, int]:
    """The bytes of a block with tags and lengths put back where that makes packets sound.

    Args:
        block: With its gaps.
        layouts: Builds of its packets, the most frequent first.

    Returns:
        The bytes, and how many packets were restored.
    """
    kinds = [layout for layout in layouts if layout.summed][:MAX_LAYOUTS]
    if not kinds:
        return block.data, 0
    data = bytearray(block.data)
    flat = np.frombuffer(data, np.uint8)
    count = sum(_mend(flat, data, begin, end, kinds) for begin, end in block.gaps)
    return (bytes(data), count) if count else (block.data, 0)


def _mend(flat: "np.typing.NDArray[np.uint8]", data: bytearray, begin: int, end: int, layouts: list[Layout]) -> int:
    """Restore packets in one gap; `flat` looks at `data`."""
    seen = list(_PIECE_OF_KEY.finditer(data, begin, end))[:MAX_TRIES]
    starts = {begin, *(match.start() - (8 if match[0][0] == 0x0E else 0) for match in seen)}
    starts |= {end - layout.length for layout in layouts}
    waiting = sorted(starts)[:MAX_TRIES]
    reached, count = begin, 0
    while waiting:
        start = waiting.pop(0)
        if start < reached:
            continue
        for layout in layouts:
            if start + layout.length > end or not _restore(flat, start, layout):
                continue
            reached, count = start + layout.length, count + 1
            waiting.insert(0, reached)
            break
    return count


def _restore(flat: "np.typing.NDArray[np.uint8]", start: int, layout: Layout) -> bool:
    """Put the few wrong bytes of a packet's frame back if its checksum is right then."""
    frame = start + layout.frame
    wrong = flat[frame] != layout.frame_bytes
    if not 0 < np.count_nonzero(wrong) <= MAX_WRONG:
        return False
    packet = flat[start : start + layout.length].copy()
    packet[layout.frame] = layout.frame_bytes
    if checksum(packet[:-2]) != int(packet[-2]) << 8 | int(packet[-1]):
        return False
    flat[frame] = layout.frame_bytes
    return True
