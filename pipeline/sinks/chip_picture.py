"""Cutting, reducing, blurring, drawing on and encoding the pictures of candidates."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PublishError
from pipeline.records.arrays import Bool, Float, Image

Picture = NDArray[np.uint8]
"""``(H, W, 3)`` RGB."""

OUTLINE_RGB = (255, 230, 0)
TRAIL_RGB = (0, 225, 255)
UNSEEN_RGB = (222, 222, 222)
HATCH_RGB = (172, 172, 172)
HATCH_PX = 10
"""From line to line of the hatching of ground that nobody saw."""
SMALLEST_OUTLINE_PX = 24
PERSON_M = 2.0
"""Longest side of a mover that is treated as a person's: an adult with a shadow or a load."""


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a picture: columns ``left`` to ``right``, rows ``top`` to ``bottom``, ends exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def empty(self) -> bool:
        """Whether nothing is inside."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def rows(self) -> slice:
        """Of an array."""
        return slice(self.top, self.bottom)

    @property
    def columns(self) -> slice:
        """Of an array."""
        return slice(self.left, self.right)

    def cut(self, picture: Picture) -> Picture:
        """The piece of a picture."""
        return picture[self.rows, self.columns]


def window_around(points_px: Float, margin_px: float, size_px: tuple[int, int]) -> Window:
    """The window that holds ``(N, 2)`` columns and rows with a margin, as far as a picture of ``size_px`` goes."""
    low = np.floor(np.min(points_px, axis=0) - margin_px)
    high = np.ceil(np.max(points_px, axis=0) + margin_px) + 1
    left, top = np.clip(low, 0, size_px).astype(int)
    right, bottom = np.clip(high, 0, size_px).astype(int)
    return Window(int(left), int(top), int(right), int(bottom))


def as_rgb(image: Image) -> Picture:
    """Any frame as an RGB picture; thermal counts are stretched from their 1st to their 99th percentile."""
    if image.dtype != np.uint8:
        low, high = np.percentile(image, (1, 99))
        stretched = (image.astype(np.float32) - low) * (255 / max(float(high - low), 1.0))
        image = np.clip(stretched, 0, 255).astype(np.uint8)
    if image.ndim == 2:
        return np.repeat(image[:, :, None], 3, axis=2).astype(np.uint8)
    return image.astype(np.uint8, copy=False)


def blurred(picture: Picture, hidden: Bool, gsd_m: float) -> Picture:
    """The picture with hidden pixels averaged over two persons' lengths, so that no shape is left of one."""
    if not hidden.any():
        return picture
    side = max(3, 2 * round(PERSON_M / gsd_m) + 1)
    smooth = cv2.blur(picture, (side, side), borderType=cv2.BORDER_REFLECT)
    return np.where(hidden[:, :, None], smooth, picture).astype(np.uint8)


def hidden_boxes(boxes_px: Float, window: Window, gsd_m: float) -> Bool:
    """``(h, w)`` True in and, by a quarter of a person's length, around ``(N, 4)`` left, top, width, height."""
    hidden = np.zeros((window.bottom - window.top, window.right - window.left), np.bool_)
    edge = PERSON_M / 4 / gsd_m
    for left, top, width, height in boxes_px:
        rows = slice(_index(top - edge - window.top), _index(top + height + edge - window.top + 1))
        columns = slice(_index(left - edge - window.left), _index(left + width + edge - window.left + 1))
        hidden[rows, columns] = True
    return hidden


def _index(value: float) -> int:
    return max(0, int(np.floor(value)))


def reduced(picture: Picture, gsd_m: float, finest_gsd_m: float, largest_px: int) -> tuple[Picture, float]:
    """The picture no finer than allowed and no larger than wanted, with its ground sample distance."""
    height, width = picture.shape[:2]
    factor = min(1.0, gsd_m / finest_gsd_m, largest_px / max(height, width))
    # Whole pixels: rounded down, so that rounding never makes it finer than allowed.
    size = (max(1, int(width * factor)), max(1, int(height * factor)))
    if size == (width, height):
        return picture, gsd_m
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8), gsd_m * min(width / size[0], height / size[1])


def hatched(picture: Picture, seen: Bool) -> Picture:
    """The picture with ground that nobody saw hatched in light grey, so that it never looks like dark ground.

    Args:
        picture: As it is published.
        seen: ``(H, W)`` True where the ground was seen, in full size: it is reduced with the picture.
    """
    if seen.all():
        return picture
    height, width = picture.shape[:2]
    share = cv2.resize(seen.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    rows, columns = np.indices((height, width))
    lines = np.where(((rows + columns) % HATCH_PX < 2)[:, :, None], HATCH_RGB, UNSEEN_RGB)
    return np.where((share < 0.5)[:, :, None], lines, picture).astype(np.uint8)


def trailed(picture: Picture, points_px: Float, scale: float) -> Picture:
    """The picture, reduced by ``scale``, with a line through ``(N, 2)`` full-size columns and rows; a dot ends it.

    Points outside the picture are joined as far as the line shows; NaN breaks it.
    """
    at = (points_px + 0.5) * scale - 0.5
    reach = 8.0 * max(picture.shape[:2])  # OpenCV's fixed-point coordinates end far beyond
    near = (np.abs(at) < reach).all(axis=1)
    fixed = np.round(np.where(near[:, None], at, 0) * 16).astype(np.int32)
    drawn = np.ascontiguousarray(picture).copy()
    for colour, thickness in (((0, 0, 0), 3), (TRAIL_RGB, 1)):
        for run in np.split(np.arange(len(at)), np.flatnonzero(~near)):
            kept = run[near[run]]
            if len(kept) > 1:
                cv2.polylines(drawn, [fixed[kept]], False, colour, thickness, cv2.LINE_AA, 4)
        if near.any():
            end = fixed[np.flatnonzero(near)[-1]]
            cv2.circle(drawn, (int(end[0]), int(end[1])), (2 + thickness) * 16, colour, -1, cv2.LINE_AA, 4)
    return drawn


def outlined(picture: Picture, points_px: Float, scale: float) -> Picture:
    """The picture, reduced by ``scale``, with a closed outline of ``(N, 2)`` full-size columns and rows.

    An outline too small to be noticed is drawn larger, about the same middle.
    """
    at = (points_px + 0.5) * scale - 0.5
    middle, reach = (at.min(axis=0) + at.max(axis=0)) / 2, float(np.ptp(at, axis=0).max())
    at = middle + (at - middle) * max(1.0, SMALLEST_OUTLINE_PX / max(reach, 1.0))
    fixed = np.round(at * 16).astype(np.int32)  # OpenCV draws at 1/16 px with shift=4
    drawn = np.ascontiguousarray(picture).copy()
    cv2.polylines(drawn, [fixed], isClosed=True, color=(0, 0, 0), thickness=4, lineType=cv2.LINE_AA, shift=4)
    cv2.polylines(drawn, [fixed], isClosed=True, color=OUTLINE_RGB, thickness=2, lineType=cv2.LINE_AA, shift=4)
    return drawn


def jpeg_bytes(picture: Picture, quality: int) -> bytes:
    """A JPEG file without metadata; the same picture gives the same bytes with one version of OpenCV.

    Raises:
        PublishError: OpenCV refuses the picture.
    """
    done, encoded = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise PublishError(f"a picture of {picture.shape[1]}x{picture.shape[0]} px cannot be encoded; is OpenCV whole?")
    return encoded.tobytes()
