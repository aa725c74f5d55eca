"""All figures of a pair and of a film, by name."""

from dataclasses import dataclass, field

import numpy as np

from tests.bench.realism import false_alarms, false_tracks, flow, gradients, grain, matching, spectrum
from tests.bench.realism.samples import Pair, Sequence

DIFFERENCES = ("spectral slope",)
"""Figures of which not the ratio but the difference says how near two are."""


@dataclass(slots=True)
class Figures:
    """Values by measure and group, collected one sample after another."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, measure: str, group: str, value: float) -> None:
        """Note one value."""
        self.values.setdefault(measure, {}).setdefault(group, []).append(value)

    def of(self, measure: str, group: str) -> float:
        """Mean over the samples of a group; NaN where there are none."""
        found = [v for v in self.values.get(measure, {}).get(group, []) if np.isfinite(v)]
        return float(np.mean(found)) if found else np.nan

    def groups(self) -> list[str]:
        """All groups, in the order in which they came."""
        return list(dict.fromkeys(group for by_group in self.values.values() for group in by_group))


def note_pair(figures: Figures, pair: Pair) -> None:
    """Everything that is measured on a pair."""
    match = matching.measure(pair)
    flow_median, flow_p90 = flow.measure(pair)
    edge, power, noise = gradients.measure(pair.before), spectrum.measure(pair.before), grain.measure(pair.before)
    values = {
        "features per Mpx": match.features_per_mpx,
        "matches per Mpx": match.matches_per_mpx,
        "inlier ratio": match.inlier_ratio,
        "parallax of matches, median px": match.parallax_median_px,
        "parallax of matches, p90 px": match.parallax_p90_px,
        "dense flow, median px": flow_median,
        "dense flow, p90 px": flow_p90,
        "gradient, typical": edge.typical,
        "gradient, spread of log": edge.spread,
        "gradient, strong share": edge.strong,
        "gradient, kurtosis": edge.kurtosis,
        "spectral slope": power.slope,
        "spectral level at 0.1 c/px": power.level,
        "spectral level, finest": power.fine,
        "noise sigma": noise.sigma,
        "noise, bright by dark": noise.slope,
        "noise, red with green": noise.between_channels,
        "noise, with neighbour": noise.neighbours,
    }
    for name, value in values.items():
        figures.add(name, pair.group, value)


def note_alarms(figures: Figures, pair: Pair) -> None:
    """False alarms per Mpx of each change detector."""
    for name, method in false_alarms.METHODS.items():
        figures.add(name, pair.group, false_alarms.per_mpx(method, pair))


def note_tracks(false: Figures, f1: Figures, film: Sequence) -> None:
    """False tracks a minute and F1 (recall where one of many movers is labelled) of each plain movement method."""
    for name in false_tracks.METHODS:
        found = false_tracks.measure(film, name)
        if not film.single:
            false.add(name, film.group, found.false_per_minute)
        f1.add(name, film.group, found.recall if film.single else found.f1)
