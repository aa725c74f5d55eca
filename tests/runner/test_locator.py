"""A placed frame is asked where its pixels lie; the ground that it sees is known."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigError, InputError
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.fisheye import Fisheye
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, Registration
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.runner.identity import NO_AGREEMENT
from pipeline.runner.locator import Locator
from pipeline.stages.agreed_ground import AgreedGround

SITE = SiteFrame.at(46.7, 39.8)
SIZE = (800, 600)
CAMERA = CameraModel("c", SIZE, camera_matrix(350.0, SIZE), Fisheye(-0.02, 0.003), 0.004, "sortie.toml")
ROTATION = camera_to_site(0.4, np.radians(-25.0), 0.0)
EYE = np.array([10.0, 20.0, 260.0])


def slope():
    """Ground that rises to the east."""
    x = np.arange(-1000.0, 1001.0, 10.0)
    return HeightGrid(np.tile(100.0 + 0.05 * x, (201, 1)), -1000.0, -1000.0, 10.0, 0.5, "slope.tif")


@pytest.fixture
def asked():
    return []


@pytest.fixture
def locator(asked):
    ref = FrameRef("A", Path("A.JPG"), FrameKind.STILL, 0, SIZE, 10**18, 0.1, "0", Band.VISIBLE, "c")
    pose = Pose(EYE, ROTATION, np.diag([1, 1, 2, 0.01, 0.01, 0.02]) ** 2, GeorefMethod.TELEMETRY_ONLY)
    alone = Registration("none", "not_tried", 0, 0, np.nan, np.nan, np.nan, np.nan, False)
    frame = GroundFrame(ref, CAMERA, pose, GeorefStatus.OK, np.zeros((0, 2)), 0.1, np.ones(3), alone, ("roll_assumed",))
    ground = AgreedGround(NO_AGREEMENT, SITE)
    return Locator("S1", {"A": frame}, SITE, slope(), "ellipsoidal", ground, asked.append)


def test_the_place_is_where_that_ground_appears(locator):
    pixels = np.array([[400.0, 300.0], [120.5, 590.0], [700.0, 420.0]])

    found = locator.pixels("A", pixels)

    xy_m = SITE.from_lonlat(found.lonlat_deg[:, 0], found.lonlat_deg[:, 1])
    assert found.height_m == pytest.approx(100 + 0.05 * xy_m[:, 0], abs=1e-6)
    again = project(np.column_stack([xy_m, found.height_m]), EYE, CAMERA.K, CAMERA.distortion, ROTATION)
    assert again == pytest.approx(pixels, abs=1e-3)
    assert (found.ellipse[:, 0] >= found.ellipse[:, 1]).all() and (found.ellipse[:, 1] > 1).all()


def test_one_pixel_is_answered_as_among_many(locator):
    many = locator.pixels("A", np.array([[400.0, 300.0], [300.0, 500.0]]))

    one = locator.pixel("A", 300, 500)

    assert one == many.one(1)
    assert (one.camera, one.terrain) == (
        "c: focal length 350 px by sortie.toml, ± 0.4 %",
        "slope.tif, heights ± 0.5 m",
    )
    assert (one.method, one.registration, one.notes) == ("telemetry_only", "not_tried (none)", ("roll_assumed",))


def test_sky_has_no_place(locator):
    found = locator.pixels("A", np.array([[400.0, 5.0], [400.0, 300.0]]))

    assert found.seen.tolist() == [False, True]
    assert found.one(0).lon_deg is None and found.one(0).major_m is None
    with pytest.raises(InputError, match=r"pixel 400, 5 sees no known ground"):
        locator.pixel("A", 400, 5)


def test_every_question_is_told_before_it_is_answered(locator, asked):
    with pytest.raises(InputError):
        locator.pixel("A", 400, 5)
    many = np.random.default_rng(0).uniform(0, 500, (20, 2))
    locator.pixels("A", many)

    assert asked[0] == "S1 A 400 5"
    assert asked[1] == f"S1 A 20 pixels, sha256 {hashlib.sha256(many.astype('<f8').tobytes()).hexdigest()}"


def test_wrong_questions_are_refused_and_not_told(locator, asked):
    with pytest.raises(ConfigError, match="no frame 'B' was placed; there are 1, such as A"):
        locator.pixel("B", 1, 1)
    with pytest.raises(ConfigError, match="pixel 1, 600 lies outside the picture of 800 x 600"):
        locator.pixels("A", np.array([[1.0, 1.0], [1.0, 600.0]]))
    with pytest.raises(ConfigError, match="lies outside"):
        locator.pixel("A", float("nan"), 1)
    with pytest.raises(ConfigError, match=r"must be \(N, 2\)"):
        locator.pixels("A", np.array([1.0, 2.0]))
    assert asked == []
