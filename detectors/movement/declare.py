"""When a tracked thing is said to move."""

import numpy as np

from detectors.movement.life import Life, measurement_sigma
from detectors.movement.relief import most_parallax_px
from detectors.movement.settings import MovementSettings

STEP_SIGMA_PX = 0.15
"""Error of the background's motion from one analysed picture to the next."""

SETTLED = 4
"""Pictures after which the speed of a track is known, and from as many more how well it keeps to its path."""

SURE_PX = 2.0
"""No end of a track is trusted to be known better, unless the thing itself is small."""

MOST_PATIENCE = 3.0
"""Times the usual that a mover must be seen in the worst scene: longer, and people are out of the picture."""

FAR_SIGMAS, FAR_CREDIT = 24.0, 0.75
"""What goes this far, in its own standard deviations, needs this share of the usual credit."""

BEYOND = 2.0
"""Times the parallax that the camera's way allows from which on a track is no relief, whatever it looks like."""

RELIEF_SHARE = 0.1
"""Share of the background's own drift that may be wrong under a track; what is more shows as relief explaining it."""


def displacement_sigma_px(life: Life) -> float:
    """Standard deviation of a track's net displacement against its background.

    Both ends are uncertain, every step adds registration error, and relief adds a share of the parallax that was
    taken off: a blob may sit on something taller than its surroundings.
    """
    ends = 2 * _end_sigma_px(life) ** 2
    walk = (len(life.moments) - 1) * STEP_SIGMA_PX**2
    return float(np.sqrt(ends + walk + (RELIEF_SHARE * life.relief_px) ** 2))


def _end_sigma_px(life: Life) -> float:
    """How well either end is known: of a large thing better than by its size, where it keeps to its path."""
    usual = measurement_sigma(life.size)
    surprises = np.array([m.surprise_px for m in life.moments[SETTLED:]])
    surprises = surprises[np.isfinite(surprises)]
    if len(surprises) < SETTLED:
        return usual
    along_an_axis = float(np.sqrt(np.mean(surprises**2) / 2))
    return min(usual, max(SURE_PX, along_an_axis))


def beyond_relief(life: Life, size: tuple[int, int]) -> bool:
    """Whether a track went further than any still thing can seem to, by the camera's own way since its birth.

    Over a camera that hovers and sways, traffic looks like relief from one picture to the next, but does not come back.
    """
    net = float(np.hypot(*life.net))
    if net < FAR_SIGMAS * displacement_sigma_px(life):
        return False
    return net > BEYOND * most_parallax_px(life.way, size)


def moves(life: Life, dt_s: float, futile: float, settings: MovementSettings, size: tuple[int, int]) -> bool:
    """Whether the track has moved beyond doubt: far enough, straight enough, seen often enough, itself throughout.

    Where many tracks come to nothing some last by chance: `futile`, their number a picture, lengthens the time over
    which each must be seen.
    """
    beyond = beyond_relief(life, size)
    patience = 1.0 if beyond else min(MOST_PATIENCE, 1.0 + futile / settings.futile_tracks)
    if life.hits < max(settings.min_hits, round(settings.confirm_s / dt_s * patience)):
        return False
    net = float(np.hypot(*life.net))
    if net < settings.displacement_sigmas * displacement_sigma_px(life):
        return False
    if net < settings.straightness * life.path_px:
        return False
    return stands(life, settings, size)


def stands(life: Life, settings: MovementSettings, size: tuple[int, int]) -> bool:
    """Whether a track has credit enough for what is known of its life: somewhat less does for what went far."""
    if beyond_relief(life, size):
        return credit(life, trusted=True) >= settings.min_credit
    sigmas = float(np.hypot(*life.net)) / displacement_sigma_px(life)
    far = np.clip((sigmas - settings.displacement_sigmas) / (FAR_SIGMAS - settings.displacement_sigmas), 0.0, 1.0)
    needed = settings.min_credit * (1.0 - (1.0 - FAR_CREDIT) * far)
    return bool(credit(life) >= needed and explained_share(life) < settings.max_explained_share)


def credit(life: Life, *, trusted: bool = False) -> float:
    """0 to 1: how often it was seen, looking like itself, where relief does not explain it, until it was last seen.

    With `trusted` every sight counts in full, whatever its surroundings look like.
    """
    last = max(k for k, m in enumerate(life.moments) if m.sight is not None)
    worth = [
        (1.0 if trusted else m.sight.trust) * max(0.0, m.likeness)
        for m in life.moments[1 : last + 1]
        if m.sight is not None
    ]
    return float(np.sum(worth)) / max(1, last)


def explained_share(life: Life) -> float:
    """Share of its sights that relief alone could make."""
    return float(np.mean([m.sight.explained for m in life.moments if m.sight is not None]))
