"""Files as drones write them, made by hand and independently of the readers under test."""

import datetime as dt
import struct
from fractions import Fraction

import av
import cv2
import numpy as np

START = dt.datetime(2021, 12, 25, 12, 27, 52, 373000)


def stamp(ms):
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"


def bracket_words(n, *, step_ms=100, lat=41.5, lon=2.1, clock=START, count=None):
    when = clock + dt.timedelta(milliseconds=n * step_ms)
    return (
        f'<font size="28">FrameCnt: {n + 1 if count is None else count}, DiffTime: {step_ms}ms\n'
        f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d}\n"
        f"[iso: 220] [shutter: 1/8000.0] [fnum: 3.2] [ev: 0] [focal_len: 24.00] [dzoom_ratio: 1.50], "
        f"[latitude: {lat + n * 1e-5:.6f}] [longitude: {lon - n * 2e-5:.6f}] "
        f"[rel_alt: {50 + n:.3f} abs_alt: {400 + n:.3f}] "
        f"[gb_yaw: {-170 + n:.1f} gb_pitch: {-60 + n / 10:.1f} gb_roll: {n / 100:.1f}] </font>"
    )


def gps_words(n, *, first=2.1, second=41.5, third="14"):
    when = START + dt.timedelta(seconds=n)
    return (
        f"HOME({first:.4f},{second:.4f}) {when:%Y.%m.%d %H:%M:%S}\n"
        f"GPS({first + n * 1e-3:.4f},{second + n * 2e-3:.4f},{third}) BAROMETER:{10.5 + n:.1f}\n"
        "ISO:100 Shutter:60 EV: Fnum:2.2 "
    )


def file_of(words, *, step_ms=100, first=1):
    blocks = [
        f"{first + n}\n{stamp(n * step_ms)} --> {stamp((n + 1) * step_ms)}\n{text}\n" for n, text in enumerate(words)
    ]
    return "\n".join(blocks) + "\n"


STYLE = (
    b"[Script Info]\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
    b"BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, "
    b"Alignment, MarginL, MarginR, MarginV, Encoding\nStyle: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,"
    b"100,0,0,1,1,0,2,10,10,10,1\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, "
    b"Effect, Text\n"
)


def film(path, words):
    """A video whose second track is subtitles, one a tenth of a second: texts, or bytes as they are."""
    with av.open(str(path), "w") as file:
        pictures, text = file.add_stream("mpeg4", rate=10), file.add_stream("mov_text")
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        text.time_base = text.codec_context.time_base = Fraction(1, 1000)
        text.codec_context.subtitle_header = STYLE
        for n, word in enumerate(words):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), n * 20 % 256, np.uint8), format="rgb24")
            frame.pts = n
            file.mux(pictures.encode(frame))
            raw = word if isinstance(word, bytes) else len(word.encode()).to_bytes(2, "big") + word.encode()
            packet = av.Packet(raw)
            packet.stream, packet.time_base = text, Fraction(1, 1000)
            packet.pts = packet.dts = n * 100
            packet.duration = 100
            file.mux(packet)
        file.mux(pictures.encode())
    return path.read_bytes()


WEEK = 2131
"""Began on 2020-11-08."""


def mark(number, seconds, lat=39.8, lon=46.75, height=811.25, *, week=WEEK, state=50):
    return (
        f"{number}\t{seconds:.6f}\t[{week}]\t   -8,N\t    2,E\t  193,V\t{lat:.8f},Lat\t{lon:.8f},Lon\t{height:.3f},Ellh"
        f"\t0.012, 0.017, 0.031\t{state},Q\n"
    )


SIZE = (64, 48)
CONSTANTS = {0x20: 0.95, 0x24: 30.0, 0x28: 281.0, 0x2C: 284.0, 0x3C: 0.6, 0x58: 17096.453, 0x5C: 1428.0, 0x60: 1.0,
             0x70: 0.006569, 0x74: 0.01262, 0x78: -0.002276, 0x7C: -0.00667, 0x80: 1.9, 0x30C: 0.046582}  # fmt: skip
OFFSET = -267


def scene(low=3200, high=6900):
    """Warmer to the right and downward, with a hot spot."""
    column, row = np.meshgrid(np.linspace(0, 1, SIZE[0]), np.linspace(0, 1, SIZE[1]))
    counts = low + (high - low) * (0.3 * column + 0.2 * row)
    counts[20:26, 30:36] = high
    return counts.astype(np.uint16)


def segments(marker, payload, header=lambda index, count: b"", step=60_000):
    parts = [payload[at : at + step] for at in range(0, len(payload), step)]
    return b"".join(
        bytes([0xFF, marker])
        + struct.pack(">H", 2 + len(header(i, len(parts))) + len(part))
        + header(i, len(parts))
        + part
        for i, part in enumerate(parts)
    )


def preview():
    return cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8))[1].tobytes()


def plain(counts, marker=0xE3):
    shown = preview()
    return shown[:2] + segments(marker, counts.astype("<u2").tobytes(), step=1000) + shown[2:]


def camera_record(order="<", low=3000, high=7000):
    record = bytearray(0x320)
    record[0:2] = struct.pack(order + "H", 2)
    for at, value in CONSTANTS.items():
        struct.pack_into(order + "f", record, at, value)
    struct.pack_into(order + "i", record, 0x308, OFFSET)
    struct.pack_into(order + "HH", record, 0x310, low, high)
    return bytes(record)


def flir(counts, *, png=None, order="<", camera=None, size=SIZE, index_order=">"):
    raw = struct.pack(order + "HHH", 2, *size).ljust(32, b"\0")
    if png is None:
        raw += counts.astype(order + "u2").tobytes()
    else:
        written = counts.byteswap() if png == "swapped" else counts
        raw += cv2.imencode(".png", written)[1].tobytes()
    records = {0x20: camera_record(order) if camera is None else camera, 1: raw}
    at, entries, body = 0x40 + 32 * len(records), b"", b""
    for kind, payload in records.items():
        entries += struct.pack(index_order + "HHIIII", kind, 1, 100, 1, at + len(body), len(payload)).ljust(32, b"\0")
        body += payload
    head = b"FFF\0".ljust(0x14, b"\0") + struct.pack(index_order + "III", 100, 0x40, len(records))
    whole = head.ljust(0x40, b"\0") + entries + body
    shown = preview()
    parts = segments(0xE1, whole, lambda i, n: b"FLIR\0\x01" + bytes([i, n - 1]), step=1500)
    return shown[:2] + parts + shown[2:]
