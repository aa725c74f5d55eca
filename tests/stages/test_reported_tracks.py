"""Targets that a sensor reports: gathered over frames, joined with our own tracks, placed by the same tests."""

import numpy as np
import pytest

from pipeline.records.dropped import Dropped
from pipeline.records.evidence import ImageTrack, Track, TrackOrigin, origin_of
from pipeline.records.mover_sight import PixelSight, SightFlaw, SightGrade
from pipeline.records.samples import ReportedStream, TargetSamples
from pipeline.stages.movement import PlaceTracks, TrackSettings
from pipeline.stages.reported_tracks import CompareReported, GatherReported, Reported, ReportedSettings, join_reported
from tests.stages.test_movement_stage import SITE, TERRAIN, boxes_of, frame

FRAMES = [frame(k, (0.0, 0.0, 170.0)) for k in range(8)]
TIMES = np.array([posed.ref.t_utc_ns for posed in FRAMES], np.int64)


def targets(rows, numbers, centres, status=1.0):
    count = len(rows)
    nothing = np.full(count, np.nan)
    return TargetSamples(
        np.array(rows, np.int64),
        np.array(numbers, np.int64),
        np.full((count, 4), np.nan),
        np.array(centres, float).reshape(count, 2),
        *(nothing,) * 4,
        np.full(count, status),
    )


def gather(reports, times=TIMES, frames=FRAMES):
    return list(GatherReported(ReportedSettings())(reports, times, frames))


def moving(number=7, step_px=40.0, start=(200.0, 300.0), count=8):
    centres = np.array(start) + np.outer(np.arange(count), [step_px, 0.0])
    return targets(range(count), [number] * count, centres)


def own_track(start=(200.0, 300.0), step_px=40.0):
    centres = np.array(start) + np.outer(np.arange(8), [step_px, 0.0])
    boxes = np.column_stack([centres - 9.5, np.full((8, 2), 20.0)])
    return ImageTrack(1, np.arange(8), boxes, np.ones(8, bool), 0.9, (), ())


def test_a_reported_car_gets_its_true_speed_on_the_ground():
    truth = np.array([[3.0 * k, 4.0 * k] for k in range(8)])
    boxes = boxes_of(truth, FRAMES)
    centres = boxes[:, :2] + (boxes[:, 2:] - 1) / 2

    (reported,) = gather(targets(range(8), [7] * 8, centres))
    (track,) = PlaceTracks(SITE, TERRAIN, TrackSettings())([reported.track], FRAMES)

    assert isinstance(track, Track)
    assert track.speed_mps == pytest.approx(5.0, abs=3 * track.speed_sigma_mps + 0.05)
    assert np.isnan(track.length_m)
    assert track.reasons[0].code == "reported_by_sensor_only"


def test_a_reported_thing_that_stands_is_no_mover():
    (reported,) = gather(moving(step_px=0.0))

    (result,) = PlaceTracks(SITE, TERRAIN, TrackSettings())([reported.track], FRAMES)

    assert isinstance(result, Dropped)
    assert result.code == "displacement_within_error"


def test_a_number_used_again_after_a_gap_is_another_thing():
    reports = targets([0, 1, 2, 5, 6, 7], [7] * 6, [[200, 300]] * 3 + [[900, 100]] * 3)

    first, second = gather(reports)

    assert list(first.track.frames) == [0, 1, 2]
    assert list(second.track.frames) == [5, 6, 7]


@pytest.mark.parametrize(
    ("reports", "times", "code"),
    [
        (moving(), TIMES + 400_000_000, "target_without_frame"),
        (moving(start=(5000.0, 0.0)), TIMES, "target_outside_frame"),
        (moving(start=(np.nan, np.inf)), TIMES, "target_outside_frame"),
        (moving(count=1), TIMES, "target_seen_once"),
    ],
)
def test_what_cannot_be_placed_says_why(reports, times, code):
    (dropped,) = gather(reports, times)

    assert isinstance(dropped, Dropped)
    assert dropped.code == code


def test_hundreds_of_targets_a_packet_are_each_gathered_once():
    rows = np.repeat(np.arange(8), 300)
    numbers = np.tile(np.arange(300), 8)

    found = gather(targets(rows, numbers, np.column_stack([numbers * 4.0, rows * 10.0])))

    assert [item.number for item in found if isinstance(item, Reported)] == list(range(300))


def test_no_targets_and_no_frames_give_nothing():
    assert gather(targets([], [], [])) == []
    assert gather(moving(), frames=[]) == []


def test_the_same_thing_is_joined_and_says_by_how_much_they_differ():
    (reported,) = gather(moving(start=(203.0, 304.0)))

    (joined,), alone = join_reported([own_track()], [reported], ReportedSettings())

    assert alone == []
    (reason,) = joined.reasons
    assert reason.code == "also_reported_by_sensor"
    assert dict(reason.parameters) == pytest.approx({"target": 7.0, "sigmas": 5.0 / np.sqrt(9.0 + 9.0)})


@pytest.mark.parametrize("elsewhere", [{"start": (200.0, 340.0)}, {"start": (200.0, 300.0), "step_px": 60.0}])
def test_another_thing_is_not_joined(elsewhere):
    (reported,) = gather(moving(**elsewhere))

    (joined,), alone = join_reported([own_track()], [reported], ReportedSettings())

    assert joined.reasons == ()
    assert alone == [reported]


def test_one_report_belongs_to_one_track_only():
    """Two of ours within the gate of one report: the nearer takes it."""
    (reported,) = gather(moving(start=(202.0, 300.0)))
    ours = [own_track(start=(208.0, 300.0)), own_track(start=(201.0, 300.0))]

    (far, near), alone = join_reported(ours, [reported], ReportedSettings())

    assert far.reasons == ()
    assert near.reasons[0].code == "also_reported_by_sensor"
    assert alone == []


def test_without_either_side_nothing_is_joined():
    (reported,) = gather(moving())

    assert join_reported([], [reported], ReportedSettings()) == ([], [reported])
    assert len(join_reported([own_track()], [], ReportedSettings())[0]) == 1


def reports(targets_, sensor="c"):
    return [ReportedStream(sensor, TIMES, targets_)]


CLEAR = [PixelSight(SightGrade.ASSESSABLE)] * len(FRAMES)
BLIND = [PixelSight(SightGrade.NOT_ASSESSABLE, (SightFlaw.RESTLESS,))] * len(FRAMES)


def placed(own, found, sights=CLEAR):
    compared = CompareReported(ReportedSettings())(own, found, FRAMES, sights)
    return list(PlaceTracks(SITE, TERRAIN, TrackSettings())(compared.tracks, FRAMES)), compared.dropped


def test_a_mover_that_both_see_is_one_row_of_both():
    ((both,), _) = placed([own_track()], reports(moving()))

    assert origin_of(both) is TrackOrigin.BOTH


def test_what_the_sensor_alone_reports_has_our_silence_against_it_only_where_we_could_see():
    ((seen,), _), ((unseen,), _) = placed([], reports(moving())), placed([], reports(moving()), BLIND)

    assert origin_of(seen) is origin_of(unseen) is TrackOrigin.SENSOR_REPORT
    assert "not_seen_in_pictures" in [reason.code for reason in seen.against]
    assert "pictures_not_assessable" in [reason.code for reason in unseen.against]


def test_our_own_mover_is_left_as_it_is_by_reports_of_other_cameras_and_of_other_things():
    far = moving(start=(200.0, 700.0), step_px=-20.0)

    ((alone,), none) = placed([own_track()], reports(moving(), sensor="other"))
    (two, _) = placed([own_track()], reports(far))

    assert origin_of(alone) is TrackOrigin.IMAGERY
    assert none == []
    assert sorted(origin_of(track) for track in two) == [TrackOrigin.IMAGERY, TrackOrigin.SENSOR_REPORT]
    assert len({track.track_id for track in two}) == 2


def test_a_reported_place_is_as_unsure_as_the_report_and_not_as_its_single_pixel():
    ((alone,), _) = placed([], reports(moving()))
    ((own,), _) = placed([own_track()], [])

    gsd_m = 0.07
    assert np.sqrt(alone.covariance_m2[0, 0, 0]) > 2.5 * gsd_m
    assert np.sqrt(own.covariance_m2[0, 0, 0]) > 2.5 * gsd_m


def test_reports_that_fit_no_frame_are_set_aside_and_end_nothing():
    tracks, dropped = placed([own_track()], reports(moving(start=(5000.0, 0.0))))

    assert len(tracks) == 1
    assert [item.code for item in dropped] == ["target_outside_frame"]
