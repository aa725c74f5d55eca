"""Small sound logs of autopilots and MISB metadata, to be damaged."""

import math
import struct

from pipeline.sources.telemetry.eg0104 import MISSION, TIME
from pipeline.sources.telemetry.eg0104 import NUMBERS as EG_0104
from tests.fuzz.mending import mavlink
from tests.fuzz.seeds import T0, flight, of_kind
from tests.sources.misb_packets import items, length, packet, position
from tests.sources.test_dataflash import definitions, message, second

PREDATOR = bytes.fromhex("060e2b34020101010e01010201010000")
_MAVLINK = {
    2: "<QI", 24: "<QiiiHHHHBBiII", 30: "<Ifffxxxxxxxxxxxx", 33: "<IiiiihhhH", 112: "<QI", 158: "<iiiBB",
    180: "<QiiffffffHBBB", 263: "<QIiiiiffffiBb", 265: "<Iffff", 285: "<IfffffffIHBB",
}  # fmt: skip


def misb() -> list[bytes]:
    import io

    import av

    found = []
    for timing in ("pes", "metadata_au", "none"):
        with av.open(io.BytesIO(flight("misb_ts", timing=timing)["flight.ts"])) as file:
            found.append(b"".join(bytes(part) for part in file.demux(file.streams.data[0]) if part.size))
    numbers = [key + b"\4" + struct.pack(">f", 1.25) for key in EG_0104 if key[8:] != TIME[8:]]
    body = TIME + b"\x08" + struct.pack(">Q", T0 * 10**6) + b"".join(numbers) + MISSION + b"\3one"
    older = PREDATOR + length(len(body)) + body
    pack = packet(
        *position(), (5, b"\x71\xc2"), (13, b"\x55\x95\xb6\x6d"), (14, b"\x5b\x53\x60\xc4"), (15, b"\xc2\x21")
    )
    marked = packet(*position(), (48, items((1, b"\x01"), (2, b"\x01"), (3, b"//UA"), (22, b"\0\x0c"))))
    targets = packet(
        *position(), (74, items((4, b"\x05"), (8, b"\x02\x80"), (101, length(6) + b"\x01\x01\x03\x01\x02\x03")))
    )
    return [*found, pack * 4 + marked + targets, older + pack]


def transport_streams() -> list[bytes]:
    return [flight("misb_ts", timing=timing)["flight.ts"] for timing in ("pes", "metadata_au", "none")]


def ulog() -> list[bytes]:
    return of_kind(".ulg")


def dataflash() -> list[bytes]:
    start = message("MSG", 1, b"ArduCopter V4.5.1")
    body = b"".join(part for s in range(4) for part in second(s))
    return [definitions() + start + body, definitions() + b"".join(second(0, fix=0)) * 2]


def tlog() -> list[bytes]:
    """Frames of both versions; their sums are put in by `tests.fuzz.mending.mavlink`."""
    found = []
    for version in (1, 2):
        frames = b""
        for s in range(5):
            for place, number in enumerate(n for n in _MAVLINK if version == 2 or n < 256):
                stamp = (T0 * 10**6 + s * 10**6 + place * 1000).to_bytes(8, "big")
                frames += stamp + _frame(version, number, s)
        found.append(mavlink(frames))
    return found


def _frame(version: int, number: int, s: int) -> bytes:
    boot_ms, half = 60_000 + s * 1000, math.sqrt(0.5)
    values: dict[int, tuple[float, ...]] = {
        2: (T0 * 10**6 + s * 10**6, boot_ms),
        24: (boot_ms * 1000, 485000000 + s, 372500000, 180500, 80, 120, 1250, 9100, 3, 14, 205500, 1200, 2500),
        30: (boot_ms, 0.01, 0.02, 1.5),
        33: (boot_ms, 485000000, 372500000, 180500, 99500, 300, 400, -150, 9000),
        112: (boot_ms * 1000, s),
        158: (-8950, 50, 1500, 0, 0),
        180: (boot_ms * 1000, 485000000, 372500000, 180.5, 99.5, 0.0, -90.0, 9.0, 0.0, s, 1, 0, 0),
        263: (T0 * 10**6, boot_ms, 1, 2, 3, 4, half, 0.0, -half, 0.0, s, 0, 1),
        265: (boot_ms, 0.0, -89.0, 10.0, 10.0),
        285: (boot_ms, half, 0.0, -half, 0.0, 0.0, 0.0, 0.0, 0, 16, 0, 0),
    }
    payload = struct.pack(_MAVLINK[number], *values[number])
    if version == 1:
        return bytes([0xFE, len(payload), s, 1, 1, number]) + payload + b"\0\0"
    return bytes([0xFD, len(payload), 0, 0, s, 1, 1]) + number.to_bytes(3, "little") + payload + b"\0\0"
