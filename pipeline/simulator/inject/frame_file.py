"""Frames read so that they can be written again with everything but the changed pixels as it was."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Bool, Float
from pipeline.simulator.inject.jpeg_code import write_jpeg_file
from pipeline.simulator.inject.jpeg_file import JpegFile, UInt8, read_jpeg_file
from pipeline.simulator.scene.mesh import Float32

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True, eq=False)
class FrameFile:
    """A still.

    Attributes:
        rgb: ``(H, W, 3)`` its pixels, as stored: orientation tags are not applied.
        jpeg: Its parts; None for a PNG.
        data: The whole file.
        name: Of the file.
    """

    rgb: UInt8
    jpeg: JpegFile | None
    data: bytes
    name: str


def read_frame_file(path: Path) -> FrameFile:
    """Read a JPEG or PNG of 8 bits.

    Raises:
        InputError: Another kind of file, or a damaged one.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); was it copied whole?") from error
    name = path.name
    if data[:3] == b"\xff\xd8\xff":
        jpeg = read_jpeg_file(data, name)
    elif data.startswith(_PNG):
        jpeg = None
    else:
        raise InputError(f"{name}: events go into JPEG, PNG and video frames; convert it to PNG")
    return FrameFile(decode_frame(data, name), jpeg, data, name)


def decode_frame(data: bytes, name: str) -> UInt8:
    """``(H, W, 3)`` pixels as stored.

    Raises:
        InputError: Not a picture of 8 bits.
    """
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if picture is None or picture.dtype != np.uint8:
        raise InputError(f"{name}: not a picture of 8 bits that can be decoded; is it damaged, or thermal?")
    if picture.ndim == 2:
        return np.repeat(picture[:, :, None], 3, axis=2)
    return np.asarray(cv2.cvtColor(picture[:, :, :3], cv2.COLOR_BGR2RGB), np.uint8)


def write_frame_file(frame: FrameFile, value: Float32, changed: Bool) -> bytes:
    """The file with other pixels.

    Args:
        frame: As it was read.
        value: ``(H, W, 3)`` 0 to 255.
        changed: ``(H, W)`` where `value` differs.
    """
    difference = np.where(changed[..., None], value - frame.rgb, 0.0)
    if frame.jpeg is None:
        return _png(frame, difference)
    luma = difference @ [0.299, 0.587, 0.114]
    differences: list[Float] = [luma]
    if len(frame.jpeg.planes) == 3:
        differences += [(difference[..., 2] - luma) * 0.564, (difference[..., 0] - luma) * 0.713]
    planes = tuple(_added(plane, field) for plane, field in zip(frame.jpeg.planes, differences, strict=True))
    return write_jpeg_file(frame.jpeg, planes)


def _added(plane: UInt8, difference: Float) -> UInt8:
    """A plane with a difference averaged over its samples; exactly the old one where there is none."""
    down, across = round(difference.shape[0] / plane.shape[0]), round(difference.shape[1] / plane.shape[1])
    if (down, across) != (1, 1):
        edge = ((0, plane.shape[0] * down - difference.shape[0]), (0, plane.shape[1] * across - difference.shape[1]))
        wide = np.pad(difference, edge, mode="edge")
        difference = wide.reshape(plane.shape[0], down, plane.shape[1], across).mean(axis=(1, 3))
    return np.clip(np.rint(plane + difference), 0, 255).astype(np.uint8)


def _png(frame: FrameFile, difference: Float) -> bytes:
    """Pixels anew, and every chunk of the file that is not of its pixels in its old place."""
    rgb = np.clip(np.rint(frame.rgb + difference), 0, 255).astype(np.uint8)
    bare = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()
    new = {kind: body for kind, body in _chunks(bare) if kind == b"IHDR"}
    pixels = b"".join(body for kind, body in _chunks(bare) if kind == b"IDAT")
    out, placed = [_PNG], False
    for kind, body in _chunks(frame.data):
        if kind == b"IHDR":
            out.append(_chunk(kind, new[kind]))
        elif kind == b"IDAT":
            out += [] if placed else [_chunk(kind, pixels)]
            placed = True
        elif kind not in (b"PLTE", b"tRNS", b"sBIT", b"hIST", b"bKGD"):  # of the old pixels' form
            out.append(_chunk(kind, body))
    return b"".join(out)


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], len(_PNG)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
