"""The detector's judgement of its own sight: what a mover would have had to be like to be found."""

import numpy as np

from detectors.movement.declare import STEP_SIGMA_PX
from detectors.movement.evidence import Evidence, Pair
from detectors.movement.life import measurement_sigma
from detectors.movement.settings import MovementSettings
from detectors.movement.tracker import GATE
from pipeline.records.mover_sight import PixelSight, SightFlaw, SightGrade

LEAST_PX = 5.0
"""Shortest side, in analysed pixels, that is found in most scenes: measured, see docs/movement.md."""

SLOW_TIME_S = 10.0
"""A mover is taken to be in view for this long, or for `MANY_PICTURES`, whatever takes longer."""

MANY_PICTURES = 8

RESTLESS, PARTLY_RESTLESS = 0.5, 0.1
"""Blind shares of the scene from which on nothing, or not everything, is told from it."""

NOT_ASSESSABLE = frozenset(
    {SightFlaw.NO_TEXTURE, SightFlaw.REGISTRATION_LOST, SightFlaw.TOO_FEW_REFERENCES, SightFlaw.RESTLESS}
)


def unseen(flaw: SightFlaw) -> PixelSight:
    """A picture of which nothing can be said."""
    return PixelSight(SightGrade.NOT_ASSESSABLE, (flaw,))


def judge_sight(pairs: list[Pair], evidence: Evidence | None, dt_s: float, settings: MovementSettings) -> PixelSight:
    """What the comparison of one picture could have shown, in analysed pixels.

    Args:
        pairs: With its references.
        evidence: Of them; None when there are too few.
        dt_s: From picture to picture.
        settings: The detector's.
    """
    sides = [side for pair in pairs for side in (pair.before, pair.after) if side is not None]
    if evidence is None or not sides:
        return unseen(SightFlaw.TOO_FEW_REFERENCES)
    flaws = []
    if evidence.blind_share > PARTLY_RESTLESS:
        flaws.append(SightFlaw.RESTLESS if evidence.blind_share > RESTLESS else SightFlaw.PARTLY_RESTLESS)
    if all(pair.before is None or pair.after is None for pair in pairs):
        flaws.append(SightFlaw.ONE_SIDED)
    if any(side.overlay.unruly for side in sides):
        flaws.append(SightFlaw.PARALLAX_NOT_UNDERSTOOD)
    if NOT_ASSESSABLE.intersection(flaws):
        return PixelSight(SightGrade.NOT_ASSESSABLE, tuple(flaws))
    grade = SightGrade.DEGRADED if flaws else SightGrade.ASSESSABLE
    return PixelSight(grade, tuple(flaws), *_limits(evidence, dt_s, settings))


def _limits(evidence: Evidence, dt_s: float, settings: MovementSettings) -> tuple[float, float, float]:
    """Least side, slowest and fastest, in analysed pixels (a second)."""
    long_side = max(evidence.score.shape)
    longest_s = max(*settings.baselines_s, dt_s)
    in_view_s = max(SLOW_TIME_S, MANY_PICTURES * dt_s)
    end = measurement_sigma(np.array([LEAST_PX, LEAST_PX]))
    displacement_sigma = np.sqrt(2 * end**2 + in_view_s / dt_s * STEP_SIGMA_PX**2)
    # it must leave its own place within the longest baseline, and get beyond its error while in view
    slowest = max(LEAST_PX / longest_s, settings.displacement_sigmas * displacement_sigma / in_view_s)
    # it must be found again within the gate, and be in view for as many pictures as a declaration takes
    needed_s = max(settings.confirm_s, settings.min_hits * dt_s)
    fastest = min(GATE * settings.speed_sigma_share_hz * long_side, 0.5 * long_side / needed_s)
    return LEAST_PX, float(slowest), float(fastest)
