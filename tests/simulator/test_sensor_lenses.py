"""Rays of both kinds of lens against OpenCV, over the whole picture."""

import cv2
import numpy as np
import pytest

from pipeline.errors import GeometryError
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.rotation import camera_to_site
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.sensor.lens_rays import lens_rays, project_lens

WIDE = Lens(
    "brown", (640, 480), camera_matrix(355.0, (640, 480), (322.0, 236.0)), np.array([-0.045, 0.018, 4e-4, -3e-4, 0.0])
)
BARREL = Lens("brown", (640, 360), camera_matrix(450.0, (640, 360)), np.array([-0.25, 0.09, 1e-3, -8e-4, -0.01]))
ROUND = Lens(
    "fisheye", (640, 480), camera_matrix(260.0, (640, 480), (318.0, 244.0)), np.array([0.02, -0.008, 0.003, -0.0006])
)
ALL_ROUND = Lens("fisheye", (400, 400), camera_matrix(140.0, (400, 400)), np.array([-0.01, 0.0, 0.0, 0.0]))
ACTION = Lens("fisheye", (800, 600), camera_matrix(375.0, (800, 600)), np.array([-0.03, 0.01, -0.004, 0.0005]))
TALL = Lens("fisheye", (97, 33), camera_matrix(40.0, (97, 33)), np.zeros(4))


def by_opencv(rays, lens):
    points = rays.reshape(-1, 1, 3).astype(np.float64)
    if lens.kind == "brown":
        pixels, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), lens.K, lens.distortion)
    else:
        pixels, _ = cv2.fisheye.projectPoints(points, np.zeros((1, 1, 3)), np.zeros((1, 1, 3)), lens.K, lens.distortion)
    return pixels.reshape(*rays.shape[:2], 2)


def pixels_of(lens):
    return np.stack(np.meshgrid(np.arange(lens.size_px[0]), np.arange(lens.size_px[1])), axis=-1)


@pytest.mark.parametrize("lens", [WIDE, BARREL, ROUND, ACTION, TALL])
def test_every_pixels_ray_comes_back_to_it_through_opencv(lens):
    rays = lens_rays(lens)

    assert rays.dtype == np.float32 and rays.shape == (lens.size_px[1], lens.size_px[0], 3)
    assert np.linalg.norm(rays, axis=-1) == pytest.approx(1.0, abs=1e-6)
    assert np.abs(by_opencv(rays, lens) - pixels_of(lens)).max() < 1e-3


@pytest.mark.parametrize("lens", [WIDE, BARREL, ROUND, ACTION, ALL_ROUND])
def test_places_along_the_rays_project_to_their_pixels(lens):
    rotation = camera_to_site(0.7, -1.1, 0.05)
    eye = np.array([100.0, 200.0, 300.0])
    rays = lens_rays(lens)[::40, ::40].reshape(-1, 3).astype(np.float64)
    depth = np.random.default_rng(1).uniform(5.0, 900.0, (len(rays), 1))

    pixels = project_lens(eye + depth * rays @ rotation.T, eye, rotation, lens)

    assert np.abs(pixels - pixels_of(lens)[::40, ::40].reshape(-1, 2)).max() < 1e-3


def test_a_fisheye_may_look_behind_itself():
    corner, side = np.degrees(np.arccos(lens_rays(ALL_ROUND)[[0, 200], [0, 0], 2]))

    assert corner > 115.0 > side > 80.0


def test_what_a_lens_cannot_see_is_nowhere():
    behind = np.array([[0.0, 0.0, -10.0], [1.0, 0.0, -10.0]])

    assert np.isnan(project_lens(behind, np.zeros(3), np.eye(3), WIDE)).all()
    beyond = Lens("fisheye", (64, 64), camera_matrix(20.0, (64, 64)), np.array([-0.2, 0.0, 0.0, 0.0]))
    assert np.isnan(project_lens(behind, np.zeros(3), np.eye(3), beyond)).all()


@pytest.mark.parametrize("kind", ["brown", "fisheye"])
def test_a_distortion_without_inverse_is_refused(kind):
    coefficients = np.array([-0.9, 0.0, 0.0, 0.0, 0.0][: 5 if kind == "brown" else 4])

    with pytest.raises(GeometryError, match="focal length"):
        lens_rays(Lens(kind, (640, 480), camera_matrix(250.0, (640, 480)), coefficients))
