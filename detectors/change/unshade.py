"""A changed region without cast shadow: nothing is left, or the thing itself."""

from detectors.change.distance import STRIDE
from detectors.change.place import Place
from detectors.change.score import probability
from detectors.change.settings import ChangeSettings
from detectors.change.shade import shade_of
from pipeline.records.evidence import Reason
from pipeline.records.sunlight import PairLight

MOVED_SHADOW = "moved_shadow"
"""Code of what a shadow's wandering explains."""

BESIDE_SHADOW = "moved_shadow_cut"
"""Code of a thing that grew together with a shadow that moved, now without it."""

OWN_SHADOW = "shadow_cut"
"""Code of a thing whose own shadow was taken off."""

LEAST_THING = 0.3
"""Share of a region that must be left without the shadow of the thing itself for that to be the thing."""

LEAST_MOVED = 0.35
"""Share of a region that must be moved shadow for that to explain it: the rest is its border, half a metre wide."""


def unshaded(whole: Place, light: PairLight, settings: ChangeSettings) -> tuple[Place, Reason | None]:
    """What a region is without shadow, and what to say of the shadow.

    Returns:
        The region and None where no shadow matters; the region and a reason `MOVED_SHADOW` where the sun's way
        explains all of it that would count; what is left, with `BESIDE_SHADOW` or `OWN_SHADOW`, where shadow was
        taken off.
    """
    pixels = whole.pixels
    shade = shade_of(whole.pair, pixels, whole.left * STRIDE, whole.top * STRIDE, light)
    area = max(float(pixels.sum()), 1.0)
    moved, own = shade.moved.sum() / area, shade.own.sum() / area
    if moved + own < 0.02:
        return whole, None
    thing = whole.without(shade.moved | shade.own)
    left_m2 = 0.0 if thing is None else thing.area_m2()
    told = (("share", round(float(max(moved, own)), 3)), ("left_m2", round(left_m2, 2)))
    if moved >= LEAST_MOVED:
        if thing is None or left_m2 < settings.min_area_m2 or _stands_alone(thing, left_m2) < settings.min_score:
            return whole, Reason(MOVED_SHADOW, told)
        return thing, Reason(BESIDE_SHADOW, told)
    if thing is None or left_m2 < max(settings.min_area_m2, LEAST_THING * whole.area_m2()):
        return whole, None
    return thing, Reason(OWN_SHADOW, told)


def _stands_alone(thing: Place, area_m2: float) -> float:
    """Its probability had it been the whole region."""
    return probability(thing.magnitude(area_m2), thing.look())
