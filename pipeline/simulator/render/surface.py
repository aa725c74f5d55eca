"""What rays met, as surfaces to be lit: one record for ground, things and movers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.scene.mesh import Float32

GROUND = np.int32(-1)


@dataclass(slots=True, eq=False)
class Surface:
    """Surfaces at ``(N,)`` rays; rays that met nothing are not among them.

    Attributes:
        at_m: ``(N, 3)`` in the stage's axes (where a mover is at the ray's own time).
        far_m: ``(N,)`` from the camera.
        pixel_m: ``(N,)`` what a pixel covers there, across the ray.
        albedo: ``(N, 3)``.
        normal: ``(N, 3)`` unit, towards the camera.
        glow: ``(N, 3)``.
        material: ``(N,)``.
        thing: ``(N,)`` `GROUND`, else an index among the stage's things and then the movers.
        open_sky: ``(N,)`` share of the sky's light that comes there.
        height_m: ``(N,)`` above the thing's own ground; 0 on the ground.
        sway, warm: ``(N,)`` of the thing.
        share: ``(N,)`` of the pixel that it covers.
        slope: ``(N, 2)`` rise per metre of the ground; 0 on things.
    """

    at_m: Float32
    far_m: Float32
    pixel_m: Float32
    albedo: Float32
    normal: Float32
    glow: Float32
    material: NDArray[np.uint8]
    thing: NDArray[np.int32]
    open_sky: Float32
    height_m: Float32
    sway: Float32
    warm: Float32
    share: Float32
    slope: Float32
