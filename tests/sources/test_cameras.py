from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigError, GeometryError, InputError
from pipeline.geometry.brown import Brown
from pipeline.geometry.fisheye import Fisheye
from pipeline.records.sortie import Band
from pipeline.records.stated_facts import StatedCamera
from pipeline.sources.camera_clues import CameraClues
from pipeline.sources.cameras import CameraEntry, CameraTable, choose_camera, read_camera_table
from pipeline.sources.exif import Exif

TABLE = CameraTable(
    (
        CameraEntry("DJI", "FC1", (4000, 3000), 6.4, focal_sigma=0.01),
        CameraEntry("DJI", "DUO", (640, 512), 7.68, focal_mm=9.1),
        CameraEntry("DJI", "DUO", (4000, 3000), 6.4, focal_mm=4.5),
    )
)


def clues(size=(4000, 3000), model="FC1", xmp=None, **exif):
    return CameraClues("DJI", model, size, Exif({key: (float(value),) for key, value in exif.items()}), xmp or {})


def test_what_people_state_comes_first_and_scales_with_the_picture():
    stated = StatedCamera(size_px=(4000, 3000), focal_px=3000, principal_px=(2010, 1490), distortion=(0.1, 0, 0, 0, 0))
    xmp = {"CalibratedFocalLength": "3700"}

    full = choose_camera(clues(xmp=xmp), stated, TABLE)
    half = choose_camera(clues((2000, 1500), xmp=xmp), stated, TABLE)
    cut = choose_camera(clues((4000, 2250), xmp=xmp), stated, TABLE)

    assert (full.focal_px, full.source) == (3000, "sortie.toml")
    assert full.distortion == Brown(0.1)
    np.testing.assert_allclose(half.K, full.scaled(0.5).K)
    assert cut.K[:2, 2] == pytest.approx([2010, 1490 - 375])


def test_the_makers_calibration_comes_before_the_table():
    xmp = {"DewarpData": "2021-05-01;3666.6,3660.1,-20.5,10.25,-0.26,0.11,0.001,-0.0002,-0.03", "DewarpFlag": "0"}

    camera = choose_camera(clues((5472, 3648), xmp=xmp), None, TABLE)

    assert camera.source == "xmp dewarp"
    assert (camera.K[0, 0], camera.K[1, 1]) == (3666.6, 3660.1)
    assert (camera.K[0, 2], camera.K[1, 2]) == pytest.approx((2735.5 - 20.5, 1823.5 + 10.25))
    assert camera.distortion == Brown(-0.26, 0.11, 0.001, -0.0002, -0.03)


def test_a_picture_that_the_camera_straightened_is_straight():
    xmp = {"DewarpData": "2021-05-01;3666.6,3660.1,0,0,-0.26,0.11,0.001,-0.0002,-0.03", "DewarpFlag": "1"}

    assert choose_camera(clues((5472, 3648), xmp=xmp), None, TABLE).distortion == Brown()


def test_a_straightened_picture_is_less_sure_than_the_calibration():
    """To which focal length the camera straightened it, it does not say."""
    data = {"DewarpData": "2021-05-01;3666.6,3660.1,0,0,-0.26,0.11,0.001,-0.0002,-0.03"}
    raw, straight = (choose_camera(clues((5472, 3648), xmp={**data, "DewarpFlag": flag}), None, TABLE) for flag in "01")

    assert raw.focal_sigma < straight.focal_sigma < 0.01


def test_digital_zoom_lengthens_every_focal_length_and_keeps_the_principal_point_in_its_direction():
    """The calibration is that of the whole sensor."""
    dewarp = {"DewarpData": "2021-05-01;3600,3600,10,-4,-0.2,0.1,0,0,0", "DewarpFlag": "0"}
    calibrated = {
        "CalibratedFocalLength": "3600",
        "CalibratedOpticalCenterX": "2746",
        "CalibratedOpticalCenterY": "1820",
    }
    for xmp in (dewarp, calibrated):
        camera = choose_camera(clues((5472, 3648), xmp=xmp, digital_zoom=2), None, TABLE)
        assert camera.focal_px == 7200
        assert camera.K[:2, 2] == pytest.approx([2735.5 + 20, 1823.5 - 8])
        assert camera.focal_sigma == 0.02
    by_table = choose_camera(clues(focal_mm=4, digital_zoom=2), None, TABLE)
    assert (by_table.focal_px, by_table.focal_sigma) == (pytest.approx(5000), 0.02)
    doubtful = choose_camera(clues((6000, 4000), model="?", focal_35mm=24, digital_zoom=2), None, TABLE)
    assert doubtful.focal_px * (1 - doubtful.focal_sigma) < 4000 * 1.01  # the zoom counted in
    assert doubtful.focal_px * (1 + doubtful.focal_sigma) > 7900  # and not counted in


def test_an_optical_centre_of_another_picture_is_the_middle():
    """A picture cut to 16:9 keeps the tags of the whole sensor: 285 px below its own middle."""
    xmp = {"CalibratedFocalLength": "3600", "CalibratedOpticalCenterX": "2736", "CalibratedOpticalCenterY": "1824"}

    assert choose_camera(clues((5472, 3078), xmp=xmp), None, TABLE).K[1, 2] == (3078 - 1) / 2


def test_an_upright_picture_has_the_focal_length_of_the_lying_one():
    lying, upright = (choose_camera(clues(size, focal_mm=4), None, TABLE) for size in ((4000, 3000), (3000, 4000)))
    by_film = [choose_camera(clues(size, "?", focal_35mm=24), None, TABLE) for size in ((4000, 2250), (2250, 4000))]

    assert upright.focal_px == lying.focal_px and upright.focal_sigma == lying.focal_sigma
    assert by_film[0].focal_px == by_film[1].focal_px


def test_tags_of_multispectral_cameras_are_in_millimetres():
    xmp = {
        "ModelType": "perspective",
        "PerspectiveFocalLength": "5.5",
        "PerspectiveFocalLengthUnits": "mm",
        "PrincipalPoint": "2.45,1.79",
        "PerspectiveDistortion": "-0.1,0.15,-0.02,0.0003,-0.0004,0",
    }
    resolution = {"focal_plane_x": 266.666, "focal_plane_y": 266.666, "focal_plane_unit": 4}

    camera = choose_camera(clues((1280, 960), "?", xmp, **resolution), None, TABLE)

    assert camera.source == "xmp camera"
    assert camera.focal_px == pytest.approx(5.5 * 266.666)
    assert camera.K[:2, 2] == pytest.approx([2.45 * 266.666 - 0.5, 1.79 * 266.666 - 0.5])
    assert camera.distortion == Brown(-0.1, 0.15, 0.0003, -0.0004, -0.02)
    with pytest.raises(InputError):
        choose_camera(clues((1280, 960), "?", {**xmp, "ModelType": "fisheye"}, **resolution), None, TABLE)


def test_calibrations_of_the_full_picture_are_scaled_when_it_was_reduced():
    xmp = {"CalibratedFocalLength": "3600", "CalibratedOpticalCenterX": "2736", "CalibratedOpticalCenterY": "1824"}

    camera = choose_camera(clues((2736, 1824), xmp=xmp, pixel_width=5472), None, TABLE)

    assert camera.focal_px == 1800
    assert camera.K[0, 2] == pytest.approx((2736 - 1) / 2)


@pytest.mark.parametrize("bad", ["0", "-5", "nan", "1e12", "x"])
def test_a_calibration_that_cannot_be_is_not_believed(bad):
    camera = choose_camera(clues(xmp={"CalibratedFocalLength": bad}, focal_mm=4), None, TABLE)

    assert (camera.source, camera.focal_px) == ("table", pytest.approx(2500))


def test_the_table_tells_lenses_of_one_model_apart():
    assert choose_camera(clues((640, 512), "DUO"), None, TABLE).focal_px == pytest.approx(9.1 / 7.68 * 640)
    assert choose_camera(clues((4000, 3000), "DUO"), None, TABLE).focal_px == pytest.approx(4.5 / 6.4 * 4000)


def test_a_picture_cut_to_another_width_is_less_sure():
    assert choose_camera(clues((4000, 2250), focal_mm=4), None, TABLE).focal_sigma == 0.01
    assert choose_camera(clues((2000, 1500), focal_mm=4), None, TABLE).focal_sigma == 0.01
    assert choose_camera(clues((1920, 1080), focal_mm=4), None, TABLE).focal_sigma == 0.05


def test_exif_is_the_last_resort():
    plane = choose_camera(clues(model="?", focal_mm=10, focal_plane_x=400, focal_plane_unit=4), None, TABLE)
    equivalent = choose_camera(clues((6000, 4000), model="?", focal_35mm=24), None, TABLE)

    assert (plane.focal_px, plane.source) == (4000, "exif focal plane")
    assert equivalent.focal_px == pytest.approx(24 / 36 * 6000, rel=1e-3)
    assert equivalent.focal_sigma > plane.focal_sigma


def test_no_focal_length_at_all_names_the_remedy():
    with pytest.raises(InputError, match=r"camera DJI \?, 4000 × 3000.*\[camera\].*sortie\.toml"):
        choose_camera(clues(model="?"), None, TABLE)


def test_the_shipped_table_is_sound(project_root):
    table = read_camera_table(project_root / "configs/cameras.toml")

    keys = [(entry.make, entry.model, entry.size_px) for entry in table.cameras]
    assert len(keys) == len(set(keys)) > 10
    pitches_um = [1000 * entry.sensor_width_mm / entry.size_px[0] for entry in table.cameras]
    assert min(pitches_um) > 0.5
    assert max(pitches_um) < 20


def test_a_wrong_key_in_a_table_is_named(tmp_path: Path):
    path = tmp_path / "cameras.toml"
    path.write_text('[[cameras]]\nmake = "A"\nmodel = "B"\nsize_px = [4, 3]\nsensor_with_mm = 5\n')

    with pytest.raises(ConfigError, match=r"cameras\.toml:5 \[cameras #1\]: unknown key .* 'sensor_width_mm'"):
        read_camera_table(path)


def test_the_daylight_cameras_beside_a_thermal_one_are_not_it(project_root):
    """Drones with three lenses write one model into the stills of all."""
    table = read_camera_table(project_root / "configs" / "cameras.toml")

    assert table.find("DJI", "ZH20T", (640, 512)).band is Band.THERMAL
    assert table.find("DJI", "M30T", (1280, 1024)).band is Band.THERMAL  # enlarged by the drone itself
    for model, size in (
        ("ZH20T", (4056, 3040)),
        ("ZH20T", (5184, 3888)),
        ("M30T", (4000, 3000)),
        ("M3T", (8000, 6000)),
    ):
        assert table.find("DJI", model, size) is None


def test_a_fisheye_is_stated_with_four_coefficients():
    stated = StatedCamera(focal_px=1200, lens="fisheye", distortion=(0.01, -0.002, 0.0003, 0.0))

    assert choose_camera(clues((4000, 3000)), stated, TABLE).distortion == Fisheye(0.01, -0.002, 0.0003, 0.0)
    with pytest.raises(GeometryError, match="fisheye lens has 4"):
        StatedCamera(focal_px=1200, lens="fisheye", distortion=(0.01, 0, 0, 0, 0))
