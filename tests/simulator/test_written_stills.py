"""Photographs and TIFF frames: what was told is what two readers read."""

import datetime as dt
import re
import struct
from dataclasses import replace

import cv2
import numpy as np
import pytest
from written_flight import START_NS, exposed, facts, told

from pipeline.errors import ConfigError
from pipeline.geometry.rotation import camera_to_site
from pipeline.records.sortie import Band
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.writers import FORMATS, WriteOptions, open_writer
from pipeline.simulator.writers.stated_facts import write_sortie_toml
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.stages.ingest import Ingest

STILLS = [name for name, known in FORMATS.items() if known.frames == "stills"]
FRAMES = 6
FIRST_CLOCK = dt.datetime(2020, 11, 10, 3, 12, 25, 250_000)


def write(folder, name, said, frames=None, *, thermal=False, options=None):
    writer = open_writer(name, folder, said, options)
    for index in range(said.frames) if frames is None else frames:
        writer.add(exposed(index, thermal=thermal))
    writer.close()
    return writer


def read(folder):
    return read_sortie(folder, ReadSettings(0.0), CameraTable())


@pytest.mark.parametrize("name", ["dji_stills", "thermal_stills"])
def test_tags_say_what_telemetry_said(tmp_path, name):
    said = facts(FRAMES, thermal=name.startswith("thermal"))
    write(tmp_path, name, said, thermal=said.thermal)

    stills = read(tmp_path).stills

    at = said.at_frames
    assert len(stills) == FRAMES
    for n, still in enumerate(stills):
        tags = still.tags
        assert (tags.lon_deg, tags.lat_deg) == pytest.approx((at.lon_deg[n], at.lat_deg[n]), abs=1e-9)
        assert (tags.alt_m, tags.exif_alt_m) == pytest.approx((at.alt_m[n], at.alt_m[n]), abs=1e-3)
        assert tags.relative_alt_m == pytest.approx(at.relative_alt_m[n], abs=1e-3)
        stated = (tags.yaw_deg, tags.pitch_deg, tags.roll_deg, tags.aircraft_yaw_deg)
        assert stated == pytest.approx(
            (at.yaw_deg[n], at.pitch_deg[n], at.roll_deg[n], at.platform_yaw_deg[n]), abs=0.00501
        )
        assert tags.utc_offset_s == 4 * 3600
        assert tags.clock == FIRST_CLOCK + n * dt.timedelta(seconds=0.5)
        assert tags.gps_utc.timestamp() == pytest.approx(at.t_utc_ns[n] / 1e9, abs=1e-5)
        assert np.allclose(still.camera.K, said.lens.K, atol=1e-6, rtol=0)
        assert still.camera.distortion.coefficients == pytest.approx(said.lens.distortion, abs=1e-9)
        assert still.band is (Band.THERMAL if said.thermal else Band.VISIBLE)


def test_another_reader_of_tags_agrees(tmp_path):
    exifread = pytest.importorskip("exifread", reason="exifread (extra dev) reads tags independently")
    said = facts(2)
    write(tmp_path, "dji_stills", said)
    with (tmp_path / "DJI_0002.JPG").open("rb") as file:
        tags = exifread.process_file(file, details=False)

    def degrees(name):
        d, m, s = (float(part.num) / part.den for part in tags[f"GPS {name}"].values)
        return d + m / 60 + s / 3600

    assert degrees("GPSLongitude") == pytest.approx(said.at_frames.lon_deg[1], abs=1e-8)
    assert degrees("GPSLatitude") == pytest.approx(said.at_frames.lat_deg[1], abs=1e-8)
    assert str(tags["EXIF DateTimeOriginal"]) == "2020:11:10 03:12:25"
    assert str(tags["EXIF SubSecTimeOriginal"]) == "750"
    assert str(tags["EXIF ExposureTime"]) == "1/640"
    assert str(tags["EXIF ISOSpeedRatings"]) == "200"
    assert str(tags["Image Make"]) == "trucewatch"


def test_every_property_of_a_real_photograph_is_written(tmp_path, real_data):
    """Newer firmware writes more; position stands in its XMP too, and survey drones say how good it is."""
    name = re.compile(rb"drone-dji:(\w+)=")
    real = set()
    for path in (*sorted((real_data / "thermal").glob("*.jpg")), *(real_data / "flights").rglob("DJI_*.JPG")):
        real |= set(name.findall(path.read_bytes()[:200_000]))
    write(tmp_path, "dji_stills", facts(1))
    written = set(name.findall((tmp_path / "DJI_0001.JPG").read_bytes()))
    assert len(real) >= 8
    assert real <= written


def test_a_lost_sample_leaves_zeros_and_no_time_of_the_receiver(tmp_path):
    at = replace(told(3), present=np.array([True, False, True]))
    write(tmp_path, "dji_stills", facts(3, at_frames=at))

    tags = read(tmp_path).stills[1].tags

    assert (tags.lon_deg, tags.lat_deg, tags.alt_m, tags.yaw_deg, tags.pitch_deg) == (0, 0, 0, 0, 0)
    assert tags.gps_utc is None and tags.clock is not None


@pytest.mark.parametrize(("sigma", "rtk", "stated"), [(0.015, True, True), (0.3, False, True), (2.0, False, False)])
def test_small_accuracies_come_from_carrier_phases(tmp_path, sigma, rtk, stated):
    at = replace(told(1), position_sigma_m=np.array([sigma]))
    write(tmp_path, "dji_stills", facts(1, at_frames=at))

    tags = read(tmp_path).stills[0].tags

    assert tags.rtk is rtk
    assert tags.position_sigma_m == pytest.approx(sigma) if stated else np.isnan(tags.position_sigma_m)
    assert f'GPSXYAccuracy="{sigma:.3f}"'.encode() in (tmp_path / "DJI_0001.JPG").read_bytes()


def test_no_calibration_of_a_fisheye_or_of_a_zoomed_lens(tmp_path):
    fisheye = Lens("fisheye", (64, 48), facts().lens.K, np.zeros(4))
    zoomed = replace(told(1), focal_px=np.array([260.0]))
    for name, said in (("a", facts(1, lens=fisheye)), ("b", facts(1, at_frames=zoomed))):
        write(tmp_path / name, "dji_stills", said)
        still = read(tmp_path / name).stills[0]
        assert still.camera.source == "exif 35 mm"
        assert b"DewarpData" not in still.path.read_bytes()
    assert still.camera.K[0, 0] == pytest.approx(260, rel=0.01)


def test_a_stream_goes_into_a_table_with_its_gaps(tmp_path):
    stream = replace(told(40, 0.1), present=np.arange(40) != 7, linked=~((np.arange(40) > 19) & (np.arange(40) < 25)))
    write(tmp_path, "dji_stills", facts(FRAMES, stream=stream))

    (table,) = read(tmp_path).telemetry

    kept = stream.present & stream.linked
    assert table.vertical_datum == "ellipsoidal" and table.bad_rows == 0
    assert table.t_ns.tolist() == (stream.t_utc_ns[kept] // 1000 * 1000).tolist()
    for name, step in (
        *(("lon_deg", 1e-8), ("lat_deg", 1e-8), ("alt_m", 1e-3), ("relative_alt_m", 1e-3)),
        *(("yaw_deg", 1e-3), ("pitch_deg", 1e-3), ("roll_deg", 1e-3), ("position_sigma_m", 1e-3)),
    ):
        assert getattr(table, name) == pytest.approx(getattr(stream, name)[kept], abs=0.51 * step), name
    assert table.aircraft_yaw_deg == pytest.approx(stream.platform_yaw_deg[kept], abs=0.00051)


def test_tags_may_contradict_each_other_on_the_height(tmp_path):
    at = replace(told(2), present=np.array([True, False]))
    write(tmp_path, "dji_stills", facts(2, at_frames=at, exif_offset_m=28.7))
    first, lost = (still.tags for still in read(tmp_path).stills)
    assert first.exif_alt_m - first.alt_m == pytest.approx(28.7, abs=1e-3)
    assert first.faults == ("height_contradicted",)
    assert (lost.exif_alt_m, lost.alt_m) == (0, 0)


@pytest.mark.parametrize("datum", ["ellipsoidal", "egm96", "egm2008", "unknown"])
def test_the_table_says_what_its_heights_count_from(tmp_path, datum):
    write(tmp_path, "tiff_csv", facts(FRAMES, vertical_datum=datum))
    assert read(tmp_path).telemetry[0].vertical_datum == datum


def test_a_datum_that_no_column_states_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="nap"):
        open_writer("tiff_csv", tmp_path, facts(vertical_datum="nap"))


@pytest.mark.parametrize("name", STILLS)
def test_frame_ids_are_those_of_ingest(tmp_path, name):
    writer = write(tmp_path, name, facts(FRAMES))
    assert [still.frame_id for still in read(tmp_path).stills] == [writer.frame_id(n) for n in range(FRAMES)]


@pytest.mark.parametrize("name", ["dji_stills", "tiff_csv", "thermal_stills"])
def test_ingest_puts_each_frame_where_telemetry_said(tmp_path, name):
    folder = tmp_path / "S0007"
    said = facts(FRAMES)
    writer = write(folder, name, said)
    write_sortie_toml(folder, said)

    ingested = Ingest()(read(folder))

    at = said.at_frames
    assert [posed.ref.frame_id for posed in ingested.frames] == [writer.frame_id(n) for n in range(FRAMES)]
    for n, posed in enumerate(ingested.frames):
        xy = ingested.site.from_lonlat(at.lon_deg[n : n + 1], at.lat_deg[n : n + 1])[0]
        assert np.allclose(posed.camera.K, said.lens.K, atol=1e-5, rtol=0)
        assert posed.pose.eye_m[:2] == pytest.approx(xy, abs=0.005)
        assert posed.pose.eye_m[2] == pytest.approx(at.alt_m[n], abs=0.002)
        angles = np.radians([at.yaw_deg[n], at.pitch_deg[n], at.roll_deg[n]])
        expected = camera_to_site(*angles, ingested.site.convergence_rad)
        assert posed.pose.rotation == pytest.approx(expected, abs=2e-4)


def test_tiff_holds_the_pixels_themselves(tmp_path):
    write(tmp_path, "tiff_csv", facts(2))
    write(tmp_path, "thermal_stills", facts(2, thermal=True), thermal=True)

    colour = cv2.imread(str(tmp_path / "frame_000001.tif"), cv2.IMREAD_UNCHANGED)
    counts = cv2.imread(str(tmp_path / "DJI_0002.tif"), cv2.IMREAD_UNCHANGED)

    assert np.array_equal(colour[:, :, ::-1], exposed(1).image)
    assert counts.dtype == np.uint16 and np.array_equal(counts, exposed(1, thermal=True).image)


def test_a_lost_link_loses_what_is_recorded_on_the_ground_only(tmp_path):
    at = replace(told(4), linked=np.array([True, False, True, True]))
    for name, names in (("tiff_csv", [0, 2, 3]), ("dji_stills", [0, 1, 2, 3])):
        writer = write(tmp_path / name, name, facts(4, at_frames=at))
        assert [s.frame_id for s in read(tmp_path / name).stills] == [writer.frame_id(n) for n in names]


@pytest.mark.parametrize("name", FORMATS)
def test_same_input_same_bytes(tmp_path, name):
    for run in ("a", "b"):
        write(tmp_path / run, name, facts(FRAMES, stream=told(30, 0.1)))
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "b").iterdir())
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


@pytest.mark.parametrize("name", FORMATS)
def test_no_writer_knows_the_true_times(tmp_path, name):
    """Files of two flights that differ in nothing but the true times of their samples are the same."""
    stream = told(30, 0.1)
    for run, known in (("a", stream), ("b", replace(stream, true_s=stream.true_s + 0.3))):
        write(tmp_path / run, name, facts(FRAMES, stream=known))
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_read_today_is_what_is_said(tmp_path, name):
    """When a reader is added, `FORMATS` and docs/flight_files.md must say so."""
    write(tmp_path, name, facts(FRAMES))
    contents = read(tmp_path)
    placed = bool(contents.telemetry) or any(np.isfinite(still.tags.lon_deg) for still in contents.stills)
    assert contents.stills or contents.videos
    assert FORMATS[name].read_today == ("all" if placed else "frames only")


def test_the_document_lists_every_format(project_root):
    text = (project_root / "docs" / "flight_files.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|.*\| (all|frames only)[^|]*\|$", text, re.MULTILINE)
    assert dict(rows) == {name: known.read_today for name, known in FORMATS.items()}


def multi_picture_index(raw):
    """Version, count and, of each picture, attributes and dependants, its bytes; by hand."""
    start = raw.index(b"MPF\0") + 4
    assert raw[start : start + 8] == b"II*\0\x08\0\0\0"
    (count,) = struct.unpack_from("<H", raw, start + 8)
    fields = {}
    for n in range(count):
        tag, _, size, value = struct.unpack_from("<HHII", raw, start + 10 + 12 * n)
        fields[tag] = (size, value)
    rows = [struct.unpack_from("<IIIHH", raw, start + fields[0xB002][1] + 16 * n) for n in range(2)]
    pictures = [raw[start + at if at else 0 :][:size] for _, size, at, _, _ in rows]
    return (list(fields), fields[0xB000][0], fields[0xB001], [(r[0], r[3], r[4]) for r in rows]), pictures


def test_a_preview_lies_behind_the_picture(tmp_path):
    write(tmp_path, "dji_stills", facts(2), options=WriteOptions(preview_px=32, jpeg_quality=98))

    raw = (tmp_path / "DJI_0002.JPG").read_bytes()
    _, pictures = multi_picture_index(raw)

    assert b"".join(pictures) == raw
    large, small = (cv2.imdecode(np.frombuffer(p, np.uint8), cv2.IMREAD_COLOR) for p in pictures)
    assert large.shape == (48, 64, 3) and small.shape == (24, 32, 3)
    shrunk = cv2.resize(large, (32, 24), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - small).mean() < 6
    assert [still.tags.lon_deg for still in read(tmp_path).stills] == pytest.approx(told(2).lon_deg, abs=1e-9)


def test_the_index_of_pictures_is_that_of_real_files(tmp_path, real_data):
    write(tmp_path, "dji_stills", facts(1), options=WriteOptions(preview_px=32))
    ours, _ = multi_picture_index((tmp_path / "DJI_0001.JPG").read_bytes())
    for path in sorted((real_data / "thermal").glob("*_R.JPG")):
        theirs, _ = multi_picture_index(path.read_bytes())
        assert ours == theirs


def test_quality_is_the_options(tmp_path):
    for quality in (30, 95):
        write(tmp_path / str(quality), "dji_stills", facts(1), options=WriteOptions(jpeg_quality=quality))
    small, large = ((tmp_path / q / "DJI_0001.JPG").stat().st_size for q in ("30", "95"))
    assert small < large


def test_an_unknown_format_names_the_likely_one(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'dji_stills'"):
        open_writer("dji_still", tmp_path, facts())


def test_start_of_the_flight_is_what_these_tests_say():
    assert np.datetime64(START_NS, "ns") == np.datetime64("2020-11-09T23:12:25.250")
