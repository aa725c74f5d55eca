"""The land without things on it: relief, fields, roads and tracks, scrub and stones."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.simulator.noise import Float32, hash_lattice, octaves, smooth_noise

Axis = NDArray[np.float64]

_RELIEF = ((230.0, 5.0), (90.0, 2.0), (34.0, 0.6), (11.0, 0.12))
_SOIL = np.array([0.175, 0.125, 0.085], np.float32)
_ALBEDO = {  # linear reflectance, red green blue
    "ploughed": np.array([0.165, 0.115, 0.078]),
    "stubble": np.array([0.33, 0.265, 0.155]),
    "crop": np.array([0.075, 0.125, 0.035]),
    "pasture": np.array([0.135, 0.155, 0.062]),
    "fallow": np.array([0.24, 0.205, 0.115]),
}
_KINDS = tuple(_ALBEDO)
_FIELD_M = (88.0, 52.0)


@dataclass(frozen=True, slots=True)
class Road:
    """A road that swings about a straight line.

    Attributes:
        x_m, y_m: A point of the straight line.
        azimuth_rad: Its direction, counter-clockwise from east.
        swings: ``(amplitude_m, wavelength_m, phase_rad)`` each.
        width_m: Of the carriageway.
        kind: ``asphalt``, ``gravel`` or ``track`` (two ruts).
    """

    x_m: float
    y_m: float
    azimuth_rad: float
    swings: tuple[tuple[float, float, float], ...]
    width_m: float
    kind: str

    def offset(self, x: Float32, y: Float32) -> Float32:
        """Distance to the left of the middle line, metres, of site positions."""
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        along = (x - self.x_m) * c + (y - self.y_m) * s
        aside = (y - self.y_m) * c - (x - self.x_m) * s
        lateral, slope = self._swing(along)
        return np.asarray((aside - lateral) / np.sqrt(1 + slope**2), np.float32)

    def place(self, along_m: float, left_m: float = 0.0) -> tuple[float, float, float]:
        """Site x, y and heading (counter-clockwise from east) at a length along the straight line."""
        lateral, slope = (float(v) for v in self._swing(np.array(along_m)))
        turn = self.azimuth_rad + float(np.arctan(slope))
        c, s = np.cos(self.azimuth_rad), np.sin(self.azimuth_rad)
        x = self.x_m + along_m * c - lateral * s - left_m * np.sin(turn)
        y = self.y_m + along_m * s + lateral * c + left_m * np.cos(turn)
        return float(x), float(y), turn

    def _swing(self, along: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        lateral, slope = np.zeros_like(along), np.zeros_like(along)
        for amplitude, wavelength, phase in self.swings:
            k = 2 * np.pi / wavelength
            lateral = lateral + amplitude * np.sin(k * along + phase)
            slope = slope + amplitude * k * np.cos(k * along + phase)
        return lateral, slope


@dataclass(frozen=True, slots=True)
class Land:
    """Everything that does not stand up.

    Attributes:
        seed: Which land.
        base_m: Ellipsoidal height about which it undulates.
        relief: Factor on the undulation.
        field_azimuth_rad: Direction of the fields' long side.
        roads: Widest last: later ones lie over earlier ones.
    """

    seed: int
    base_m: float
    relief: float
    field_azimuth_rad: float
    roads: tuple[Road, ...]

    def terrain(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` ellipsoidal heights of the land as an elevation model would have it."""
        rise = self.relief * octaves(self.seed, x_m, y_m, _RELIEF)
        return (rise + np.float32(self.base_m)).astype(np.float32)

    def height_at(self, x_m: float, y_m: float) -> float:
        """Terrain height at one place."""
        return float(self.terrain(np.array([x_m]), np.array([y_m]))[0, 0])

    def scrub(self, x_m: Axis, y_m: Axis) -> Float32:
        """``(H, W)`` height of low scrub above the terrain, 0 where there is none."""
        where = smooth_noise(self.seed + 11, x_m, y_m, 26.0) + 0.5 * smooth_noise(self.seed + 12, x_m, y_m, 7.0)
        bushes = octaves(self.seed + 13, x_m, y_m, ((1.9, 0.55), (0.8, 0.35), (0.35, 0.22)))
        _, edge, kind = self._coarse_fields(x_m, y_m)
        wild = np.where(np.isin(kind, (3, 4)), 0.0, -1.1) + np.where(edge < 2.2, 1.1, 0.0)
        height = np.clip((bushes + 0.45 * where + wild - 1.15) * 1.1, 0.0, 1.6)
        x, y = _mesh(x_m, y_m)
        for road in self.roads:
            height = height * np.clip((np.abs(road.offset(x, y)) - road.width_m / 2 - 0.3) / 0.8, 0, 1)
        scrub: Float32 = height.astype(np.float32)
        return scrub

    def _fields(self, x_m: Axis, y_m: Axis) -> tuple[NDArray[np.int64], Float32, NDArray[np.int64]]:
        """Per place: number of the field, metres to its edge, index of its kind."""
        x, y = _mesh(x_m, y_m)
        wobble = 1.2 * smooth_noise(self.seed + 20, x_m, y_m, 15.0)
        c, s = np.cos(self.field_azimuth_rad), np.sin(self.field_azimuth_rad)
        u = ((x * c + y * s) + wobble) / _FIELD_M[0]
        v = ((y * c - x * s) + wobble) / _FIELD_M[1]
        best = np.full(u.shape, np.inf, np.float32)
        second, number = best.copy(), np.zeros(u.shape, np.int64)
        cu, cv = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
        for du in (-1, 0, 1):
            for dv in (-1, 0, 1):
                a, b = cu + du, cv + dv
                pu = a + 0.5 + 0.32 * hash_lattice(self.seed + 21, a, b)
                pv = b + 0.5 + 0.32 * hash_lattice(self.seed + 22, a, b)
                far = (((u - pu) * 1.6) ** 2 + (v - pv) ** 2).astype(np.float32)
                nearer = far < best
                second = np.where(nearer, best, np.minimum(second, far))
                number = np.where(nearer, (a & 0xFFFF) * 65536 + (b & 0xFFFF), number)
                best = np.where(nearer, far, best)
        edge = (np.sqrt(second) - np.sqrt(best)) * _FIELD_M[1] / 2
        kind = np.floor((hash_lattice(self.seed + 23, number, number >> 7) + 1) / 2 * len(_KINDS)).astype(np.int64)
        return number, edge.astype(np.float32), np.clip(kind, 0, len(_KINDS) - 1)

    def surface(self, x_m: Axis, y_m: Axis, scrub_m: Float32) -> tuple[Float32, Float32]:
        """Reflectance ``(H, W, 3)`` and fine relief ``(H, W)`` in metres.

        Args:
            x_m: ``(W,)`` site x of the columns.
            y_m: ``(H,)`` site y of the rows.
            scrub_m: ``(H, W)`` from `scrub`.
        """
        cell = float(x_m[1] - x_m[0])
        x, y = _mesh(x_m, y_m)
        number, edge, kind = self._coarse_fields(x_m, y_m)
        broad = octaves(self.seed + 30, x_m, y_m, ((19.0, 0.5), (6.0, 0.4), (2.1, 0.35)))
        # layers nearly as fine as the cell would beat against it; grains of one cell stand for them
        fine = octaves(self.seed + 31, x_m, y_m, tuple((s, 0.45) for s in (0.75, 0.31, 0.13) if s > 2.6 * cell))
        grain_x, grain_y = np.floor(x_m / cell).astype(np.int64), np.floor(y_m / cell).astype(np.int64)
        fine += np.float32(0.8) * hash_lattice(self.seed + 32, grain_x[None, :], grain_y[:, None])
        colour = np.zeros((*x.shape, 3), np.float32)
        bumps = (0.012 * fine).astype(np.float32)
        for index, name in enumerate(_KINDS):
            where = kind == index
            if where.any():
                tint, rise = self._tilled(name, number, x, y, broad, fine, cell)
                colour = np.where(where[..., None], tint, colour)
                bumps = np.where(where, bumps + rise, bumps)
        margin = np.clip((1.4 + 0.5 * broad - edge) / 0.6, 0, 1)[..., None]
        grass = np.array([0.16, 0.17, 0.075], np.float32) * (1 + 0.22 * fine + 0.15 * broad)[..., None]
        colour = colour * (1 - margin) + grass * margin
        bumps = bumps * (1 - margin[..., 0])
        colour = self._bare_patches(colour, x_m, y_m, fine)
        for road in self.roads:
            colour, bumps = _paint_road(road, colour, bumps, x, y, broad, fine)
        green = np.array([0.062, 0.088, 0.034], np.float32) * (1 + 0.4 * fine + 0.2 * broad)[..., None]
        bush = np.clip(scrub_m / 0.12, 0, 1)[..., None]
        return np.clip(colour * (1 - bush) + green * bush, 0.012, 0.9).astype(np.float32), bumps.astype(np.float32)

    def _coarse_fields(self, x_m: Axis, y_m: Axis) -> tuple[NDArray[np.int64], Float32, NDArray[np.int64]]:
        """`_fields` on a grid of about 0.3 m: grass hides where they meet."""
        step = max(1, int(0.3 / float(x_m[1] - x_m[0])))
        number, edge, kind = self._fields(x_m[step // 2 :: step], y_m[step // 2 :: step])
        columns = np.clip(np.arange(len(x_m)) // step, 0, number.shape[1] - 1)
        rows = np.clip(np.arange(len(y_m)) // step, 0, number.shape[0] - 1)
        place = np.ix_(rows, columns)
        at_x = (np.arange(len(x_m), dtype=np.float32) - step // 2) / step
        at_y = (np.arange(len(y_m), dtype=np.float32) - step // 2) / step
        wide = cv2.remap(edge, *np.meshgrid(at_x, at_y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return number[place], np.asarray(wide, np.float32), kind[place]

    def _tilled(
        self, name: str, number: NDArray[np.int64], x: Float32, y: Float32, broad: Float32, fine: Float32, cell: float
    ) -> tuple[Float32, Float32]:
        """Reflectance and fine relief of one kind of field."""
        turned = np.where(hash_lattice(self.seed + 40, number, number) > 0.3, np.pi / 2, 0.0)
        turn = self.field_azimuth_rad + turned + 0.06 * hash_lattice(self.seed + 41, number, number)
        period = {"ploughed": 0.62, "stubble": 0.3, "crop": 0.75, "pasture": 2.4, "fallow": 1.7}[name]
        across = (y * np.cos(turn) - x * np.sin(turn)).astype(np.float32)
        row = np.sin(2 * np.pi * (across / period + 0.06 * broad)).astype(np.float32)
        row *= float(np.clip((period / cell - 2) / 3, 0, 1))
        passes = np.clip(np.cos(2 * np.pi * across / 9.0) * 12 - 10.6, 0, 1)  # wheels of the tractor
        shade = (1 + 0.12 * hash_lattice(self.seed + 42, number, number)).astype(np.float32)
        base = _ALBEDO[name].astype(np.float32)
        if name == "crop":
            cover = np.clip(0.5 + 1.0 * row + 0.55 * fine + 0.5 * broad - 0.9 * passes, 0, 1)[..., None]
            tint = _SOIL * (1 + 0.2 * fine[..., None]) * (1 - cover) + base * (1 + 0.35 * fine[..., None]) * cover
            return (tint * shade[..., None]).astype(np.float32), (0.09 * cover[..., 0]).astype(np.float32)
        strength, relief = {
            "ploughed": (0.10, 0.055),
            "stubble": (0.13, 0.015),
            "pasture": (0.05, 0.01),
            "fallow": (0.06, 0.015),
        }[name]
        spread = {"ploughed": 0.22, "stubble": 0.2, "pasture": 0.3, "fallow": 0.28}[name]
        value = shade * (1 + strength * row + spread * fine + 0.16 * broad - 0.22 * passes * (name != "ploughed"))
        tint = base * value[..., None]
        dry = np.clip(broad * 0.6 + 0.25 * fine, -0.5, 0.8)[..., None]
        if name in ("pasture", "fallow"):
            tint = tint + dry * np.array([0.06, 0.03, 0.012], np.float32)
        return tint.astype(np.float32), (relief * row).astype(np.float32)

    def _bare_patches(self, colour: Float32, x_m: Axis, y_m: Axis, fine: Float32) -> Float32:
        """Stony ground and single stones."""
        rocky = smooth_noise(self.seed + 50, x_m, y_m, 24.0) + 0.6 * smooth_noise(self.seed + 51, x_m, y_m, 4.0)
        share = np.clip((rocky + 0.3 * fine - 1.3) / 0.5, 0, 1)[..., None]
        rock = np.array([0.31, 0.285, 0.24], np.float32) * (1 + 0.3 * fine)[..., None]
        stones = smooth_noise(self.seed + 52, x_m, y_m, 0.55) + 0.5 * rocky
        bright = np.clip((stones - 2.45) / 0.15, 0, 1)[..., None]
        colour = colour * (1 - share) + rock * share
        return np.asarray(colour * (1 - bright) + np.array([0.42, 0.40, 0.36], np.float32) * bright, np.float32)


def _paint_road(
    road: Road, colour: Float32, bumps: Float32, x: Float32, y: Float32, broad: Float32, fine: Float32
) -> tuple[Float32, Float32]:
    """A road over what lies there."""
    aside = road.offset(x, y)
    ragged = np.abs(aside) + 0.22 * broad + 0.08 * fine
    body: NDArray[np.floating]
    if road.kind == "track":
        ruts = np.exp(-(((np.abs(aside) - 0.85) / 0.33) ** 2))
        cover = np.clip(1.5 * ruts + 0.25 * broad * ruts, 0, 1)
        body = np.array([0.30, 0.25, 0.18], np.float32) * (1 + 0.16 * fine + 0.1 * broad)[..., None]
        bumps = bumps - (0.05 * ruts).astype(np.float32)
    else:
        verge = np.clip((road.width_m / 2 + 1.1 - ragged) / 0.5, 0, 1)[..., None]
        gravel = np.array([0.30, 0.265, 0.205], np.float32) * (1 + 0.2 * fine + 0.08 * broad)[..., None]
        colour = colour * (1 - verge) + gravel * verge
        bumps = bumps * (1 - verge[..., 0])
        cover = np.clip((road.width_m / 2 - ragged) / 0.15, 0, 1)
        wheels = np.exp(-(((np.abs(aside) - road.width_m / 4) / 0.45) ** 2))
        base = [0.145, 0.142, 0.138] if road.kind == "asphalt" else [0.37, 0.335, 0.27]
        value = 1 + (0.07 if road.kind == "asphalt" else 0.14) * fine + 0.07 * broad + 0.09 * wheels
        body = np.array(base, np.float32) * value[..., None]
    cover = cover[..., None]
    return np.asarray(colour * (1 - cover) + body * cover, np.float32), np.asarray(bumps, np.float32)


def _mesh(x_m: Axis, y_m: Axis) -> tuple[Float32, Float32]:
    x, y = np.meshgrid(x_m.astype(np.float32), y_m.astype(np.float32))
    return x, y
