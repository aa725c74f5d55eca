"""Where a transport stream begins in the first bytes of a file: at once, or behind what a recorder put before it.

Recordings of radio links begin in the midst of a packet. Packets of 188 bytes stand alone, behind a time stamp of four
bytes (192, as Blu-ray discs and many recorders have them) or before sixteen bytes of error correction (204).

Source: ISO/IEC 13818-1, section 2.4.3.2 (sync byte, continuity counter); ETSI EN 300 429 for 204 bytes.
"""

import numpy as np

PACKET_BYTES = (188, 192, 204)
LOOKED_AT = 64 * 1024
"""First bytes of a file that are looked at. FFmpeg's demultiplexer finds its way from there."""
_SYNC = 0x47
_IN_A_ROW = 8
_COUNTED = 64
_NO_STREAM = 0x1FFF


def holds_transport_stream(head: bytes) -> bool:
    """Whether packets of a transport stream stand in a file's first bytes.

    The sync byte alone is the letter G, which texts and metadata of one length repeat as well: the continuity counter
    of each stream must go on by one.
    """
    data = np.frombuffer(head[:LOOKED_AT], np.uint8)
    for size in PACKET_BYTES:
        last = len(data) - size * (_IN_A_ROW - 1)
        if last <= 0:
            continue
        synced = np.all([data[size * n : size * n + last] == _SYNC for n in range(_IN_A_ROW)], axis=0)
        if any(_counts_on(head, start, size) for start in np.flatnonzero(synced)[:_COUNTED].tolist()):
            return True
    return False


def _counts_on(head: bytes, start: int, size: int) -> bool:
    """Whether counters of packets with a payload go on, but for one in ten: links lose packets."""
    last: dict[int, int] = {}
    right = wrong = 0
    for at in range(start, min(start + size * _COUNTED, len(head) - 3), size):
        stream = (head[at + 1] & 0x1F) << 8 | head[at + 2]
        if head[at] != _SYNC or stream == _NO_STREAM or not head[at + 3] & 0x10:
            continue
        counter = head[at + 3] & 0x0F
        if stream in last:
            goes_on = counter == (last[stream] + 1) % 16
            right, wrong = right + goes_on, wrong + (not goes_on)
        last[stream] = counter
    return right > 2 and right >= 9 * wrong
