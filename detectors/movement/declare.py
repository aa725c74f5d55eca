"""When a tracked thing is said to move."""

import numpy as np

from detectors.movement.life import Life, measurement_sigma
from detectors.movement.settings import MovementSettings

STEP_SIGMA_PX = 0.15
"""Error of the background's motion from one analysed picture to the next."""


def displacement_sigma_px(life: Life) -> float:
    """Standard deviation of a track's net displacement against its background.

    Both ends are uncertain, every step adds registration error, and relief adds a share of the parallax that was
    taken off: a blob may sit on something taller than its surroundings.
    """
    ends = 2 * measurement_sigma(life.size) ** 2
    walk = (len(life.moments) - 1) * STEP_SIGMA_PX**2
    return float(np.sqrt(ends + walk + (0.3 * life.relief_px) ** 2))


def moves(life: Life, dt_s: float, settings: MovementSettings) -> bool:
    """Whether the track has moved beyond doubt: far enough, straight enough, seen often enough, itself throughout."""
    hits = life.hits
    if hits < max(settings.min_hits, round(settings.confirm_s / dt_s)):
        return False
    if hits < settings.hit_share * len(life.moments):
        return False
    net = float(np.hypot(*life.net))
    if net < settings.displacement_sigmas * displacement_sigma_px(life):
        return False
    if net < settings.straightness * life.path_px:
        return False
    return explained_share(life) < settings.max_explained_share


def stands(life: Life, settings: MovementSettings) -> bool:
    """Whether a declared track still holds when its whole life is known."""
    last = max(k for k, m in enumerate(life.moments) if m.sight is not None)
    if life.hits < settings.hit_share * (last + 1):
        return False
    return explained_share(life) < settings.max_explained_share


def explained_share(life: Life) -> float:
    """Share of its sights that relief alone could make."""
    return float(np.mean([m.sight.explained for m in life.moments if m.sight is not None]))
