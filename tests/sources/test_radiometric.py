"""Counts of thermal sensors in the segments of JPEGs, and temperatures out of them."""

import math

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.cli.inspect import inspect
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.sources.cameras import CameraTable, read_camera_table
from pipeline.sources.frames import FrameReader
from pipeline.sources.radiometric import read_radiometric
from pipeline.sources.shown_picture import shown_enlarged
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.sources.stills import read_still_head
from pipeline.sources.thermal_calibration import PlanckConstants, temperature_k
from tests.sources.drone_files import OFFSET, SIZE, flir, plain, preview, scene


@pytest.fixture
def read(tmp_path):
    def of(data):
        path = tmp_path / "DJI_0001.JPG"
        path.write_bytes(data)
        with path.open("rb") as file:
            return read_radiometric(file, "x")

    return of


@pytest.mark.parametrize(
    "make",
    [
        plain,
        lambda counts: plain(counts, 0xE4),
        flir,
        lambda counts: flir(counts, order=">", index_order="<"),
        lambda counts: flir(counts, png="swapped"),
        lambda counts: flir(counts, png="right"),
    ],
)
def test_counts_come_back_to_the_last_bit(read, make):
    found = read(make(scene()))
    assert found.counts.dtype == np.uint16
    assert (found.counts == scene()).all()


def test_the_frame_is_the_counts_not_the_picture_that_is_shown(tmp_path):
    path = tmp_path / "DJI_0001.JPG"
    path.write_bytes(flir(np.repeat(np.repeat(scene(), 2, 0), 2, 1), size=(128, 96)))
    head = read_still_head(path, path.name)
    ref = FrameRef("F1", path, FrameKind.STILL, 0, head.size_px, 0, 0.0, "", head.band, "A")

    with FrameReader() as reader:
        image = reader.read(ref)
        grey, scale = reader.read_grey(ref, 64)

    assert (head.size_px, head.band, head.counts_from[:4]) == ((128, 96), Band.THERMAL, "FLIR")
    assert (image[::2, ::2] == scene()).all()
    assert (grey.shape, scale) == ((48, 64), 0.5) and grey[23, 33] > grey[0, 0]


@pytest.mark.parametrize(
    "data",
    [
        preview(),
        plain(scene()[:-1]),  # a row too few
        plain(np.random.default_rng(1).integers(0, 65535, SIZE[::-1]).astype(np.uint16)),  # noise, not a picture
        plain(np.full(SIZE[::-1], 7, np.uint16)),
        flir(scene(), size=(640, 512)),  # states more than it holds
        flir(scene(), size=(0, 48)),
        flir(scene()).replace(b"FFF\0", b"FFG\0"),
    ],
)
def test_anything_else_is_the_picture_that_is_shown(read, data, tmp_path):
    assert read(data) is None
    head = read_still_head(tmp_path / "DJI_0001.JPG", "x")
    assert (head.size_px, head.counts_from, head.warmth_c) == (SIZE, "", None)


def test_digital_zoom_enlarges_the_picture_not_the_counts(real_data, project_root, tmp_path):
    """A handheld camera states 1.6: its focal length in counts is 24.5 mm on pixels of 17 µm."""
    (tmp_path / "S1").mkdir()
    (tmp_path / "S1" / "a.jpg").write_bytes((real_data / "thermal" / "FLIR_T640.jpg").read_bytes())
    table = read_camera_table(project_root / "configs" / "cameras.toml")
    (still,) = read_sortie(tmp_path / "S1", ReadSettings(), table).stills
    assert still.camera.K[0, 0] == pytest.approx(24.5 / 0.017, rel=1e-3)


CAMERA = PlanckConstants(
    r1=17096.453, r2=0.046582, b=1428.0, f=1.0, o=-267.0, emissivity=0.93, distance_m=30.0, reflected_k=281.0,
    air_k=284.0, humidity=0.6, alpha1=0.006569, alpha2=0.01262, beta1=-0.002276, beta2=-0.00667, x=1.9,
)  # fmt: skip


@pytest.mark.parametrize("kelvin", [253.0, 290.0, 310.0, 400.0])
def test_a_surface_of_known_temperature_is_found_through_the_air(kelvin):
    """What arrives is emitted, reflected and added by the air: made here, not by the code under test."""
    passed = CAMERA.transmission(30.0)

    def black(t):
        return 17096.453 / (0.046582 * (math.exp(1428.0 / t) - 1.0)) + 267.0

    arrives = 0.93 * passed * black(kelvin) + 0.07 * passed * black(281.0) + (1 - passed) * black(284.0)
    found = temperature_k(np.array([round(arrives * 8) / 8]), CAMERA)

    assert 0.8 < passed < 0.99
    assert found[0] == pytest.approx(kelvin, abs=0.02)


def test_less_than_the_air_alone_sends_is_no_temperature():
    assert np.isnan(temperature_k(np.array([0], np.uint16), CAMERA)[0])


def test_constants_are_read_with_their_signs(read):
    planck = read(flir(scene())).planck
    assert (planck.o, planck.x, planck.beta1) == (OFFSET, pytest.approx(1.9), pytest.approx(-0.002276))
    assert planck.distance_m == 30.0 and planck.humidity == pytest.approx(0.6)
    assert read(plain(scene())).planck is None
    assert read(flir(scene(), camera=bytes(0x320))).planck is None


REAL = {
    # size, least and greatest count, where: by hand from the segments' bytes
    "DJI_XT2.jpg": ((640, 512), 3233, 6859, "FLIR"),
    "DJI_XTS.jpg": ((640, 512), 5217, 5518, "APP4"),
    "FLIR_T640.jpg": ((640, 480), 13988, 28094, "FLIR"),
    "H20T_DJI_0001_R.JPG": ((640, 512), 13537, 20670, "APP3"),
    "H30T_DJI_0002_R.JPG": ((1280, 1024), 18484, 27736, "APP3"),
    "M30T_DJI_0004_R.JPG": ((640, 512), 3127, 4172, "APP3"),
    "M3TD_DJI_0001_R.JPG": ((640, 512), 4642, 4877, "APP3"),
}


@pytest.mark.parametrize("name", REAL)
def test_real_radiometric_pictures(real_data, name):
    size, low, high, where = REAL[name]
    with (real_data / "thermal" / name).open("rb") as file:
        found = read_radiometric(file, name)

    assert found.counts.shape == size[::-1]
    assert (found.counts.min(), found.counts.max()) == (low, high)
    assert found.where.startswith(where)
    if name != "DJI_XTS.jpg":  # its picture is cut off, its counts are whole
        shown = cv2.imread(str(real_data / "thermal" / name), cv2.IMREAD_GRAYSCALE)
        ranks = [np.argsort(np.argsort(a.ravel())) for a in (shown, cv2.resize(found.counts, shown.shape[::-1]))]
        if name != "FLIR_T640.jpg":  # coloured and enlarged
            assert np.corrcoef(*ranks)[0, 1] > 0.9


def test_the_middle_is_as_warm_as_the_camera_said(real_data):
    """Its tags: CentralTemperature 34."""
    with (real_data / "thermal" / "DJI_XT2.jpg").open("rb") as file:
        found = read_radiometric(file, "x")
    middle = temperature_k(found.counts[255:257, 319:321], found.planck) - 273.15
    assert middle.mean() == pytest.approx(34.5, abs=0.6)


def test_temperatures_agree_with_an_independent_library_but_for_its_two_paths(real_data):
    """flyr 5.1 gave 25.4616 … 97.8539 °C: it takes the way through the air as two halves, each with its own root."""
    with (real_data / "thermal" / "FLIR_T640.jpg").open("rb") as file:
        found = read_radiometric(file, "x")
    kelvin = temperature_k(found.counts, found.planck)
    assert (kelvin.min() - 273.15, kelvin.max() - 273.15) == pytest.approx((25.4616, 97.8539), abs=0.16)
    doubled = temperature_k(found.counts, found.planck, 2.0)  # nearly: √2 is 2 · √½
    assert (doubled.min() - 273.15, doubled.max() - 273.15) == pytest.approx((25.4616, 97.8539), abs=4e-3)


def test_all_real_thermal_stills_are_thermal_frames_with_a_camera(real_data, project_root, tmp_path):
    (tmp_path / "S1").mkdir()
    for name in REAL:
        (tmp_path / "S1" / name).write_bytes((real_data / "thermal" / name).read_bytes())
    table = read_camera_table(project_root / "configs" / "cameras.toml")

    contents = read_sortie(tmp_path / "S1", ReadSettings(), table)

    assert {still.path.name: still.size_px for still in contents.stills} == {name: row[0] for name, row in REAL.items()}
    assert all(still.band is Band.THERMAL and still.camera is not None for still in contents.stills)
    assert len({still.sensor for still in contents.stills}) == len(REAL)


def blobs(seed=3):
    noise = np.random.default_rng(seed).normal(0, 1, (120, 160))
    return (8000 + 900 * cv2.GaussianBlur(noise, (0, 0), 4) / 0.07).clip(1, 65000).astype(np.uint16)


def shown_as(counts, zoom, palette):
    """What a viewer shows of counts: the middle enlarged, stretched and coloured."""
    height, width = counts.shape
    rows, columns = round(height / zoom), round(width / zoom)
    top, left = (height - rows) // 2, (width - columns) // 2
    part = cv2.resize(counts[top : top + rows, left : left + columns], (width, height))
    grey = cv2.normalize(part.astype(np.float32), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    picture = {"white": grey, "black": 255 - grey, "iron": cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)}[palette]
    return cv2.imencode(".jpg", picture)[1].tobytes()


@pytest.mark.parametrize("palette", ["white", "black", "iron"])
@pytest.mark.parametrize("zoom", [1.6, 2.0, 4.0])
def test_a_zoom_of_the_shown_picture_is_told_from_one_of_the_counts(palette, zoom):
    counts = blobs()
    assert shown_enlarged(shown_as(counts, zoom, palette), counts, zoom) is True
    assert shown_enlarged(shown_as(counts, 1.0, palette), counts, zoom) is False
    assert shown_enlarged(shown_as(blobs(9), 1.0, palette), counts, zoom) is None
    assert shown_enlarged(b"nothing", counts, zoom) is None


def test_without_the_table_a_camera_is_asked_for(tmp_path):
    (tmp_path / "S1").mkdir()
    (tmp_path / "S1" / "a.jpg").write_bytes(plain(scene()))
    (still,) = read_sortie(tmp_path / "S1", ReadSettings(), CameraTable()).stills
    assert still.camera is None and "focal" in still.camera_error


def test_inspect_says_where_counts_come_from_and_how_warm_it_was(real_data, tmp_path):
    (tmp_path / "S1").mkdir()
    for name in ("FLIR_T640.jpg", "M30T_DJI_0004_R.JPG"):
        (tmp_path / "S1" / name).write_bytes((real_data / "thermal" / name).read_bytes())

    told = CliRunner().invoke(inspect, [str(tmp_path / "S1")]).output

    assert "16-bit counts from FLIR records in APP1 segments; 25 to 98 °C by the constants in the files" in told
    assert "16-bit counts from APP3 segments; no temperatures: the files hold no constants for them" in told
