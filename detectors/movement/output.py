"""Tracks in the pixels of the full frames."""

import numpy as np

from detectors.movement.life import Life, Moment
from pipeline.records.arrays import Float, Int
from pipeline.records.evidence import ImageTrack, Reason


def to_image_tracks(lives: list[Life], ordinals: Int, t_s: Float, scale: float) -> list[ImageTrack]:
    """Movers as records: from first to last sight, frames between analysed ones interpolated.

    Args:
        lives: Declared tracks.
        ordinals: ``(A,)`` ordinal of each analysed picture in the stream.
        t_s: ``(N,)`` time of every frame of the stream.
        scale: Analysed pixels per pixel of the frame.
    """
    ordered = sorted(lives, key=lambda life: (life.moments[0].index, life.number))
    return [_track(number, life, ordinals, t_s, scale) for number, life in enumerate(ordered, start=1)]


def _track(number: int, life: Life, ordinals: Int, t_s: Float, scale: float) -> ImageTrack:
    last = max(k for k, m in enumerate(life.moments) if m.sight is not None)
    moments = life.moments[: last + 1]
    boxes = _boxes(moments) / scale
    seen = np.array([ordinals[m.index] for m in moments])
    frames = np.arange(seen[0], seen[-1] + 1)
    full = np.column_stack([np.interp(t_s[frames], t_s[seen], boxes[:, k]) for k in range(4)])
    hit = {int(ordinals[m.index]) for m in moments if m.sight is not None}
    detected = np.array([int(f) in hit for f in frames])
    likeness = [m.likeness for m in moments if np.isfinite(m.likeness)]
    share = sum(m.sight is not None for m in moments) / len(moments)
    net_px = float(np.hypot(*life.net))
    score = float(np.clip(share * (1 - np.exp(-net_px / 20)), 0.0, 1.0))
    reasons = (
        Reason("displaced_against_background", (("net_px", net_px / scale),)),
        Reason("seen_in", (("frames", float(len(hit))), ("share", share))),
        Reason("declared_after", (("s", float(t_s[ordinals[life.moments[life.declared_at].index]] - t_s[seen[0]])),)),
        Reason("looks_alike", (("correlation", float(np.mean(likeness)) if likeness else 0.0),)),
    )
    against = (Reason("background_drifts", (("px", life.relief_px / scale),)),) if life.relief_px > 2 else ()
    return ImageTrack(number, frames.astype(np.int64), full, detected, score, reasons, against)


def _boxes(moments: list[Moment]) -> Float:
    """``(N, 4)`` boxes: the measured centre where there is one, the median size of the sights round about."""
    boxes = np.empty((len(moments), 4))
    for k, moment in enumerate(moments):
        near = [m.sight.blob for m in moments[max(0, k - 4) : k + 5] if m.sight is not None]
        size = np.median([[b.width, b.height] for b in near], axis=0) if near else moment.size
        centre = moment.centre if moment.sight is None else np.array(moment.sight.blob.centre)
        boxes[k] = [*(centre - (size - 1) / 2), *size]
    return boxes
