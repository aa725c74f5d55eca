"""Crowns: lobes of foliage, seen as leaves from near and as lumps from afar."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records.arrays import Float
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.things.solid import surface

SMALLEST_LEAF_M, LARGEST_LEAF_M = 0.09, 0.42
MOST_LEAVES = 7000
DRAWN = 4 * MOST_LEAVES  # of which the hidden ones are left out, and of the rest as many as are asked for
LEAF_AREA = 0.43  # of a triangle, over the square of its edge


@dataclass(frozen=True, slots=True, eq=False)
class Lobes:
    """Ellipsoids of foliage.

    Attributes:
        centre_m: ``(N, 3)``.
        radius_m: ``(N, 3)``.
        rgb: ``(N, 3)`` linear reflectance of each.
    """

    centre_m: Float
    radius_m: Float
    rgb: Float


def leaves(lobes: Lobes, leaf_m: float, density: float, snow: float, rng: np.random.Generator) -> Mesh:
    """Small leaf triangles in the outer shell of each lobe.

    The leaves of a coarser form are some of a finer one's, and larger: a crown looks alike from two distances.

    Args:
        lobes: Where foliage is.
        leaf_m: Edge of a triangle that stands for a spray of leaves.
        density: Leaf area over the lobes' shells; 1 leaves a few gaps.
        snow: Share of upward leaves that carry snow.
        rng: Decides where leaves are.
    """
    shell = 4 * np.pi * np.prod(lobes.radius_m, axis=1) ** (2 / 3)
    which = rng.choice(len(shell), DRAWN, p=shell / shell.sum())
    way = rng.normal(size=(DRAWN, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    deep = 1 - 0.30 * rng.random((DRAWN, 1)) ** 2.2
    shade, snowed = 1 + 0.12 * rng.uniform(-1, 1, DRAWN), rng.random(DRAWN)
    forms = _random_triangles(way, rng)
    middle = lobes.centre_m[which] + lobes.radius_m[which] * way * deep
    kept = np.flatnonzero(~_hidden(lobes, which, middle))
    seen = density * shell.sum() / (LEAF_AREA * leaf_m**2) * len(kept) / DRAWN  # leaves of the wanted size
    kept = kept[: int(np.clip(np.ceil(seen), 8 * len(shell), MOST_LEAVES))]
    size = leaf_m * np.sqrt(max(1.0, seen / len(kept)))
    which, way, deep, middle = which[kept], way[kept], deep[kept], middle[kept]
    corners = middle[:, None, :] + size * forms[kept]
    bright = (0.55 + 0.6 * (deep[:, 0] - 0.70) / 0.30) * shade[kept]
    colour = lobes.rgb[which] * bright[:, None]
    white = (snowed[kept] < snow * np.clip(way[:, 2] + 0.5, 0, 1))[:, None]
    colour = np.where(white, 0.75, colour)
    return surface(corners.reshape(-1, 3), np.arange(3 * len(which)).reshape(-1, 3), colour, Material.LEAF)


def _hidden(lobes: Lobes, which: NDArray[np.int64], at_m: Float) -> NDArray[np.bool_]:
    """Leaves deep inside another lobe than their own."""
    inside = np.zeros(len(which), np.bool_)
    for k in range(len(lobes.rgb)):
        far = np.linalg.norm((at_m - lobes.centre_m[k]) / lobes.radius_m[k], axis=1)
        inside |= (far < 0.8) & (which != k)
    return inside


def lumps(lobes: Lobes, fine: bool, snow: float) -> Mesh:
    """Closed low forms whose look from afar is that of the leaves."""
    ball, faces = _ball(fine)
    at = (lobes.centre_m[:, None, :] + lobes.radius_m[:, None, :] * ball[None]).reshape(-1, 3)
    all_faces = (faces[None] + len(ball) * np.arange(len(lobes.rgb))[:, None, None]).reshape(-1, 3)
    up = ball[faces].mean(axis=1)[:, 2]
    white = np.tile(snow * np.clip(up + 0.5, 0, 1), len(lobes.rgb))[:, None]
    colour = np.repeat(lobes.rgb * MEAN_BRIGHT, len(faces), axis=0) * (1 - white) + 0.75 * white
    return surface(at, all_faces, colour, Material.LEAF)


def cores(lobes: Lobes) -> Mesh:
    """The dark inside of each lobe, which leaves hide in part."""
    inner = Lobes(lobes.centre_m, 0.45 * lobes.radius_m, 0.3 * lobes.rgb / MEAN_BRIGHT)
    return lumps(inner, False, 0.0)


MEAN_BRIGHT = 0.94  # of leaves: 0.55 + 0.6 × mean of 1 − u^1.6


def _random_triangles(way: Float, rng: np.random.Generator) -> Float:
    """``(N, 3, 3)`` triangles of unit edge about 0, leaning towards facing along `way`."""
    normal = way + 0.8 * rng.normal(size=way.shape)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    first = np.cross(normal, rng.normal(size=way.shape))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(normal, first)
    turn = 2 * np.pi / 3 * np.arange(3)
    reach = 0.577 * rng.uniform(0.75, 1.25, (len(way), 3))
    corners: Float = reach[..., None] * (
        np.cos(turn)[None, :, None] * first[:, None] + np.sin(turn)[None, :, None] * second[:, None]
    )
    return corners


def _ball(fine: bool) -> tuple[Float, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """An icosahedron or an octahedron a little larger than its ball, so that both cover as much."""
    if fine:
        g = (1 + 5**0.5) / 2
        ball = np.array(
            [
                (-1, g, 0),
                (1, g, 0),
                (-1, -g, 0),
                (1, -g, 0),
                (0, -1, g),
                (0, 1, g),
                (0, -1, -g),
                (0, 1, -g),
                (g, 0, -1),
                (g, 0, 1),
                (-g, 0, -1),
                (-g, 0, 1),
            ]
        )
        faces = "0b5 051 017 07a 0ab 159 5b4 ba2 a76 718 394 342 326 368 389 495 24b 62a 867 981"
        return 1.06 * ball / np.hypot(1, g), np.array([[int(k, 12) for k in face] for face in faces.split()])
    ball = np.array([(1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)], float)
    return 1.16 * ball, np.array(
        [(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4), (1, 0, 5), (2, 1, 5), (3, 2, 5), (0, 3, 5)]
    )
