"""MISB metadata of whole files: against the simulator's truth, in every carriage, and real recordings."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.geometry.attitude import angles_of, rotations
from pipeline.geometry.line_of_sight import line_of_sight
from pipeline.geometry.projection import grid_convergence_deg
from pipeline.records.samples import TelemetrySamples, TimeBase
from pipeline.simulator.scene.told import SensorTarget
from pipeline.simulator.writers import WriteOptions, open_writer
from pipeline.simulator.writers.transport_stream import TransportStream
from pipeline.sources.telemetry import READERS
from pipeline.sources.telemetry.misb import MisbReader
from tests.simulator.written_flight import START_NS, exposed, facts, told
from tests.sources.misb_packets import TIME_US, items, length, packet, position

TIMINGS = ("pes", "metadata_au", "none")
FRAMES = 8
TARGETS = (
    SensorTarget(3, 10.0, 12.0, 6.0, 4.0, 0.87, 46.8445, 39.9690),
    SensorTarget(300, 20.0, 22.0, 5.0, 7.0, 0.3, 46.8440, 39.9680),
)


def read(path: Path) -> tuple[TelemetrySamples, ...]:
    return MisbReader().read(path)


def flight(folder: Path, timing="pes", stream=None, **changes) -> TelemetrySamples:
    said = facts(FRAMES, stream=stream, **changes)
    writer = open_writer("misb_ts", folder, said, WriteOptions(klv_timing=timing))
    for index in range(FRAMES):
        writer.add(exposed(index, targets=TARGETS if index % 2 else ()))
    writer.close()
    [samples] = read(folder / "flight.ts")
    return samples


def turned(one, other):
    return np.abs((one - other + 180) % 360 - 180).max()


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("datum", ["ellipsoidal", "egm96"])
def test_everything_comes_back_as_it_was_flown(tmp_path, timing, datum):
    true = told(25, 0.12)
    samples = flight(tmp_path, timing, true, vertical_datum=datum)

    assert len(samples) == 25 and samples.time_base is TimeBase.UTC and not samples.faults
    assert np.array_equal(samples.t_ns, true.t_utc_ns)
    assert np.abs(samples.lon_deg - true.lon_deg).max() < 5e-8
    assert np.abs(samples.lat_deg - true.lat_deg).max() < 3e-8
    assert np.abs(samples.alt_m - true.alt_m).max() < 0.16
    assert samples.vertical_datum == datum and samples.datum_reason
    assert turned(samples.yaw_deg, true.yaw_deg) < 0.003  # the heading has 16 bits
    assert turned(samples.pitch_deg, true.pitch_deg) < 1e-6
    assert turned(samples.roll_deg, true.roll_deg) < 1e-6
    assert turned(samples.aircraft_yaw_deg, true.platform_yaw_deg) < 0.003
    assert samples.gnss is not None and np.array_equal(samples.gnss.satellites, true.satellites)
    assert np.abs(samples.gnss.speed_mps - np.hypot(*true.velocity_mps.T[:2])).max() < 0.01
    assert np.abs(samples.gnss.climb_mps - true.velocity_mps[:, 2]).max() < 0.004
    assert samples.view is not None and samples.view.target_datum == datum
    assert samples.view.hfov_deg == pytest.approx(np.degrees(2 * np.arctan(32 / 130)), abs=0.002)
    assert (samples.sensor, samples.platform) == ("EO trucewatch simulated", "simulated UAS")


@pytest.mark.parametrize("timing", TIMINGS)
def test_video_time_is_related_to_utc(tmp_path, timing):
    samples = flight(tmp_path, timing, told(40, 0.12))
    assert abs(samples.video_start_utc_ns - START_NS) < 1_000_000
    assert samples.video_start_sigma_s <= 0.005


@pytest.mark.parametrize("timing", TIMINGS)
def test_video_time_without_times_in_pictures(tmp_path, timing, monkeypatch):
    """By time stamps to their precision; without any, within what is said for the place in the file."""
    monkeypatch.setattr("pipeline.sources.telemetry.ts_streams._STAMP_MARK", b"no such mark anywhere")
    samples = flight(tmp_path, timing, told(40, 0.12))
    off_s = abs(samples.video_start_utc_ns - START_NS) / 1e9
    assert off_s <= 2 * samples.video_start_sigma_s
    assert off_s < (0.3 if timing == "none" else 0.001)
    assert (samples.video_start_sigma_s >= 0.2) is (timing == "none")


@pytest.mark.parametrize("mark", ["UNCLASSIFIED", "SECRET"])
def test_the_security_mark_is_carried(tmp_path, mark):
    assert flight(tmp_path, security=mark).security_marking == mark


def test_targets_of_the_sensor(tmp_path):
    targets = flight(tmp_path).targets
    assert targets is not None
    assert targets.row.tolist() == [1, 1, 3, 3, 5, 5, 7, 7] and targets.number.tolist() == [3, 300] * 4
    assert targets.box_px[:2].tolist() == [[10, 12, 15, 15], [20, 22, 24, 28]]
    assert targets.confidence[:2].tolist() == [0.87, 0.3] and targets.status[0] == 1
    assert targets.lon_deg[:2] == pytest.approx([46.8445, 46.8440], abs=1e-5)
    assert targets.lat_deg[:2] == pytest.approx([39.9690, 39.9680], abs=1e-5)


def test_without_a_fix_there_is_no_position(tmp_path):
    true = told(12, 0.3)
    lon, lat = true.lon_deg.copy(), true.lat_deg.copy()
    lon[4:7] = lat[4:7] = 0.0
    samples = flight(tmp_path, stream=replace(true, lon_deg=lon, lat_deg=lat))
    assert np.flatnonzero(np.isnan(samples.lon_deg)).tolist() == [4, 5, 6]
    assert np.isfinite(samples.yaw_deg).all()


def test_a_clock_that_was_set_in_flight_gives_two_clips(tmp_path):
    true = told(40, 0.09)
    stepped = true.t_utc_ns + np.where(np.arange(40) >= 20, 40 * 10**9, 0)
    said = facts(FRAMES)
    with (tmp_path / "two.ts").open("wb") as file:
        stream = TransportStream(file, "pes")
        for n in range(40):
            ticks = round(float(true.true_s[n]) * 90_000)
            stream.video(ticks, b"\0\0\0\1\x09\xf0", key=n == 0)
            stream.klv(ticks, packet(*position(), time_us=int(stepped[n]) // 1000))
    first, second = read(tmp_path / "two.ts")
    assert said and (len(first), len(second)) == (20, 20) and (first.stream, second.stream) == ("clip 1", "clip 2")
    assert second.video_start_utc_ns - first.video_start_utc_ns == pytest.approx(40 * 10**9, abs=1e6)


def test_packets_lie_across_packets_of_the_container(tmp_path):
    """And several in one: the stream's bytes count, not how they are packed."""
    raw = b"".join(packet(*position(), (94, bytes(150)), time_us=TIME_US + 40_000 * n) for n in range(30))
    with (tmp_path / "split.ts").open("wb") as file:
        stream = TransportStream(file, "pes")
        for n in range(30):
            stream.video(3600 * n, b"\0\0\0\1\x09\xf0", key=n == 0)
            stream.klv(3600 * n, raw[n * 301 : n * 301 + 301] if n < 29 else raw[n * 301 :])
    [samples] = read(tmp_path / "split.ts")
    assert len(samples) == 30 and not samples.faults
    assert np.diff(samples.t_ns).tolist() == [40_000_000] * 29


def test_two_streams_of_metadata_in_one_file(tmp_path):
    """PyAV's own multiplexer writes them; each is read by itself."""
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "two.ts"), "w", format="mpegts") as file:
        video = file.add_stream("mpeg2video", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        data = [file.add_data_stream("klv") for _ in range(2)]
        for n in range(25):
            for frame_packet in video.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), n, np.uint8))):
                file.mux(frame_packet)
            for which, stream in enumerate(data):
                sent = av.Packet(packet(*position(), (10, b"AB"[which : which + 1]), time_us=TIME_US + 40_000 * n))
                sent.stream, sent.time_base, sent.pts, sent.dts = stream, Fraction(1, 25), n, n
                file.mux(sent)
        for frame_packet in video.encode():
            file.mux(frame_packet)
    first, second = read(tmp_path / "two.ts")
    assert (len(first), len(second)) == (25, 25)
    assert (first.stream, second.stream, first.platform, second.platform) == ("data 1", "data 2", "A", "B")


def test_raw_packets_in_a_file(tmp_path):
    path = tmp_path / "flight.klv"
    path.write_bytes(b"".join(packet(*position(), time_us=TIME_US + n) for n in range(5)))
    reader = MisbReader()
    assert reader.recognises(path, path.read_bytes()) and not reader.recognises(path, b"time,lon,lat\n1,2,3\n")
    [samples] = reader.read(path)
    assert len(samples) == 5 and samples.video_start_utc_ns is None and samples.t_ns[0] == TIME_US * 1000
    assert [other.name for other in READERS if other.recognises(path, path.read_bytes())] == ["misb"]


def test_no_sound_packet_is_an_error_that_says_why(tmp_path):
    spoilt = bytearray(packet(*position()))
    spoilt[40] ^= 1
    (tmp_path / "one.klv").write_bytes(spoilt)
    with pytest.raises(InputError, match="1 with a wrong or missing checksum"):
        read(tmp_path / "one.klv")


def test_leap_seconds_and_corrections_are_added_and_held(tmp_path):
    (tmp_path / "x.klv").write_bytes(
        packet(*position(), (136, b"\x1e"), (137, (1500).to_bytes(2, "big"))) + packet(*position())
    )
    [samples] = read(tmp_path / "x.klv")
    assert samples.t_ns.tolist() == [(TIME_US + 30_001_500) * 1000] * 2
    assert any("+30.0015 s" in note for note in samples.notes)


def test_a_clock_that_was_never_set_is_no_time(tmp_path):
    (tmp_path / "x.klv").write_bytes(b"".join(packet(*position(), time_us=n * 40_000) for n in range(3)))
    [samples] = read(tmp_path / "x.klv")
    assert samples.time_base is TimeBase.NONE


def test_only_inertial_positions_are_no_fix(tmp_path):
    (tmp_path / "x.klv").write_bytes(packet(*position(), (124, b"\x01")) + packet(*position(), (124, b"\x03")))
    [samples] = read(tmp_path / "x.klv")
    assert samples.gnss is not None and samples.gnss.fix[0] == 0 and np.isnan(samples.gnss.fix[1])


def test_the_highest_mark_counts_and_one_that_cannot_be_read_is_higher(tmp_path):
    marks = [items((1, b"\x01")), items((1, b"\x04"), (5, b"NOFORN"), (6, b"ZZ")), items((1, b"\x02"))]
    path = tmp_path / "x.klv"
    path.write_bytes(b"".join(packet(*position(), (48, mark)) for mark in marks))
    [samples] = read(path)
    assert samples.security_marking == "SECRET//NOFORN//REL TO ZZ"
    path.write_bytes(b"".join(packet(*position(), (48, mark)) for mark in [*marks, b"\x01\x05\x00"]))
    [samples] = read(path)
    assert samples.security_marking == "MARKING UNREADABLE"
    assert "security_unreadable" in [fault.code for fault in samples.faults]


def _aimed(heading: int, azimuth: float, roll: bytes, centre: tuple[bytes, bytes]) -> bytes:
    return packet(
        (5, heading.to_bytes(2, "big")),
        (6, b"\x40\x00"),
        (7, roll),
        *position(),
        (18, round(azimuth / 360 * (2**32 - 1)).to_bytes(4, "big")),
        (19, round(-40 / 180 * (2**31 - 1)).to_bytes(4, "big", signed=True)),
        (20, bytes(4)),
        (23, centre[0]),
        (24, centre[1]),
        (25, b"\x0e\x2a"),
    )


def test_angles_that_are_not_against_the_platform_are_found_out(tmp_path):
    """A steep platform, a sensor that is told against north: the frame's centre shows which it is."""
    lat, lon, away = 34.721153, -86.689130, 3400.0  # the centre due east, 40 degrees down from 2850 m above it
    east = lon + np.degrees(away / 6.378e6 / np.cos(np.radians(lat)))
    centre = tuple(
        round(v / limit * (2**31 - 1)).to_bytes(4, "big", signed=True) for v, limit in ((lat, 90), (east, 180))
    )
    path = tmp_path / "x.klv"
    path.write_bytes(_aimed(30_000, 90.0, b"\x30\x00", centre) * 3)
    [samples] = read(path)
    assert samples.yaw_deg == pytest.approx(90.0, abs=1e-6) and samples.pitch_deg == pytest.approx(-40, abs=1e-6)
    assert "sensor_angles_misread" in [fault.code for fault in samples.faults]


def test_without_angles_the_camera_looks_at_the_frame_centre(tmp_path):
    (tmp_path / "x.klv").write_bytes(
        packet(*position(), (23, b"\x31\x5c\x13\x53"), (24, b"\xc2\x5d\xd6\x2e"), (25, b"\x0e\x2a"))
    )
    [samples] = read(tmp_path / "x.klv")
    assert 130 < samples.yaw_deg[0] < 145 and -55 < samples.pitch_deg[0] < -48 and np.isnan(samples.roll_deg[0])
    assert [fault.code for fault in samples.faults] == ["attitude_from_frame_centre"]


@pytest.mark.parametrize("yaw", [-170.0, 0.0, 60.0])
@pytest.mark.parametrize("pitch", [-90.0, -89.0, -30.0, 0.0, 45.0])
def test_angles_go_there_and_back(yaw, pitch):
    angles = [np.array([a]) for a in (yaw, pitch, 0.0 if pitch == -90 else 12.0)]
    assert [float(a[0]) for a in angles_of(rotations(*angles))] == pytest.approx(
        [float(a[0]) for a in angles], abs=1e-6
    )


def test_line_of_sight_is_that_of_geodesy():
    pyproj = pytest.importorskip("pyproj")
    bearing = 33.0
    lon, lat, _ = pyproj.Geod(ellps="WGS84").fwd(46.8, 39.9, bearing, 2500.0)
    found = line_of_sight(
        tuple(np.array([v]) for v in (46.8, 39.9, 1500.0)), tuple(np.array([v]) for v in (lon, lat, 300.0))
    )
    assert found[0][0] == pytest.approx(bearing, abs=1e-3)
    assert found[1][0] == pytest.approx(-np.degrees(np.arctan2(1200.5, 2500.5)), abs=0.03)


@pytest.mark.parametrize("place", [(46.8, 39.9), (-77.35, 38.16), (-77.37, 38.25), (12.0, -33.0)])
def test_grid_convergence_is_that_of_utm(place):
    pyproj = pytest.importorskip("pyproj")
    zone = int((place[0] + 180) // 6) + 1
    true = pyproj.Proj(proj="utm", zone=zone, south=place[1] < 0).get_factors(*place).meridian_convergence
    assert grid_convergence_deg(*(np.array([v]) for v in place))[0] == pytest.approx(true, abs=0.01)


def test_a_real_recording(real_data):
    """The camera's axis, from six angles, meets the frame's centre that the same packets state."""
    path = real_data / "flights/klv_simulator/sample-stream.ts"
    [samples] = read(path)
    assert len(samples) == 277 and not samples.faults and samples.security_marking == "UNCLASSIFIED"
    assert samples.video_start_utc_ns == 1_340_980_354_100_000_000 and samples.vertical_datum == "egm96"
    view = samples.view
    assert view is not None
    bearing, elevation, distance = line_of_sight(
        (samples.lon_deg, samples.lat_deg, samples.alt_m),
        (view.target_lon_deg, view.target_lat_deg, view.target_height_m),
    )
    assert turned(bearing, samples.yaw_deg) < 0.02 and np.abs(elevation - samples.pitch_deg).max() < 0.02
    assert np.abs(distance - view.slant_range_m).max() < 2.0
    targets = samples.targets
    assert targets is not None and len(targets) == 130
    # the older mapping: targets stand on the ground, which lies 28 m lower above the ellipsoid than above the sea
    assert 170 < np.nanmedian(targets.height_m) < 176 and np.nanmax(np.abs(targets.lat_deg - 34.707)) < 0.01


@pytest.mark.parametrize(("name", "count"), [("aphill_klv_10s", 300), ("aphill_short", 48)])
def test_the_older_set_counts_angles_from_grid_north(real_data, name, count):
    """Sensor and frame centre are 1.45 degrees off the stated angle to north: UTM's convergence there."""
    [samples] = read(real_data / f"flights/aphill/{name}.ts")
    view = samples.view
    assert len(samples) == count and view is not None and np.isfinite(view.corners_deg).all()
    assert any("grid north" in note for note in samples.notes)
    bearing, _, ground = line_of_sight(
        (samples.lon_deg, samples.lat_deg, samples.alt_m * 0),
        (view.target_lon_deg, view.target_lat_deg, samples.alt_m * 0),
    )
    assert turned(bearing, samples.yaw_deg) < 0.1
    assert np.abs(np.degrees(np.arccos(ground / view.slant_range_m)) + samples.pitch_deg).max() < 0.3
    assert np.abs(view.corners_deg.mean(1)[:, 1] - view.target_lat_deg).max() < 1e-5
    assert samples.platform == "ABCD" and view.hfov_deg == pytest.approx(0.8)


def test_a_real_recording_without_time_stamps(real_data):
    """Pictures' own times relate it; a correction of its clock is applied as it states itself."""
    first, second = read(real_data / "flights/aphill/h264_klv.ts")
    assert (len(first), len(second)) == (16, 14)
    for clip in (first, second):
        shown_s = (clip.t_ns - clip.video_start_utc_ns) / 1e9
        rows = np.arange(16) if clip is first else np.arange(16, 30)
        assert shown_s == pytest.approx(rows / 30, abs=0.001) and clip.video_start_sigma_s < 0.01
    assert first.security_marking == "UNCLASSIFIED//TEST-CAVEAT//REL TO US"


@pytest.mark.parametrize(("name", "sound"), [("DynamicOnly", True), ("DynamicConstant", False)])
def test_real_single_packets(real_data, name, sound):
    path = real_data / f"telemetry/klv_packets/{name}MISMMSPacketData.bin"
    assert MisbReader().recognises(path, path.read_bytes())
    if not sound:
        with pytest.raises(InputError, match="checksum"):
            read(path)
        return
    [samples] = read(path)
    assert len(samples) == 1 and samples.lat_deg[0] == pytest.approx(60.1768229669)


def test_videos_without_metadata_give_nothing(real_data):
    for name in ("video/embedded_srt.mp4", "video/vfr_hevc.mp4"):
        assert read(real_data / name) == ()


def test_length_of_a_set_is_its_own(tmp_path):
    """A universal set among the local ones of the same stream: two members."""
    key = bytes.fromhex("060e2b34020101010e01010201010000")
    time = bytes.fromhex("060e2b34010101030702010101050000") + b"\x08" + TIME_US.to_bytes(8, "big")
    old = key + length(len(time)) + time
    (tmp_path / "x.klv").write_bytes((packet(*position()) + old) * 3)
    first, second = read(tmp_path / "x.klv")
    assert (first.stream, second.stream) == ("MISB ST 0601", "MISB EG 0104")
    assert (len(first), len(second)) == (3, 3) and second.t_ns[0] == TIME_US * 1000


def _refined(folder, count):
    """Centres and axes of refined cameras: three rows of K, three of the rotation, one of the translation."""
    centres, axes = [], []
    for number in range(1, count + 1):
        rows = (folder / f"aphill_240_1fps_crf32-{number:05d}.krtd").read_text().split("\n")
        numbers = [[float(word) for word in row.split()] for row in rows if row.strip()]
        rotation, shift = np.array(numbers[3:6]), np.array(numbers[6])
        centres.append(-rotation.T @ shift)
        axes.append(rotation[2])
    return np.array(centres), np.array(axes)


def _turn(one, other):
    """The rotation that brings directions nearest to others."""
    left, _, right = np.linalg.svd(one.T @ other)
    return right.T @ np.diag([1, 1, np.linalg.det(right.T @ left.T)]) @ left.T


def test_the_older_set_against_refined_cameras(real_data):
    """Pictures 1 to 10 of the recording are those of refined cameras, known up to one turn and one scale."""
    folder = real_data / "flights/aphill"
    [samples] = read(folder / "aphill_klv_10s.ts")
    centres, axes = _refined(folder / "krtd", 10)
    seconds = (samples.t_ns - samples.video_start_utc_ns) / 1e9
    yaw, pitch, lon, lat, alt = (
        np.interp(np.arange(10.0), seconds, column)
        for column in (samples.yaw_deg, samples.pitch_deg, samples.lon_deg, samples.lat_deg, samples.alt_m)
    )
    ours = rotations(yaw, pitch, 0 * yaw)[:, :, 0] @ np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
    off = np.degrees(np.arccos(np.clip(((axes @ _turn(axes, ours).T) * ours).sum(1), -1, 1)))
    assert np.sqrt((off**2).mean()) < 0.25 and off.max() < 0.4

    bearing, _, metres = line_of_sight((lon[:1], lat[:1], 0 * lon[:1]), (lon, lat, 0 * lon))
    away = np.nan_to_num(
        np.column_stack([metres * np.sin(np.radians(bearing)), metres * np.cos(np.radians(bearing)), alt])
    )
    flown, refined = away - away.mean(0), centres - centres.mean(0)
    scale = np.linalg.norm(flown) / np.linalg.norm(refined)
    left = flown - scale * refined @ _turn(refined, flown).T
    assert np.linalg.norm(flown[-1] - flown[0]) > 500 and np.sqrt((left**2).sum(1).mean()) < 5
