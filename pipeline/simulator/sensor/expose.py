"""A camera: from what is seen to the numbers it gives out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.simulator.scene.shot import Float32, Seen
from pipeline.simulator.sensor.electrons import develop, mosaic, read_out
from pipeline.simulator.sensor.finish import finish
from pipeline.simulator.sensor.metering import Exposure, meter
from pipeline.simulator.sensor.optics import through_lens
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.sensor.shoot import Motion
from pipeline.simulator.sensor.smear import smear
from pipeline.simulator.sensor.thermal import thermal_counts


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, visible or thermal. Nothing of one frame depends on another.

    Attributes:
        settings: What it is like.
        seed: Of its patterns and of the small errors of its automatics.
    """

    settings: SensorSettings = field(default_factory=SensorSettings)
    seed: int = 0

    def meter(self, seen: Sequence[Seen], index: int) -> Exposure:
        """Exposure time, sensitivity and white balance of a frame: a function of what it sees and of its index."""
        radiance = _mean([one.radiance for one in seen])
        if radiance is None:
            return Exposure(self.settings.thermal.response_s, 100, 1.0, (1.0, 1.0))
        return meter(radiance, index, self.settings, self.seed)

    def expose(
        self,
        seen: Sequence[Seen],
        index: int,
        rng: np.random.Generator,
        *,
        motion: Motion | None = None,
        t_s: float = 0.0,
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """The picture.

        Args:
            seen: Of one exposure; several are averaged in linear light.
            index: Of the frame.
            rng: Source of its noise.
            motion: By which it smears; None: by nothing (or `seen` is many).
            t_s: When, for a thermal camera's shutter.

        Returns:
            ``(H, W, 3)`` uint8 RGB, or ``(H, W)`` uint16 counts where kelvin is seen.
        """
        kelvin = _mean([one.kelvin for one in seen])
        if kelvin is not None:
            moved = smear(kelvin, motion) if motion else kelvin
            return thermal_counts(moved, t_s, self.settings.thermal, self.seed, rng)
        radiance = _mean([one.radiance for one in seen])
        if radiance is None:
            raise ConfigError("a camera needs at least one picture of light or of temperatures to expose")
        exposure = meter(radiance, index, self.settings, self.seed)
        light = smear(radiance, motion) if motion else radiance
        if self.settings.flicker > 0:
            light = light * self._flicker(len(light), exposure, t_s)[:, None, None]
        raw = mosaic(through_lens(light, self.settings), exposure)
        raw = read_out(raw, exposure.iso, self.settings, rng)
        return finish(develop(raw, exposure.white), exposure.iso, self.settings)

    def _flicker(self, rows: int, exposure: Exposure, t_s: float) -> Float32:
        """``(rows,)`` factor: lamps swing at twice the mains, and exposure averages over it."""
        turn = 2 * np.pi * 2 * self.settings.mains_hz
        at = t_s + (np.arange(rows) / max(rows - 1, 1) - 0.5) * self.settings.readout_s
        averaged = np.sinc(turn * exposure.exposure_s / (2 * np.pi))
        return (1.0 + self.settings.flicker * averaged * np.cos(turn * at)).astype(np.float32)


def _mean(pictures: Sequence[Float32 | None]) -> Float32 | None:
    there = [picture for picture in pictures if picture is not None]
    if len(there) < 2:
        return there[0] if there else None
    total = there[0].copy()
    for picture in there[1:]:
        total += picture
    return np.asarray(total / np.float32(len(there)), np.float32)
