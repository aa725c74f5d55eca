"""How a sensor is exposed: all rows at once, or one after the other."""

import math
from dataclasses import dataclass
from enum import StrEnum

ASSUMED_READOUT_S = 0.03
"""Of a rolling shutter of which no readout time is published; those that are lie between 0.016 and 0.074 s."""


class ShutterKind(StrEnum):
    """Kinds of shutter."""

    ROLLING = "rolling"
    GLOBAL = "global"
    MECHANICAL = "mechanical"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Shutter:
    """The shutter that took a frame.

    Attributes:
        kind: What is known of it.
        readout_s: From the first row to the last; NaN where it is not known.
        source: Where that comes from; "" where nobody says.
    """

    kind: ShutterKind = ShutterKind.UNKNOWN
    readout_s: float = math.nan
    source: str = ""

    @property
    def believed_readout_s(self) -> float:
        """What to reckon with: 0 where all rows are exposed together; unknown shutters are taken as rolling."""
        if self.kind in (ShutterKind.GLOBAL, ShutterKind.MECHANICAL):
            return 0.0
        return self.readout_s if math.isfinite(self.readout_s) else ASSUMED_READOUT_S

    @property
    def words(self) -> str:
        """For people."""
        if self.believed_readout_s == 0:
            return f"{self.kind} shutter ({self.source})"
        told = f"{1000 * self.believed_readout_s:.0f} ms from first row to last"
        told = told if math.isfinite(self.readout_s) else f"{told} assumed"
        name = "shutter unknown, taken as rolling" if self.kind is ShutterKind.UNKNOWN else "rolling shutter"
        return f"{name}, {told}" + (f" ({self.source})" if self.source else "")
