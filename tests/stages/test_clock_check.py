"""Telemetry that runs by another clock than the pictures is read at the right time."""

import datetime as dt
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.geometry.rotation import camera_to_site
from pipeline.records.contents import SortieContents, Video
from pipeline.records.samples import TimeBase, make_samples
from pipeline.records.sortie import Band
from pipeline.records.stated_facts import StatedCamera, StatedFacts
from pipeline.sources.camera_clues import CameraClues
from pipeline.sources.cameras import CameraTable, choose_camera
from pipeline.sources.exif import Exif
from pipeline.stages.clock_offset import OffsetSettings
from pipeline.stages.ingest import Ingest
from pipeline.stages.ingest_settings import IngestSettings

SECOND = 10**9
T0 = 1605204900 * SECOND
SIZE = (320, 240)
LON, LAT = 46.75, 39.8
EAST_M = 111_320 * np.cos(np.radians(LAT))
CAMERA = choose_camera(
    CameraClues("", "", SIZE, Exif({}), {}), StatedCamera(focal_px=300.0), CameraTable()
)  # fmt: skip


def path(t):
    """East and north in metres, and yaw in radians, of a flight that weaves 60 m above flat ground."""
    return 4 * t + 6 * np.sin(t / 2), 9 * np.sin(t / 3), 0.7 * np.sin(t / 2.2)


class Ground:
    """Frames of a flat, textured ground."""

    def __init__(self, interval_s):
        rng = np.random.default_rng(4)
        noise = sum(
            cv2.resize(rng.normal(size=(n, n)), (1600, 1600), interpolation=cv2.INTER_CUBIC) for n in (800, 200)
        )
        self.picture = np.clip(128 + 40 * noise, 0, 255).astype(np.uint8)  # 0.2 m a pixel, 160 m each way
        self.interval_s = interval_s

    def read_grey(self, ref, max_side_px):
        t = ref.index * self.interval_s
        east, north, yaw = path(t)
        rotation = camera_to_site(yaw, -np.pi / 2, 0.0)
        # plane (x, y, 1) at z = 0 to pixels: K [r1 r2 -R^T eye]
        to_camera = rotation.T
        plane = np.column_stack([to_camera[:, 0], to_camera[:, 1], -to_camera @ np.array([east, north, 60.0])])
        from_picture = np.array([[0.2, 0, -100.0], [0, -0.2, 160.0], [0, 0, 1]])
        grey = cv2.warpPerspective(self.picture, CAMERA.K @ plane @ from_picture, SIZE)
        return np.asarray(grey, np.uint8), 1.0

    def read(self, ref):
        raise NotImplementedError


def sortie(behind_s, seconds=36.0):
    """A video with telemetry whose times are late: what it says at t + `behind_s` was at t."""
    t = np.arange(0, seconds + 1e-9, 0.2)
    east, north, yaw = path(t)
    telemetry = make_samples(
        Path("S1/a.csv"),
        "csv",
        TimeBase.UTC,
        T0 + np.round((t + behind_s) * SECOND).astype(np.int64),
        {
            "lon_deg": LON + east / EAST_M,
            "lat_deg": LAT + north / 111_320,
            "alt_m": np.full(len(t), 60.0),
            "yaw_deg": np.degrees(yaw),
            "pitch_deg": np.full(len(t), -90.0),
            "roll_deg": np.zeros(len(t)),
        },
    )
    count = int(seconds * 2)
    steps = np.arange(count)
    video = Video(
        Path("S1/a.mp4"), "a.mp4", "a", SIZE, "00" * 32, Band.VISIBLE, "video", CAMERA, "", steps, steps,
        steps * SECOND // 2, count, None, dt.datetime.fromtimestamp(T0 / SECOND, dt.UTC),
    )  # fmt: skip
    return SortieContents(Path("S1"), "S1", StatedFacts(), (), (video,), (telemetry,), ())


@pytest.mark.parametrize("behind_s", [0.7, -0.4])
def test_poses_come_from_the_right_moment(behind_s):
    ingested = Ingest()(sortie(behind_s), Ground(0.5))

    (clock,) = ingested.clocks
    assert clock.applied and not clock.turned
    assert clock.offset_s == pytest.approx(behind_s, abs=0.05)
    frame = next(f for f in ingested.frames if f.ref.index == 30)
    lonlat = ingested.site.to_lonlat(frame.pose.eye_m[None, :2])[0]
    east, north, _ = path(15.0)
    assert (lonlat[0] - LON) * EAST_M == pytest.approx(east, abs=0.4)
    assert (lonlat[1] - LAT) * 111_320 == pytest.approx(north, abs=0.4)
    assert "clock_offset_applied" in frame.notes
    assert frame.ref.t_utc_ns == T0 + 15 * SECOND  # the picture's own time stays


def test_a_clock_that_is_right_is_left_alone():
    ingested = Ingest()(sortie(0.0), Ground(0.5))

    (clock,) = ingested.clocks
    assert not clock.applied
    assert abs(clock.offset_s) < 0.08
    assert not any("clock_offset_applied" in frame.notes for frame in ingested.frames)


def test_the_check_can_be_switched_off():
    settings = IngestSettings(clock=OffsetSettings(estimate=False))

    assert not Ingest(settings)(sortie(0.7), Ground(0.5)).clocks
