"""MISB metadata: numbers, angles and carriage, read back by two independent decoders."""

import math
from dataclasses import replace

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from written_flight import START_NS, exposed, facts, told

from pipeline.errors import ConfigError
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.told import SensorTarget
from pipeline.simulator.writers import WriteOptions, open_writer
from pipeline.simulator.writers.gimbal import body_to_ned, relative_angles
from pipeline.simulator.writers.klv_values import ber_length, ber_oid, imapb, signed
from pipeline.simulator.writers.sample import sample_at
from pipeline.simulator.writers.uas_set import KEY, packet

TIMINGS = ("pes", "metadata_au", "none")
FRAMES = 6
angle = st.floats(-180, 180)
tilt = st.floats(-89.9, 89.9)
TARGETS = (
    SensorTarget(3, 10.0, 12.0, 6.0, 4.0, 0.87, 46.8445, 39.9690),
    SensorTarget(300, 20.0, 22.0, 5.0, 7.0, 0.3, 46.8440, 39.9680),
)


@pytest.fixture
def klv():
    return pytest.importorskip("tstrans.klv", reason="tstrans (extra dev) decodes MISB metadata independently")


@pytest.fixture
def stanag():
    return pytest.importorskip("stanag4609", reason="stanag4609 (extra dev) verifies streams independently")


def flight(folder, said, timing="pes", targets=()):
    writer = open_writer("misb_ts", folder, said, WriteOptions(klv_timing=timing))
    for index in range(said.frames):
        writer.add(exposed(index, targets=targets if index % 2 else ()))
    writer.close()
    return folder / "flight.ts"


def demuxed(path):
    """Metadata packets with their time stamps, and ids of the streams."""
    with av.open(str(path)) as file:
        ids = [(s.type, getattr(s, "name", None) or s.codec_context.name, s.id) for s in file.streams]
        stream = file.streams.data[0]
        return ids, [(packet.pts, bytes(packet)) for packet in file.demux(stream) if packet.size]


def rotate(axis, degrees):
    """Right-handed rotation about an axis, by Rodrigues' formula."""
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    a = math.radians(degrees)
    return np.eye(3) + math.sin(a) * cross + (1 - math.cos(a)) * cross @ cross


def turned(start, azimuth, elevation, roll):
    """Axes turned about their own down, then right, then forward axis, in the words of ST 0601."""
    axes = start
    for column, degrees in ((2, azimuth), (1, elevation), (0, roll)):
        axes = rotate(axes[:, column], degrees) @ axes
    return axes


@given(angle, tilt, angle)
def test_a_body_is_its_axes_turned_one_after_the_other(yaw, pitch, roll):
    assert body_to_ned(yaw, pitch, roll) == pytest.approx(turned(np.eye(3), yaw, pitch, roll), abs=1e-9)


@given(angle, st.floats(-60, 60), angle, angle, st.floats(-90, 90), angle)
def test_platform_and_gimbal_together_give_the_camera(p_yaw, p_pitch, p_roll, c_yaw, c_pitch, c_roll):
    platform, camera = body_to_ned(p_yaw, p_pitch, p_roll), body_to_ned(c_yaw, c_pitch, c_roll)

    azimuth, elevation, roll = relative_angles(camera, platform)

    assert 0 <= azimuth <= 360 and 0 <= roll <= 360 and -90 <= elevation <= 90
    assert turned(platform, azimuth, elevation, roll) == pytest.approx(camera, abs=5e-5)


@pytest.mark.parametrize("pitch", [-90.0, 90.0])
@pytest.mark.parametrize("yaw", [0.0, 33.0, -170.0])
def test_straight_down_from_a_level_platform_has_no_roll_of_its_own(pitch, yaw):
    azimuth, elevation, roll = relative_angles(body_to_ned(yaw, pitch, 0), body_to_ned(20.0, 0, 0))
    assert (elevation, roll) == (pytest.approx(pitch), 0)
    assert azimuth == pytest.approx((yaw - 20) % 360, abs=1e-6)


@pytest.mark.parametrize(
    ("number", "written"), [(1, "01"), (127, "7f"), (128, "8100"), (129, "8101"), (300, "822c"), (16384, "818000")]
)
def test_tags_of_more_than_seven_bits(number, written):
    assert ber_oid(number).hex() == written


@pytest.mark.parametrize(("count", "written"), [(0, "00"), (127, "7f"), (128, "8180"), (300, "82012c")])
def test_lengths(count, written):
    assert ber_length(count).hex() == written


@pytest.mark.parametrize("value", [91.0, -90.001, math.nan, math.inf])
def test_beyond_the_range_is_the_reserved_number(value):
    assert signed(value, 90.0, 4) == b"\x80\0\0\0"


@settings(deadline=None)  # the first call imports the decoder
@given(st.floats(-19.2, 19.2))
def test_mapped_floats_come_back_by_another_decoder(value):
    imap = pytest.importorskip("stanag4609.imap", reason="stanag4609 (extra dev) decodes ST 1201 independently")
    back = imap.IMAPB(-19.2, 19.2, 3).decode(imapb(value, -19.2, 19.2, 3))
    assert float(getattr(back, "value", back)) == pytest.approx(value, abs=8e-6)


def test_the_checksum_is_the_sum_of_the_words():
    made = packet(facts(), WriteOptions(), sample_at(facts().at_frames, 1))
    body = made[:-2] + (b"\0" if len(made) % 2 else b"")
    words = np.frombuffer(body, ">u2").astype(np.int64).sum() % 65_536
    assert made.startswith(KEY) and made[-4:-2] == b"\x01\x02"
    assert int.from_bytes(made[-2:], "big") == words


def tags_of(made):
    """Tags in order, by hand."""
    at, tags = 16, []
    size = made[at] & 0x7F if made[at] & 0x80 else 0
    at += 1 + size
    while at < len(made):
        tag = 0
        while made[at] & 0x80:
            tag, at = (tag | made[at] & 0x7F) << 7, at + 1
        tag, at = tag | made[at], at + 1
        length, at = made[at], at + 1
        if length & 0x80:
            more = length & 0x7F
            length, at = int.from_bytes(made[at : at + more], "big"), at + more
        tags.append(tag)
        at += length
    return tags


def test_time_comes_first_and_the_checksum_last():
    tags = tags_of(packet(facts(), WriteOptions(), sample_at(facts().at_frames, 1), exposed(1, targets=TARGETS)))
    assert (tags[0], tags[-1]) == (2, 1)
    assert tags[1:-1] == sorted(set(tags[1:-1]))
    assert {3, 5, 6, 7, 13, 14, 18, 19, 20, 48, 65, 74, 75, 90, 91, 136} <= set(tags)


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("datum", ["ellipsoidal", "egm96"])
def test_every_number_comes_back_within_its_step(tmp_path, klv, timing, datum):
    stream = told(25, 0.12)
    path = flight(tmp_path, facts(FRAMES, stream=stream, vertical_datum=datum), timing)

    _, packets = demuxed(path)

    assert len(packets) == 25
    for n, (_, raw) in enumerate(packets):
        got = klv.decode_uas_datalink(raw, strict=True)
        assert got.timestamp_us == stream.t_utc_ns[n] // 1000
        assert got.sensor_lat_deg == pytest.approx(stream.lat_deg[n], abs=3e-8)
        assert got.sensor_lon_deg == pytest.approx(stream.lon_deg[n], abs=6e-8)
        height, none = (got.sensor_ellipsoid_height_m, got.sensor_alt_m)[:: 1 if datum == "ellipsoidal" else -1]
        assert height == pytest.approx(stream.alt_m[n], abs=0.16) and none is None
        assert got.platform_heading_deg == pytest.approx(stream.platform_yaw_deg[n] % 360, abs=0.003)
        assert got.platform_pitch_deg == pytest.approx(stream.platform_pitch_deg[n], abs=4e-4)
        assert got.platform_roll_deg == pytest.approx(stream.platform_roll_deg[n], abs=8e-4)
        assert got.platform_pitch_full_deg == pytest.approx(stream.platform_pitch_deg[n], abs=5e-8)
        assert got.platform_roll_full_deg == pytest.approx(stream.platform_roll_deg[n], abs=5e-8)
        assert got.sensor_east_velocity == pytest.approx(stream.velocity_mps[n, 0], abs=0.006)
        assert got.sensor_north_velocity == pytest.approx(stream.velocity_mps[n, 1], abs=0.006)
        assert got.platform_vertical_speed == pytest.approx(stream.velocity_mps[n, 2], abs=0.004)
        assert got.platform_ground_speed == round(math.hypot(*stream.velocity_mps[n, :2]))
        assert got.navsats_in_view == stream.satellites[n]
        wide = math.degrees(2 * math.atan(32 / stream.focal_px[n]))
        assert got.sensor_hfov_deg == pytest.approx(wide, abs=0.002)
        platform = body_to_ned(got.platform_heading_deg, got.platform_pitch_full_deg, got.platform_roll_full_deg)
        camera = turned(platform, got.sensor_rel_az_deg, got.sensor_rel_el_deg, got.sensor_rel_roll_deg)
        said = body_to_ned(stream.yaw_deg[n], stream.pitch_deg[n], stream.roll_deg[n])
        assert camera == pytest.approx(said, abs=6e-5)  # the heading has 16 bits
        assert got.mission_id == "SIMULATED-S0007" and got.leap_seconds == 0


@pytest.mark.parametrize("timing", TIMINGS)
def test_time_stamps_are_there_or_not_as_asked(tmp_path, timing):
    stream = told(25, 0.12)
    path = flight(tmp_path, facts(FRAMES, stream=stream), timing)

    ids, packets = demuxed(path)

    assert ids == [("video", "h264", 0x100), ("data", "klv", 0x101)]
    stamps = [pts for pts, _ in packets]
    if timing == "none":
        assert stamps == [None] * 25
    else:
        with av.open(str(path)) as file:
            first = min(p.pts for p in file.demux(file.streams.video[0]) if p.pts is not None)
        expected = (stream.t_utc_ns - START_NS) / 1e9
        assert (np.array(stamps) - first) / 90_000 == pytest.approx(expected, abs=1e-4)


def test_frame_centre_and_range_lie_on_flat_ground(klv):
    said = facts(FRAMES)
    geod = Geod(ellps="WGS84")
    for n in range(FRAMES):
        s = sample_at(said.at_frames, n)
        got = klv.decode_uas_datalink(packet(said, WriteOptions(), s), strict=True)
        forward = body_to_ned(s.yaw_deg, s.pitch_deg, s.roll_deg)[:, 0]
        reach = s.relative_alt_m / forward[2]
        bearing = math.degrees(math.atan2(forward[1], forward[0]))
        lon, lat, _ = geod.fwd(s.lon_deg, s.lat_deg, bearing, reach * math.hypot(*forward[:2]))
        assert (got.frame_center_lon_deg, got.frame_center_lat_deg) == pytest.approx((lon, lat), abs=3e-7)
        assert got.slant_range_m == pytest.approx(reach, abs=0.02)
        assert got.frame_center_ellipsoid_height_m == pytest.approx(s.alt_m - s.relative_alt_m, abs=0.16)


def corner_bearings(got, s):
    """Bearing and distance of each corner from below the aircraft."""
    geod = Geod(ellps="WGS84")
    for c in range(1, 5):
        lat = getattr(got, f"corner_lat_p{c}_deg")
        lon = getattr(got, f"corner_lon_p{c}_deg")
        if lat is None:
            lat = got.frame_center_lat_deg + getattr(got, f"corner_lat_offset_p{c}_deg")
            lon = got.frame_center_lon_deg + getattr(got, f"corner_lon_offset_p{c}_deg")
        azimuth, _, distance = geod.inv(s.lon_deg, s.lat_deg, lon, lat)
        yield azimuth % 360, distance


@pytest.mark.parametrize(("height_m", "full"), [(80.0, False), (40_000.0, True)])
def test_corners_go_round_from_the_upper_left(klv, height_m, full):
    """At nadir, heading north: north-west, north-east, south-east, south-west; far ones are absolute."""
    ones = np.ones(1)
    at = replace(told(1), yaw_deg=0 * ones, pitch_deg=-90 * ones, roll_deg=0 * ones, relative_alt_m=height_m * ones)
    s = sample_at(at, 0)
    got = klv.decode_uas_datalink(packet(facts(1), WriteOptions(), s), strict=True)
    assert (got.corner_lat_p1_deg is not None) is full and (got.corner_lat_offset_p1_deg is None) is full
    side = math.degrees(math.atan2(32, 24))
    reach = height_m * math.hypot(32, 24) / 130.0
    for (azimuth, distance), expected in zip(
        corner_bearings(got, s), (360 - side, side, 180 - side, 180 + side), strict=True
    ):
        assert azimuth == pytest.approx(expected, abs=0.7)
        assert distance == pytest.approx(reach, rel=0.005)


def test_without_a_fix_positions_are_reserved_numbers_and_nothing_hangs_on_them(klv):
    zeros = np.zeros(1)
    s = sample_at(replace(told(1), lon_deg=zeros, lat_deg=zeros), 0)
    made = packet(facts(1), WriteOptions(), s)
    assert b"\x0d\x04\x80\0\0\0\x0e\x04\x80\0\0\0" in made
    assert not {15, 75, 21, 23, 24, 25, 78, 82} & set(tags_of(made))
    got = klv.decode_uas_datalink(made)
    assert got.sensor_rel_el_deg is not None and got.sensor_lat_deg is None


def test_above_the_horizon_there_is_no_ground(klv):
    s = sample_at(replace(told(1), pitch_deg=np.array([3.0])), 0)
    assert klv.decode_uas_datalink(packet(facts(1), WriteOptions(), s), strict=True).frame_center_lat_deg is None


def test_corners_above_the_horizon_are_reserved(klv):
    s = sample_at(replace(told(1), pitch_deg=np.array([-6.0]), roll_deg=np.array([0.0])), 0)
    got = klv.decode_uas_datalink(packet(facts(1), WriteOptions(), s))
    seen = [
        getattr(got, f"corner_lat_offset_p{c}_deg") is not None or getattr(got, f"corner_lat_p{c}_deg") is not None
        for c in range(1, 5)
    ]
    assert seen == [False, False, True, True] and got.frame_center_lat_deg is not None


def test_steep_banks_only_fit_the_full_items(klv):
    s = sample_at(replace(told(1), platform_roll_deg=np.array([63.0]), platform_pitch_deg=np.array([-27.0])), 0)
    got = klv.decode_uas_datalink(packet(facts(1), WriteOptions(), s))
    assert (got.platform_roll_deg, got.platform_pitch_deg) == (None, None)
    assert (got.platform_roll_full_deg, got.platform_pitch_full_deg) == pytest.approx((63.0, -27.0), abs=1e-7)


def test_a_fisheye_sees_by_its_angle(klv):
    lens = Lens("fisheye", (64, 48), facts().lens.K, np.zeros(4))
    got = klv.decode_uas_datalink(packet(facts(1, lens=lens), WriteOptions(), sample_at(told(1), 0)), strict=True)
    assert got.sensor_hfov_deg == pytest.approx(math.degrees(64 / 130), abs=0.002)


def test_security_is_the_flights_mark(klv):
    for mark, number in (("UNCLASSIFIED", 1), ("SECRET", 4)):
        got = klv.decode_uas_datalink(packet(facts(1, security=mark), WriteOptions(), sample_at(told(1), 0)))
        security = klv.decode_security(got.security_local_set, strict=True)
        assert getattr(security.security_classification, "value", security.security_classification) == number
        assert security.object_country_codes == "ZZ"
    with pytest.raises(ConfigError, match="COSMIC"):
        packet(facts(1, security="COSMIC"), WriteOptions(), sample_at(told(1), 0))


def test_targets_of_the_sensor_come_back(tmp_path, klv):
    said = facts(FRAMES)
    _, packets = demuxed(flight(tmp_path, said, targets=TARGETS))

    for n, (_, raw) in enumerate(packets):
        got = klv.decode_uas_datalink(raw, strict=True)
        if n % 2 == 0:
            assert got.vmti is None
            continue
        vmti = klv.decode_vmti(got.vmti, strict=True)
        assert (vmti.frame_width, vmti.frame_height, vmti.num_targets_reported) == (64, 48, 2)
        assert vmti.precision_time_stamp == exposed(n).t_utc_ns // 1000
        for target, pack in zip(TARGETS, vmti.targets, strict=True):
            assert pack.target_id == target.number
            assert pack.confidence_level == round(100 * target.confidence)
            row, column = divmod(pack.bbox_top_left_pixel - 1, 64)
            assert (column, row) == (target.left_px, target.top_px)
            row, column = divmod(pack.bbox_bottom_right_pixel - 1, 64)
            assert (column, row) == (target.left_px + target.width_px - 1, target.top_px + target.height_px - 1)
            lat = got.frame_center_lat_deg + pack.centroid_lat_offset
            lon = got.frame_center_lon_deg + pack.centroid_lon_offset
            assert (lon, lat) == pytest.approx((target.lon_deg, target.lat_deg), abs=8e-6)


def test_no_targets_where_none_are_wanted():
    made = packet(facts(1), WriteOptions(vmti=False), sample_at(told(1), 0), exposed(0, targets=TARGETS))
    assert 74 not in tags_of(made)


def test_lost_samples_and_a_lost_link_leave_no_packets(tmp_path):
    rows = np.arange(25)
    stream = replace(told(25, 0.12), present=rows != 4, linked=(rows < 8) | (rows > 10))
    _, packets = demuxed(flight(tmp_path, facts(FRAMES, stream=stream)))
    assert len(packets) == 25 - 4


def test_a_clock_that_steps_back_is_in_the_metadata_and_not_in_the_stream(tmp_path, klv):
    stream = told(25, 0.12)
    stream.t_utc_ns[8:11] -= 400_000_000
    _, packets = demuxed(flight(tmp_path, facts(FRAMES, stream=stream)))
    stamps = [pts for pts, _ in packets]
    assert stamps == sorted(stamps)
    assert [klv.decode_uas_datalink(raw).timestamp_us for _, raw in packets] == (stream.t_utc_ns // 1000).tolist()


@pytest.mark.parametrize("timing", ["metadata_au", "none"])
def test_a_verifier_of_the_standards_finds_no_fault(tmp_path, stanag, timing):
    said = facts(40, interval_s=1 / 30, at_frames=told(40, 1 / 30), stream=told(40, 1 / 30))
    report = stanag.verify_fmv_file(flight(tmp_path, said, timing, TARGETS))
    wrong = [(f.code, f.message) for f in report.findings if f.status.name == "ERROR"]
    assert wrong == []
    assert report.st0601_packets == 40 and report.st0903_target_observations == 40
    video = report.streams[0].video_timestamps
    assert (video.timestamped_access_units, video.missing_access_units) == (40, 0)
    assert video.first_microseconds == START_NS // 1000


def section_streams(path):
    """Stream type, pid and descriptors of the first program map, and the stream id that metadata use."""
    raw = path.read_bytes()
    found, carried = None, None
    for at in range(0, len(raw) - 187, 188):
        head, pid = raw[at : at + 188], int.from_bytes(raw[at + 1 : at + 3], "big") & 0x1FFF
        if not head[1] & 0x40:
            continue
        body = head[4 + (head[4] + 1 if head[3] & 0x20 else 0) :]
        if pid == 0x1000 and found is None:
            section = body[1 + body[0] :]
            end = 3 + (int.from_bytes(section[1:3], "big") & 0xFFF) - 4
            place, found = 12 + (int.from_bytes(section[10:12], "big") & 0xFFF), []
            while place < end:
                size = int.from_bytes(section[place + 3 : place + 5], "big") & 0xFFF
                entry = section[place], int.from_bytes(section[place + 1 : place + 3], "big") & 0x1FFF
                found.append((*entry, bytes(section[place + 5 : place + 5 + size])))
                place += 5 + size
        if pid == 0x101 and carried is None:
            carried = (body[3], body[6:8].hex())
    return found, carried


@pytest.mark.parametrize(
    ("timing", "name"), [("pes", "klv_simulator/sample-stream.ts"), ("none", "aphill/h264_klv.ts")]
)
def test_tables_and_carriage_are_those_of_real_streams(tmp_path, real_data, timing, name):
    ours = flight(tmp_path, facts(FRAMES), timing)
    theirs = real_data / "flights" / name
    assert section_streams(ours) == section_streams(theirs)
    assert demuxed(ours)[0] == demuxed(theirs)[0]
