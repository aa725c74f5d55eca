"""What shines by itself, as light on its surroundings by night."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float
from pipeline.simulator.render.solids import FormShelf, Stand
from pipeline.simulator.render.surface import Surface
from pipeline.simulator.scene.mesh import Float32

_MOST = 320
_REACH_M = 70.0


@dataclass(frozen=True, slots=True, eq=False)
class Lamps:
    """Shining things, each as one small patch.

    Attributes:
        at_m: ``(L, 3)`` in the stage's axes.
        aim: ``(L, 3)`` mean direction of its faces; shorter than 1 where they look all ways.
        power: ``(L, 3)`` radiance times area.
    """

    at_m: Float32
    aim: Float32
    power: Float32

    def light(self, surface: Surface, sky: Float32) -> Float32:
        """``(N, 3)`` light on surfaces; nothing where a lamp adds less than the sky gives."""
        out = np.zeros((len(surface.at_m), 3), np.float32)
        if not len(surface.at_m):
            return out
        order = np.argsort(surface.at_m[:, 0], kind="stable")  # few surfaces are near each of many lamps
        x, y, z = np.ascontiguousarray(surface.at_m[order].T)
        for at, aim, power in zip(self.at_m, self.aim, self.power, strict=True):
            reach = min(_REACH_M, float(np.sqrt(power.max() / (np.pi * max(float(sky.max()), 1e-8)))) + 1.0)
            first, last = np.searchsorted(x, (at[0] - reach, at[0] + reach))
            near = (np.abs(y[first:last] - at[1]) < reach) & (np.abs(z[first:last] - at[2]) < reach)
            which = order[first:last][near]
            if not len(which):
                continue
            to = at - surface.at_m[which]
            far2 = (to * to).sum(axis=1) + np.float32(0.04)
            to /= np.sqrt(far2)[:, None]
            falls = np.maximum((surface.normal[which] * to).sum(axis=1), 0)
            steadiness = np.float32(1 - np.linalg.norm(aim))
            leaves = np.maximum(-(to @ aim), 0) ** 2 + np.float32(0.5) * max(steadiness, np.float32(0.05))
            fades = 1 - np.minimum(far2 / np.float32(reach * reach), 1) ** 2  # no rim where it ends
            out[which] += (falls * leaves * fades / (np.float32(np.pi) * far2))[:, None] * power
        return out


def lamps_of(stands: Sequence[Stand], forms: FormShelf, origin_m: Float) -> Lamps:
    """The strongest lamps among things."""
    found = []
    for stand in stands:
        mesh = forms.forms(stand.placed.model, stand.detail_m)[0].mesh
        if mesh.glow is None or not mesh.glow.any():
            continue
        on = np.flatnonzero(mesh.glow.max(axis=1) > 0)
        corners = mesh.vertices_m[mesh.triangles[on]].astype(np.float64)
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(across, axis=1) / 2
        axis = np.abs(across).argmax(axis=1)
        way = 2 * axis + (across[np.arange(len(across)), axis] > 0)  # what looks another way is a lamp of its own
        for side in (way == k for k in range(6)):
            if area[side].sum() > 0:
                found.append(_lamp(stand, corners[side], across[side], area[side], mesh.glow[on][side], origin_m))
    found.sort(key=lambda lamp: (-float(lamp[2].max()), lamp[0].tolist()))
    found = found[:_MOST]
    empty = np.zeros((0, 3), np.float32)
    if not found:
        return Lamps(empty, empty, empty)
    at, aim, power = (np.array([lamp[k] for lamp in found], np.float32) for k in range(3))
    return Lamps(at, aim, power)


def _lamp(
    stand: Stand, corners: Float, across: Float, area: Float, glow: Float32, origin_m: Float
) -> tuple[Float, Float, Float]:
    """Place, aim and power of some shining triangles of a thing."""
    placed = stand.placed
    c, s = np.cos(placed.azimuth_rad), np.sin(placed.azimuth_rad)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    middle = (corners.mean(axis=1) * area[:, None]).sum(axis=0) / area.sum()
    aim = turn @ ((across / 2).sum(axis=0) / area.sum())
    foot = np.array([placed.x_m, placed.y_m, stand.ground_m + placed.lift_m])
    at = foot + placed.scale * (turn @ middle) - origin_m
    power = placed.scale**2 * (glow * area[:, None]).sum(axis=0)
    return at, aim, power.astype(np.float64)
