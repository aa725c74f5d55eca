from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Polygon

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, PosedFrame
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.stages.georeference import Georeference, GeoreferenceSettings

SITE = SiteFrame.at(10.5, 40.5)
CAMERA = CameraModel("c", (4000, 3000), camera_matrix(3500, (4000, 3000)), Brown(), 0.005, "table")
GROUND = HeightGrid.flat(160, 1.0, "plain")
SIGMAS = [2.0, 2.0, 3.0, *np.radians([0.5, 0.5, 2.0])]


def frame(name, up, pitch_deg, sigmas=SIGMAS):
    ref = FrameRef(name, Path("f.jpg"), FrameKind.STILL, 0, (4000, 3000), 0, 0.1, "0" * 64, Band.VISIBLE, "s")
    rotation = camera_to_site(0.3, np.radians(pitch_deg), 0, SITE.convergence_rad)
    pose = Pose(np.array([5.0, 7.0, up]), rotation, np.diag(np.square(sigmas)), GeorefMethod.TELEMETRY_ONLY)
    return PosedFrame(ref, CAMERA, pose, "ellipsoidal", 40.0, 0, GeorefStatus.OK, ("noted",))


def test_frames_are_placed_in_order_and_what_cannot_be_is_dropped_with_a_reason():
    frames = [
        frame("good", 230.0, -90),
        frame("sky", 230.0, 70),
        frame("below", 130.0, -90),
        frame("vague", 230.0, -90, sigmas=[9000.0] * 3 + [0.1] * 3),
        frame("oblique", 230.0, -35),
    ]
    out = list(Georeference(SITE, GROUND, GeoreferenceSettings())(frames))

    assert [item.ref.frame_id if isinstance(item, GroundFrame) else (item.item, item.code) for item in out] == [
        "good",
        ("sky", "no_ground"),
        ("below", "no_ground"),
        ("vague", "place_too_vague"),
        "oblique",
    ]
    assert all(isinstance(item, Dropped) and item.item in item.reason for item in out[1:4])
    assert "30.0 m below the terrain" in out[2].reason


def test_nadir_frame_has_the_scale_of_its_height_and_the_ellipse_of_its_pose():
    (placed,) = Georeference(SITE, GROUND, GeoreferenceSettings())([frame("f", 230.0, -90)])

    assert placed.gsd_m == pytest.approx(0.02, rel=1e-3)
    assert Polygon(placed.footprint_m).area == pytest.approx(80 * 60, rel=1e-3)
    tilt_m = 70 * np.radians(0.5)
    expected = np.sqrt(5.991 * (4 + tilt_m**2 + 0.02**2))
    assert placed.ellipse_m[:2] == pytest.approx([expected, expected], rel=5e-3)
    assert placed.registration.outcome == "not_tried"
    assert placed.notes == ("noted",)


def test_ellipse_is_turned_from_the_grid_to_true_north():
    wide = np.array([8.0, 1.0, 1.0, 1e-4, 1e-4, 1e-4])
    (placed,) = Georeference(SITE, GROUND, GeoreferenceSettings())([frame("f", 230.0, -90, sigmas=wide)])

    assert placed.ellipse_m[2] == pytest.approx(90 + np.degrees(SITE.convergence_rad), abs=0.1)
    assert abs(np.degrees(SITE.convergence_rad)) > 0.5
