"""One exposure: where each row of the picture was taken from, and what was seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.records.arrays import Float
from pipeline.simulator.scene.lens import Lens

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A lens in space. One pose, or one a row where the shutter rolls.

    Attributes:
        lens: The lens as it is (zoom included).
        eye_m: ``(R, 3)`` site metres; R is 1 or the picture's height.
        rotation: ``(R, 3, 3)`` camera to site.
        t_s: ``(R,)`` seconds since the moment's `t_s`, about 0.
    """

    lens: Lens
    eye_m: Float
    rotation: Float
    t_s: Float

    def __post_init__(self) -> None:
        rows = len(self.eye_m)
        if rows not in (1, self.lens.size_px[1]):
            raise GeometryError(f"a shot has one pose or one a row, not {rows}")
        if self.eye_m.shape != (rows, 3) or self.rotation.shape != (rows, 3, 3) or self.t_s.shape != (rows,):
            raise GeometryError("a shot's positions, rotations and times must be as many")

    @property
    def middle(self) -> int:
        """Index of the pose that stands for the whole picture."""
        return len(self.eye_m) // 2


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture before the sensor, with everything that is true of each pixel's centre.

    Attributes:
        radiance: ``(H, W, 3)`` float32; 1 is a white surface square to the noon sun. None in thermal.
        kelvin: ``(H, W)`` float32 brightness temperature. None in the visible.
        number: ``(H, W)`` int32: 0 bare ground and sky, else 1 + index into `thing_ids`.
        thing_ids: What `number` counts: things, movers and what is dug; those that are seen, sorted.
        depth_m: ``(H, W)`` float32 along the optical axis; inf in the sky.
        ground_m: ``(H, W, 3)`` float32 of what is seen, relative to `origin_m`; NaN in the sky.
        origin_m: ``(3,)`` site metres.
        shadow: ``(H, W)`` bool: the sun does not reach it, by something standing or the terrain (not clouds).
        moving: Site velocity x, y in m/s by `number`, of what moves by itself.
    """

    radiance: Float32 | None
    kelvin: Float32 | None
    number: NDArray[np.int32]
    thing_ids: tuple[str, ...]
    depth_m: Float32
    ground_m: Float32
    origin_m: Float
    shadow: NDArray[np.bool_]
    moving: tuple[tuple[int, tuple[float, float]], ...] = ()
