"""Stills made by hand, byte by byte, independently of the readers under test."""

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

Entry = tuple[int, int, object]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def tiff_block(main: list[Entry], exif: list[Entry], gps: list[Entry], order: str = "<") -> bytes:
    """A TIFF structure with an EXIF and a GPS IFD. Entries are (tag, type, value)."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    sizes = [2 + 12 * (len(main) + 2) + 4, 2 + 12 * len(exif) + 4, 2 + 12 * len(gps) + 4]
    starts = [8, 8 + sizes[0], 8 + sizes[0] + sizes[1]]
    heap_at = 8 + sum(sizes)
    heap = b""
    blocks = b""
    for entries in ([*main, (0x8769, 4, (starts[1],)), (0x8825, 4, (starts[2],))], exif, gps):
        block = struct.pack(order + "H", len(entries))
        for tag, kind, value in sorted(entries, key=lambda entry: entry[0]):
            raw, count = _encoded(kind, value, order)
            if len(raw) > 4:
                field = struct.pack(order + "I", heap_at + len(heap))
                heap += raw
            else:
                field = raw.ljust(4, b"\0")
            block += struct.pack(order + "HHI", tag, kind, count) + field
        blocks += block + b"\0\0\0\0"
    return head + blocks + heap


def _encoded(kind: int, value: object, order: str) -> tuple[bytes, int]:
    if kind == 2:
        raw = str(value).encode() + b"\0"
        return raw, len(raw)
    if kind == 5:
        return b"".join(struct.pack(order + "II", round(v * 10000), 10000) for v in value), len(value)
    code = {1: "B", 3: "H", 4: "I"}[kind]
    return struct.pack(f"{order}{len(value)}{code}", *value), len(value)


def xmp_packet(values: dict[str, str], as_elements: bool = False, space: str = "http://maker/1.0/") -> bytes:
    """An XMP packet with values as attributes or elements."""
    if as_elements:
        inner = "".join(f"<m:{key}>{value}</m:{key}>" for key, value in values.items())
        attributes = ""
    else:
        inner, attributes = "", " ".join(f'm:{key}="{value}"' for key, value in values.items())
    return (
        f'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description xmlns:m="{space}" {attributes}>{inner}</rdf:Description>'
        f'</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def with_segments(jpeg: bytes, *payloads: bytes) -> bytes:
    """A JPEG with APP1 segments put in."""
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(p) + 2) + p for p in payloads)
    return jpeg[:2] + segments + jpeg[2:]


def plain_jpeg(width: int = 64, height: int = 48, seed: int = 0) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(".jpg", noise)[1].tobytes()


def _dms(degrees: float) -> tuple[float, float, float]:
    minutes = abs(degrees) % 1 * 60
    return (float(int(abs(degrees))), float(int(minutes)), minutes % 1 * 60)


TIMES_MS = [0, 40, 75, 200, 240, 900, 940, 1500, 1530, 2100, 2600, 3100, 3600, 4000, 4033, 5200]
"""A variable frame rate."""


def make_film(path: Path, times_ms: list[int] = TIMES_MS, container: str = "mp4") -> Path:
    """Every frame's brightness says which one it is."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        stream.gop_size = 5
        for index, t_ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 20 + 14 * index, np.uint8), format="rgb24")
            frame.pts, frame.time_base = t_ms, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def film() -> Callable[..., Path]:
    """A video of a variable frame rate whose frames grow brighter."""
    return make_film


@pytest.fixture(scope="session")
def make_still() -> Callable[..., bytes]:
    """A JPEG with tags; keyword arguments change or (with None) leave out what it says."""

    def make(
        xmp: dict[str, str] | None = None,
        *,
        clock: str | None = "2020:11:12 22:15:00",
        offset: str | None = "+04:00",
        place: tuple[float, float] | None = (46.75, 39.8),
        alt_m: float | None = 810.0,
        extra_exif: list[Entry] | None = None,
        extra_gps: list[Entry] | None = None,
        order: str = "<",
        as_elements: bool = False,
        size: tuple[int, int] = (64, 48),
        seed: int = 0,
    ) -> bytes:
        usual = {
            "AbsoluteAltitude": "+810.00",
            "RelativeAltitude": "+120.50",
            "GimbalYawDegree": "-170.10",
            "GimbalPitchDegree": "-89.90",
            "GimbalRollDegree": "+0.00",
            "CalibratedFocalLength": "60.0",
        }
        exif: list[Entry] = [(0x9003, 2, clock)] if clock else []
        exif += [(0x9011, 2, offset)] if offset else []
        gps: list[Entry] = []
        if place:
            lon, lat = place
            gps += [(1, 2, "N" if lat >= 0 else "S"), (2, 5, _dms(lat)), (3, 2, "E" if lon >= 0 else "W")]
            gps += [(4, 5, _dms(lon))]
        if alt_m is not None:
            gps += [(5, 1, (int(alt_m < 0),)), (6, 5, (abs(alt_m),))]
        main: list[Entry] = [(0x010F, 2, "Maker"), (0x0110, 2, "Model 1"), (0x0112, 3, (6,))]
        block = tiff_block(main, exif + (extra_exif or []), gps + (extra_gps or []), order)
        payloads = [b"Exif\0\0" + block]
        packet = xmp_packet(usual if xmp is None else {**usual, **xmp}, as_elements)
        payloads.append(b"http://ns.adobe.com/xap/1.0/\0" + packet)
        return with_segments(plain_jpeg(*size, seed), *payloads)

    return make


@pytest.fixture(scope="session")
def add_segments() -> Callable[..., bytes]:
    return with_segments


@pytest.fixture(scope="session")
def bare_jpeg() -> Callable[..., bytes]:
    return plain_jpeg


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Put a file into the sortie folder."""

    def put(name: str, data: bytes) -> Path:
        path = tmp_path / "N0312" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return put
