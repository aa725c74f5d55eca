"""Films cast from a ground: a camera that flies, turns and shakes, and what each of its pixels meets first."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.geometry.rotation import camera_to_site

PLANS = ("hover", "corridor", "orbit", "survey")
FINE_STEP_M = 0.2  # along a ray; things thinner than this may be missed
EDGE_SHARE = 0.01  # of the distance: a larger step between neighbours is an edge, and gets more rays
EXTRA = ((-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375))


@dataclass(frozen=True, eq=False)
class View:
    """A camera at one time; x east, y north, z up."""

    eye_m: np.ndarray
    rotation: np.ndarray  # camera to ground
    focal_px: float
    size_px: tuple[int, int]

    @property
    def middle(self):
        return (self.size_px[0] - 1) / 2, (self.size_px[1] - 1) / 2

    def slopes(self, columns, rows):
        """Metres to the east and to the north for each metre down, of pixels of any shape."""
        u, v = (columns - self.middle[0]) / self.focal_px, (rows - self.middle[1]) / self.focal_px
        east, north, up = (self.rotation[k, 0] * u + self.rotation[k, 1] * v + self.rotation[k, 2] for k in range(3))
        return (-east / up).astype(np.float32), (-north / up).astype(np.float32)

    def project(self, points):
        """``(N, 2)`` columns, rows of ``(N, 3)`` places before the camera."""
        seen = (points - self.eye_m) @ self.rotation
        return self.focal_px * seen[:, :2] / seen[:, 2:] + self.middle


class Caster:
    """Finds where rays meet a ground, trees and houses in the way included."""

    def __init__(self, ground):
        self.ground = ground
        self._surface = cv2.medianBlur(ground.surface_m, 3)  # wires and twigs are thinner than the steps
        self.top_m = float(self._surface.max())
        self._levels = [(8, 2.5, self._ceiling(8, 6.0)), (2, 1.0, self._ceiling(4, 2.0))]
        self._pictures = [ground.picture]
        for _ in range(2):
            side = len(self._pictures[-1]) // 2
            self._pictures.append(cv2.resize(self._pictures[-1], (side, side), interpolation=cv2.INTER_AREA))

    def _ceiling(self, cells, reach_m):
        """Highest surface within a reach, on a grid of so many cells."""
        side = 2 * int(np.ceil(reach_m / self.ground.cell_m)) + 1
        high = cv2.dilate(self._surface, np.ones((side, side), np.uint8))
        return high.reshape(len(high) // cells, cells, -1, cells).max((1, 3))

    def look(self, view):
        """What is seen.

        Returns:
            ``(H, W[, 3])`` float32 picture and ``(H, W)`` height of what each pixel's centre meets.
        """
        width, height = view.size_px
        start = np.full((1, 1), self.top_m + 0.1, np.float32)
        for block, step_m, ceiling in self._levels:
            rows, columns = np.mgrid[0 : height // block, 0 : width // block] * block + (block - 1) / 2
            start = cv2.resize(start, columns.shape[::-1], interpolation=cv2.INTER_NEAREST)
            start = self._march(view.eye_m, *view.slopes(columns, rows), start, step_m, ceiling, refine=False)
        start = cv2.resize(cv2.dilate(start, np.ones((3, 3))), (width, height), interpolation=cv2.INTER_NEAREST)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        east, north = view.slopes(columns, rows)
        z = self._march(view.eye_m, east, north, start, FINE_STEP_M, self._surface)
        picture = self._colour(view, east, north, z)
        far = (view.eye_m[2] - z) * np.sqrt(1 + east**2 + north**2)
        low, high = cv2.erode(far, np.ones((3, 3))), cv2.dilate(far, np.ones((3, 3)))
        edge = high - low > 2 * EDGE_SHARE * low
        total = np.zeros_like(picture[edge])
        for dx, dy in EXTRA:
            east, north = view.slopes(columns[edge] + np.float32(dx), rows[edge] + np.float32(dy))
            down = self._march(view.eye_m, east, north, start[edge], FINE_STEP_M, self._surface)
            total += self._colour(view, east, north, down)
        picture[edge] = total / len(EXTRA)
        return picture, z

    def _march(self, eye, east, north, start, step_m, raster, *, refine=True):
        """Heights at which rays first meet a raster of heights; without `refine` the last ones surely above."""
        shape = east.shape
        east, north, z = east.ravel(), north.ravel(), start.astype(np.float32).ravel().copy()
        drop = np.float32(step_m) / np.sqrt(1 + east**2 + north**2)
        above = np.full(len(z), np.inf, np.float32)
        which, least = np.arange(len(z)), float(raster.min()) - 0.1
        while len(which):
            down = z[which] - drop[which]
            way = np.float32(eye[2]) - down
            x, y = np.float32(eye[0]) + way * east[which], np.float32(eye[1]) + way * north[which]
            over = down - self.ground.sampled(raster, x, y)
            met = (over <= 0) | (down < least)
            if refine:
                here = which[met]
                before = np.minimum(above[here], drop[here])  # the first step has none before it
                z[here] -= drop[here] * before / (before - np.minimum(over[met], -1e-6))
                above[which] = over
            on = which[~met]
            z[on] = down[~met]
            which = on
        return z.reshape(shape)

    def _colour(self, view, east, north, z):
        """Picture at heights along rays, from levels as coarse as the pixels there."""
        way = view.eye_m[2] - z
        x, y = view.eye_m[0] + way * east, view.eye_m[1] + way * north
        slant = np.sqrt(1 + east**2 + north**2)
        cells = way * slant / np.float32(view.focal_px * self.ground.cell_m) * np.sqrt(slant)
        level = np.clip(np.log2(np.maximum(cells, 1.0)), 0, len(self._pictures) - 1).astype(np.float32)
        out = None
        for k in range(int(level.min()) if level.size else 0, int(np.ceil(level.max())) + 1 if level.size else 1):
            share = np.maximum(1 - np.abs(level - k), 0)
            seen = self.ground.sampled(self._pictures[k], x.astype(np.float32), y.astype(np.float32))
            part = seen * (share if seen.ndim == share.ndim else share[..., None])
            out = part if out is None else out + part
        return out.astype(np.float32)


class Flight:
    """A smooth way of the camera over a ground, with shake, drawn from a seed."""

    def __init__(self, ground, seed, plan, size_px=(640, 360)):
        rng = np.random.default_rng([seed, 7])
        self.plan, self._size = plan, size_px
        self._focal = float(size_px[0] * rng.uniform(0.85, 1.2))
        self._start = rng.uniform(0, 256, 2)
        self._heading, self._speed = rng.uniform(0, 360), float(rng.uniform(5, 13))
        self._radius, self._strip_m = float(rng.uniform(40, 80)), float(rng.uniform(60, 140))
        height = float(rng.uniform(50, 105))
        low = float(ground.sampled(ground.bare_m, *(np.array([a], np.float32) for a in self._start))[0])
        self.eye_z_m = max(low + height, float(ground.surface_m.max()) + 25)
        tilts = {"hover": (-90, -75, -60, -45), "corridor": (-90, -60, -45), "orbit": (-45,), "survey": (-90, -80)}
        self.pitch_deg = float(rng.choice(tilts[plan]))
        if plan == "orbit":
            self.pitch_deg = float(min(-np.degrees(np.arctan2(self.eye_z_m - low, self._radius)), -42.0))
        self._pace = rng.uniform(0.1, 3.0, (6, 8))  # Hz
        self._phase = rng.uniform(0, 2 * np.pi, (6, 8))
        self._sway = np.array([0.15, 0.15, 0.08, *(rng.uniform(0.05, 0.3) for _ in range(3))])[:, None]

    def at(self, t_s):
        """The view at a time."""
        unsteady = (self._sway * np.sin(2 * np.pi * self._pace * t_s + self._phase) / np.sqrt(self._pace * 8)).sum(1)
        along, across, yaw = self._way(t_s)
        heading = np.radians(self._heading)
        ahead, right = np.array([np.sin(heading), np.cos(heading)]), np.array([np.cos(heading), -np.sin(heading)])
        eye = np.array([*(self._start + along * ahead + across * right), self.eye_z_m]) + unsteady[:3]
        angles = np.array([self._heading + yaw, self.pitch_deg, 0.0]) + unsteady[3:]
        return View(eye, camera_to_site(*np.radians(angles)), self._focal, self._size)

    def _way(self, t_s):
        """Metres ahead and to the right of the start, and turn of the camera in degrees."""
        if self.plan == "hover":
            return 3 * np.sin(t_s / 11), 2 * np.sin(t_s / 17), 25 * np.sin(t_s / 19)
        if self.plan == "corridor":
            return self._speed * t_s, 4 * np.sin(t_s / 13), 3 * np.sin(t_s / 7)
        if self.plan == "orbit":
            turn = self._speed / 2 * t_s / self._radius
            return -self._radius * np.cos(turn), self._radius * np.sin(turn) * -1, np.degrees(turn)
        half = np.pi * t_s * self._speed / self._strip_m  # there and back, slowing down at the ends
        return self._strip_m * np.arcsin(0.98 * np.sin(half)) / np.pi, 6 * half / np.pi, 0.0
