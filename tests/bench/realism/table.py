"""Real and simulated figures side by side."""

import numpy as np
from numpy.typing import NDArray

from tests.bench.realism.figures import DIFFERENCES, Figures

NEAR = 1.5


def compare(title: str, real: Figures, simulated: Figures) -> list[str]:
    """A table of each measure: mean over the groups that both have, and the ratio of each group.

    The last columns hold simulated / real by group; a dot where one of them says nothing, a dash by nothing.
    """
    groups = [g for g in simulated.groups() if g in real.groups()] or simulated.groups() or real.groups()
    lines = ["", title, f"{'':32}{'real':>9}{'simul.':>9}{'ratio':>7}  " + " ".join(f"{g[:11]:>11}" for g in groups)]
    for measure in dict.fromkeys([*real.values, *simulated.values]):
        a, b = (np.array([f.of(measure, g) for g in groups]) for f in (real, simulated))
        both = np.isfinite(a) & np.isfinite(b)
        mean_a, mean_b = _mean(a, both), _mean(b, both)
        each = " ".join(f"{_cell(x, y, measure):>11}" for x, y in zip(a, b, strict=True))
        lines.append(f"{measure:32}{_number(mean_a)}{_number(mean_b)}{_ratio(mean_a, mean_b, measure):>7}  {each}")
    return lines


def rankings(title: str, real: Figures, simulated: Figures) -> list[str]:
    """Methods from fewest to most on both, and how well the two orders agree (Kendall's tau)."""
    groups = [g for g in simulated.groups() if g in real.groups()]
    names = list(simulated.values)
    lines = ["", title]
    if not groups:
        return [*lines, "  no real figures to rank against"]
    orders = []
    for label, figures in (("real", real), ("simulated", simulated)):
        means = {n: float(np.nanmean([figures.of(n, g) for g in groups])) for n in names}
        orders.append(means)
        ranked = sorted(names, key=lambda n: means[n])
        lines.append(f"  {label:10}" + "  <  ".join(f"{n} {means[n]:.3g}" for n in ranked))
    pairs = [(m, n) for k, m in enumerate(names) for n in names[k + 1 :]]
    agree = sum((orders[0][m] - orders[0][n]) * (orders[1][m] - orders[1][n]) > 0 for m, n in pairs)
    lines.append(f"  {agree} of {len(pairs)} pairs of methods in the same order")
    return lines


def _mean(values: NDArray[np.float64], both: NDArray[np.bool_]) -> float:
    chosen = values[both] if both.any() else values[np.isfinite(values)]
    return float(chosen.mean()) if len(chosen) else np.nan


def _number(value: float) -> str:
    return f"{value:9.3g}" if np.isfinite(value) else f"{'.':>9}"


def _ratio(real: float, simulated: float, measure: str) -> str:
    if not (np.isfinite(real) and np.isfinite(simulated)):
        return "."
    if measure in DIFFERENCES:
        return f"{simulated - real:+.2f}"
    if real == 0:
        return "1.00" if simulated == 0 else "-*"
    ratio = simulated / real
    return f"{ratio:.2f}" + ("" if 1 / NEAR <= ratio <= NEAR else "*")


def _cell(real: float, simulated: float, measure: str) -> str:
    if np.isfinite(simulated) and np.isfinite(real):
        return _ratio(real, simulated, measure)
    return f"({real if np.isfinite(real) else simulated:.3g})" if np.isfinite(real) or np.isfinite(simulated) else "."
