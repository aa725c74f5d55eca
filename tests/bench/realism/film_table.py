"""Real and simulated films side by side, method by method."""

import itertools

import numpy as np

from tests.bench.realism.figures import Figures
from tests.bench.realism.table import NEAR


def beside(false: tuple[Figures, Figures], f1: tuple[Figures, Figures]) -> list[str]:
    """A line for each film and method: false tracks a minute and F1, real, simulated, and their ratio.

    A star marks ratios outside 1/1.5 to 1.5. Under each film: how many pairs of methods stand in the same order.

    Args:
        false, f1: Figures of real and of simulated films.
    """
    lines = [f"{'':24}{'false tracks a minute':>28}{'F1 by centre':>30}"]
    lines.append((f"{'':24}" + 2 * f"{'real':>10}{'simul.':>10}{'ratio':>9} ").rstrip())
    for group in f1[1].groups():
        lines.append(group)
        for method in f1[1].values:
            cells = "".join(_cells(*(f.of(method, group) for f in both)) for both in (false, f1))
            lines.append(f"  {method:22}{cells}".rstrip())
        orders = [f"{name}: {_agreement(both, group)}" for name, both in (("false tracks", false), ("F1", f1))]
        lines.append(f"  {'same order of pairs':22}" + "; ".join(orders))
    return lines


def _cells(real: float, simulated: float) -> str:
    if not np.isfinite([real, simulated]).all():
        return "".join(f"{x:10.3g}" if np.isfinite(x) else f"{'-':>10}" for x in (real, simulated)) + f"{'-':>9} "
    if real == simulated:
        ratio = 1.0
    elif real == 0:
        return f"{real:10.3g}{simulated:10.3g}{'-*':>9} "
    else:
        ratio = simulated / real
    mark = "" if 1 / NEAR <= ratio <= NEAR else "*"
    return f"{real:10.3g}{simulated:10.3g}{f'{ratio:.2f}{mark}':>9} "


def _agreement(both: tuple[Figures, Figures], group: str) -> str:
    """How many pairs of methods that differ in the real film stand in the same order in the simulated one."""
    real, simulated = ({m: f.of(m, group) for m in both[1].values} for f in both)
    if not all(np.isfinite(v) for v in (*real.values(), *simulated.values())) or not real:
        return "-"
    told = [(m, n) for m, n in itertools.combinations(real, 2) if real[m] != real[n]]
    same = sum((real[m] - real[n]) * (simulated[m] - simulated[n]) > 0 for m, n in told)
    return f"{same} of {len(told)}"
