"""How high the ground is that a sensor says it looks at: by the place that it states, or by its slant range."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float, Int
from pipeline.records.samples import TelemetrySamples

MAX_GAP_NS = 2 * 10**9
"""A view further away in time may be of other ground."""


@dataclass(frozen=True, slots=True, eq=False)
class SightedGround:
    """Heights of the middle of the picture over time, above the zero of the samples' own heights.

    Attributes:
        t_ns: ``(N,)`` UTC, increasing.
        height_m: ``(N,)`` finite.
    """

    t_ns: Int
    height_m: Float

    @classmethod
    def of(cls, samples: TelemetrySamples, t_utc_ns: Int) -> "SightedGround | None":
        """What telemetry states, or None.

        Args:
            samples: The telemetry.
            t_utc_ns: ``(N,)`` its times.
        """
        view = samples.view
        if view is None:
            return None
        down = -np.sin(np.radians(samples.pitch_deg))
        height = np.where(down > 0, samples.alt_m - view.slant_range_m * down, np.nan)
        if view.target_datum == samples.vertical_datum:
            height = np.where(np.isfinite(view.target_height_m), view.target_height_m, height)
        known = np.isfinite(height)
        if not known.any():
            return None
        t_ns, first = np.unique(t_utc_ns[known], return_index=True)
        return cls(t_ns, height[known][first])

    def height_at(self, t_ns: int) -> float:
        """Height by the nearest sample, NaN where none is near."""
        after = int(np.searchsorted(self.t_ns, t_ns))
        near = min(
            (row for row in (after - 1, after) if 0 <= row < len(self.t_ns)),
            key=lambda row: abs(int(self.t_ns[row]) - t_ns),
        )
        return float(self.height_m[near]) if abs(int(self.t_ns[near]) - t_ns) <= MAX_GAP_NS else float("nan")
