"""Pixels of frames: JPEG, PNG, TIFF and video, decoded only as what their first bytes say they are."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.io import MemoryFile

from pipeline.errors import InputError
from pipeline.records.arrays import Image
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.sources.png_chunks import is_whole
from pipeline.sources.radiometric import read_radiometric
from pipeline.sources.regular_file import open_regular
from pipeline.sources.stills import MAX_PIXELS
from pipeline.sources.video_frames import OpenVideo

MAX_FILE_BYTES = 1 << 30
"""No still is larger."""

HARMLESS_JPEG_WARNING = "extraneous bytes before marker 0xd9"
"""Padding behind the last pixel: the picture is whole."""


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """Limits of decoding.

    Attributes:
        max_pixels: Larger pictures are refused.
        max_open_videos: Videos that are kept open at once; the one used longest ago is closed first.
    """

    max_pixels: int = MAX_PIXELS
    max_open_videos: int = 2

    def __post_init__(self) -> None:
        if min(self.max_pixels, self.max_open_videos) < 1:
            raise ValueError("'max_pixels' and 'max_open_videos' must be at least 1")


class FrameReader:
    """Decodes frames. Keeps videos open between reads: use it in a ``with`` block, from one thread at a time.

    EXIF orientation is never applied: pixels stay as the sensor wrote them, and the gimbal's tags speak of those.
    """

    def __init__(self, settings: DecodeSettings | None = None) -> None:
        self.settings = settings or DecodeSettings()
        self._videos: dict[Path, OpenVideo] = {}

    def __enter__(self) -> "FrameReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all videos."""
        for video in self._videos.values():
            video.close()
        self._videos.clear()

    def read(self, ref: FrameRef) -> Image:
        """Full-resolution pixels: ``(H, W, 3)`` uint8 RGB, or ``(H, W)`` uint16 counts.

        Raises:
            InputError: The frame cannot be decoded whole.
        """
        if _in_video(ref):
            image: Image = self._video(ref.path).read(ref.pts, ref.frame_id, "rgb24")
        else:
            image = self._still(ref, 0)
            if image.ndim == 2 and image.dtype == np.uint8:
                image = np.asarray(np.repeat(image[:, :, None], 3, axis=2), np.uint8)
        return _of_size(image, ref)

    def read_grey(self, ref: FrameRef, max_side_px: int) -> tuple[NDArray[np.uint8], float]:
        """A reduced grey picture: ``(h, w)`` uint8 with no side longer than `max_side_px`, and its scale.

        Raises:
            InputError: The frame cannot be decoded whole.
        """
        scale = min(1.0, max_side_px / max(ref.size_px))
        size = (max(1, round(ref.size_px[0] * scale)), max(1, round(ref.size_px[1] * scale)))
        if _in_video(ref):
            image: Image = self._video(ref.path).read(ref.pts, ref.frame_id, "gray")
        else:
            image = self._still(ref, max(size))
        grey = np.asarray(image, np.uint8) if image.dtype == np.uint8 else _stretched(image)
        if grey.ndim == 3:
            grey = np.asarray(cv2.cvtColor(grey, cv2.COLOR_RGB2GRAY), np.uint8)
        if (grey.shape[1], grey.shape[0]) != size:
            grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        return np.ascontiguousarray(grey), scale

    def _still(self, ref: FrameRef, grey_side_px: int) -> Image:
        """Pixels as stored. With `grey_side_px` grey will do, reduced to no less than that side."""
        if ref.size_px[0] * ref.size_px[1] > self.settings.max_pixels:
            raise InputError(f"{ref.frame_id}: {ref.size_px[0]} × {ref.size_px[1]} pixels are more than max_pixels")
        with open_regular(ref.path) as file:
            try:
                data = file.read(MAX_FILE_BYTES + 1)
            except OSError as error:
                raise InputError(
                    f"{ref.frame_id}: cannot be read ({error.strerror}); is the medium damaged?"
                ) from error
        if not data:
            raise InputError(f"{ref.frame_id}: {ref.path.name} is empty; was it copied whole?")
        if len(data) > MAX_FILE_BYTES:
            raise InputError(f"{ref.frame_id}: {ref.path.name} is larger than any still")
        for magic, decode in _DECODERS.items():
            if data.startswith(magic):
                return decode(data, ref, grey_side_px)
        raise InputError(f"{ref.frame_id}: {ref.path.name} is not a JPEG, PNG or TIFF, whatever its name says")

    def _video(self, path: Path) -> OpenVideo:
        video = self._videos.pop(path, None) or OpenVideo(path)
        self._videos[path] = video
        while len(self._videos) > self.settings.max_open_videos:
            self._videos.pop(next(iter(self._videos))).close()
        return video


def _of_size(image: Image, ref: FrameRef) -> Image:
    if (image.shape[1], image.shape[0]) != ref.size_px:
        raise InputError(f"{ref.frame_id}: {ref.path.name} is not the picture that was ingested; did the file change?")
    return image


def _jpeg(data: bytes, ref: FrameRef, grey_side_px: int) -> Image:
    """Counts of a radiometric picture, else its pixels. Strict: the decoder reports what others fill with grey."""
    if ref.band is Band.THERMAL:
        radiometric = read_radiometric(BytesIO(data), ref.frame_id)
        if radiometric is not None:
            return radiometric.counts
    colour = "GRAY" if grey_side_px else "RGB"
    least = [grey_side_px if side == max(ref.size_px) else 0 for side in ref.size_px] if grey_side_px else [0, 0]
    try:
        try:
            height, width, _, _ = simplejpeg.decode_jpeg_header(data)
            _check_size((width, height), ref)
            image = simplejpeg.decode_jpeg(data, colour, False, False, least[1], least[0], 1)
        except ValueError as error:
            if HARMLESS_JPEG_WARNING not in str(error):
                raise
            image = simplejpeg.decode_jpeg(data, colour, False, False, least[1], least[0], 1, strict=False)
    except ValueError as error:
        raise InputError(
            f"{ref.frame_id}: {ref.path.name} is a damaged JPEG ({error}); was it copied whole?"
        ) from error
    pixels = np.asarray(image, np.uint8)
    return pixels[:, :, 0] if pixels.shape[2] == 1 else pixels


def _png(data: bytes, ref: FrameRef, grey_side_px: int) -> Image:
    del grey_side_px
    _check_size((int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")), ref)
    if not is_whole(data):
        raise InputError(f"{ref.frame_id}: {ref.path.name} is a damaged PNG; was it copied whole?")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise InputError(f"{ref.frame_id}: {ref.path.name} cannot be decoded; is it damaged?") from error
    if image is None:
        raise InputError(f"{ref.frame_id}: {ref.path.name} is a damaged PNG; was it copied whole?")
    if image.ndim == 2:
        return np.asarray(image, np.uint16) if image.dtype == np.uint16 else np.asarray(image, np.uint8)
    colour = cv2.cvtColor(image, cv2.COLOR_BGRA2RGB if image.shape[2] == 4 else cv2.COLOR_BGR2RGB)
    return np.asarray(colour // 257 if colour.dtype == np.uint16 else colour, np.uint8)


def _tiff(data: bytes, ref: FrameRef, grey_side_px: int) -> Image:
    """With the driver named, so that a description of other files in disguise is not followed."""
    del grey_side_px
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # no photograph is
            with MemoryFile(data) as memory, memory.open(driver="GTiff") as source:
                _check_size((source.width, source.height), ref)
                if source.count not in (1, 3, 4) or any(kind not in ("uint8", "uint16") for kind in source.dtypes):
                    raise InputError(f"{ref.frame_id}: {ref.path.name} is not a photograph of 8 or 16 bits")
                bands = source.read(list(range(1, min(source.count, 3) + 1)))
    except (RasterioError, RasterioIOError, ValueError, MemoryError) as error:
        raise InputError(
            f"{ref.frame_id}: {ref.path.name} is a damaged TIFF ({error}); was it copied whole?"
        ) from error
    if len(bands) == 1:
        return np.asarray(bands[0])
    if bands.dtype == np.uint16:
        bands = (bands // 257).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(bands, 0, 2))


def _check_size(size_px: tuple[int, int], ref: FrameRef) -> None:
    if size_px != ref.size_px:
        raise InputError(f"{ref.frame_id}: {ref.path.name} is not the picture that was ingested; did the file change?")


def _stretched(counts: Image) -> NDArray[np.uint8]:
    """Counts to grey: the middle 99 % over the whole range."""
    low, high = np.percentile(counts, [0.5, 99.5])
    scaled = (counts.astype(np.float32) - low) * (255.0 / max(high - low, 1.0))
    return np.asarray(np.clip(scaled, 0, 255), np.uint8)


_DECODERS: dict[bytes, Callable[[bytes, FrameRef, int], Image]] = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
}


def _in_video(ref: FrameRef) -> bool:
    """Whether a frame must be decoded out of a video; one of an evidence bundle may lie in a picture of its own."""
    return ref.kind is FrameKind.VIDEO and ref.path.suffix != ".png"
