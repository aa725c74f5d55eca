"""MAVLink telemetry logs (``.tlog``) taken apart: sound messages of chosen kinds as columns.

Sources: MAVLink developer guide, "Packet Serialization" (both versions, X.25 checksum with the kind's own byte, zeros
cut off at the end) and common.xml (kinds); the log is frames with the time of receipt before each.
"""

import binascii
import re
import struct
from dataclasses import dataclass, field
from io import BufferedReader

import numpy as np
from numpy.typing import NDArray

MAX_KIND_BYTES = 24 * 1024 * 1024
"""Of one kind and system; what goes beyond is counted and left out."""
FIRST_US, LAST_US = 1_100_000_000_000_000, 4_102_444_800_000_000
"""Times of receipt, 2004 to 2100."""

_BLOCK = 1024 * 1024
_V1, _V2 = 0xFE, 0xFD
_LONGEST = 8 + 10 + 255 + 2 + 13
_STAMP = struct.Struct(">Q")
_CRC = struct.Struct("<H")
_BEGINS = re.compile(b"[\xfd\xfe]")
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

_LAYOUTS: dict[int, tuple[str, int, str]] = {
    2: ("SYSTEM_TIME", 137, "time_unix_usec:u8 time_boot_ms:u4"),
    24: (
        "GPS_RAW_INT",
        24,
        "time_usec:u8 lat:i4 lon:i4 alt:i4 eph:u2 epv:u2 vel:u2 cog:u2 fix_type:u1 satellites_visible:u1 "
        "alt_ellipsoid:i4 h_acc:u4 v_acc:u4",
    ),
    30: ("ATTITUDE", 39, "time_boot_ms:u4 roll:f4 pitch:f4 yaw:f4"),
    33: ("GLOBAL_POSITION_INT", 104, "time_boot_ms:u4 lat:i4 lon:i4 alt:i4 relative_alt:i4 vx:i2 vy:i2 vz:i2 hdg:u2"),
    112: ("CAMERA_TRIGGER", 174, "time_usec:u8 seq:u4"),
    158: ("MOUNT_STATUS", 134, "pointing_a:i4 pointing_b:i4 pointing_c:i4"),
    180: ("CAMERA_FEEDBACK", 52, "time_usec:u8 lat:i4 lng:i4 alt_msl:f4 alt_rel:f4 r:f4 p:f4 y:f4 foc:f4 img_idx:u2"),
    263: ("CAMERA_IMAGE_CAPTURED", 133, "time_utc:u8 time_boot_ms:u4 a:i4 b:i4 c:i4 d:i4 q:4f4 image_index:i4"),
    265: ("MOUNT_ORIENTATION", 26, "time_boot_ms:u4 roll:f4 pitch:f4 yaw:f4 yaw_absolute:f4"),
    285: ("GIMBAL_DEVICE_ATTITUDE_STATUS", 137, "time_boot_ms:u4 q:4f4 vx:f4 vy:f4 vz:f4 failures:u4 flags:u2"),
}
"""By number: name, the byte that ends its checksum, and the fields as they lie, up to the last that is used."""


def _dtype(fields: str) -> np.dtype[np.void]:
    described: list[tuple[str, str] | tuple[str, str, int]] = [("received_us", "<u8"), ("component", "u1")]
    for one in fields.split():
        name, _, code = one.partition(":")
        described.append((name, f"<{code[1:]}", 4) if code[0] == "4" else (name, f"<{code}"))
    return np.dtype(described)


_DTYPES = {number: _dtype(fields) for number, (_, _, fields) in _LAYOUTS.items()}
_ENDS = {number: bytes([_MIRROR[extra]]) for number, (_, extra, _) in _LAYOUTS.items()}


@dataclass(slots=True)
class MavlinkMessages:
    """What was found in a log.

    Attributes:
        bodies: Rows by system and kind, in the order of the file.
        frames: Of any kind.
        damaged: Frames of the chosen kinds whose checksum is wrong, and places where the frames broke off.
        cut: The file ends within a frame.
        left_out: Messages beyond `MAX_KIND_BYTES`.
    """

    bodies: dict[tuple[int, str], bytearray] = field(default_factory=dict)
    frames: int = 0
    damaged: int = 0
    cut: bool = False
    left_out: int = 0

    def table(self, system: int, name: str) -> NDArray[np.void]:
        """Messages of a kind as rows, the first columns ``received_us`` and ``component``."""
        number = next(number for number, layout in _LAYOUTS.items() if layout[0] == name)
        return np.frombuffer(self.bodies.get((system, name), b""), _DTYPES[number])


def frame_bytes(data: bytes, pos: int) -> int:
    """Length of the record at `pos`, the time of receipt included; 0 where none can be, -1 where it is cut."""
    if pos + 18 > len(data):
        return -1
    magic = data[pos + 8]
    if magic not in (_V1, _V2) or not FIRST_US < _STAMP.unpack_from(data, pos)[0] < LAST_US:
        return 0
    if magic == _V1:
        return 8 + 6 + data[pos + 9] + 2
    if data[pos + 10] & ~1:
        return 0  # flags that are not known change the frame
    return 8 + 10 + data[pos + 9] + 2 + 13 * (data[pos + 10] & 1)


def read_mavlink(file: BufferedReader) -> MavlinkMessages:
    """Read a log from its beginning; memory is bounded per kind, time is linear in the file."""
    found = MavlinkMessages()
    left = b""
    while True:
        block = file.read(_BLOCK)
        data = left + block
        used = _frames(data, found, last=not block)
        left = data[used:]
        if not block:
            found.cut = bool(left)
            return found


def _frames(data: bytes, found: MavlinkMessages, *, last: bool) -> int:
    """Read whole frames; bytes used."""
    pos, end = 0, len(data)
    lost = False
    while True:
        if end - pos < _LONGEST and not last:
            return pos
        size = frame_bytes(data, pos)
        if size < 0 or (size and pos + size > end):
            return pos
        if size and _take(data, pos, size, found):
            found.frames += 1
            pos += size
            lost = False
            continue
        found.damaged += not lost
        lost = True
        pos = _next(data, pos + 1)


def _next(data: bytes, pos: int) -> int:
    """Where a time of receipt may begin: before the next byte that begins a frame."""
    begin = _BEGINS.search(data, pos + 8)
    return begin.start() - 8 if begin else max(len(data) - 17, pos)


def _take(data: bytes, pos: int, size: int, found: MavlinkMessages) -> bool:
    """Keep a frame's message if it is of a chosen kind; False where its checksum is wrong."""
    start = pos + 8
    length = data[start + 1]
    if data[start] == _V1:
        system, component, number, payload = data[start + 3], data[start + 4], data[start + 5], start + 6
    else:
        system, component = data[start + 5], data[start + 6]
        number, payload = int.from_bytes(data[start + 7 : start + 10], "little"), start + 10
    layout = _LAYOUTS.get(number)
    if layout is None:
        # its checksum ends in a byte that is not known here: what follows must be a frame
        after = pos + size
        return after + 9 > len(data) or data[after + 8] in (_V1, _V2)
    stop = payload + length
    mirrored = binascii.crc_hqx(data[start + 1 : stop].translate(_MIRROR) + _ENDS[number], 0xFFFF)
    checksum = _MIRROR[mirrored >> 8] | _MIRROR[mirrored & 255] << 8
    if checksum != _CRC.unpack_from(data, stop)[0]:
        return False
    dtype = _DTYPES[number]
    body = found.bodies.setdefault((system, layout[0]), bytearray())
    if len(body) >= MAX_KIND_BYTES:
        found.left_out += 1
        return True
    body += _STAMP.unpack_from(data, pos)[0].to_bytes(8, "little")
    body.append(component)
    wanted = dtype.itemsize - 9
    body += data[payload:stop][:wanted].ljust(wanted, b"\0")
    return True
