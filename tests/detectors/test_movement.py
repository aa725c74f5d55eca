"""The movement detector on rendered streams of known truth."""

import cv2
import numpy as np
import pytest
from moving_scene import Mover, centre_in_picture, ground, picture

from detectors.movement import MotionDetector, MovementSettings
from detectors.movement.overlay import Overlayer
from detectors.movement.picture import Darkroom
from detectors.movement.stabilise import register

RATE_HZ = 10
SETTINGS = MovementSettings(baselines_s=(0.3, 1.0, 1.5))


def watch(images, rate_hz=RATE_HZ, settings=SETTINGS):
    session = MotionDetector(settings).session()
    for k, image in enumerate(images):
        session.push(round(k * 1e9 / rate_hz), image)
    return session.finish(), session.assessable()


def hits(track, mover, drift=1.5):
    """Share of a track's boxes whose centre lies on the mover."""
    good = []
    for frame, box in zip(track.frames, track.boxes_px, strict=True):
        away = box[:2] + box[2:] / 2 - centre_in_picture(mover, int(frame), drift)
        good.append(np.hypot(*away) < max(4.0, 0.5 * np.hypot(*mover.size)))
    return float(np.mean(good))


def stream(count, *movers, seed=1, drift=1.5):
    scene = ground(seed)
    return [picture(scene, k, movers, seed, drift=drift) for k in range(count)]


SMALL = Mover((300, 250), (2.2, 0.8), (9, 5), 250)
FAST = Mover((260, 300), (7.0, 0.5), (14, 8), 8)
SLOW = Mover((420, 330), (0.7, -0.5), (12, 8), 245)
FAINT = Mover((420, 330), (0.7, -0.5), (12, 8), 190)
BARGE = Mover((340, 265), (-0.6, 1.7), (170, 70), 235, decks=7)
LARGE = Mover((330, 300), (3.5, 0.6), (90, 40), 235, decks=5)


@pytest.mark.parametrize("mover", [SMALL, FAST, SLOW, LARGE], ids=["small", "fast", "slow", "large"])
def test_one_mover_is_one_track_on_the_mover(mover):
    tracks, _ = watch(stream(45, mover))

    assert tracks, "the mover was not found"
    best = max(tracks, key=lambda t: len(t.frames) * hits(t, mover))
    assert hits(best, mover) > 0.8
    assert len(best.frames) > 25
    assert sum(hits(t, mover) < 0.5 for t in tracks) == 0


def test_a_still_scene_gives_no_track():
    tracks, assessable = watch(stream(40))

    assert tracks == []
    assert assessable.mean() > 0.9


def test_flickering_gain_gives_no_track():
    scene = ground(3)
    images = [picture(scene, k, (), 3, gain=1.0 + 0.25 * (k % 3 - 1)) for k in range(40)]

    tracks, _ = watch(images)

    assert tracks == []


def test_nothing_can_be_said_of_a_scene_without_texture():
    images = [np.full((360, 480), 120, np.uint8) for _ in range(15)]

    tracks, assessable = watch(images)

    assert tracks == []
    assert not assessable.any()


def test_same_input_gives_the_same_tracks():
    images = stream(35, SMALL, FAST)

    first, _ = watch(images)
    second, _ = watch(images)

    assert [t.track_id for t in first] == [t.track_id for t in second]
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.frames, other.frames)
        assert np.array_equal(one.boxes_px, other.boxes_px)
        assert one.score == other.score


def test_one_frame_a_second_still_shows_a_mover():
    mover = Mover((320, 280), (9.0, 3.0), (14, 9), 250)
    scene = ground(5)
    images = [picture(scene, k, (mover,), 5, drift=6.0) for k in range(14)]

    tracks, _ = watch(images, rate_hz=1, settings=MovementSettings())

    assert tracks
    best = max(tracks, key=lambda t: len(t.frames))
    assert hits(best, mover, drift=6.0) > 0.8


def test_thermal_counts_are_looked_at_like_grey_pictures():
    images = [np.asarray(image, np.uint16) * 6 + 27000 for image in stream(40, SMALL)]

    tracks, _ = watch(images)

    assert any(hits(t, SMALL) > 0.8 for t in tracks)


def test_a_fast_stream_is_thinned_and_its_frames_between_are_filled_in():
    slow = Mover(SMALL.start, (SMALL.step[0] / 3, SMALL.step[1] / 3), SMALL.size, SMALL.level)
    tracks, _ = watch(stream(90, slow, drift=0.5), rate_hz=30)

    best = max(tracks, key=lambda t: len(t.frames))
    assert np.array_equal(best.frames, np.arange(best.frames[0], best.frames[-1] + 1))
    assert 0.2 < best.detected.mean() < 0.5
    assert hits(best, slow, drift=0.5) > 0.8


def test_boxes_are_in_pixels_of_the_full_frame():
    settings = MovementSettings(baselines_s=(0.3, 1.0, 1.5), analysis_long_side_px=480)
    big = [np.kron(image, np.ones((2, 2), np.uint8)) for image in stream(40, LARGE)]

    tracks, _ = watch(big, settings=settings)

    best = max(tracks, key=lambda t: len(t.frames))
    widths = best.boxes_px[:, 2]
    assert 0.6 < np.median(widths) / (2 * LARGE.size[0]) < 1.3


def test_a_lost_frame_does_not_end_a_track():
    images = stream(40, SMALL)
    images[20] = np.zeros_like(images[20])

    tracks, assessable = watch(images)

    assert any(t.frames[0] < 15 and t.frames[-1] > 25 and hits(t, SMALL) > 0.8 for t in tracks)
    assert not assessable[20]


@pytest.mark.parametrize(("before", "after"), [(10, 10), (1, 12)])
def test_no_track_spans_a_pause_of_the_stream(before, after):
    mover = Mover((320, 280), (9.0, 3.0), (14, 9), 250)
    scene = ground(5)
    session = MotionDetector(MovementSettings()).session()
    for k in range(before + after):
        pause_s = 10 if k >= before else 0
        session.push((k + pause_s) * 10**9, picture(scene, k, (mover,), 5, drift=6.0))

    tracks = session.finish()

    assert any(t.frames[0] >= before and hits(t, mover, drift=6.0) > 0.8 for t in tracks)
    assert all(t.frames[-1] < before or t.frames[0] >= before for t in tracks)
    assert session.assessable()[before:].any()


def test_a_stream_with_lost_frames_is_one_stream():
    mover = Mover((320, 280), (5.0, 2.0), (14, 9), 250)
    scene = ground(5)
    session = MotionDetector(MovementSettings()).session()
    shown = [k for k in range(16) if k not in (6, 11, 12)]
    for k in shown:
        session.push(k * 10**9, picture(scene, k, (mover,), 5, drift=6.0))

    tracks = session.finish()

    assert max(len(t.frames) for t in tracks) > 8


def test_two_pictures_laid_on_each_other_either_way_agree():
    """The overlay of the earlier picture, turned, says what the later one would have found itself."""
    room = Darkroom(1280)
    scene = ground(7)
    for y, x in ((300, 300), (420, 520)):  # what stands off the ground: shifted between the pictures
        scene[y : y + 60, x : x + 60] = ground(8)[y : y + 60, x : x + 60]
    earlier, later = (room.develop(k, k / 10, picture(scene, k, (), 7)) for k in (0, 8))
    step = register(earlier, later, SETTINGS)
    overlayer = Overlayer(SETTINGS)

    one = overlayer.lay(earlier, later, np.linalg.inv(step.homography))
    turned = one.turned(earlier, later)
    other = overlayer.lay(later, earlier, step.homography)

    corners = np.array([[[60.0, 60.0], [420.0, 60.0], [420.0, 300.0], [60.0, 300.0]]])
    ways = [cv2.perspectiveTransform(corners, o.homography) for o in (turned, other)]
    assert np.abs(ways[0] - ways[1]).max() < 0.5
    back = turned.turned(later, earlier)
    assert np.allclose(back.homography / back.homography[2, 2], one.homography / one.homography[2, 2], atol=1e-9)
    inner = np.s_[3:-3, 3:-3]
    assert np.abs(back.flow[inner] - one.flow[inner]).max() < 0.1


def test_threads_change_nothing():
    images = stream(40, SMALL, SLOW)
    threads = cv2.getNumThreads()
    found = []
    try:
        for count in (1, 4):
            cv2.setNumThreads(count)
            found.append(watch(images)[0])
    finally:
        cv2.setNumThreads(threads)

    assert found[0]
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one.frames, other.frames)
        assert np.array_equal(one.boxes_px, other.boxes_px)


def test_a_large_thing_that_moves_slowly_is_found_by_its_path():
    """Its size alone would say that its place is known to a tenth of 130 px, and that it has not moved."""
    tracks, _ = watch(stream(50, BARGE))

    assert tracks
    assert max(hits(t, BARGE) * len(t.frames) for t in tracks) > 15
    assert sum(hits(t, BARGE) < 0.5 for t in tracks) == 0


def test_a_dark_stream_shows_what_a_light_one_does():
    rng = np.random.default_rng(4)
    dark = [
        np.clip(image * 0.07 + rng.normal(0, 1.0, image.shape), 0, 255).astype(np.uint8) for image in stream(45, SLOW)
    ]

    tracks, _ = watch(dark)

    assert any(hits(t, FAINT) > 0.8 for t in tracks)
    assert sum(hits(t, FAINT) < 0.5 for t in tracks) == 0


def test_traffic_both_ways_is_no_relief_under_a_camera_that_hardly_moves():
    lanes = [(230 + 24 * k, (3.0 if k < 3 else -3.0), 250 if k % 2 else 12) for k in range(6)]
    cars = [
        Mover((220 + 90 * n + 13 * k, y), (step, 0.0), (16, 9), level)
        for k, (y, step, level) in enumerate(lanes)
        for n in range(6)
    ]

    tracks, _ = watch(stream(45, *cars, drift=0.2))

    found = [sum(any(hits(t, car, 0.2) > 0.7 for t in tracks) for car in cars[k * 6 : k * 6 + 6]) for k in range(6)]
    assert all(lane >= 3 for lane in found), found
    assert sum(found) >= 24
