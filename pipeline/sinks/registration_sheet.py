"""One picture a flight by which people judge its registration."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PublishError
from pipeline.records.arrays import Bool
from pipeline.records.overlay import Grey, Overlay

Picture = NDArray[np.uint8]

JPEG_QUALITY = 80
_MARGIN, _LINE, _TITLE = 10, 15, 46
_PANEL = 302
_WORDS_WIDE = 250
_INK, _PAPER, _UNSEEN = (30, 30, 30), (250, 250, 250), (225, 225, 225)
_ARROW, _ARROW_EDGE = (255, 225, 0), (20, 20, 20)
_ARROWS_TIMES = 10.0
_LEGEND = "green: the ground; magenta: the frame; grey: both agree. Arrows: what is left, measured apart from the pose"


def registration_sheet(title: str, marking: str | None, overlays: Sequence[Overlay]) -> bytes:
    """A JPEG with a row for each overlay: by telemetry, as registered, and what is left.

    Args:
        title: Of the flight.
        marking: Security marking; shown on top and bottom.
        overlays: At least one.

    Raises:
        PublishError: It could not be encoded.
    """
    rows = [_row(overlay) for overlay in overlays]
    width = max(row.shape[1] for row in rows)
    marks = [_text_line(marking, width)] if marking else []
    head = _text_line(f"{title}: registration of {len(overlays)} telling frames", width)
    legend = _text_line(_LEGEND, width)
    sheet = np.concatenate([*marks, head, legend, *(_widened(row, width) for row in rows), *marks])
    done, data = cv2.imencode(".jpg", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise PublishError(f"{title}: the picture of its registration cannot be encoded")
    return bytes(data.tobytes())


def _row(overlay: Overlay) -> Picture:
    before = _laid_over(overlay.before_ground, overlay.before_ground_seen, overlay.before, overlay.before_seen)
    after = _laid_over(overlay.ground, overlay.seen, overlay.after, overlay.after_seen)
    left = _with_arrows(overlay)
    bar_m = _round_length(overlay.gsd_m * _PANEL / 4)
    for panel in (before, after):
        _scale_bar(panel, bar_m / overlay.gsd_m, f"{bar_m:g} m")
    titles = ("by telemetry", "as registered", f"what is left, x {_ARROWS_TIMES:g}")
    panels = [_titled(panel, name) for panel, name in zip((before, after, left), titles, strict=True)]
    return np.concatenate([_words(overlay, panels[0].shape[0]), *panels], axis=1)


def _laid_over(ground: Grey, ground_seen: Bool, frame: Grey, frame_seen: Bool) -> Picture:
    both = ground_seen & frame_seen
    one, two = _levelled(ground, both), _levelled(frame, both)
    picture = np.full((*ground.shape, 3), _UNSEEN, np.uint8)
    picture[ground_seen] = np.stack([one // 2, one, one // 2], axis=-1)[ground_seen]
    picture[frame_seen] = np.stack([two, two // 2, two], axis=-1)[frame_seen]
    picture[both] = np.stack([two, one, two], axis=-1)[both]
    return picture


def _levelled(grey: Grey, both: Bool) -> Grey:
    """Stretched so that the two have one contrast where they meet."""
    values = grey[both] if both.any() else grey.ravel()
    low, high = np.percentile(values, [2, 98])
    stretched = (grey.astype(np.float32) - low) * (215 / max(float(high - low), 8.0)) + 20
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)


def _with_arrows(overlay: Overlay) -> Picture:
    grey = np.where(overlay.after_seen, overlay.after, _UNSEEN[0]).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    for (column, row), (east, north) in zip(overlay.spots_px, overlay.shifts_m, strict=True):
        start = round(column), round(row)
        end = (
            round(column + _ARROWS_TIMES * east / overlay.gsd_m),
            round(row - _ARROWS_TIMES * north / overlay.gsd_m),
        )
        cv2.arrowedLine(picture, start, end, _ARROW_EDGE, 3, cv2.LINE_AA, tipLength=0.25)
        cv2.arrowedLine(picture, start, end, _ARROW, 1, cv2.LINE_AA, tipLength=0.25)
    bar_m = _round_length(overlay.gsd_m * _PANEL / 4 / _ARROWS_TIMES)
    _scale_bar(picture, _ARROWS_TIMES * bar_m / overlay.gsd_m, f"{bar_m:g} m")
    return picture


def _words(overlay: Overlay, height: int) -> Picture:
    middle = "no patch shows it"
    if len(overlay.shifts_m):
        lengths = np.hypot(*overlay.shifts_m.T)
        middle = f"left: {np.median(lengths):.2f} m in the middle of {len(lengths)} patches"
    lines = [overlay.frame_id, overlay.why, f"on {overlay.against}", *overlay.words, middle]
    picture = np.full((height, _WORDS_WIDE, 3), _PAPER, np.uint8)
    for number, line in enumerate(lines):
        _write(picture, line, (_MARGIN, 2 * _LINE + number * (_LINE + 3)), 0.5 if number == 0 else 0.38)
    return picture


def _titled(panel: Picture, name: str) -> Picture:
    height = max(_PANEL, panel.shape[0])
    picture = np.full((height + _LINE + 2 * _MARGIN, _PANEL + _MARGIN, 3), _PAPER, np.uint8)
    _write(picture, name, (2, _LINE + 2), 0.42)
    top = _LINE + _MARGIN
    picture[top : top + panel.shape[0], : panel.shape[1]] = panel
    return picture


def _scale_bar(panel: Picture, length_px: float, text: str) -> None:
    bottom = panel.shape[0] - 8
    cv2.rectangle(panel, (6, bottom - 14), (14 + max(round(length_px), 40), bottom + 5), _PAPER, -1)
    cv2.line(panel, (10, bottom), (10 + round(length_px), bottom), _INK, 2)
    _write(panel, text, (10, bottom - 4), 0.34)


def _round_length(metres: float) -> float:
    """The length with one digit, 1, 2 or 5, that is not longer."""
    power = 10.0 ** np.floor(np.log10(max(metres, 1e-6)))
    return float(max(step for step in (1, 2, 5) if step * power <= metres * 1.0001) * power)


def _text_line(text: str, width: int) -> Picture:
    picture = np.full((_LINE + _MARGIN, width, 3), _PAPER, np.uint8)
    _write(picture, text, (_MARGIN, _LINE + 2), 0.45)
    return picture


def _write(picture: Picture, text: str, at: tuple[int, int], size: float) -> None:
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(picture, plain, at, cv2.FONT_HERSHEY_SIMPLEX, size, _INK, 1, cv2.LINE_AA)


def _widened(row: Picture, width: int) -> Picture:
    side = np.full((row.shape[0], width - row.shape[1], 3), _PAPER, np.uint8)
    return np.concatenate([row, side], axis=1)
