"""Boxes that drive over a cast ground: drawn with their shadow, hidden where something stands before them."""

from dataclasses import dataclass

import cv2
import numpy as np

SAMPLES = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))
IN_SHADE = 0.55  # of the brightness in the picture's tones
FORMS = ((1.5, 0.8, 1.3), (2.0, 0.9, 1.5), (4.3, 1.8, 1.5), (5.2, 2.0, 2.2), (8.0, 2.5, 3.2))  # length, width, height


@dataclass(frozen=True, eq=False)
class Mover:
    """A box on a straight way at one speed.

    Attributes:
        name: Its id in the truth.
        size_m: Length, width, height.
        speed_mps: Along its heading.
        heading_rad: Clockwise from north.
        there_m, there_s: A place that it passes, and when.
        paint: BGR, or kelvin above the ground.
    """

    name: str
    size_m: tuple[float, float, float]
    speed_mps: float
    heading_rad: float
    there_m: np.ndarray
    there_s: float
    paint: np.ndarray

    def at(self, t_s):
        """Place on the map, east and north."""
        ahead = np.array([np.sin(self.heading_rad), np.cos(self.heading_rad)])
        return self.there_m + (t_s - self.there_s) * self.speed_mps * ahead


def movers_of(ground, flight, seed, seconds, count):
    """Movers that pass through the view, on the freest of some headings."""
    rng = np.random.default_rng([seed, 11])
    return [_mover(ground, flight, rng, f"box{k}", rng.uniform(3, seconds - 3)) for k in range(count)]


def _mover(ground, flight, rng, name, there_s):
    view = flight.at(there_s)
    pixel = rng.uniform(0.2, 0.8, 2) * view.size_px
    east, north = view.slopes(*(pixel[k : k + 1] for k in (0, 1)))
    low = float(ground.sampled(ground.bare_m, *(view.eye_m[k : k + 1].astype(np.float32) for k in (0, 1)))[0])
    there = view.eye_m[:2] + (view.eye_m[2] - low) * np.array([east[0], north[0]])
    size = FORMS[rng.integers(len(FORMS))]
    speed = float(np.exp(rng.uniform(0, np.log(25))))
    headings = rng.uniform(0, 2 * np.pi, 12)
    paint = rng.uniform(2, 9, 1) if ground.thermal else np.clip(rng.uniform(20, 235) + rng.uniform(-35, 35, 3), 0, 255)
    tries = [Mover(name, size, speed, float(h), there, there_s, paint.astype(np.float32)) for h in headings]
    return min(tries, key=lambda mover: _covered(ground, mover))


def _covered(ground, mover):
    """Share of its way under trees and roofs."""
    x, y = np.array([mover.at(mover.there_s + s) for s in np.linspace(-4, 4, 33)], np.float32).T
    return float((ground.sampled(ground.surface_m, x, y) - ground.sampled(ground.bare_m, x, y) > 0.7).mean())


def draw(mover, t_s, view, z, picture, ground):
    """Put a mover into a picture.

    Args:
        mover: The box.
        t_s: When.
        view: Whence.
        z: ``(H, W)`` height of what each pixel sees of the ground.
        picture: ``(H, W[, 3])`` float32; changed.
        ground: Below it.

    Returns:
        Left, top, width, height and number of the pixels that show it; None where none does.
    """
    half = np.array([mover.size_m[1], mover.size_m[0], mover.size_m[2]]) / 2  # right, ahead, up
    s, c = np.sin(mover.heading_rad), np.cos(mover.heading_rad)
    axes = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])  # rows: right, ahead, up
    x, y = mover.at(t_s)
    foot = float(ground.sampled(ground.bare_m, np.array([x], np.float32), np.array([y], np.float32))[0])
    middle = np.array([x, y, foot + half[2] + 0.05])
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    corners = middle + (signs * half) @ axes
    shown = corners
    if not ground.thermal:
        sun = ground.toward_sun
        shown = np.vstack([corners, corners - ((corners[:, 2:] - foot + 0.5) / max(sun[2], 0.2)) * sun])
    at = view.project(shown)
    width, height = view.size_px
    left, top = np.maximum(np.floor(at.min(0)).astype(int) - 2, 0)
    right, bottom = np.minimum(np.ceil(at.max(0)).astype(int) + 3, (width, height))
    if left >= right or top >= bottom:
        return None
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    part = picture[top:bottom, left:right]
    total, cover = np.zeros_like(part), np.zeros(rows.shape, np.float32)
    eye, low = (view.eye_m - middle) @ axes.T, view.eye_m[2] - z[top:bottom, left:right]
    for dx, dy in SAMPLES:
        east, north = view.slopes(columns + np.float32(dx), rows + np.float32(dy))
        rays = np.stack([east, north, np.full_like(east, -1)], axis=-1) @ axes.T
        entry, face, hit = _meet(eye, rays, half)
        hit &= entry < low
        back = part if ground.thermal else _shaded(part, eye, rays, low, half, axes @ ground.toward_sun)
        look = _look(mover, (eye + entry[..., None] * rays) / half, face, part, ground.thermal)
        total += np.where(hit if part.ndim == 2 else hit[..., None], look, back) / len(SAMPLES)
        cover += hit / len(SAMPLES)
    part[...] = total
    seen = np.argwhere(cover >= 0.3)
    if not len(seen):
        return None
    (first_row, first), (last_row, last) = seen.min(0), seen.max(0)
    return left + first, top + first_row, last - first + 1, last_row - first_row + 1, len(seen)


def _meet(origin, rays, half):
    """Where rays enter a box about the origin, through which pair of faces, and whether they do."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (-half - origin) / rays, (half - origin) / rays
    enters, leaves = np.minimum(one, other), np.maximum(one, other)
    entry = enters.max(-1)
    return entry, enters.argmax(-1), (entry < leaves.min(-1)) & (leaves.min(-1) > 0)


def _shaded(part, eye, rays, low, half, sun):
    """The ground with the box's shadow on it."""
    _, _, dark = _meet(eye + low[..., None] * rays, np.broadcast_to(sun, rays.shape), half)
    return np.where(dark[..., None], part * np.float32(IN_SHADE), part)


def _look(mover, at, face, part, thermal):
    """Paint of a box by where it is met, in halves of its size: glass before and behind, a load, darker sides."""
    ahead, right = at[..., 1], at[..., 0]
    glass = (
        (face == 2) & (((ahead > 0.2) & (ahead < 0.5)) | ((ahead < -0.6) & (ahead > -0.85))) & (np.abs(right) < 0.85)
    )
    light = np.choose(face, [np.float32(0.7), np.float32(0.8), np.float32(1.0)]) * np.where(glass, 0.35, 1.0)
    light = light * (1 + 0.1 * np.sign(np.sin(5 * ahead) * np.sin(4 * right)))
    if not thermal:
        return (light[..., None] * mover.paint).clip(0, 255).astype(np.float32)
    hood = np.where(ahead > 0.5, 1.6, 1.0)
    return (np.median(part) + mover.paint[0] * light * hood).astype(np.float32)


def smooth(picture, blur_px):
    """As a lens blurs."""
    return cv2.GaussianBlur(picture, (0, 0), blur_px)
