import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.geometry.brown import Brown
from pipeline.geometry.distortion import Distortion
from pipeline.geometry.fisheye import Fisheye
from pipeline.geometry.terrain_error import Leverage
from pipeline.records.camera import CameraModel
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ChangeKind, Direction, ImageChange, Reason
from pipeline.records.frame import GeorefMethod, GeorefStatus, Pose, PosedFrame
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.runner.workspace import StageFolder, stage_key


def posed():
    ref = FrameRef(
        "DJI_0001", Path("a/DJI_0001.JPG"), FrameKind.STILL, 0, (40, 30), 10**18 + 7, 0.1, "ab", Band.VISIBLE, "X"
    )
    camera = CameraModel("X", (40, 30), np.diag([30.0, 30.0, 1.0]), Brown(), 0.01, "table")
    leverage = Leverage(np.array([[3.0, 4.0], [5.0, 6.0]]), np.array([7.0, 8.0]), np.arange(14.0).reshape(2, 7))
    pose = Pose(
        np.array([1.0, 2.0, np.nan]),
        np.eye(3),
        np.eye(6),
        GeorefMethod.TELEMETRY_ONLY,
        focal_covariance=np.arange(6.0),
        leverage=leverage,
    )
    return PosedFrame(ref, camera, pose, "unknown", 40.0, 0, GeorefStatus.OK, ("altitude_datum_unknown",))


def test_records_come_back_as_they_were(tmp_path):
    stage = StageFolder(tmp_path / "ingest", "k")
    stage.start()

    stage.store("frames", [posed()])
    back = stage.load("frames", PosedFrame)[0]

    assert back.ref == posed().ref
    assert back.notes == posed().notes and back.status is GeorefStatus.OK
    np.testing.assert_array_equal(back.pose.eye_m, posed().pose.eye_m)
    np.testing.assert_array_equal(back.pose.focal_covariance, posed().pose.focal_covariance)
    for name in ("places_m", "spread_m2", "moves"):
        np.testing.assert_array_equal(getattr(back.pose.leverage, name), getattr(posed().pose.leverage, name))
    np.testing.assert_array_equal(back.camera.K, posed().camera.K)


def test_a_pose_without_leverage_comes_back_without(tmp_path):
    stage = StageFolder(tmp_path / "ingest", "k")
    stage.start()
    frame = posed()

    stage.store("frames", [dataclasses.replace(frame, pose=dataclasses.replace(frame.pose, leverage=Leverage.none()))])

    assert stage.load("frames", PosedFrame)[0].pose.leverage.moves.shape == (0, 7)


@dataclasses.dataclass(frozen=True)
class OldCamera:
    distortion: np.ndarray


@dataclasses.dataclass(frozen=True)
class Camera:
    distortion: Distortion


@pytest.mark.parametrize("lens", [Brown(-0.1, 0.02, 1e-4, -2e-4, 0.003), Fisheye(-0.02, 0.003, -0.001, 1e-4)])
def test_lenses_come_back_also_from_files_that_held_arrays(tmp_path, lens):
    stage = StageFolder(tmp_path / "ingest", "k")
    stage.start()

    stage.store("new", [Camera(lens)])
    stage.store("old", [OldCamera(np.array(lens.coefficients))])

    assert stage.load("new", Camera) == stage.load("old", Camera) == (Camera(lens),)


def test_a_file_name_that_is_no_text_comes_back(tmp_path):
    frame = posed()
    odd = dataclasses.replace(frame, ref=dataclasses.replace(frame.ref, path=Path(os.fsdecode(b"a/DJI_\xff.JPG"))))
    stage = StageFolder(tmp_path / "ingest", "k")
    stage.start()

    stage.store("frames", [odd])

    assert stage.load("frames", PosedFrame)[0].ref.path == odd.ref.path


def test_reasons_with_parameters_come_back(tmp_path):
    change = ImageChange(
        np.ones((2, 3), bool),
        4,
        5,
        np.zeros((4, 2)),
        Direction.NEW,
        ChangeKind.CRATER,
        0.5,
        6.0,
        1.0,
        (Reason("tone", (("difference", 0.3),)), Reason("colour")),
        (),
    )
    stage = StageFolder(tmp_path / "detect", "k")
    stage.start()

    stage.store("changes", [change])
    back = stage.load("changes", ImageChange)[0]

    assert back.reasons == change.reasons and back.mask.shape == (2, 3)


def test_an_empty_result_is_a_result(tmp_path):
    stage = StageFolder(tmp_path / "ingest", "k")
    stage.start()
    stage.store("dropped", [])
    stage.finish()

    assert stage.is_fresh() and stage.load("dropped", Dropped) == ()


def test_fresh_only_with_the_same_key_and_untouched_files(tmp_path):
    stage = StageFolder(tmp_path / "ingest", "k")
    stage.start()
    stage.store("dropped", [Dropped("ingest", "a", "b", "c")])

    assert not stage.is_fresh(), "cut short before the manifest"
    stage.finish()
    assert stage.is_fresh()
    assert not StageFolder(stage.folder, "other").is_fresh()
    (stage.folder / "dropped.parquet").write_bytes(b"damaged")
    assert not stage.is_fresh()
    with pytest.raises(InputError, match="--force"):
        stage.load("dropped", Dropped)


def test_the_key_follows_every_setting():
    first = stage_key("mosaic", "1", {"gsd_m": 0.05}, {"frames": "a"})

    assert first == stage_key("mosaic", "1", {"gsd_m": 0.05}, {"frames": "a"})
    assert (
        len(
            {
                first,
                stage_key("mosaic", "1", {"gsd_m": 0.06}, {"frames": "a"}),
                stage_key("mosaic", "2", {"gsd_m": 0.05}, {"frames": "a"}),
                stage_key("mosaic", "1", {"gsd_m": 0.05}, {"frames": "b"}),
            }
        )
        == 4
    )
