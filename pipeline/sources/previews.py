"""Small pictures of stills: the preview that the camera embedded, else the picture decoded reduced."""

import cv2
import numpy as np
import simplejpeg

from pipeline.errors import InputError
from pipeline.records.preview import Preview
from pipeline.records.sortie import FrameRef
from pipeline.sources.frames import FrameReader
from pipeline.sources.jpeg_segments import read_jpeg_segments
from pipeline.sources.multi_picture import find_preview
from pipeline.sources.regular_file import open_regular

SIDE_PX = 960
"""Longer side of what is judged: that of the previews of most drones."""
LEAST_SIDE_PX = 640
"""Smaller previews tell nothing of blur. The thumbnail of EXIF tags has 160 pixels, often with black bars."""
SAME_SHAPE = 0.01


class PreviewReader:
    """Reads previews of stills. JPEGs without one, and other formats, are decoded reduced.

    Args:
        frames: Decodes.
    """

    def __init__(self, frames: FrameReader) -> None:
        self._frames = frames

    def preview(self, ref: FrameRef) -> Preview:
        """The embedded preview where it can be used, else the picture itself.

        Raises:
            InputError: The picture is needed and cannot be decoded whole.
        """
        try:
            grey = _embedded(ref)
        except InputError as error:
            return Preview(self.picture(ref).grey, embedded=False, fault=str(error))
        return self.picture(ref) if grey is None else Preview(_reduced(grey), embedded=True)

    def picture(self, ref: FrameRef) -> Preview:
        """The picture itself, reduced while it is decoded.

        Raises:
            InputError: It cannot be decoded whole.
        """
        return Preview(self._frames.read_grey(ref, SIDE_PX)[0], embedded=False)


def _embedded(ref: FrameRef) -> np.ndarray | None:
    """The preview in the file, decoded; None where there is none."""
    with open_regular(ref.path) as file:
        try:
            if file.read(3) != b"\xff\xd8\xff":
                return None
            file.seek(0)
            segments, size_px = read_jpeg_segments(file, ref.frame_id)
            file_bytes = file.seek(0, 2)
            place = find_preview(file, segments, file_bytes, ref.frame_id)
            if place is None:
                return None
            file.seek(place.at)
            data = file.read(place.length)
        except OSError as error:
            raise InputError(f"{ref.frame_id}: cannot be read ({error.strerror}); is the medium damaged?") from error
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        if abs(width * size_px[1] / (height * size_px[0]) - 1) > SAME_SHAPE:
            raise InputError(f"{ref.frame_id}: the preview in it has another shape ({width} × {height})")
        if not LEAST_SIDE_PX <= max(width, height) <= 2 * SIDE_PX:
            raise InputError(f"{ref.frame_id}: the preview in it has an unusual size ({width} × {height})")
        return np.asarray(simplejpeg.decode_jpeg(data, "GRAY"), np.uint8)[:, :, 0]
    except ValueError as error:
        raise InputError(f"{ref.frame_id}: the preview in it is damaged ({error})") from error


def _reduced(grey: np.ndarray) -> np.ndarray:
    scale = SIDE_PX / max(grey.shape)
    if scale >= 1:
        return grey
    size = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
