"""The sky, and the air between the camera and what it sees."""

from dataclasses import dataclass

import numpy as np

from pipeline.simulator.render.light import Light
from pipeline.simulator.scene.mesh import Float32

_RANGE = 3.912  # optical depth at which contrast has fallen to 2 % (Koschmieder)


@dataclass(frozen=True, slots=True)
class Air:
    """Haze of a visibility, under a light."""

    light: Light
    visibility_m: float

    def sky(self, rays: Float32, cloud: Float32) -> Float32:
        """``(N, 3)`` radiance of the sky along ``(N, 3)`` rays; `cloud` ``(N,)`` is its cover there."""
        up = np.clip(rays[:, 2:3], 0, 1)
        zenith = self.light.sky * np.array([0.62, 0.78, 1.02], np.float32)
        blue = zenith + (self.airlight() - zenith) * (1 - up) ** 5
        grey = self.light.sky * np.float32(0.6) * (1 + 0.7 * up) * np.array([1.12, 1.05, 0.96], np.float32)
        overcast = np.float32(np.clip((self.light.cover - 0.85) / 0.15, 0, 1))
        clear = blue * (1 - overcast) + grey * overcast
        facing = (rays @ self.light.toward)[:, None]
        if self.light.by_day:
            glare = 0.35 * np.exp((facing - 1) * 18) + 0.5 * np.exp((facing - 1) * 300) + 60.0 * (facing > 0.99996)
            clear = clear + glare * self.light.key * (1 - overcast)
        lit = 0.55 * self.light.key * max(float(self.light.toward[2]), 0.1) + 1.1 * self.light.sky
        white = lit * (0.8 + 0.25 * facing)
        cover = cloud[:, None] * np.float32(0.85) * (1 - overcast)
        return np.asarray(clear * (1 - cover) + white * cover, np.float32)

    def airlight(self) -> Float32:
        """``(3,)`` radiance of thick haze: the colour of the horizon."""
        sun = self.light.key * max(float(self.light.toward[2]), 0.05) ** 0.5
        return np.asarray(0.85 * self.light.sky + 0.13 * sun, np.float32)

    def through(self, radiance: Float32, far_m: Float32, low_m: Float32) -> Float32:
        """Light after its way to the camera.

        Args:
            radiance: ``(N, 3)``.
            far_m: ``(N,)`` finite lengths.
            low_m: ``(N,)`` mean height of the way above the ground: haze thins out with a scale of 1.5 km.
        """
        depth = np.float32(_RANGE / self.visibility_m) * far_m * np.exp(-np.clip(low_m, 0, 6000) / 1500)
        stays = np.exp(-depth)[:, None]
        return np.asarray(radiance * stays + self.airlight() * (1 - stays), np.float32)
