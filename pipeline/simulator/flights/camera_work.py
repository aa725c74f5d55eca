"""How a camera is pointed and zoomed in flight, and how steadily."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.errors import ConfigError
from pipeline.records.arrays import Float

Look = Literal["course", "fixed", "centre"]
Gimbal = Literal["stabilised", "fixed"]
ZoomMode = Literal["ramp", "steps"]


@dataclass(frozen=True, slots=True)
class CameraWork:
    """Pointing, zoom and steadiness.

    Attributes:
        look: ``course``: yaw follows the direction of flight; ``fixed``: `yaw_deg` from true north;
            ``centre``: yaw and pitch follow the place's centre.
        pitch_deg: -90 nadir to 30 above the horizon; of no effect where the camera looks at the centre.
        yaw_deg: From true north where `look` is ``fixed``; else added to the direction.
        target_m: East, north, up from the centre's ground: what is looked at.
        gimbal: ``stabilised`` holds its angles; ``fixed`` is bolted to the airframe and banks with it.
        zoom: Times in seconds since the first frame, ascending, and factors on the focal length.
        zoom_mode: ``ramp`` between them evenly in the logarithm; ``steps`` at them.
        sway_m: Root mean square by which wind moves the aircraft, each axis.
        shake_deg: Root mean square of the camera's unsteadiness, each angle.
        wobble_deg: Root mean square of the airframe's unsteadiness, each angle.
    """

    look: Look = "course"
    pitch_deg: float = -90.0
    yaw_deg: float = 0.0
    target_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gimbal: Gimbal = "stabilised"
    zoom: tuple[tuple[float, float], ...] = ()
    zoom_mode: ZoomMode = "ramp"
    sway_m: float = 0.2
    shake_deg: float = 0.1
    wobble_deg: float = 0.8

    def __post_init__(self) -> None:
        if not -90.0 <= self.pitch_deg <= 30.0:
            raise ConfigError(f"camera: pitch_deg {self.pitch_deg} is not within -90 (nadir) to 30; is its sign right?")
        if min(self.sway_m, self.shake_deg, self.wobble_deg) < 0:
            raise ConfigError("camera: sway_m, shake_deg and wobble_deg are spreads; set them to 0 or more")
        if self.gimbal == "fixed" and self.look != "course":
            raise ConfigError(
                f"camera: a camera fixed to the airframe can't look '{self.look}'; set look = 'course' "
                "or gimbal = 'stabilised'"
            )
        times = [at for at, _ in self.zoom]
        if any(factor <= 0 for _, factor in self.zoom) or times != sorted(set(times)):
            raise ConfigError("camera: zoom needs ascending times and factors above 0, such as [[0, 1], [20, 8]]")

    def zoom_at(self, t_s: Float) -> Float:
        """``(N,)`` factor on the focal length at ``(N,)`` times."""
        if not self.zoom:
            return np.ones(len(t_s))
        times = np.array([at for at, _ in self.zoom], np.float64)
        factors = np.array([factor for _, factor in self.zoom], np.float64)
        if self.zoom_mode == "ramp":
            return np.asarray(np.exp(np.interp(t_s, times, np.log(factors))), np.float64)
        latest = np.clip(np.searchsorted(times, t_s, side="right") - 1, 0, None)
        return np.asarray(factors[latest], np.float64)
