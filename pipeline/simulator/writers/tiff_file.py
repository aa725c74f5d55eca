"""Pictures as TIFF files: 8-bit RGB or 16-bit counts, with or without tags."""

import zlib

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.writers.photo_tags import PhotoTags
from pipeline.simulator.writers.tiff_directory import BYTE, LONG, SHORT, Entry, header, structure

_DEFLATE, _MIN_IS_BLACK, _RGB = 8, 1, 2
_XMP = 0x02BC


def tiff(image: NDArray[np.uint8] | NDArray[np.uint16], tags: PhotoTags | None = None) -> bytes:
    """A TIFF file, compressed without loss.

    Args:
        image: ``(H, W, 3)`` uint8 RGB or ``(H, W)`` uint16.
        tags: What the picture says about itself.

    Source: TIFF 6.0, sections 3 to 6; compression 8 is the Adobe supplement's. One strip.
    """
    height, width = image.shape[:2]
    channels = image.shape[2] if image.ndim == 3 else 1
    strip = zlib.compress(np.ascontiguousarray(image, dtype=image.dtype.newbyteorder("<")).tobytes(), 6)
    main = [
        Entry(0x0100, LONG, [width]),
        Entry(0x0101, LONG, [height]),
        Entry(0x0102, SHORT, [8 * image.dtype.itemsize] * channels),
        Entry(0x0103, SHORT, [_DEFLATE]),
        Entry(0x0106, SHORT, [_RGB if channels == 3 else _MIN_IS_BLACK]),
        Entry(0x0111, LONG, [8]),
        Entry(0x0115, SHORT, [channels]),
        Entry(0x0116, LONG, [height]),
        Entry(0x0117, LONG, [len(strip)]),
        Entry(0x011C, SHORT, [1]),
    ]
    exif: list[Entry] = []
    gps: list[Entry] = []
    if tags is not None:
        main += [*tags.main, Entry(_XMP, BYTE, tags.xmp)]
        exif, gps = tags.exif, tags.gps
    strip += b"\0" * (len(strip) % 2)
    start = 8 + len(strip)
    return header(start) + strip + structure(main, exif, gps, start)
