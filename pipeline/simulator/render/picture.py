"""One picture being made: a sample a pixel, more at edges, and what is true of each pixel's centre."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.render.digging import Digging
from pipeline.simulator.render.edges import OFFSETS, edges
from pipeline.simulator.render.heat import Heat
from pipeline.simulator.render.look import Look
from pipeline.simulator.render.rays import Optics, Rays
from pipeline.simulator.render.shade import Shader
from pipeline.simulator.render.surface import GROUND, Surface
from pipeline.simulator.scene.mesh import Float32
from pipeline.simulator.scene.shot import Seen, Shot

_RAYS_AT_ONCE = 48_000
"""Arrays of a part of a picture stay in the processor's cache."""

_SKY = np.int32(-2)
_HALF_SHOWN = 0.5  # of a pixel that a wire must cover to be what the pixel shows


class Picture:
    """A picture of a shot.

    Args:
        shot: Where from.
        optics: Its lens.
        origin_m: ``(3,)`` of the axes that rays are traced in.
        shader: What is seen there.
        heat: For a thermal picture; None for a visible one.
    """

    def __init__(self, shot: Shot, optics: Optics, origin_m: Float, shader: Shader, heat: Heat | None) -> None:
        width, height = shot.lens.size_px
        self._shot, self._optics, self._origin, self._shader, self._heat = shot, optics, origin_m, shader, heat
        self._size = (height, width)
        self._colour = np.zeros((height * width, 3 if heat is None else 1), np.float32)
        self._thing = np.full(height * width, _SKY, np.int32)
        self._far = np.full(height * width, np.inf, np.float32)
        self._at = np.full((height * width, 3), np.nan, np.float32)
        self._shadow = np.zeros(height * width, np.bool_)

    def look(self) -> None:
        """One sample a pixel."""
        for pixels in _parts(np.arange(len(self._thing))):
            rays = self._rays(pixels, 0.0, 0.0)
            colour, which, surface, free = self._sample(rays)
            self._colour[pixels] = colour
            here = pixels[which]
            self._thing[here], self._far[here], self._at[here] = surface.thing, surface.far_m, surface.at_m
            self._shadow[here] = ~free if self._shader.light.by_day else False
            self._note_wires(pixels, rays)

    def refine(self, look: Look) -> None:
        """More samples in pixels with an edge."""
        bright = self._colour.mean(axis=1) if self._heat is None else (self._colour[:, 0] - 200.0) / 100
        mask = edges(
            self._thing.reshape(self._size),
            self._far.reshape(self._size),
            bright.astype(np.float32).reshape(self._size),
            look.edge_contrast if self._heat is None else 0.008,
        )
        offsets = OFFSETS[: look.edge_samples]
        for pixels in _parts(np.flatnonzero(mask)):
            total = self._colour[pixels].copy() if len(offsets) < len(OFFSETS) else np.zeros_like(self._colour[pixels])
            count = len(offsets) + (len(offsets) < len(OFFSETS))
            for dx, dy in offsets:
                total += self._sample(self._rays(pixels, dx, dy))[0]
            self._colour[pixels] = total / np.float32(count)

    def seen(self, digging: Digging) -> Seen:
        """The finished record."""
        height, width = self._size
        number, ids = self._numbers(digging)
        axis = self._optics.rays[..., 2].reshape(-1)
        with np.errstate(invalid="ignore"):
            depth = np.where(np.isfinite(self._far), self._far * axis, np.inf).astype(np.float32)
        colour = self._colour.reshape(height, width, -1)
        return Seen(
            radiance=colour if self._heat is None else None,
            kelvin=colour[..., 0] if self._heat is not None else None,
            number=number.reshape(height, width),
            thing_ids=ids,
            depth_m=depth.reshape(height, width),
            ground_m=self._at.reshape(height, width, 3),
            origin_m=self._origin.copy(),
            shadow=self._shadow.reshape(height, width),
            moving=self._moving(ids),
        )

    def _moving(self, ids: tuple[str, ...]) -> tuple[tuple[int, tuple[float, float]], ...]:
        """Velocities of what moves among what is seen."""
        speed = {stand.placed.thing_id: stand.placed.velocity_mps for stand in self._shader.scene.stands}
        return tuple((k + 1, speed[name]) for k, name in enumerate(ids) if any(speed.get(name, ())))

    def _rays(self, pixels: NDArray[np.int64], dx: float, dy: float) -> Rays:
        rows, columns = np.divmod(pixels, self._size[1])
        return self._optics.of(self._shot, self._origin, rows, columns, dx, dy)

    def _sample(self, rays: Rays) -> tuple[Float32, NDArray[np.int64], Surface, NDArray[np.bool_]]:
        if self._heat is None:
            return self._shader.radiance(rays)
        return self._shader.warmth(rays, self._heat)

    def _note_wires(self, pixels: NDArray[np.int64], rays: Rays) -> None:
        """Pixels that a wire mostly fills show the wire."""
        found = self._shader.scene.wires(rays, self._far[pixels])
        if found is None:
            return
        which, wire = found
        full = wire.share > _HALF_SHOWN
        here = pixels[which[full]]
        self._thing[here], self._far[here], self._at[here] = wire.thing[full], wire.far_m[full], wire.at_m[full]
        self._shadow[here] = False

    def _numbers(self, digging: Digging) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Numbers by sorted id of what is seen."""
        stands, dug = self._shader.scene.stands, digging.thing_ids
        code = np.where(self._thing >= 0, self._thing + 1 + len(dug), 0).astype(np.int64)
        ground = np.flatnonzero(self._thing == GROUND)
        at = self._at[ground].astype(np.float64) + self._origin
        code[ground] = digging.number_at(at[:, 0], at[:, 1])
        names = [*dug, *(stand.placed.thing_id for stand in stands)]
        present = np.flatnonzero(np.bincount(code, minlength=len(names) + 1)[1:])
        ids = tuple(sorted({names[k] for k in present.tolist()}))
        place = {name: index + 1 for index, name in enumerate(ids)}
        table = np.array([0, *(place.get(name, 0) for name in names)], np.int32)
        return table[code], ids


def _parts(pixels: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(pixels), _RAYS_AT_ONCE):
        yield pixels[start : start + _RAYS_AT_ONCE]
