"""The picture against the truth, with targets of known place and colour."""

from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.sun import sun_direction
from pipeline.records.camera import CameraModel
from pipeline.simulator.land import Land
from pipeline.simulator.standing import House
from pipeline.simulator.old_thing import Look, local
from pipeline.simulator.view import Viewer
from pipeline.simulator.world import World

CAMERA = CameraModel(
    "bent", (400, 300), camera_matrix(340.0, (400, 300)), np.array([-0.08, 0.03, 0.001, -0.001, 0.0]), 0.0, "test"
)
LAND = Land(5, 400.0, 1.0, 0.3, ())
SUN = np.array([0.3, 0.2, 0.93])


@dataclass(frozen=True)
class Disc:
    """A red disc painted on the ground."""

    x_m: float
    y_m: float
    kind: str = "disc"
    reach_m: float = 1.2
    stands: bool = False
    side_rgb: None = None
    outline_m: None = None

    def look(self, x_m, y_m):
        u, v = local(x_m, y_m, self.x_m, self.y_m, 0.0)
        cover = (np.hypot(u, v) < 0.8).astype(np.float32)
        colour = np.broadcast_to(np.array([0.9, 0.01, 0.01], np.float32), (*u.shape, 3))
        return Look(np.zeros(u.shape, np.float32), colour.copy(), cover)


def bare(x, y):
    """No scrub within reach: it stands above the terrain, and hides."""
    around = np.arange(-2.5, 2.6, 0.1)
    return not (LAND.scrub(x + around, y + around) > 0).any()


GRID = [(x, y) for x in np.arange(-18.0, 19.0, 4.5) for y in np.arange(-14.0, 15.0, 4.0)]
TARGETS = tuple(Disc(x, y) for x, y in GRID if bare(x, y))


@pytest.fixture(scope="module")
def painted():
    return World(LAND, TARGETS, SUN, 0.1)


@pytest.mark.parametrize("attitude", [(0, -90, 0), (75, -84, 3), (200, -70, -4)])
def test_targets_appear_within_half_a_pixel_of_their_projection(painted, attitude):
    rotation = camera_to_site(*np.radians(attitude))
    eye = np.array([0.0, 0.0, LAND.height_at(0, 0) + 40]) - rotation[:, 2] * [8, 8, 0]

    seen = Viewer(CAMERA).look(painted, eye, rotation)

    ground = np.array([[t.x_m, t.y_m, LAND.height_at(t.x_m, t.y_m)] for t in TARGETS])
    expected = project(ground, eye, CAMERA.K, CAMERA.distortion, rotation)
    red = seen.light[..., 0] > 4 * seen.light[..., 1]
    checked = 0
    for column, row in expected:
        if not (12 < column < 388 and 12 < row < 288):
            continue
        c, r = round(column), round(row)
        window = red[r - 11 : r + 12, c - 11 : c + 12]
        rows, columns = np.nonzero(window)
        assert len(rows) > 20
        assert np.hypot(columns.mean() + c - 11 - column, rows.mean() + r - 11 - row) < 0.5
        checked += 1
    assert checked >= 8


def test_two_poses_agree_on_the_ground(painted):
    """What one camera sees in a pixel, the other sees where the first says it lies."""
    viewer, high = Viewer(CAMERA), LAND.height_at(0, 0) + 42
    first_turn, second_turn = camera_to_site(*np.radians((0, -88, 0))), camera_to_site(*np.radians((40, -80, 2)))
    first = viewer.look(painted, np.array([-3.0, 0.0, high]), first_turn)
    eye = np.array([2.0, -3.0, high])
    second = viewer.look(painted, eye, second_turn)

    points = first.ground_m[20:280:20, 20:380:20].reshape(-1, 3).astype(np.float64)
    places = project(points, eye, CAMERA.K, CAMERA.distortion, second_turn)
    inside = (places > 2).all(axis=1) & (places < [397, 297]).all(axis=1)
    at = np.round(places[inside]).astype(int)
    again = second.ground_m[at[:, 1], at[:, 0]]
    far = np.linalg.norm(again - points[inside], axis=1)

    assert inside.sum() > 50
    assert np.median(far) < 0.12  # the nearest pixel is up to 0.7 of 0.12 m away
    assert np.percentile(far, 95) < 0.4


def test_a_house_hides_the_ground_behind_it_and_leans_outward():
    house = House("house", 14.0, 0.0, 0.0, 8.0, 8.0, 5.0, 6.5, (0.3, 0.1, 0.1), (0.5, 0.5, 0.4), 1)
    world = World(LAND, (house,), SUN, 0.1)
    rotation = camera_to_site(0.0, -np.pi / 2, 0.0)
    eye = np.array([0.0, 0.0, LAND.height_at(0, 0) + 40.0])

    seen = Viewer(CAMERA).look(world, eye, rotation)

    corners = np.column_stack([house.outline_m, np.full(4, LAND.height_at(14.0, 0.0))])
    base = project(corners, eye, CAMERA.K, CAMERA.distortion, rotation)
    columns = np.nonzero(seen.number == 1)[1]
    assert columns.max() > base[:, 0].max() + 8  # the eaves are 5 m nearer than the ground
    assert columns.min() == pytest.approx(base[:, 0].min(), abs=2)  # the near wall is seen down to its foot


def test_the_sun_stands_where_the_almanac_says():
    """Equinox noon at Greenwich: altitude is the complement of the latitude; solstice at the tropic: overhead."""
    spring = sun_direction(1_616_241_000_000_000_000 + 1_044_000_000_000, 0.0, 51.5)  # 2021-03-20T12:07:24Z
    summer = sun_direction(1_624_276_800_000_000_000 + 110_000_000_000, 0.0, 23.437)  # 2021-06-21T12:01:50Z

    assert np.degrees(np.arcsin(spring[2])) == pytest.approx(38.5, abs=0.15)
    assert abs(spring[0]) < 0.01
    assert summer[2] > 0.9999
