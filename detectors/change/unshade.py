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

LEAST_OWN, LEAST_SHARE = 0.05, 0.15
"""Less shadow, the thing's own or another's, is not worth cutting: it is within the uncertainty of the area. Of other
things' shadow more is asked, since a pit holds some that looks like it."""

LEAST_MOVED = 0.35
"""Share of a region that must be moved shadow for that to explain it: the rest is its border, half a metre wide."""


def unshaded(whole: Place, light: PairLight, settings: ChangeSettings, *, own: bool) -> tuple[Place, Reason | None]:
    """What a region is without shadow, and what to say of the shadow.

    Args:
        whole: The region.
        light: Where the sun stood.
        settings: What would count.
        own: Take off the shadow of the thing itself; otherwise, that of things that stand in both pictures.

    Returns:
        The region and None where no shadow matters; the region and a reason `MOVED_SHADOW` where the sun's way
        explains all of it that would count; what is left, with `BESIDE_SHADOW` or `OWN_SHADOW`, where shadow was
        taken off.
    """
    pixels = whole.pixels
    shade = shade_of(whole.pair, pixels, whole.left * STRIDE, whole.top * STRIDE, light)
    area = max(float(pixels.sum()), 1.0)
    shadow = shade.own if own else shade.moved
    share = float(shadow.sum()) / area
    if share < (LEAST_OWN if own else LEAST_SHARE):
        return whole, None
    thing = whole.without(shadow)
    left_m2 = 0.0 if thing is None else thing.area_m2()
    told = (("share", round(share, 3)), ("left_m2", round(left_m2, 2)))
    if not own and share >= LEAST_MOVED:
        if thing is None or left_m2 < settings.min_area_m2 or _stands_alone(thing, left_m2) < settings.min_score:
            return whole, Reason(MOVED_SHADOW, told)
        return thing, Reason(BESIDE_SHADOW, told)
    if thing is None or left_m2 < max(settings.min_area_m2, LEAST_THING * whole.area_m2()):
        return whole, None
    return thing, Reason(OWN_SHADOW if own else BESIDE_SHADOW, told)


def _stands_alone(thing: Place, area_m2: float) -> float:
    """Its probability had it been the whole region."""
    return probability(thing.magnitude(area_m2), thing.look())
