"""How far a radial polynomial grows."""

from collections.abc import Sequence

import numpy as np

_NOTHING = 1e-30
"""Smaller coefficients change no place in any picture, and their companion matrix overflows."""


def first_turning(growth: Sequence[float]) -> float:
    """The least positive root of a polynomial, infinite where it has none.

    Args:
        growth: Derivative of the radius as a polynomial of its argument's square, lowest power first.
    """
    roots = np.roots([value if abs(value) > _NOTHING else 0.0 for value in reversed(growth)])
    return min((float(root.real) for root in roots if abs(root.imag) < 1e-12 and root.real > 0), default=np.inf)
