"""Small worlds of known truth for the renderer's tests."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.rotation import camera_to_site
from pipeline.simulator.noise import octaves
from pipeline.simulator.render.look import Look
from pipeline.simulator.scene.ground import Ground
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.material import Material
from pipeline.simulator.scene.mesh import Mesh
from pipeline.simulator.scene.moment import Moment, Weather
from pipeline.simulator.scene.shot import Shot

LENS = Lens("brown", (320, 240), camera_matrix(270.0, (320, 240)), np.array([-0.08, 0.03, 0.001, -0.001, 0.0]))
CLEAR = Weather(visibility_m=1e7, wind_mps=0.0)
PLAIN = Look(blades=0.0, grit=0.0, texture=0.0, hotspot=0.0)
NOON = np.array([0.30, 0.20, 0.93]) / np.linalg.norm([0.30, 0.20, 0.93])


@dataclass(frozen=True)
class Field:
    """Rolling or level ground of one colour, with nothing on it but `standing`."""

    seed: int = 5
    relief: float = 1.0
    base_m: float = 400.0
    material: int = Material.SOIL
    standing: tuple = ()
    roads: tuple = ()

    def terrain(self, x_m, y_m):
        rise = self.relief * octaves(self.seed, x_m, y_m, ((230.0, 6.0), (90.0, 2.5), (34.0, 0.6)))
        return (rise + np.float32(self.base_m)).astype(np.float32)

    def height_at(self, x_m, y_m):
        return float(self.terrain(np.array([x_m]), np.array([y_m]))[0, 0])

    def ground(self, x_m, y_m):
        shape = (len(y_m), len(x_m))
        return Ground(
            np.full((*shape, 3), 0.2, np.float32),
            np.zeros(shape, np.float32),
            np.full(shape, self.material, np.uint8),
        )

    def things(self, extent, detail_m):
        inside = [
            p
            for p in self.standing
            if extent.west_m <= p.x_m <= extent.east_m and extent.south_m <= p.y_m <= extent.north_m
        ]
        return tuple(sorted(inside, key=lambda p: p.thing_id))


@dataclass(frozen=True)
class Disc:
    """A red disc painted on the ground, or a pit where `deep_m` is not 0."""

    thing_id: str
    x_m: float
    y_m: float
    radius_m: float = 0.8
    deep_m: float = 0.0
    kind: str = "disc"

    @property
    def reach_m(self):
        return self.radius_m + 0.5

    @property
    def outline_m(self):
        turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        return np.column_stack([self.x_m + self.radius_m * np.cos(turn), self.y_m + self.radius_m * np.sin(turn)])

    def _inside(self, x_m, y_m):
        return np.hypot(*np.meshgrid(x_m - self.x_m, y_m - self.y_m)) < self.radius_m

    def rise(self, x_m, y_m):
        return (-self.deep_m * self._inside(x_m, y_m)).astype(np.float32)

    def paint(self, ground, x_m, y_m):
        red = np.array([0.9, 0.01, 0.01], np.float32)
        albedo = np.where(self._inside(x_m, y_m)[..., None], red, ground.albedo).astype(np.float32)
        return Ground(albedo, ground.bumps_m, ground.material)


@dataclass(frozen=True)
class Box:
    """A block, its middle at the origin."""

    long_m: float = 8.0
    wide_m: float = 8.0
    height_m: float = 6.0
    material: int = Material.PLASTER
    white: float = 0.4
    kind: str = "box"

    @property
    def outline_m(self):
        a, b = self.long_m / 2, self.wide_m / 2
        return np.array([[-a, -b], [a, -b], [a, b], [-a, b]])

    def mesh(self, detail_m):
        foot = np.column_stack([self.outline_m, np.zeros(4)])
        corners = np.vstack([foot, np.add(foot, [0, 0, self.height_m])]).astype(np.float32)
        sides = [[i, (i + 1) % 4, (i + 1) % 4 + 4] for i in range(4)] + [[i, (i + 1) % 4 + 4, i + 4] for i in range(4)]
        faces = np.array([*sides, [4, 5, 6], [4, 6, 7]], np.int32)
        return Mesh(
            corners,
            faces,
            np.full((len(faces), 3), self.white, np.float32),
            np.full(len(faces), self.material, np.uint8),
        )


def moment(land, sun=NOON, weather=CLEAR, t_s=0.0, **parts):
    """A moment with nothing in it but what is given."""
    empty = {"placed": (), "dug": (), "movers": (), "puffs": ()}
    return Moment(land=land, t_utc_ns=0, t_s=t_s, sun=np.asarray(sun, float), weather=weather, **{**empty, **parts})


def shot(eye_m, attitude_deg, lens=LENS):
    """One pose for the whole picture."""
    turn = camera_to_site(*np.radians(attitude_deg))
    return Shot(lens, np.asarray([eye_m], float), turn[None], np.zeros(1))


def rolling(eye_m, attitude_deg, velocity_mps, turn_deg_s, readout_s=0.03, lens=LENS):
    """A pose a row of a camera that flies and turns."""
    t = (np.arange(lens.size_px[1]) / lens.size_px[1] - 0.5) * readout_s
    eyes = np.asarray(eye_m, float) + t[:, None] * np.asarray(velocity_mps, float)
    turns = [camera_to_site(*np.radians(np.asarray(attitude_deg) + s * np.asarray(turn_deg_s))) for s in t]
    return Shot(lens, eyes, np.array(turns), t)


def lens_of(size_px, focal_px):
    """A lens without distortion."""
    return replace(LENS, size_px=size_px, K=camera_matrix(focal_px, size_px), distortion=np.zeros(5))
