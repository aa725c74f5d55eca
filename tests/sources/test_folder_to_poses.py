"""From files to posed frames: sources and ingest together."""

import numpy as np
import pytest
from pyproj import Transformer

from pipeline.geometry.rotation import attitude_of
from pipeline.records.frame import GeorefStatus
from pipeline.records.telemetry import Quality
from pipeline.sources.cameras import CameraTable, read_camera_table
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.stages.ingest import Ingest, IngestSettings, NothingPlacedError
from pipeline.stages.time_matching import MatchSettings

T0 = 1605204900 * 10**9  # 2020-11-12T18:15:00Z
BARE = dict.fromkeys(("AbsoluteAltitude", "RelativeAltitude", "GimbalYawDegree", "GimbalPitchDegree"), "")
HEADER = "time_utc,file,lat,lon,alt_hae_m,yaw_deg,pitch_deg,roll_deg\n"


def ingest(folder, settings=None, **given):
    return Ingest(settings or IngestSettings())(read_sortie(folder, ReadSettings(**given), CameraTable()))


def codes(dropped):
    return {drop.item: drop.code for drop in dropped}


def test_a_still_stands_where_its_tags_say_and_looks_where_they_say(make_still, write):
    result = ingest(write("A.JPG", make_still()).parent)

    (frame,) = result.frames
    east, north = Transformer.from_crs(4326, 32638, always_xy=True).transform(46.75, 39.8)
    assert result.site.epsg == 32638
    assert result.site.to_utm(frame.pose.eye_m[None, :2])[0] == pytest.approx([east, north], abs=0.05)
    assert frame.pose.eye_m[2] == pytest.approx(810)
    assert np.degrees(attitude_of(frame.pose.rotation, result.site.convergence_rad)) == pytest.approx(
        [-170.1, -89.9, 0]
    )
    assert frame.ref.t_utc_ns == T0
    assert (frame.vertical_datum, frame.relative_alt_m, frame.status) == ("unknown", 120.5, GeorefStatus.OK)
    assert (result.sortie.sortie_id, result.sortie.night_id) == ("SN0312", "2020-11-12")
    assert np.all(np.linalg.eigvalsh(frame.pose.covariance) > 0)
    assert result.dropped == ()


def test_carrier_phase_fixes_are_ellipsoidal_and_sharp(make_still, write):
    values = {"RtkFlag": "50", "RtkStdLon": "0.02", "RtkStdLat": "0.02", "RtkStdHgt": "0.04"}
    (frame,) = ingest(write("A.JPG", make_still(values)).parent).frames

    assert frame.vertical_datum == "ellipsoidal"
    assert np.sqrt(np.diag(frame.pose.covariance))[:3] == pytest.approx([0.02, 0.02, 0.04])


def test_heights_that_contradict_each_other_are_marked(make_still, write):
    (frame,) = ingest(write("A.JPG", make_still(alt_m=770.0)).parent).frames

    assert frame.quality & Quality.HEIGHT_CONTRADICTED
    assert "height_contradicted" in frame.notes


def test_a_table_that_names_a_frame_overrides_its_tags(make_still, write):
    folder = write("A.JPG", make_still()).parent
    write("post.csv", (HEADER + "2020-11-12T18:15:00Z,a.jpg,39.81,46.76,900,5,-60,1\n").encode())

    result = ingest(folder)

    (frame,) = result.frames
    assert result.site.to_lonlat(frame.pose.eye_m[None, :2])[0] == pytest.approx([46.76, 39.81], abs=1e-7)
    assert (frame.vertical_datum, frame.pose.eye_m[2]) == ("ellipsoidal", 900)
    assert np.degrees(attitude_of(frame.pose.rotation, result.site.convergence_rad)) == pytest.approx([5, -60, 1])
    assert {"position_from_table", "attitude_from_table"} <= set(frame.notes)


def test_bare_stills_are_placed_between_samples_never_beyond_and_never_over_gaps(make_still, write):
    for name, second, seed in (("A", "01.5", 1), ("B", "05", 2), ("C", "15", 3)):
        subseconds = [(0x9291, 2, second.partition(".")[2] or "0")]
        still = make_still(BARE, clock=f"2020:11:12 22:15:{second[:2]}", place=None, alt_m=None, seed=seed)
        if "." in second:
            still = make_still(
                BARE,
                clock=f"2020:11:12 22:15:{second[:2]}",
                place=None,
                alt_m=None,
                extra_exif=subseconds,
                seed=seed,
            )
        folder = write(f"{name}.JPG", still).parent
    rows = [(0, 350.0), (1, 358.0), (2, 6.0), (9, 6.0)]
    text = HEADER + "".join(
        f"2020-11-12T18:15:{s:02d}Z,,{39.8 + s * 1e-4},46.75,{800 + s},{yaw},-90,0\n" for s, yaw in rows
    )
    write("track.csv", text.encode())

    result = ingest(folder)

    (frame,) = result.frames
    assert frame.ref.frame_id == "A"
    assert result.site.to_lonlat(frame.pose.eye_m[None, :2])[0] == pytest.approx([46.75, 39.80015], abs=1e-7)
    assert frame.pose.eye_m[2] == pytest.approx(801.5)
    assert np.degrees(attitude_of(frame.pose.rotation, result.site.convergence_rad))[0] == pytest.approx(2.0)
    assert codes(result.dropped) == {"B": "telemetry_gap", "C": "no_telemetry"}
    assert len(result.tracks[0]) == 4


def test_faults_of_a_table_are_counted_and_the_rest_is_used(make_still, write):
    still = make_still(BARE, clock="2020:11:12 22:15:03", place=None, alt_m=None)
    folder = write("A.JPG", still).parent
    rows = [
        "2020-11-12T18:15:00Z,,39.8,46.75,800,0,-90,0",
        "2020-11-12T18:15:01Z,,0,0,800,0,-90,0",
        "2020-11-12T18:15:02Z,,39.8,46.75,800,0,-90,0",
        "2020-11-12T18:15:02Z,,39.8,46.75,800,0,-90,0",
        "2020-11-12T18:15:05Z,,39.8,46.75,800,0,-90,0",
        "2020-11-12T18:15:04Z,,39.8,46.75,800,0,-90,0",
        "2020-11-12T18:15:03.5Z,,nan,nan,nan,nan,nan,nan",
        "2020-11-12T18:15:06Z,,42.8,46.75,800,0,-90,0",
        "soon,,39.8,46.75,800,0,-90,0",
    ]
    write("track.csv", (HEADER + "\n".join(rows) + "\n").encode())

    result = ingest(folder)

    assert [frame.ref.frame_id for frame in result.frames] == ["A"]
    assert sorted(drop.code for drop in result.dropped) == [
        "position_invalid",
        "position_jump",
        "row_unreadable",
        "time_backward",
        "time_repeated",
    ]


def test_a_still_that_jumps_alone_is_dropped_or_placed_between_its_neighbours(make_still, write):
    for second in range(7):
        place = (46.75, 39.8 + second * 1e-4) if second != 3 else (45.0, 39.0)
        clock = f"2020:11:12 22:15:{second:02d}"
        folder = write(f"F{second}.JPG", make_still(clock=clock, place=place, seed=second)).parent

    strict = ingest(folder, IngestSettings(matching=MatchSettings(max_gap_s=1.0)))
    usual = ingest(folder)

    assert codes(strict.dropped) == {"F3": "position_jump"}
    (frame,) = [frame for frame in usual.frames if frame.ref.frame_id == "F3"]
    assert usual.site.to_lonlat(frame.pose.eye_m[None, :2])[0] == pytest.approx([46.75, 39.8003], abs=1e-6)
    assert "position_interpolated" in frame.notes
    assert frame.pose.covariance[0, 0] > usual.frames[0].pose.covariance[0, 0]


def test_a_burst_keeps_every_frame_its_own_place(make_still, write):
    for number in range(3):
        place = (46.75, 39.8 + number * 1e-5)
        folder = write(f"F{number}.JPG", make_still(place=place, seed=number)).parent

    result = ingest(folder)

    lat = [result.site.to_lonlat(frame.pose.eye_m[None, :2])[0][1] for frame in result.frames]
    assert lat == pytest.approx([39.8, 39.80001, 39.80002], abs=1e-7)
    assert len({frame.ref.t_utc_ns for frame in result.frames}) == 3


def test_two_lenses_that_share_an_instant_are_both_placed(make_still, write):
    write("W.JPG", make_still())
    folder = write("T.JPG", make_still(size=(32, 24), seed=1)).parent

    assert {frame.ref.sensor for frame in ingest(folder).frames} == {"Model 1 64x48", "Model 1 32x24"}


@pytest.mark.parametrize("clock", ["video", "utc", "both"])
def test_a_video_with_a_table_in_either_clock(film, write, clock):
    path = write("v.mp4", b"x")
    film(path)
    start = "" if clock == "both" else '[[videos]]\nfile = "v.mp4"\nstart_utc = 2020-11-12T18:15:00Z\n'
    write("sortie.toml", f"{start}[camera]\nfocal_px = 90\n".encode())
    heads = {"video": "video_s", "utc": "time_utc", "both": "time_utc,video_s"}
    rows = [f"{heads[clock]},lat,lon,alt_egm96_m,yaw,pitch"]
    for second in range(7):
        utc = f"2020-11-12T18:15:{second:02d}Z"
        first = {"video": f"{second}", "utc": utc, "both": f"{utc},{second}"}[clock]
        rows.append(f"{first},{39.8 + second * 1e-4},46.75,800,0,-90")
    write("v.csv", "\n".join(rows).encode())

    result = ingest(path.parent, video_every_s=1.0)

    assert [frame.ref.t_utc_ns for frame in result.frames] == [
        T0 + ms * 10**6 for ms in (0, 940, 2100, 3100, 4000, 5200)
    ]
    lat = [result.site.to_lonlat(frame.pose.eye_m[None, :2])[0][1] for frame in result.frames]
    assert lat == pytest.approx([39.8 + s * 1e-4 for s in (0, 0.94, 2.1, 3.1, 4, 5.2)], abs=1e-7)
    assert {frame.vertical_datum for frame in result.frames} == {"egm96"}
    assert all("roll_assumed" in frame.notes for frame in result.frames)
    assert result.frames[1].ref.frame_id == "v#000006"


def test_stated_attitude_serves_where_telemetry_gives_none(make_still, write):
    still = make_still({"GimbalYawDegree": "", "GimbalPitchDegree": "", "FlightYawDegree": "30"})
    folder = write("A.JPG", still).parent
    with pytest.raises(NothingPlacedError, match="no_attitude"):
        ingest(folder)
    write("sortie.toml", b"[attitude]\npitch_deg = -80\n")

    result = ingest(folder)

    angles = np.degrees(attitude_of(result.frames[0].pose.rotation, result.site.convergence_rad))
    assert angles == pytest.approx([30, -80, 0])


def test_a_frame_of_another_place_is_set_aside(make_still, write):
    write("A.JPG", make_still(seed=1))
    write("B.JPG", make_still(seed=2, clock="2020:11:12 22:15:01"))
    folder = write("C.JPG", make_still(seed=3, clock="2020:11:12 23:15:00", place=(44.0, 40.5))).parent

    assert codes(ingest(folder).dropped) == {"C": "too_far"}


def test_of_two_flights_in_one_folder_the_larger_is_kept_whole(make_still, write):
    for seed in (1, 2, 3):
        write(f"A{seed}.JPG", make_still(seed=seed, clock=f"2020:11:12 22:15:0{seed}", place=(44.0, 40.5)))
    for seed in (4, 5, 6, 7):
        folder = write(f"B{seed}.JPG", make_still(seed=seed, clock=f"2020:11:12 23:15:0{seed}")).parent

    result = ingest(folder)

    assert {frame.ref.frame_id for frame in result.frames} == {"B4", "B5", "B6", "B7"}
    assert codes(result.dropped) == {"A1": "too_far", "A2": "too_far", "A3": "too_far"}


def test_nothing_to_place_says_why_and_keeps_the_reasons(make_still, write):
    folder = write("A.JPG", make_still(place=None)).parent

    with pytest.raises(NothingPlacedError, match=r"SN0312: no frame .*1 no_position.*trucewatch inspect") as caught:
        ingest(folder)

    assert codes(caught.value.dropped) == {"A": "no_position"}


def test_a_height_that_is_missing_is_said_so_and_a_relative_one_is_marked(make_still, write):
    nothing = {"AbsoluteAltitude": "", "RelativeAltitude": ""}
    write("A.JPG", make_still(nothing, alt_m=None, seed=1))
    folder = write("B.JPG", make_still({"AbsoluteAltitude": ""}, alt_m=None, seed=2)).parent

    result = ingest(folder)

    assert codes(result.dropped) == {"A": "no_height"}
    assert "height_relative_only" in result.frames[0].notes
    assert result.frames[0].pose.eye_m[2] == 120.5


def test_the_same_folder_gives_the_same_answer(make_still, write):
    for number in range(3):
        folder = write(f"F{number}.JPG", make_still(seed=number, clock=f"2020:11:12 22:15:0{number}")).parent

    first, second = ingest(folder), ingest(folder)

    assert first.sortie == second.sortie
    assert [frame.ref for frame in first.frames] == [frame.ref for frame in second.frames]
    assert all((a.pose.eye_m == b.pose.eye_m).all() for a, b in zip(first.frames, second.frames, strict=True))


@pytest.mark.real
def test_every_frame_of_a_real_flight_is_posed(real_data, project_root):
    cameras = read_camera_table(project_root / "configs/cameras.toml")
    contents = read_sortie(real_data / "flights/brighton_beach/frames", ReadSettings(), cameras)

    result = Ingest()(contents)

    assert len(result.frames) == 18
    assert result.dropped == ()
    assert result.sortie.sortie_id == "Sbrighton_beach-frames"
    assert {frame.vertical_datum for frame in result.frames} == {"unknown"}
    assert all(2200 < frame.camera.focal_px < 2380 for frame in result.frames)
    assert result.sortie.night_id == "2016-06-23"


@pytest.mark.real
def test_real_thermal_frames_without_a_place_are_dropped_with_a_reason(real_data, project_root):
    """Two of seven have a place, thousands of kilometres apart: the earlier one is the flight."""
    cameras = read_camera_table(project_root / "configs/cameras.toml")

    result = Ingest()(read_sortie(real_data / "thermal", ReadSettings(), cameras))

    assert [frame.ref.frame_id for frame in result.frames] == ["DJI_XT2"]
    reasons = sorted(drop.code for drop in result.dropped if drop.code != "not_recognised")
    assert reasons == ["no_position"] * 5 + ["too_far"]
