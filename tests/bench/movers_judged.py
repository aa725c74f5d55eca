"""How found movers are held against true ones, in benchmarks of simulated flights."""

from collections import Counter

import numpy as np
from scipy.stats import binomtest, chi2

from detectors.movement import MovementSettings

SETTINGS = MovementSettings()
SLOWEST_LENGTHS_HZ = 0.1  # slower than a tenth of its length a second a mover covers itself in every reference
FASTEST_SIGMAS = 3.0  # of the tracker's speed


def detectable(rows, long_side_px):
    """Whether a mover ought to be found, by a plain rule: its size, its speed, and how long it is in view.

    Args:
        rows: Its rows in the truth that show it, of looked-at frames, in order.
        long_side_px: Of the full picture.
    """
    scale = min(1.0, SETTINGS.analysis_long_side_px / long_side_px)
    size_px = float(np.median(np.maximum(rows.width_px, rows.height_px))) * scale
    px_per_m = size_px / float(rows.length_m.iloc[0])
    speed_px = float(rows.speed_mps.median()) * px_per_m
    fastest_px = FASTEST_SIGMAS * SETTINGS.speed_sigma_share_hz * long_side_px * scale
    seen_s = (rows.t_utc_ns.max() - rows.t_utc_ns.min()) / 1e9
    return size_px >= 5.0 and SLOWEST_LENGTHS_HZ * size_px <= speed_px <= fastest_px and seen_s >= 3.0


def is_on(box, row):
    """Whether a found box is on a true one: its centre within it, widened by half and 4 px for the shadow."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    off_x, off_y = abs(x - row.left_px - row.width_px / 2), abs(y - row.top_px - row.height_px / 2)
    return off_x <= 0.75 * row.width_px + 4 and off_y <= 0.75 * row.height_px + 4


def owner(frame_ids, boxes_px, rows):
    """The mover on which most of a track's boxes lie, if that is at least half."""
    votes = Counter()
    for frame_id, box in zip(frame_ids, boxes_px, strict=True):
        for row in rows[rows.frame_id == frame_id].itertuples():
            if is_on(box, row):
                votes[row.thing_id] += 1
    name, most = votes.most_common(1)[0] if votes else ("", 0)
    return name if 2 * most >= len(frame_ids) else None


def share(yes, of):
    """A share with its exact 95 % interval, in words."""
    if not of:
        return "none"
    low, high = binomtest(yes, of).proportion_ci(method="exact")
    return f"{yes} of {of} ({low:.2f} to {high:.2f})"


def most_an_hour(count, hours):
    """Exact one-sided 95 % upper bound of the rate of a Poisson process."""
    return float(chi2.ppf(0.95, 2 * count + 2) / 2 / hours)
