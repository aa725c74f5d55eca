"""What a camera sees of the world: exact rays through the lens, first hit on the surface."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GeometryError
from pipeline.geometry.camera import pixel_rays
from pipeline.records.arrays import Float
from pipeline.records.camera import CameraModel
from pipeline.simulator.noise import Float32, hash_lattice
from pipeline.simulator.old_thing import Thing
from pipeline.simulator.world import Patch, World, side_light

_STEEP = 2.2
"""Rise over run beyond which a hit lies on a wall rather than on a roof."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture before the sensor.

    Attributes:
        light: ``(H, W, 3)`` float32 radiance in counts of the world.
        number: ``(H, W)`` 1 + index of the thing seen, 0 the land.
        ground_m: ``(H, W, 3)`` site position of what is seen.
    """

    light: Float32
    number: NDArray[np.uint16]
    ground_m: Float32


class Viewer:
    """Looks at a world through one camera; the lens is inverted once."""

    def __init__(self, camera: CameraModel) -> None:
        width, height = camera.size_px
        columns, rows = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
        pixels = np.column_stack([columns.ravel(), rows.ravel()])
        self.camera = camera
        self._rays = pixel_rays(pixels, camera.K, camera.distortion, np.eye(3)).astype(np.float32)

    def look(
        self, world: World, eye_m: Float, rotation: Float, movers: tuple[Thing, ...] = (), sharpness_m: float = 0.0
    ) -> Seen:
        """Render.

        Args:
            world: What to look at.
            eye_m: ``(3,)`` site metres.
            rotation: ``(3, 3)`` camera to site.
            movers: Things that are here only now; numbered after the world's own.
            sharpness_m: Spread of the blur that keeps texture finer than a pixel from flickering; 0 for none.

        Raises:
            GeometryError: The camera sees the horizon, or is below the ground.
        """
        width, height = self.camera.size_px
        rays = (self._rays @ rotation.T.astype(np.float32)).reshape(height, width, 3)
        if not float(rays[..., 2].max()) < -0.2:
            raise GeometryError("the simulated camera sees too near the horizon; keep the pitch below -40°")
        run = -rays[..., :2] / rays[..., 2:]  # horizontal metres per metre of descent
        patch = self._patch(world, eye_m, run)
        for index, mover in enumerate(movers):
            world.place_mover(patch, mover, len(world.things) + 1 + index)
        march = _March(patch, eye_m, run)
        height_m = march.first_hit()
        x, y = march.at(height_m)
        light = patch.light
        if sharpness_m > 0.3 * patch.cell_m:
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), sharpness_m / (patch.cell_m / 2)), np.uint16)
        fine_x, fine_y = 2 * x + 0.5, 2 * y + 0.5
        seen = cv2.remap(light, fine_x, fine_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        top = np.asarray(cv2.dilate(patch.number, np.ones((3, 3), np.uint8)), np.uint16)
        steep = march.slope(x, y) > _STEEP
        exact = cv2.remap(patch.number, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        beside = cv2.remap(top, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        number = np.where(steep, beside, exact).astype(np.uint16)
        site = np.stack(
            [(x + 0.5) * patch.cell_m + patch.x0_m, (y + 0.5) * patch.cell_m + patch.y0_m, height_m + eye_m[2]], -1
        )
        colour = _paint_sides(np.asarray(seen, np.float32), number, steep, (*world.things, *movers), site)
        return Seen(colour, number, site.astype(np.float32))

    @staticmethod
    def _patch(world: World, eye_m: Float, run: Float32) -> Patch:
        """The part of the world that may be seen; heights guessed from the land under the camera."""
        below = eye_m[2] - world.land.height_at(float(eye_m[0]), float(eye_m[1]))
        if below < 3:
            raise GeometryError(f"the simulated camera is {below:.1f} m above the ground; fly higher")
        deep, margin = below + 12.0 * world.land.relief, 3.0
        west, south = (eye_m[:2] + run.reshape(-1, 2).min(axis=0).clip(max=0) * deep - margin).tolist()
        east, north = (eye_m[:2] + run.reshape(-1, 2).max(axis=0).clip(min=0) * deep + margin).tolist()
        return world.patch(west, south, east, north)


class _March:
    """Rays against a height field. Heights are relative to the eye: float32 keeps millimetres."""

    def __init__(self, patch: Patch, eye_m: Float, run: Float32) -> None:
        self._surface = (patch.surface_m - np.float32(eye_m[2])).astype(np.float32)
        self._terrain = (patch.terrain_m - np.float32(eye_m[2])).astype(np.float32)
        self._cell = patch.cell_m
        self._sx, self._sy = (run[..., 0] / patch.cell_m).copy(), (run[..., 1] / patch.cell_m).copy()
        self._x = np.float32((eye_m[0] - patch.x0_m) / patch.cell_m - 0.5)
        self._y = np.float32((eye_m[1] - patch.y0_m) / patch.cell_m - 0.5)
        self._steepest = float(np.abs(run).max()) + 1e-6

    def at(self, height: Float32) -> tuple[Float32, Float32]:
        """Cells of the patch at a height."""
        return self._x - height * self._sx, self._y - height * self._sy

    def slope(self, x: Float32, y: Float32) -> Float32:
        """Steepness of the surface at cells."""
        dx = cv2.Sobel(self._surface, cv2.CV_32F, 1, 0, scale=1 / (8 * self._cell))
        dy = cv2.Sobel(self._surface, cv2.CV_32F, 0, 1, scale=1 / (8 * self._cell))
        return _sample(np.asarray(np.hypot(dx, dy), np.float32), x, y)

    def first_hit(self) -> Float32:
        """``(H, W)`` height of the first surface on each ray."""
        height = np.full(self._sx.shape, float(np.median(self._terrain)), np.float32)
        for _ in range(7):
            height = _sample(self._terrain, *self.at(height))
        tall = np.abs(self._surface - self._terrain)
        coarse = cv2.resize(tall, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) + 0.0
        span = int(np.ceil(float(tall.max()) * self._steepest / self._cell / 4)) * 2 + 3
        peak = cv2.dilate(
            cv2.resize(cv2.dilate(tall, np.ones((5, 5))), coarse.shape[::-1], interpolation=cv2.INTER_NEAREST),
            np.ones((span, span)),
        )
        x, y = self.at(height)
        reach = _sample(
            np.asarray(peak, np.float32), np.asarray((x - 1.5) / 4, np.float32), np.asarray((y - 1.5) / 4, np.float32)
        )
        busy = reach > 0.12
        calm = height.copy()
        for _ in range(4):
            calm = _sample(self._surface, *self.at(calm))
        if busy.any():
            calm[busy] = self._walk(busy, height[busy], reach[busy])
        return calm

    def _walk(self, busy: NDArray[np.bool_], ground: Float32, reach: Float32) -> Float32:
        """Step down the busy rays until they are below the surface, then halve the last step."""
        sx, sy = self._sx[busy], self._sy[busy]
        step = np.float32(np.clip(0.9 * self._cell / self._steepest, 0.06, 0.25))
        high = ground + reach + 0.3
        out, live = (ground - 3.0).astype(np.float32), np.arange(len(ground))
        while len(live):
            low = high - step
            below = _line(self._surface, *self._on(low, sx, sy)) >= low
            if below.any():
                out[live[below]] = self._halve(high[below], low[below], sx[below], sy[below])
            go = ~below & (low > ground[live] - 4.0)
            live, high, sx, sy = live[go], low[go], sx[go], sy[go]
        return out

    def _on(self, height: Float32, sx: Float32, sy: Float32) -> tuple[Float32, Float32]:
        return np.asarray(self._x - height * sx, np.float32), np.asarray(self._y - height * sy, np.float32)

    def _halve(self, high: Float32, low: Float32, sx: Float32, sy: Float32) -> Float32:
        for _ in range(6):
            middle = np.asarray((high + low) / 2, np.float32)
            under = _line(self._surface, *self._on(middle, sx, sy)) >= middle
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return np.asarray((low + high) / 2, np.float32)


def _sample(raster: Float32, x: Float32, y: Float32) -> Float32:
    out = cv2.remap(raster, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.float32)


def _line(raster: Float32, x: Float32, y: Float32) -> Float32:
    """`_sample` at ``(N,)`` places; OpenCV wants a picture of moderate sides."""
    wide = 1024
    pad = -len(x) % wide
    folded = [np.pad(a.astype(np.float32), (0, pad)).reshape(-1, wide) for a in (x, y)]
    return _sample(raster, folded[0], folded[1]).ravel()[: len(x)]


def _paint_sides(
    light: Float32, number: NDArray[np.uint16], steep: NDArray[np.bool_], things: tuple[Thing, ...], site_m: Float
) -> Float32:
    """Walls have their own colour, rough at 0.2 m: the picture from above has none of them."""
    sides = np.full((len(things) + 1, 3), np.nan, np.float32)
    for index, thing in enumerate(things):
        if thing.side_rgb is not None:
            sides[index + 1] = side_light(thing.side_rgb)
    walls = steep & (number > 0)
    colours = sides[number[walls]]
    known = np.isfinite(colours[:, 0])
    x, y, z = np.floor(site_m[walls] / 0.2).astype(np.int64).T
    leafy = np.array([0.0, *(0.75 if thing.kind == "tree" else 0.12 for thing in things)], np.float32)[number[walls]]
    rough = (1 + leafy * hash_lattice(17, x * 7919 + z, y * 104729 + z * 31))[:, None]
    light[walls] = np.where(known[:, None], colours * rough, light[walls])
    return light
