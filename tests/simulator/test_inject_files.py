"""Files that events are written into: coding again, video, poses."""

import os
from dataclasses import replace
from fractions import Fraction

import av
import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.simulator.inject.frame_file import read_frame_file, write_frame_file
from pipeline.simulator.inject.inject import inject
from pipeline.simulator.inject.jpeg_code import write_jpeg_file
from pipeline.simulator.inject.jpeg_file import read_jpeg_file
from pipeline.simulator.inject.posed import PosedFlight, read_poses
from pipeline.simulator.inject.surface import SurfaceLand
from pipeline.simulator.truth.reader import Truth
from tests.simulator.posed_photographs import LENS, SITE, T_NS, Block, Standing, photograph, picture, surface

NADIR = ((-2.0, 1.0, 24.0), (0.0, -90.0, 0.0))


@pytest.mark.parametrize("sampling", [0x111111, 0x211111, 0x221111])
@pytest.mark.parametrize("shape", [(64, 96), (75, 101)])
@pytest.mark.parametrize("progressive", [0, 1])
def test_a_jpeg_coded_again_is_the_same_picture(sampling, shape, progressive):
    """With its own tables and sampling, blocks that were not touched decode to nearly the same pixels."""
    noise = np.random.default_rng(1).integers(60, 200, (*shape, 3)).astype(np.uint8)
    image = cv2.GaussianBlur(noise, (0, 0), 1.5)
    options = [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling,
               cv2.IMWRITE_JPEG_PROGRESSIVE, progressive, cv2.IMWRITE_JPEG_RST_INTERVAL, 3]  # fmt: skip
    data = cv2.imencode(".jpg", image, options)[1].tobytes()
    parts = read_jpeg_file(data, "x.jpg")
    again = write_jpeg_file(parts, parts.planes)
    old, new = (cv2.imdecode(np.frombuffer(d, np.uint8), cv2.IMREAD_COLOR).astype(int) for d in (data, again))
    inner = (slice(0, shape[0] // 16 * 16), slice(0, shape[1] // 16 * 16))
    assert np.abs(old - new)[inner].mean() < 0.05
    assert np.abs(old - new).max() < 25


def test_a_damaged_jpeg_is_refused():
    """Cut off before its pixels."""
    data = cv2.imencode(".jpg", np.zeros((32, 32, 3), np.uint8))[1].tobytes()
    with pytest.raises(InputError, match="copied whole"):
        read_jpeg_file(data[:200], "x.jpg")


def test_a_png_keeps_its_other_chunks(tmp_path):
    """Pixels as asked for, text as it was."""
    image = np.full((20, 30, 3), 90, np.uint8)
    data = cv2.imencode(".png", image)[1].tobytes()
    text = b"tEXtCamera\0made up"
    chunk = (len(text) - 4).to_bytes(4, "big") + text + b"\0\0\0\0"
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    frame = read_frame_file(tmp_path / "a.png")
    changed = np.zeros((20, 30), bool)
    changed[5:9, 5:9] = True
    (tmp_path / "b.png").write_bytes(write_frame_file(frame, np.full((20, 30, 3), 200.0, np.float32), changed))
    assert text in (tmp_path / "b.png").read_bytes()
    new = read_frame_file(tmp_path / "b.png").rgb
    assert (new[changed] == 200).all()
    assert (new[~changed] == 90).all()


def test_a_vehicle_drives_through_a_video(tmp_path):
    """A mover lies where its motion takes it in each frame, and the video keeps its length and its time stamps."""
    source = tmp_path / "flight"
    source.mkdir()
    posed = picture("clip#000000", *NADIR, source / "clip.mp4")
    times = [T_NS + n * 200_000_000 for n in range(4)]
    with av.open(str(source / "clip.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(5))
        stream.width, stream.height, stream.pix_fmt, stream.options = *LENS.size_px, "yuv420p", {"crf": "12"}
        for n in range(4):
            frame = av.VideoFrame.from_ndarray(photograph(posed, n), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    pictures = [replace(posed, frame_id=f"clip#{n:06d}", index=n, video=True, t_utc_ns=t) for n, t in enumerate(times)]
    driving = Standing("van", Block(3.0, 1.6, 1.5, 0.7), -4.0, 0.0, speed_mps=8.0)
    report = inject(
        source, tmp_path / "out", PosedFlight("SV", SITE, tuple(pictures)), SurfaceLand.over(surface()), [driving]
    )
    assert len(report.frames) == 4
    movers = Truth(tmp_path / "out/truth").movers("SV")
    columns = [row.left_px + row.width_px / 2 for row in movers]
    # 1.6 m a frame, its roof 22.5 m below a camera with 420 px
    assert np.diff(columns) == pytest.approx(1.6 * 420 / 22.5, abs=1.5)
    with av.open(str(source / "clip.mp4")) as old, av.open(str(tmp_path / "out/flights/flight/clip.mp4")) as new:
        before, after = list(old.decode(video=0)), list(new.decode(video=0))
    assert [float(f.time) for f in after] == pytest.approx([float(f.time) for f in before])
    gains = [
        b.to_ndarray(format="gray").astype(int) - a.to_ndarray(format="gray")
        for a, b in zip(before, after, strict=True)
    ]
    found = [np.average(np.arange(400), weights=np.clip(g, 40, None).sum(axis=0) - 40 * 300) for g in gains]
    assert np.diff(found) == pytest.approx(1.6 * 420 / 22.5, abs=3)


def test_poses_come_from_the_work_of_a_run(tmp_path):
    """Rotation and lens are read from the register stage; frames are found by name in another folder."""
    posed = picture("A0001", *NADIR, tmp_path / "flight" / "A0001.JPG")
    (tmp_path / "flight").mkdir()
    (tmp_path / "flight" / "A0001.JPG").write_bytes(b"")

    def kept(array: np.ndarray) -> dict:
        return {"shape": list(array.shape), "dtype": array.dtype.str, "data": array.tobytes()}

    ref = {"frame_id": "A0001", "path": os.fsencode("/elsewhere/A0001.JPG"), "index": 0, "kind": "still",
           "t_utc_ns": T_NS, "t_sigma_s": 1.0, "band": "visible"}  # fmt: skip
    camera = {"size_px": list(LENS.size_px), "K": kept(LENS.K), "distortion": kept(LENS.distortion)}
    pose = {"eye_m": kept(posed.eye_m), "rotation": kept(posed.rotation), "method": "telemetry_only"}
    work = tmp_path / "run" / "work" / "S0001"
    for stage in ("ingest", "register"):
        (work / stage).mkdir(parents=True)
    site = {name: getattr(SITE, name) for name in ("epsg", "east0_m", "north0_m", "scale", "convergence_rad")}
    pq.write_table(pa.Table.from_pylist([site]), work / "ingest" / "site.parquet")
    pq.write_table(
        pa.Table.from_pylist([{"ref": ref, "camera": camera, "pose": pose}]), work / "register" / "frames.parquet"
    )
    (work / "register" / "manifest.json").write_text("{}")
    flight = read_poses(tmp_path / "run", tmp_path / "flight")
    assert flight.pictures[0].path == tmp_path / "flight" / "A0001.JPG"
    assert flight.pictures[0].rotation == pytest.approx(posed.rotation)
    assert flight.pictures[0].method == "telemetry_only"
    with pytest.raises(InputError, match="name one of its sorties"):
        read_poses(tmp_path / "run", tmp_path / "flight", "S9")
    with pytest.raises(InputError, match="neither work"):
        read_poses(tmp_path / "flight", tmp_path / "flight")
