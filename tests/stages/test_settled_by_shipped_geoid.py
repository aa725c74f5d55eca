"""Flights above the sea are accepted with nothing installed: the geoid's grid ships."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.geometry import datum as heights
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.camera import CameraModel
from pipeline.records.frame import GeorefMethod, GeorefStatus, Pose, PosedFrame
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.records.terrain import TerrainModel
from pipeline.stages.settle_heights import SettleSettings, settle_heights

SITE = SiteFrame.at(-90.220845, 38.628155)
UNDULATION_M = -31.628  # published by NGA for this place
CAMERA = CameraModel("c", (400, 300), camera_matrix(350, (400, 300)), Brown(), 0.01, "table")


@pytest.fixture
def bare_proj(monkeypatch):
    heights._from_proj.cache_clear()
    monkeypatch.setattr(heights, "_by_proj", lambda datum: None)
    yield
    heights._from_proj.cache_clear()


def frame(number, up):
    ref = FrameRef(f"f{number}", Path("f"), FrameKind.STILL, 0, (400, 300), number, 0.1, "0" * 64, Band.VISIBLE, "s")
    pose = Pose(
        np.array([5.0 * number, 0, up]), camera_to_site(0, -np.pi / 2, 0), np.eye(6), GeorefMethod.TELEMETRY_ONLY
    )
    return PosedFrame(ref, CAMERA, pose, "egm96", 40.0, 0, GeorefStatus.OK, ())


@pytest.mark.parametrize(("ground_datum", "ground_m"), [("ellipsoidal", 100.0 + UNDULATION_M), ("egm96", 100.0)])
def test_cameras_above_the_sea_over_any_ground(bare_proj, ground_datum, ground_m):
    grid = HeightGrid(np.full((101, 101), ground_m), -100, -100, 2.0, 0.5, "dem.tif")
    terrain = TerrainModel(grid, ground_datum, "dem.tif")

    settled = settle_heights([frame(n, 140.0) for n in range(9)], terrain, SITE, SettleSettings())

    assert (settled.camera_datum, settled.notes) == ("egm96", ())
    assert [f.pose.eye_m[2] for f in settled.frames] == pytest.approx([140 + UNDULATION_M] * 9, abs=0.06)
    assert settled.terrain.heights_m == pytest.approx(100 + UNDULATION_M, abs=0.06)
