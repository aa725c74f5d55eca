"""What a camera does to light: each effect has the size that its setting says."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from pipeline.errors import ConfigError, GeometryError
from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.rotation import camera_to_site
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.path import States
from pipeline.simulator.scene.shot import Seen
from pipeline.simulator.sensor.electrons import develop, mosaic, read_out
from pipeline.simulator.sensor.expose import Camera
from pipeline.simulator.sensor.lens_rays import lens_rays
from pipeline.simulator.sensor.metering import Exposure, meter
from pipeline.simulator.sensor.optics import falloff
from pipeline.simulator.sensor.presets import SENSORS, sensor_behind
from pipeline.simulator.sensor.settings import SensorSettings
from pipeline.simulator.sensor.shoot import Motion, motion_during, rotations, shots
from pipeline.simulator.sensor.smear import smear, streak
from pipeline.simulator.sensor.tones import LEVELS, level_of, tone, tone_table

LENS = Lens("brown", (160, 120), camera_matrix(120.0, (160, 120)), np.zeros(5))
PLAIN = SensorSettings(
    blur_px=0.0,
    colour_fringe_px=0.0,
    vignetting=0.0,
    denoising=0.0,
    colour_denoising=0.0,
    sharpening=0.0,
    meter_error_ev=0.0,
    white_error=0.0,
    white_balance=(1.0, 1.0),
    saturation=1.0,
)


def seen_of(light, ground_m=None, origin_m=(0.0, 0.0, 0.0)):
    height, width = light.shape[:2]
    flat = np.zeros((height, width), np.float32)
    ground = np.full((height, width, 3), np.nan, np.float32) if ground_m is None else ground_m
    return Seen(light, None, flat.astype(np.int32), (), flat + 50, ground, np.array(origin_m), flat > 0)


def scene(seed=1, shape=(120, 160), mean=0.12):
    random = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(random.standard_normal((*shape, 3)).astype(np.float32), (0, 0), 4.0)
    return np.asarray(mean * np.exp(3.0 * smooth), np.float32)


class Slide:
    """A camera 50 m above flat ground that moves evenly east, looks down and turns."""

    duration_s = 10.0

    def __init__(self, speed_mps=0.0, turn_dps=0.0, zoom_rate=0.0):
        self.speed, self.turn, self.zoom = speed_mps, turn_dps, zoom_rate

    def at(self, t_s):
        zero, n = np.zeros(len(t_s)), len(t_s)
        eye = np.column_stack([self.speed * t_s, zero, zero + 50.0])
        yaw, velocity = self.turn * t_s, np.tile([self.speed, 0.0, 0.0], (n, 1))
        return States(t_s, eye, yaw, zero - 90.0, zero, yaw, zero, zero, velocity, 1.0 + self.zoom * t_s)


def ground_below(lens, path, t_s=0.0):
    state = path.at(np.array([t_s]))
    rays = lens_rays(lens) @ rotations(state, 0.0)[0].T
    return (rays * (-50.0 / rays[..., 2:])).astype(np.float32), state.eye_m[0]


def test_noise_follows_the_electrons():
    settings = replace(PLAIN, full_well_e=5000.0, read_noise_e=4.0)
    random = np.random.default_rng(2)
    means = np.array([0.01, 0.05, 0.1, 0.3, 0.6])
    for iso in (100, 800):
        full = 5000.0 * 100 / iso
        grey = [read_out(np.full((200, 200), mean, np.float32), iso, settings, random) for mean in means * 100 / iso]
        variance = np.array([np.var(one, dtype=np.float64) for one in grey])
        slope, floor = np.polyfit([np.mean(one, dtype=np.float64) for one in grey], variance, 1)
        assert slope == pytest.approx(1 / full, rel=0.04)
        assert floor == pytest.approx((4.0 / full) ** 2, abs=0.03 * variance.max())


def test_development_gives_grey_back_as_grey_and_colours_as_they_are():
    exposure = Exposure(0.001, 100, 0.8, (1.0, 1.0))
    for colour in ((0.3, 0.3, 0.3), (0.5, 0.2, 0.1), (0.1, 0.4, 0.15), (0.1, 0.15, 0.5)):
        light = np.broadcast_to(np.array(colour, np.float32), (40, 60, 3))
        developed = develop(mosaic(light, exposure), (1.0, 1.0))
        assert developed[10:30, 10:50].mean(axis=(0, 1)) == pytest.approx(0.8 * np.array(colour), abs=2e-3)


def test_white_balance_gains_red_and_blue():
    light = np.full((40, 60, 3), 0.2, np.float32)

    developed = develop(mosaic(light, Exposure(0.001, 100, 1.0, (1.0, 1.0))), (1.2, 0.8))

    red, green, blue = developed[10:30, 10:50].mean(axis=(0, 1))
    assert red > 1.1 * green > 1.2 * blue


def test_tones_ascend_and_turn_back():
    table = tone_table(0.25)

    assert len(table) == LEVELS and (np.diff(table) > 0).all()
    assert table[0] == pytest.approx(0.0, abs=0.01) and table[-1] == pytest.approx(255.0, abs=0.01)
    assert tone(np.array([level_of(0.44, 0.25)]), 0.25)[0] == pytest.approx(0.44, abs=1e-3)


@pytest.mark.parametrize("light", [1.0, 0.1, 0.01])
def test_automatic_exposure_reaches_its_brightness_in_any_daylight(light):
    camera = Camera(PLAIN)

    picture = camera.expose([seen_of(scene() * np.float32(light))], 0, np.random.default_rng(1))

    assert np.median(picture) / 255 == pytest.approx(PLAIN.brightness, abs=0.04)


def test_in_the_dark_the_picture_stays_dark_and_grows_noisy():
    camera = Camera(PLAIN)
    dark, day = seen_of(scene() * np.float32(2e-5)), seen_of(scene())

    exposure = camera.meter([dark], 0)
    picture = camera.expose([dark], 0, np.random.default_rng(1))
    bright = camera.expose([day], 0, np.random.default_rng(1))

    assert exposure.iso == PLAIN.most_iso and exposure.exposure_s == PLAIN.longest_s
    assert picture.mean() < 0.6 * bright.mean()
    grain = [cv2.Laplacian(one.astype(np.float32), -1).std() for one in (picture, bright)]
    assert grain[0] > 3 * grain[1]


def test_day_programme_shortens_time_before_it_raises_sensitivity():
    times = [meter(scene() * np.float32(light), 0, PLAIN, 0) for light in (1.0, 0.2, 0.05, 0.01, 0.002, 0.0004)]

    assert times[0].iso == times[1].iso == 100
    for one, next_ in pairwise(times):
        assert next_.iso >= one.iso and next_.exposure_s >= one.exposure_s * 0.99
    fixed = meter(scene(), 0, replace(PLAIN, exposure_s=1 / 1000, iso=200), 0)
    assert (fixed.exposure_s, fixed.iso) == (1 / 1000, 200)


def test_exposure_knows_nothing_of_other_frames():
    camera = Camera(SensorSettings(), seed=3)
    frames = [seen_of(scene(k)) for k in range(4)]

    forwards = [camera.expose([frame], k, np.random.default_rng([9, k])) for k, frame in enumerate(frames)]
    alone = Camera(SensorSettings(), seed=3).expose([frames[2]], 2, np.random.default_rng([9, 2]))

    assert np.array_equal(forwards[2], alone)


def test_automatics_err_from_frame_to_frame_by_little():
    settings = replace(PLAIN, meter_error_ev=0.1)
    levels = np.log2([meter(scene(), k, settings, 5).level_per_light for k in range(0, 4000, 10)])

    assert levels.std() == pytest.approx(0.1, rel=0.3)
    assert np.abs(np.diff(np.log2([meter(scene(), k, settings, 5).level_per_light for k in range(30)]))).max() < 0.1


def test_grey_world_takes_part_of_a_cast_away():
    cast = scene() * np.array([1.5, 1.0, 0.6], np.float32)

    red, blue = meter(cast, 0, replace(PLAIN, white_balance=None, grey_world=0.5), 0).white

    assert red == pytest.approx(1.5**-0.5, rel=0.04)
    assert blue == pytest.approx(0.6**-0.5, rel=0.04)


def test_corners_are_darker_by_what_vignetting_says():
    even = np.full((120, 160, 3), 0.2, np.float32)
    exact = falloff((121, 161), 0.3)

    assert exact[60, 80] == pytest.approx(1.0) and exact[0, 0] == pytest.approx(0.7)
    picture = Camera(replace(PLAIN, vignetting=0.3)).expose([seen_of(even)], 0, np.random.default_rng(1))
    assert picture[:6, :6].mean() < picture[57:63, 77:83].mean() - 10


@pytest.mark.parametrize("move", [(6.0, 0.0), (0.0, 9.0), (5.0, -4.0)])
def test_a_streak_has_the_second_moments_of_its_movement(move):
    kernel = streak(*move).astype(np.float64)
    half = kernel.shape[0] // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]

    assert kernel.sum() == pytest.approx(1.0)
    assert ((kernel * x).sum(), (kernel * y).sum()) == pytest.approx((0.0, 0.0), abs=1e-6)
    moments = [(kernel * x * x).sum(), (kernel * y * y).sum(), (kernel * x * y).sum()]
    expected = [move[0] ** 2 / 12, move[1] ** 2 / 12, move[0] * move[1] / 12]
    assert moments == pytest.approx(expected, abs=0.26)  # a pixel's own interpolation adds up to a quarter


def test_an_uneven_smear_blurs_by_its_place():
    picture = np.zeros((101, 101), np.float32)
    picture[50, 15] = picture[50, 85] = 1.0
    flow = np.zeros((5, 5, 2))
    flow[..., 0] = np.linspace(0.0, 10.0, 5)

    blurred = smear(picture, Motion(flow))

    x = np.arange(101)
    for column, length in ((15, 1.5), (85, 8.5)):
        line = blurred[50, column - 12 : column + 13].astype(np.float64)
        line /= line.sum()
        offset = x[column - 12 : column + 13] - column
        assert (line * offset**2).sum() == pytest.approx(length**2 / 12, abs=0.6)


def test_motion_is_speed_times_exposure_on_the_ground():
    path = Slide(speed_mps=20.0)
    ground, eye = ground_below(LENS, path)

    motion = motion_during(path, 0.0, seen_of(scene(), ground, eye), LENS, 0.05, convergence_rad=0.0)

    assert motion.flow_px[..., 0] == pytest.approx(-20.0 * 0.05 * 120.0 / 50.0, abs=1e-3)
    assert motion.flow_px[..., 1] == pytest.approx(0.0, abs=1e-3)


def test_motion_knows_turns_and_zoom():
    still = Slide()
    ground, eye = ground_below(LENS, still)
    seen = seen_of(scene(), ground, eye)

    turned = motion_during(Slide(turn_dps=60.0), 0.0, seen, LENS, 0.05, convergence_rad=0.0).flow_px
    zoomed = motion_during(Slide(zoom_rate=2.0), 0.0, seen, LENS, 0.05, convergence_rad=0.0).flow_px

    corner = np.hypot(79.5, 59.5)
    assert np.hypot(*turned[0, 0]) == pytest.approx(corner * np.radians(3.0), rel=0.02)
    assert turned[2, 2] == pytest.approx([0.0, 0.0], abs=0.1)
    assert np.hypot(*zoomed[0, 0]) == pytest.approx(corner * 0.1, rel=0.02)


def a_car(column, row, velocity_mps, ground, eye, light=1.0):
    """10 x 6 px of light on dark, even ground."""
    picture = np.full((120, 160, 3), 0.1, np.float32)
    picture[row : row + 6, column : column + 10] = light
    number = np.zeros((120, 160), np.int32)
    number[row : row + 6, column : column + 10] = 1
    return replace(seen_of(picture, ground, eye), number=number, thing_ids=("car",), moving=((1, velocity_mps),))


@pytest.mark.parametrize(("camera_mps", "car_mps"), [(0.0, 15.0), (0.0, -30.0), (20.0, 20.0), (12.0, -8.0)])
def test_a_mover_smears_by_its_own_velocity(camera_mps, car_mps):
    path = Slide(speed_mps=camera_mps)
    ground, eye = ground_below(LENS, path)
    seen = a_car(75, 57, (car_mps, 0.0), ground, eye)
    motion = motion_during(path, 0.0, seen, LENS, 0.2, convergence_rad=0.0)

    blurred = smear(seen.radiance, motion)[..., 1]

    length = abs(car_mps - camera_mps) * 0.2 * 120.0 / 50.0
    assert abs(motion.passing[0][1][0]) == pytest.approx(length, abs=0.05)
    line = (blurred[60] - 0.1).astype(np.float64) / 0.9
    x = np.arange(160)
    middle = (line * x).sum() / line.sum()
    assert line.sum() == pytest.approx(10.0, rel=0.02)
    assert middle == pytest.approx(79.5, abs=0.05)
    assert (line * (x - middle) ** 2).sum() / line.sum() == pytest.approx((99 + length**2) / 12, rel=0.03, abs=0.2)
    assert blurred[40] == pytest.approx(0.1, abs=1e-3)


def test_what_lies_behind_a_mover_smears_with_the_ground():
    """A car keeping up with the camera stays sharp while the ground is smeared."""
    path = Slide(speed_mps=20.0)
    ground, eye = ground_below(LENS, path)
    seen = a_car(75, 57, (20.0, 0.0), ground, eye)
    seen.radiance[:57] = np.random.default_rng(1).uniform(0.05, 0.2, (57, 160, 1))

    blurred = smear(seen.radiance, motion_during(path, 0.0, seen, LENS, 0.2, convergence_rad=0.0))

    assert blurred[59, 76:84] == pytest.approx(1.0, abs=1e-3)
    assert np.abs(np.diff(blurred[10:40], axis=1)).mean() < 0.4 * np.abs(np.diff(seen.radiance[10:40], axis=1)).mean()


def test_slow_and_parked_things_are_left_alone():
    path = Slide(speed_mps=5.0)
    ground, eye = ground_below(LENS, path)
    parked = seen_of(scene(), ground, eye)
    slow = replace(parked, number=a_car(75, 57, (0.1, 0.0), ground, eye).number, moving=((1, (0.1, 0.0)),))

    pictures = [
        smear(seen.radiance, motion_during(path, 0.0, seen, LENS, 0.1, convergence_rad=0.0)) for seen in (parked, slow)
    ]

    assert np.array_equal(*pictures)


def test_sky_moves_with_the_camera_alone():
    flow = motion_during(Slide(speed_mps=20.0), 0.0, seen_of(scene()), LENS, 0.05, convergence_rad=0.0).flow_px

    assert np.abs(flow).max() < 0.01


def test_rolling_shutter_takes_each_row_at_its_time():
    path = Slide(speed_mps=20.0, turn_dps=30.0)

    (shot,) = shots(path, 2.0, LENS, readout_s=0.03, convergence_rad=0.1)

    assert shot.t_s[[0, -1]] == pytest.approx([-0.015, 0.015])
    assert shot.eye_m[:, 0] == pytest.approx(20.0 * (2.0 + shot.t_s))
    assert shot.t_s[shot.middle] == pytest.approx(0.0, abs=0.0002)
    for row in (0, 50, 119):
        expected = camera_to_site(np.radians(30.0 * (2.0 + shot.t_s[row])), -np.pi / 2, 0.0, 0.1)
        assert shot.rotation[row] == pytest.approx(expected)


def test_samples_spread_over_the_exposure():
    out = shots(Slide(speed_mps=20.0, zoom_rate=0.5), 2.0, LENS, exposure_s=0.1, samples=4, convergence_rad=0.0)

    assert [float(shot.t_s[0]) for shot in out] == pytest.approx([-0.0375, -0.0125, 0.0125, 0.0375])
    assert out[0].lens.focal_px == pytest.approx(240.0)
    assert len(out[0].eye_m) == 1


def test_rotations_of_many_are_those_of_one():
    random = np.random.default_rng(4)
    yaw, pitch, roll = random.uniform(-180, 180, 30), random.uniform(-90, 30, 30), random.uniform(-60, 60, 30)
    zero = np.zeros(30)
    states = States(zero, np.zeros((30, 3)), yaw, pitch, roll, zero, zero, zero, np.zeros((30, 3)), zero + 1)

    many = rotations(states, 0.05)

    for k in range(30):
        assert many[k] == pytest.approx(camera_to_site(*np.radians([yaw[k], pitch[k], roll[k]]), 0.05))


def test_sharpening_makes_halos_and_denoising_calms_flat_ground():
    edge = np.full((80, 80, 3), 0.08, np.float32)
    edge[:, 40:] = 0.2
    soft, sharp = (
        Camera(replace(PLAIN, blur_px=0.7, sharpening=amount)).expose([seen_of(edge)], 0, np.random.default_rng(1))
        for amount in (0.0, 1.2)
    )
    noisy, calm = (
        Camera(replace(PLAIN, iso=1600, exposure_s=None, denoising=amount, colour_denoising=amount)).expose(
            [seen_of(np.full((80, 80, 3), 0.01, np.float32))], 0, np.random.default_rng(1)
        )
        for amount in (0.0, 1.0)
    )

    profile = sharp.mean(axis=(0, 2))
    assert profile[40:44].max() > soft.mean(axis=(0, 2))[60:].mean() + 3
    assert profile[36:40].min() < soft.mean(axis=(0, 2))[:20].mean() - 3
    assert calm.astype(float).std() < 0.6 * noisy.astype(float).std()


def test_lamps_flicker_down_a_rolling_picture():
    even = np.full((400, 40, 3), 0.0005, np.float32)
    settings = replace(PLAIN, flicker=0.5, readout_s=0.03, exposure_s=1 / 1000, mains_hz=50.0)

    rows = Camera(settings).expose([seen_of(even)], 0, np.random.default_rng(1)).mean(axis=(1, 2))

    power = np.abs(np.fft.rfft(rows - rows.mean()))
    assert np.argmax(power) == 3  # 100 Hz over 30 ms


def test_several_samples_are_averaged_in_light():
    black, white = np.full((40, 40, 3), 0.001, np.float32), np.full((40, 40, 3), 0.399, np.float32)
    grey = np.full((40, 40, 3), 0.2, np.float32)
    camera = Camera(replace(PLAIN, exposure_s=1 / 3000, iso=100))

    mixed = camera.expose([seen_of(black), seen_of(white)], 0, np.random.default_rng(1))
    even = camera.expose([seen_of(grey)], 0, np.random.default_rng(1))

    assert np.abs(mixed.astype(int) - even.astype(int)).max() <= 1


def test_things_stay_where_the_lens_puts_them():
    """Blur, mosaic and development shift nothing."""
    light = np.full((120, 160, 3), 0.05, np.float32)
    spot = project(
        np.array([[4.0, -3.0, 0.0]]), np.array([0.0, 0.0, 50.0]), LENS.K, Brown(), camera_to_site(0, -np.pi / 2, 0)
    )[0]
    x, y = np.meshgrid(np.arange(160), np.arange(120))
    light += 0.3 * np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / 8)[..., None].astype(np.float32)

    picture = Camera(SensorSettings()).expose([seen_of(light)], 0, np.random.default_rng(1)).astype(float).sum(axis=2)

    weight = np.clip(picture - np.median(picture) - 30, 0, None)
    found = [(weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()]
    assert found == pytest.approx(list(spot), abs=0.1)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: SensorSettings(brightness=44.0), "brightness"),
        (lambda: SensorSettings(longest_s=1 / 9000), "ascend"),
        (lambda: SensorSettings(iso=0), "iso"),
        (lambda: SensorSettings(vignetting=20.0), "shares"),
        (lambda: shots(Slide(), 0.0, LENS, samples=0, convergence_rad=0.0), "sample"),
        (lambda: Camera().expose([], 0, np.random.default_rng(0)), "at least one"),
    ],
)
def test_wrong_settings_say_why(make, word):
    with pytest.raises(ConfigError, match=word):
        make()


def test_light_that_is_no_number_is_refused():
    light = scene()
    light[3, 4, 1] = np.nan

    with pytest.raises(GeometryError, match="frame 7: light of 1 pixels"):
        Camera().expose([seen_of(light)], 7, np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(33, 97), (120, 161), (32, 32)])
def test_pictures_of_any_size_are_even_to_their_edges(shape):
    even = np.full((*shape, 3), 0.2, np.float32)

    picture = Camera(PLAIN).expose([seen_of(even)], 0, np.random.default_rng(1)).astype(float)

    assert picture.shape == (*shape, 3)
    assert np.ptp([picture[0].mean(), picture[-1].mean(), picture[:, 0].mean(), picture[:, -1].mean()]) < 3.0
    assert picture[0].mean() == pytest.approx(picture.mean(), abs=2.5)


@pytest.mark.parametrize("name", SENSORS)
def test_each_sensor_takes_a_sunlit_picture(name):
    picture = Camera(sensor_behind(name)).expose([seen_of(scene())], 0, np.random.default_rng(1))

    assert picture.mean() / 255 == pytest.approx(SENSORS[name].brightness, abs=0.06)


def test_a_survey_camera_is_quieter_than_a_zoom_camera():
    even = np.full((80, 80, 3), 0.1, np.float32)
    same = {"iso": 800, "vignetting": 0.0, "denoising": 0.0, "colour_denoising": 0.0, "sharpening": 0.0}

    survey, zoom = (
        Camera(replace(sensor_behind(name), **same))
        .expose([seen_of(even)], 0, np.random.default_rng(1))
        .std(axis=(0, 1))
        for name in ("survey_35mm", "zoom")
    )

    assert (survey < 0.5 * zoom).all()
