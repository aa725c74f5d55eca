"""Frames of videos find their time and their telemetry, whatever clock that runs by."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from pipeline.records.contents import SortieContents, Video
from pipeline.records.samples import TimeBase, ViewSamples, make_samples
from pipeline.records.sortie import Band
from pipeline.records.stated_facts import StatedFacts
from pipeline.stages.frame_times import TimeSettings
from pipeline.stages.ingest import Ingest
from pipeline.stages.video_clock import local_time, video_clock

SECOND = 10**9
T0 = 1605204900 * SECOND  # 2020-11-12T18:15:00Z
FOLDER = Path("S1")


def video(name="a.mp4", created=None, start=None, seconds=20):
    count = seconds * 2
    return Video(
        FOLDER / name, name, Path(name).stem, (640, 480), "00" * 32, Band.VISIBLE, "video 640x480", None,
        "nothing tells its focal length", np.arange(count), np.arange(count), np.arange(count) * SECOND // 2, count,
        created, start,
    )  # fmt: skip


def samples(name="a.srt", *, base=TimeBase.VIDEO_START, begin_s=0, seconds=20, t0=0, **facts):
    t_ns = t0 + (begin_s + np.arange(seconds + 1)) * SECOND
    count = len(t_ns)
    columns = {
        "lon_deg": 46.75 + np.arange(count) * 1e-4,
        "lat_deg": np.full(count, 39.8),
        "alt_m": np.full(count, 900.0),
        "yaw_deg": np.zeros(count),
        "pitch_deg": np.full(count, -90.0),
    }
    view = ViewSamples(
        np.full(count, 60.0), np.full(count, np.nan), *(np.full(count, np.nan) for _ in range(4)),
        np.full((count, 4, 2), np.nan),
    )  # fmt: skip
    return make_samples(FOLDER / name, "subtitles", base, t_ns, columns, view=view, **facts)


def contents(videos, telemetry, **facts):
    return SortieContents(FOLDER, "S1", StatedFacts(**facts), (), tuple(videos), tuple(telemetry), ())


def utc(ns):
    return dt.datetime.fromtimestamp(ns / SECOND, dt.UTC)


def clock_of(*args, **facts):
    found = contents(*args, **facts)
    return video_clock(found.videos[0], found, 46.75, TimeSettings())


@pytest.mark.parametrize(
    ("created_h", "stated_h", "expected_h", "sigma_s", "note"),
    [
        (None, 4.0, -4, 0.5, ()),
        (-4.0, None, -4, 0.5, ("time_zone_from_container",)),
        (-4.0, 3.0, -3, 0.5, ()),
        (0.0, None, -3, 3600, ("time_zone_assumed",)),  # both clocks may be local
        (-9.0, None, -3, 3600, ("time_zone_assumed",)),  # no zone of this longitude
        (-3.9, None, -3, 3600, ("time_zone_assumed",)),  # not a zone
        (None, None, -3, 3600, ("time_zone_assumed",)),
    ],
)
def test_the_zone_of_a_subtitle_clock(created_h, stated_h, expected_h, sigma_s, note):
    created = None if created_h is None else utc(T0) + dt.timedelta(hours=created_h, seconds=20)

    time = local_time(T0, created, stated_h, 46.75, TimeSettings())

    assert (time.t_utc_ns - T0) / SECOND == expected_h * 3600
    assert (time.t_sigma_s, time.notes) == (sigma_s, note)


def test_utc_in_the_telemetry_counts_before_everything():
    told = samples(video_start_utc_ns=T0, video_start_sigma_s=0.03, video_start_local_ns=T0 + 4 * 3600 * SECOND)

    time = clock_of([video(created=utc(T0 - 99 * SECOND), start=utc(T0 + 50 * SECOND))], [told]).at(3 * SECOND)

    assert (time.t_utc_ns, time.t_sigma_s) == (T0 + 3 * SECOND, 0.03)


def test_people_count_before_a_clock_without_a_zone_and_before_the_container():
    told = samples(video_start_local_ns=T0 + 4 * 3600 * SECOND)

    assert clock_of([video(created=utc(T0), start=utc(T0 - SECOND))], [told]).at(0).t_utc_ns == T0 - SECOND
    assert clock_of([video(created=utc(T0))], []).at(0).notes == ("video_start_from_container",)
    assert clock_of([video()], []) is None


def test_joined_clips_each_run_by_their_own_clock():
    first = samples(seconds=9, video_start_local_ns=T0)
    second = samples(begin_s=10, seconds=9, video_start_local_ns=T0 + 973 * SECOND)

    clock = clock_of([video()], [first, second], utc_offset_h=0.0)

    assert clock.at(5 * SECOND).t_utc_ns == T0 + 5 * SECOND
    assert clock.at(15 * SECOND).t_utc_ns == T0 + 988 * SECOND
    stated = clock_of([video(start=utc(T0 + 7 * SECOND))], [first, second])
    assert stated.at(15 * SECOND).t_utc_ns == T0 + 995 * SECOND


def test_frames_find_their_subtitles_though_nobody_knows_the_zone():
    found = contents([video()], [samples(video_start_local_ns=T0)])

    ingested = Ingest()(found)

    assert len(ingested.frames) == 40
    frame = ingested.frames[5]  # 2.5 s
    lon, lat = ingested.site.to_lonlat(frame.pose.eye_m[None, :2])[0]
    assert (lon, lat) == pytest.approx((46.75025, 39.8), abs=1e-7)
    assert frame.ref.t_sigma_s == 3600
    assert np.sqrt(frame.pose.covariance[0, 0]) < 4
    assert "time_zone_assumed" in frame.notes


def test_two_videos_keep_to_their_own_subtitles():
    one, two = samples("a.srt", video_start_local_ns=T0), samples("b.srt", video_start_local_ns=T0)
    two.lat_deg[:] = 39.9

    ingested = Ingest()(contents([video("a.mp4"), video("b.mp4")], [one, two]))

    lat = {
        frame.ref.frame_id[0]: ingested.site.to_lonlat(frame.pose.eye_m[None, :2])[0][1] for frame in ingested.frames
    }
    assert lat == pytest.approx({"a": 39.8, "b": 39.9}, abs=1e-6)


def test_a_packet_stream_in_utc_carries_its_video():
    stream = samples("a.mp4", base=TimeBase.UTC, t0=T0, in_video=True, video_start_utc_ns=T0)

    ingested = Ingest()(contents([video()], [stream]))

    assert [frame.ref.t_utc_ns for frame in ingested.frames[:3]] == [T0, T0 + SECOND // 2, T0 + SECOND]


def test_the_camera_comes_from_the_stated_angle_of_view_and_follows_the_zoom():
    stream = samples("a.mp4", base=TimeBase.UTC, t0=T0, in_video=True, video_start_utc_ns=T0)
    stream.view.hfov_deg[10:] = 20.0
    stream.view.hfov_deg[5] = np.nan

    frames = Ingest()(contents([video()], [stream])).frames

    wide, narrow = 320 / np.tan(np.radians(30)), 320 / np.tan(np.radians(10))
    assert frames[10].camera.focal_px == pytest.approx(wide)  # at the sample that says nothing
    assert frames[30].camera.focal_px == pytest.approx(narrow)
    between = frames[19].camera
    assert wide < between.focal_px < narrow
    assert between.focal_sigma > 0.1 > frames[30].camera.focal_sigma
