import datetime as dt

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.records.stated_facts import StatedFacts, StatedVideo
from pipeline.sources.cameras import CameraTable
from pipeline.sources.frames import DecodeSettings, FrameReader
from pipeline.sources.sortie_folder import FolderFile
from pipeline.sources.video import is_video, read_video

TIMES_MS = [0, 40, 75, 200, 240, 900, 940, 1500, 1530, 2100, 2600, 3100, 3600, 4000, 4033, 5200]
"""A variable frame rate."""


def read(path, every_s=0.0, facts=None):
    return read_video(FolderFile(path, path.name), "", every_s, facts or StatedFacts(), CameraTable())


def ref(video, at):
    name = f"v#{video.indices[at]:06d}"
    size, pts = video.size_px, int(video.pts[at])
    return FrameRef(name, video.path, FrameKind.VIDEO, int(video.indices[at]), size, 0, 0.0, "", Band.VISIBLE, "v", pts)


@pytest.mark.parametrize("container", ["mp4", "matroska", "mov"])
def test_frames_come_by_their_presentation_times_in_any_order(film, tmp_path, container):
    video = read(film(tmp_path / "v.bin", container=container))
    assert (video.t_ns // 10**6).tolist() == TIMES_MS
    assert video.size_px == (96, 64)

    with FrameReader() as reader:
        for at in [0, 1, 2, 9, 3, 15, 0, 14, 13, 5, 6, 7]:
            image = reader.read(ref(video, at))
            assert image.shape == (64, 96, 3)
            assert abs(float(image.mean()) - (20 + 14 * at)) < 5
            grey, scale = reader.read_grey(ref(video, at), 48)
            assert (grey.shape, scale) == ((32, 48), 0.5)


def test_one_frame_is_taken_in_every_step_of_time(film, tmp_path):
    video = read(film(tmp_path / "v.mp4"), every_s=1.0)

    assert (video.t_ns // 10**6).tolist() == [0, 940, 2100, 3100, 4000, 5200]
    assert video.frame_count == len(TIMES_MS)


def test_a_camera_that_nothing_tells_is_said_so_and_starts_are_stated(film, tmp_path):
    start = dt.datetime(2020, 11, 12, 18, 15)
    video = read(film(tmp_path / "v.mp4"), facts=StatedFacts(videos=(StatedVideo("v.mp4", start),)))

    assert video.camera is None
    assert "focal length" in video.camera_error
    assert video.start_utc == start.replace(tzinfo=dt.UTC)


def test_few_videos_stay_open(film, tmp_path):
    videos = [read(film(tmp_path / f"{n}.mp4", TIMES_MS[:6])) for n in range(4)]
    with FrameReader(DecodeSettings(max_open_videos=1)) as reader:
        for video in [*videos, *videos]:
            assert abs(float(reader.read(ref(video, 3)).mean()) - 62) < 5
        assert len(reader._videos) == 1


@pytest.mark.parametrize("keep", [0.0, 0.02, 0.5])
def test_a_video_cut_off_is_refused(film, tmp_path, keep):
    path = film(tmp_path / "v.mp4")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])

    with pytest.raises(InputError, match=r"v\.mp4"):
        read(path)


def test_a_video_of_an_unknown_kind_is_refused(film, tmp_path):
    path = film(tmp_path / "v.mp4")
    path.write_bytes(path.read_bytes().replace(b"mp4v", b"zzzz").replace(b"esds", b"free"))

    with pytest.raises(InputError, match="cannot be decoded"):
        read(path)


def test_a_frame_that_is_not_there_is_said_so(film, tmp_path):
    video = read(film(tmp_path / "v.mp4"))
    wrong = ref(video, 0)
    with FrameReader() as reader, pytest.raises(InputError, match="no frame at its time"):
        reader.read(FrameRef(**{n: getattr(wrong, n) for n in FrameRef.__slots__} | {"pts": int(video.pts[-1]) * 3}))


def test_playlists_and_texts_are_no_videos():
    for head in (b"#EXTM3U\nhttp://x/y.ts\n", b"ffconcat version 1.0\nfile x\n", b"v=0\r\no=- 0 0 IN IP4 x\r\n", b""):
        assert not is_video(head)


@pytest.mark.real
@pytest.mark.parametrize("name", ["video/vfr_hevc.mp4", "video/embedded_srt.mp4", "flights/aphill/aphill_short.ts"])
def test_every_chosen_frame_of_real_videos_can_be_read(real_data, name):
    path = real_data / name
    video = read(path, every_s=1.0)

    with FrameReader() as reader:
        sizes = {reader.read(ref(video, at)).shape for at in range(len(video.indices))}

    assert sizes == {(video.size_px[1], video.size_px[0], 3)}


@pytest.mark.real
def test_a_real_variable_frame_rate_is_not_read_by_counting(real_data):
    """Index over frame rate errs by up to 89 ms here."""
    video = read(real_data / "video/vfr_hevc.mp4")
    by_count_ns = video.indices * (video.t_ns[-1] / (video.frame_count - 1))

    assert np.abs(by_count_ns - video.t_ns).max() > 50e6
