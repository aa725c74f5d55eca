"""Frames whose rows are read one after the other: the skew foretold, and located pixels that stay honest."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from pipeline.geometry.camera import pixel_rays, project
from pipeline.geometry.locate import CHI2_95, locate_pixels
from pipeline.geometry.pose_from_points import rotation_between
from pipeline.geometry.rolling_shutter import sweep_covariance
from pipeline.geometry.rotation import camera_to_site
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.contents import Still, StillTags
from pipeline.records.samples import TimeBase
from pipeline.records.shutter import ASSUMED_READOUT_S, Shutter, ShutterKind
from pipeline.records.sortie import Band
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.path import States
from pipeline.simulator.sensor.shoot import shots
from pipeline.stages.ingest import Ingest
from pipeline.stages.skew import skew_px
from tests.stages.test_clock_check import CAMERA, SIZE
from tests.stages.test_video_clock import FOLDER, SECOND, T0, contents, samples, video

FINE = CAMERA.scaled(4.0)
LENS = Lens("brown", FINE.size_px, FINE.K, np.zeros(5))
FLAT = HeightGrid(np.zeros((401, 401)), -2000.0, -2000.0, 10.0, 0.01, "flat")
READOUT_S = 0.033


class Turning:
    """Flies and turns evenly."""

    duration_s = 10.0

    def __init__(self, velocity_mps, rates_dps, height_m=80.0, pitch_deg=-60.0):
        self.velocity, self.rates = np.array(velocity_mps), np.array(rates_dps)
        self.start, self.angles = np.array([0.0, 0.0, height_m]), np.array([40.0, pitch_deg, 0.0])

    def at(self, t_s):
        t = np.asarray(t_s, np.float64)
        angles = self.angles + t[:, None] * self.rates
        zero = np.zeros(len(t))
        return States(
            t, self.start + t[:, None] * self.velocity, *angles.T, zero, zero, zero,
            np.repeat(self.velocity[None], len(t), axis=0), zero + 1.0,
        )  # fmt: skip

    def rotation(self, t_s):
        return camera_to_site(*np.radians(self.angles + t_s * self.rates), 0.0)

    def sweep(self, readout_s):
        """By the rows themselves: from the pose of the first to that of the last."""
        turn = rotation_between(self.rotation(-readout_s / 2), self.rotation(readout_s / 2))
        return np.concatenate([self.velocity * readout_s, turn])


def pixels_of(count, seed):
    return np.random.default_rng(seed).uniform((0, 0), np.subtract(FINE.size_px, 1), (count, 2)).round()


def seen_by_rows(path, pixels):
    """Where pixels really lie: each by the pose of its own row, as the simulator exposes it."""
    (shot,) = shots(path, 0.0, LENS, readout_s=READOUT_S, convergence_rad=0.0)
    places = []
    for column, row in pixels:
        eye, rotation = shot.eye_m[int(row)], shot.rotation[int(row)]
        ray = pixel_rays(np.array([[column, row]]), FINE.K, FINE.distortion, rotation)[0]
        places.append((eye - ray * eye[2] / ray[2])[:2])
    return np.array(places)


def share_inside(path, covariance, *, pixel_sigma_px, seed=0):
    pixels = pixels_of(400, seed)
    located = locate_pixels(
        pixels, FINE.K, FINE.distortion, 0.0, path.start, path.rotation(0.0), covariance, FLAT,
        pixel_sigma_px=pixel_sigma_px,
    )  # fmt: skip
    miss = located.points_m[:, :2] - seen_by_rows(path, pixels)
    squared = np.einsum("ni,nij,nj->n", miss, np.linalg.inv(located.covariance_m2), miss)
    return float(np.mean(squared <= CHI2_95))


@pytest.mark.parametrize(
    ("velocity_mps", "rates_dps"),
    [((15, 5, 0), (0, 0, 0)), ((0, 0, 0), (30, 0, 0)), ((0, 0, 0), (0, 20, 0)), ((12, -8, 2), (25, 10, -15))],
    ids=["flying", "panning", "tilting", "all"],
)
def test_pixels_of_every_row_lie_in_their_ellipses(velocity_mps, rates_dps):
    """The middle row's pose is known well here: without the sweep a quarter of the pixels and more would be outside."""
    path = Turning(velocity_mps, rates_dps)
    pose = np.diag([9e-4, 9e-4, 9e-4, 1e-9, 1e-9, 1e-9])

    honest = share_inside(path, pose + sweep_covariance(path.sweep(READOUT_S)), pixel_sigma_px=0.5)
    without = share_inside(path, pose, pixel_sigma_px=0.5)

    assert honest >= 0.95
    assert without < 0.75


def test_the_foretold_skew_is_that_of_the_rows():
    """What the first row sees, seen again with the last row's pose."""
    path = Turning((12, -8, 0), (25, 10, -15), pitch_deg=-90.0)
    sweep = path.sweep(READOUT_S)
    said = skew_px(FINE, path.rotation(0.0), sweep, 80.0)

    first, last = (path.at(np.array([t])).eye_m[0] for t in (-READOUT_S / 2, READOUT_S / 2))
    pixels = np.array([[u, v] for u in (0.05, 0.5, 0.95) for v in (0.05, 0.5, 0.95)]) * np.subtract(FINE.size_px, 1)
    rays = pixel_rays(pixels, FINE.K, FINE.distortion, path.rotation(-READOUT_S / 2))
    ground = first - rays * (first[2] / rays[:, 2])[:, None]
    moved = project(ground, last, FINE.K, FINE.distortion, path.rotation(READOUT_S / 2))
    assert said == pytest.approx(np.linalg.norm(moved - pixels, axis=1).max(), rel=0.03)
    assert said > 5


def test_a_global_shutter_and_a_hover_have_no_skew():
    assert skew_px(FINE, np.eye(3), np.zeros(6), 80.0) == 0.0


def test_speed_without_a_height_says_nothing_and_turning_does():
    down = camera_to_site(0.0, -np.pi / 2, 0.0, 0.0)
    flying, panning = np.array([0.5, 0, 0, 0, 0, 0]), np.array([0, 0, 0, 0.01, 0, 0])
    args = FINE, down
    assert skew_px(*args, flying, float("nan")) == 0.0
    assert skew_px(*args, flying, 80.0) == pytest.approx(0.5 / 80 * FINE.focal_px, rel=0.1)
    assert skew_px(*args, panning, float("nan")) == pytest.approx(0.01 * FINE.focal_px, rel=0.5)


def test_what_is_reckoned_with():
    assert Shutter(ShutterKind.MECHANICAL).believed_readout_s == 0.0
    assert Shutter(ShutterKind.GLOBAL, 0.02).believed_readout_s == 0.0
    assert Shutter(ShutterKind.ROLLING, 0.02).believed_readout_s == 0.02
    assert Shutter().believed_readout_s == ASSUMED_READOUT_S
    assert "assumed" in Shutter().words and "20 ms" in Shutter(ShutterKind.ROLLING, 0.02).words


def flown(shutter, **columns):
    """A video over a table: 10 samples a second, 8 m/s to the east, panning by 20 degrees a second."""
    count = 201
    seconds = np.arange(count) / 10
    part = replace(
        samples(base=TimeBase.UTC, t0=T0, seconds=count - 1),
        t_ns=T0 + np.round(seconds * SECOND).astype(np.int64),
        lon_deg=46.75 + seconds * 1e-4,
        yaw_deg=(20.0 * seconds) % 360,
        **columns,
    )
    one = replace(video(start=datetime.fromtimestamp(T0 / SECOND, UTC), seconds=18), camera=CAMERA, shutter=shutter)
    return Ingest()(contents([one], [part])).frames


def test_telemetry_tells_the_sweep():
    rolling = flown(Shutter(ShutterKind.ROLLING, 0.02, "told"))
    middle = [frame.sweep for frame in rolling[4:-4]]

    east = 1e-4 * 111_195 * np.cos(np.radians(39.8)) * 0.02
    assert np.hypot(*np.array(middle)[:, :2].T) == pytest.approx(east, rel=0.01)
    assert np.array(middle)[:, 5] == pytest.approx(-np.radians(20) * 0.02, rel=0.01)  # clockwise from above
    assert not any(np.any(frame.sweep) for frame in flown(Shutter(ShutterKind.GLOBAL, source="told")))


def stills(shutter, **tags):
    found = []
    for n in range(6):
        name = f"DJI_{n:04d}"
        said = StillTags(
            clock=None, gps_utc=None, lon_deg=46.75 + n * 3e-4, lat_deg=39.8, alt_m=900.0, relative_alt_m=80.0,
            yaw_deg=0.0, pitch_deg=-90.0, roll_deg=0.0, **tags,
        )  # fmt: skip
        found.append(
            Still(
                FOLDER / f"{name}.jpg", f"{name}.jpg", name, SIZE, name, Band.VISIBLE, "cam", said, CAMERA,
                shutter=shutter,
            )
        )  # fmt: skip
    t_ns = T0 + np.arange(6) * 3 * SECOND
    named = replace(
        samples("t.csv", base=TimeBase.UTC, t0=T0, seconds=5),
        t_ns=t_ns,
        lon_deg=np.full(6, np.nan),
        lat_deg=np.full(6, np.nan),
        yaw_deg=np.full(6, np.nan),
        pitch_deg=np.full(6, np.nan),
        alt_m=np.full(6, np.nan),
        frame_names=tuple(f"{still.frame_id}.jpg" for still in found),
        view=None,
    )
    return Ingest()(replace(contents([], [named]), stills=tuple(found))).frames


def test_stills_far_apart_tell_their_speed_by_their_neighbours():
    frames = stills(Shutter(ShutterKind.ROLLING, 0.05, "told"))

    speed = 1e-4 * 111_195 * np.cos(np.radians(39.8))
    assert len(frames) == 6
    for frame in frames:
        assert np.hypot(*frame.sweep[:2]) == pytest.approx(0.05 * speed, rel=0.01)
        assert not np.any(frame.sweep[3:])


def test_a_stills_own_speed_counts_first():
    frames = stills(Shutter(ShutterKind.ROLLING, 0.05, "told"), east_mps=0.0, north_mps=10.0)

    for frame in frames:
        assert np.hypot(*frame.sweep[:2]) == pytest.approx(0.5)
        assert frame.sweep[1] == pytest.approx(0.5, abs=0.02)


def test_stills_of_a_mechanical_shutter_have_no_sweep():
    assert not any(np.any(frame.sweep) for frame in stills(Shutter(ShutterKind.MECHANICAL)))
