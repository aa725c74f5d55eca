"""The films of the benchmark of hours: geometry of what is cast."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from hours_film import PLANS, Caster, Flight, View
from hours_ground import Ground
from hours_movers import Mover, draw, movers_of

from pipeline.geometry.rotation import camera_to_site

CELL_M = 0.125
SIDE = 512
TOWER = (slice(200, 260), slice(280, 330))
TOWER_M = 12.0


def rough(thermal=False):
    """Gentle hills under a random pattern, with one block on them."""
    rng = np.random.default_rng(1)
    pattern = cv2.GaussianBlur(rng.uniform(0, 255, (SIDE, SIDE, 3)).astype(np.float32), (0, 0), 2)
    pattern = cv2.normalize(pattern, None, 20, 230, cv2.NORM_MINMAX)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    bare = (2 * np.sin(columns / 60) + 1.5 * np.cos(rows / 45)).astype(np.float32)
    surface = bare.copy()
    surface[TOWER] += TOWER_M
    picture = pattern[..., 0] if thermal else pattern.astype(np.uint8)
    return Ground(picture, surface, bare, np.array([0.5, 0.3, 0.81]), CELL_M)


def over_the_middle(pitch_deg, yaw_deg=30.0, up_m=55.0, back_m=0.0):
    middle = np.array([SIDE, -SIDE]) * CELL_M / 2
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    eye = np.array([*(middle - back_m * np.array([np.sin(yaw), np.cos(yaw)])), up_m])
    return View(eye, camera_to_site(yaw, pitch, 0.02), 600.0, (640, 360))


@pytest.mark.parametrize(("pitch_deg", "back_m"), [(-90.0, 0.0), (-60.0, 25.0), (-45.0, 45.0)])
def test_what_a_pixel_sees_projects_into_that_pixel(pitch_deg, back_m):
    """Height found along its ray, ground there and pose agree."""
    ground, view = rough(), over_the_middle(pitch_deg, back_m=back_m)

    _, z = Caster(ground).look(view)

    rows, columns = np.mgrid[5:360:23, 5:640:29].astype(np.float32)
    east, north = view.slopes(columns, rows)
    found = z[rows.astype(int), columns.astype(int)]
    way = view.eye_m[2] - found
    points = np.stack([view.eye_m[0] + way * east, view.eye_m[1] + way * north, found], axis=-1)
    assert view.project(points.reshape(-1, 3)) == pytest.approx(np.stack([columns, rows], -1).reshape(-1, 2), abs=0.02)
    surface = ground.sampled(ground.surface_m, points[..., 0].astype(np.float32), points[..., 1].astype(np.float32))
    assert np.quantile(np.abs(surface - found), 0.9) < 0.01  # but for walls


def test_a_tall_thing_hides_what_lies_behind_it():
    ground, view = rough(), over_the_middle(-45.0, yaw_deg=0.0, back_m=45.0)
    x, y = (TOWER[1].start + TOWER[1].stop) / 2 * CELL_M, -TOWER[0].start * CELL_M + 2.0  # north of it, seen from south
    behind = np.array([[x, y, float(ground.bare_m[TOWER[0].start - 16, 305])]])
    column, row = view.project(behind)[0].round().astype(int)

    _, z = Caster(ground).look(view)

    assert z[row, column] > behind[0, 2] + 5.0


def test_corners_move_as_the_poses_say():
    """What is tracked in the pictures lands where the two views put the ground below it."""
    ground = rough()
    caster = Caster(ground)
    one, other = over_the_middle(-80.0), over_the_middle(-75.0, yaw_deg=33.0, back_m=4.0)
    (first, z), (second, _) = caster.look(one), caster.look(other)
    grey = [cv2.cvtColor(p.astype(np.uint8), cv2.COLOR_BGR2GRAY) for p in (first, second)]
    corners = cv2.goodFeaturesToTrack(grey[0], 300, 0.02, 12)
    columns, rows = corners[:, 0].T
    east, north = one.slopes(columns, rows)
    found = z[rows.round().astype(int), columns.round().astype(int)]
    way = one.eye_m[2] - found
    there = other.project(np.stack([one.eye_m[0] + way * east, one.eye_m[1] + way * north, found], axis=-1))
    guess = there[:, None].astype(np.float32) + 1.5

    tracked, status, _ = cv2.calcOpticalFlowPyrLK(
        *grey, corners, guess.copy(), winSize=(15, 15), flags=cv2.OPTFLOW_USE_INITIAL_FLOW
    )

    inside = (status[:, 0] == 1) & ((there > 12) & (there < np.array([627, 347]))).all(1)
    off = np.hypot(*(tracked[:, 0] - there)[inside].T)
    assert inside.sum() > 100
    assert np.median(off) < 0.15
    assert np.quantile(off, 0.9) < 0.4


def test_ground_goes_on_mirrored_in_picture_and_height():
    ground = rough()
    x, y = np.array([3.0, 20.0], np.float32), np.array([-7.0, -9.0], np.float32)

    for raster in (
        ground.surface_m,
        cv2.resize(ground.surface_m, (SIDE // 4, SIDE // 4), interpolation=cv2.INTER_AREA),
    ):
        assert ground.sampled(raster, -x - np.float32(CELL_M), y) == pytest.approx(
            ground.sampled(raster, x, y), abs=1e-3
        )


def box(there, name="box", speed=5.0):
    return Mover(name, (4.3, 1.8, 1.5), speed, 0.4, np.asarray(there), 0.0, np.array([250.0, 20.0, 20.0], np.float32))


def test_a_mover_is_drawn_where_its_box_says_with_its_shadow_beside():
    ground, view = rough(), over_the_middle(-90.0)
    picture, z = Caster(ground).look(view)
    before = picture.copy()
    there = view.eye_m[:2] + np.array([4.0, -9.0])

    left, top, width, height, visible = draw(box(there), 0.0, view, z, picture, ground)

    foot = float(ground.sampled(ground.bare_m, *(there[k : k + 1].astype(np.float32) for k in (0, 1)))[0])
    column, row = view.project(np.array([[*there, foot + 0.8]]))[0]
    assert (left + width / 2, top + height / 2) == pytest.approx((column, row), abs=4)
    assert visible == pytest.approx(4.3 * 1.8 * (600 / (55 - foot - 1.5)) ** 2, rel=0.25)
    changed = np.abs(picture - before).max(-1) > 2
    assert changed.sum() > visible
    assert not changed[: top - 30].any()


def test_a_mover_behind_something_tall_is_not_seen():
    ground, view = rough(), over_the_middle(-45.0, yaw_deg=0.0, back_m=45.0)
    picture, z = Caster(ground).look(view)
    x, y = (TOWER[1].start + TOWER[1].stop) / 2 * CELL_M, -TOWER[0].start * CELL_M + 3.0

    assert draw(box((x, y)), 0.0, view, z, picture, ground) is None


@pytest.mark.parametrize("plan", PLANS)
def test_movers_pass_through_the_view_when_they_should(plan):
    ground = rough(thermal=True)
    flight = Flight(ground, 5, plan)

    for mover in movers_of(ground, flight, 5, 60.0, 3):
        view = flight.at(mover.there_s)
        column, row = view.project(np.array([[*mover.there_m, 0.0]]))[0]
        assert -60 < column < 700
        assert -60 < row < 420
