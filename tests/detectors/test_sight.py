"""Whether the detector knows what it can see."""

import numpy as np
import pytest
from moving_scene import Mover, ground, picture

from detectors.movement import MotionDetector, MovementSettings
from pipeline.records.mover_sight import SightFlaw, SightGrade

SETTINGS = MovementSettings(baselines_s=(0.3, 1.0, 1.5))


def sights(images, rate_hz=10, settings=SETTINGS):
    session = MotionDetector(settings).session()
    for k, image in enumerate(images):
        session.push(round(k * 1e9 / rate_hz), image)
    tracks = session.finish()
    return session.sights(), tracks


def test_a_textured_scene_is_assessable_but_for_its_ends():
    told, _ = sights([picture(ground(1), k, (), 1) for k in range(30)])

    assert all(sight.grade is SightGrade.ASSESSABLE for sight in told[8:22])
    assert told[0].grade is SightGrade.DEGRADED
    assert told[0].flaws == (SightFlaw.ONE_SIDED,)
    assert told[-1].flaws == (SightFlaw.ONE_SIDED,)


def test_without_texture_nothing_is_told():
    told, _ = sights([np.full((360, 480), 120, np.uint8) for _ in range(10)])

    assert {sight.grade for sight in told} == {SightGrade.NOT_ASSESSABLE}
    assert SightFlaw.NO_TEXTURE in told[5].flaws
    assert np.isnan(told[5].least_px)


def test_waves_are_no_ground_to_find_movers_on():
    """Ground to register on, most of it covered by what changes from picture to picture."""
    rng = np.random.default_rng(2)
    still = ground(1)
    images = []
    for k in range(30):
        image = picture(still, k, (), 1).astype(np.float32)
        image[90:] += rng.normal(0, 45, (270, 480))
        images.append(np.clip(image, 0, 255).astype(np.uint8))

    told, tracks = sights(images)

    assert {sight.grade for sight in told[8:22]} <= {SightGrade.NOT_ASSESSABLE}
    assert tracks == []


def test_one_frame_alone_can_not_be_assessed():
    told, _ = sights([picture(ground(1), 0, (), 1)])

    assert told[0].flaws == (SightFlaw.TOO_FEW_REFERENCES,)


def test_limits_are_in_pixels_of_the_frame():
    whole = [picture(ground(1), k, (), 1) for k in range(25)]
    reduced = MovementSettings(baselines_s=(0.3, 1.0, 1.5), analysis_long_side_px=240)

    fine, coarse = sights(whole)[0][12], sights(whole, settings=reduced)[0][12]

    assert coarse.least_px == pytest.approx(2 * fine.least_px)
    assert coarse.slowest_px_s > 1.5 * fine.slowest_px_s
    assert coarse.fastest_px_s == pytest.approx(fine.fastest_px_s)


@pytest.mark.parametrize("times", [1.3, 3.0])
def test_what_is_said_to_be_seen_is_seen(times):
    """A square that stands out, somewhat larger and faster than the least that is told."""
    empty, _ = sights([picture(ground(9, 20.0), k, (), 9) for k in range(30)])
    limit = empty[15]
    size = int(np.ceil(1.2 * limit.least_px))
    step = times * limit.slowest_px_s / 10
    mover = Mover((430.0, 330.0), (0.6 * step, -0.8 * step), (size, size), 215)

    _, tracks = sights([picture(ground(9, 20.0), k, (mover,), 9) for k in range(100)])

    assert any(len(track.frames) > 20 for track in tracks)
