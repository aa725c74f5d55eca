"""Videos that a recorder split go on by one clock, and telemetry finds its video; what can't be told is said."""

from dataclasses import replace

import numpy as np
import pytest
from test_video_clock import SECOND, T0, contents, samples, utc, video

from pipeline.records.samples import TimeBase
from pipeline.stages.frame_times import TimeSettings
from pipeline.stages.ingest import Ingest, NothingPlacedError
from pipeline.stages.recordings import joints_of
from pipeline.stages.sidecars import video_of
from pipeline.stages.video_clock import video_clock


def film(name, *, seconds=20, created=None, start=None, size=1000):
    return replace(video(name, created, start, seconds), lasts_ns=seconds * SECOND, file_bytes=size)


def joined(videos, telemetry=()):
    found = joints_of(contents(videos, telemetry))
    return {item: joint.before.item for item, joint in found.items() if joint.joined}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("DJI_0010.MP4", "DJI_0011.MP4"),
        ("DJI_20210304200000_0010_W.MP4", "DJI_20210304200505_0011_W.MP4"),
        ("GX010042.MP4", "GX020042.MP4"),
        ("patrol_9.ts", "patrol_10.ts"),
        ("20210304_200000_001.mp4", "20210304_200500_002.mp4"),
    ],
)
def test_files_whose_containers_follow_one_another_are_one_recording(first, second):
    videos = [film(first, created=utc(T0)), film(second, created=utc(T0 + 21 * SECOND))]

    assert joined(videos) == {second: first}


@pytest.mark.parametrize(
    ("second", "change"),
    [
        ("DJI_0012.MP4", {}),  # a number is missing
        ("DJI_0011.MP4", {"size_px": (1280, 720)}),
        ("DJI_0011.MP4", {"sensor": "another"}),
        ("DJI_0011.MP4", {"created_utc": utc(T0 + 60 * SECOND)}),  # a pause
        ("GX010011.MP4", {}),
    ],
)
def test_files_that_differ_or_pause_stay_apart(second, change):
    later = replace(film(second, created=utc(T0 + 20 * SECOND)), **change)

    assert joined([film("DJI_0010.MP4", created=utc(T0)), later]) == {}


def test_telemetry_says_that_a_recording_goes_on_whatever_the_containers_say():
    videos = [film("DJI_0010.MP4", created=utc(T0)), film("DJI_0011.MP4", created=utc(T0))]
    own = [
        samples("DJI_0010.SRT", video_start_local_ns=T0),
        samples("DJI_0011.SRT", video_start_local_ns=T0 + 20 * SECOND),
    ]

    assert joined(videos, own) == {"DJI_0011.MP4": "DJI_0010.MP4"}
    apart = [own[0], replace(own[1], video_start_local_ns=T0 + 300 * SECOND)]
    assert joined(videos, apart) == {}


def test_a_full_first_file_goes_on_and_a_short_one_is_left_open():
    full, after = film("DJI_0010.MP4", size=3_980_000_000), film("DJI_0011.MP4")

    assert joined([full, after]) == {"DJI_0011.MP4": "DJI_0010.MP4"}
    short = joints_of(contents([film("DJI_0010.MP4"), after], []))
    assert not short["DJI_0011.MP4"].joined


def test_the_second_file_takes_its_time_from_the_first_and_its_telemetry_too():
    """One subtitle file for both, by the name of the first."""
    videos = [film("DJI_0010.MP4"), film("DJI_0011.MP4")]
    told = samples("DJI_0010.SRT", seconds=40, video_start_utc_ns=T0, video_start_sigma_s=0.03)
    found = contents(videos, [told])

    clock = video_clock(found.videos[1], found, 46.75, TimeSettings(), joints_of(found))
    placed = Ingest()(found).frames

    assert clock is not None
    time = clock.at(3 * SECOND)
    assert (time.t_utc_ns, time.notes) == (T0 + 23 * SECOND, ("joined_recording",))
    assert 0.5 < time.t_sigma_s < 0.51
    assert len(placed) == 80
    assert np.allclose(np.diff([frame.ref.t_utc_ns for frame in placed]), SECOND / 2)
    # 0.5 s further east, as the subtitles say, across the cut too
    assert np.ptp(np.diff([frame.pose.eye_m[0] for frame in placed])) < 0.01


def test_three_files_go_on_from_one_another():
    videos = [film(f"GX0{k}0042.MP4", created=utc(T0 + 20 * (k - 1) * SECOND)) for k in (1, 2, 3)]

    assert joined(videos) == {"GX020042.MP4": "GX010042.MP4", "GX030042.MP4": "GX020042.MP4"}


def test_telemetry_without_a_name_finds_the_video_that_lasts_as_long():
    videos = [film("a.mp4", seconds=20), film("b.mp4", seconds=50)]
    stray = samples("log.srt", seconds=50)

    assert video_of(stray, contents(videos, [stray])) is videos[1]
    assert video_of(stray, contents([film("a.mp4", seconds=50), videos[1]], [stray])) is None


def test_clocks_tell_apart_what_lasts_as_long():
    """Whole quarters of an hour are a zone; anything else is another recording."""
    videos = [film("a.mp4", created=utc(T0)), film("b.mp4", created=utc(T0 + 400 * SECOND))]
    stray = samples("log.srt", video_start_local_ns=T0 + (4 * 3600 + 400) * SECOND)

    assert video_of(stray, contents(videos, [stray])) is videos[1]


def test_a_video_that_has_telemetry_of_its_name_takes_no_other():
    videos = [film("a.mp4"), film("b.mp4")]
    own, stray = samples("a.srt"), samples("log.srt")

    assert video_of(stray, contents(videos, [own, stray])) is videos[1]


def test_the_only_video_takes_telemetry_of_any_name_but_of_another_day_and_length():
    only = film("a.mp4", created=utc(T0))
    near = samples("log.srt", video_start_local_ns=T0 + 3600 * SECOND)
    far = samples("log.srt", seconds=300, video_start_local_ns=T0 - 3 * 86_400 * SECOND)

    assert video_of(near, contents([only], [near])) is only
    assert video_of(far, contents([only], [far])) is None


def test_what_cannot_be_told_is_said():
    videos = [film("a.mp4", created=utc(T0)), film("b.mp4", created=utc(T0))]
    stray = samples("log.srt")

    with pytest.raises(NothingPlacedError) as told:
        Ingest()(contents(videos, [stray]))

    (drop,) = [drop for drop in told.value.dropped if drop.code == "no_video_start"]
    assert "a.mp4, b.mp4 last as long" in drop.reason
    assert "give it the name of its video" in drop.reason


def test_telemetry_of_another_hour_is_named_and_the_rest_is_used():
    own = samples("a.srt", video_start_utc_ns=T0, video_start_sigma_s=0.03)
    other = samples("flight.csv", base=TimeBase.UTC, t0=T0 + 3 * 3600 * SECOND)

    ingested = Ingest()(contents([film("a.mp4")], [own, other]))

    assert len(ingested.frames) == 40
    (drop,) = [drop for drop in ingested.dropped if drop.code == "serves_no_frame"]
    assert drop.item == "flight.csv"
    assert "3.0 h away" in drop.reason
