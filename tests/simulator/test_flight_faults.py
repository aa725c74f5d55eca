"""Telemetry differs from the truth by what was asked, the same whenever it is asked."""

from dataclasses import fields, replace

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.flights.fault_log import fault_log
from pipeline.simulator.flights.faults import (
    AttitudeFaults,
    ClockFaults,
    Faults,
    HeightDatum,
    Jamming,
    PositionFaults,
    Spoofing,
    StreamFaults,
    TagFaults,
)
from pipeline.simulator.flights.plans import HoverPlan, SurveyPlan, make_path
from pipeline.simulator.flights.presets import PRESETS
from pipeline.simulator.flights.spans import Span
from pipeline.simulator.flights.tell import sample_times, stated_lens, tell
from pipeline.simulator.scene.lens import Lens

SITE = SiteFrame.at(46.84, 39.97)
CENTRE = np.array([*SITE.from_lonlat(np.array([46.84]), np.array([39.97]))[0], 410.0])
LENS = Lens("brown", (640, 480), camera_matrix(500.0, (640, 480)), np.zeros(5))
START = 1_621_315_800_000_000_000
PATH = make_path(SurveyPlan(length_m=400.0), CENTRE, lambda x, y: 410.0, SITE.convergence_rad, 4)
STILL = make_path(HoverPlan(seconds=600.0), CENTRE, lambda x, y: 410.0, SITE.convergence_rad, 4)
BROKEN = Faults(
    position=PositionFaults(bias_sigma_m=2.0, drift_m=1.0, noise_m=0.4, height_noise_m=0.2, hold_hz=5.0),
    attitude=AttitudeFaults(noise_deg=(0.5, 0.2, 0.2), drift_deg=(0.1, 0.1, 0.1), bias_sigma_deg=(1.0, 0.3, 0.3)),
    clock=ClockFaults(offset_s=0.3, drift_ppm=40.0, steps=((20.0, -3.0),), jitter_s=0.01),
    stream=StreamFaults(rate_hz=10.0, dropout_share=0.2, duplicate_share=0.05, disorder_share=0.05),
    jamming=(Jamming(Span(0.2, 0.3), "loss"), Jamming(Span(0.4, 0.5), "frozen"), Jamming(Span(0.6, 0.7), "noisy")),
    spoofing=(Spoofing(Span(0.75, 0.9), "drag"),),
    no_fix=(Span(0.0, 0.05),),
    lost_link=(Span(0.95, 0.98),),
)


def told_of(faults, times, path=PATH, seed=11):
    return tell(path, times, faults, site=SITE, start_utc_ns=START, take_off_hae_m=410.0, lens=LENS, seed=seed)


def errors_of(told, path=PATH):
    """East, north, up of the stated place less the true one."""
    flat = SITE.from_lonlat(told.lon_deg, told.lat_deg)
    return np.column_stack([flat, told.alt_m]) - path.at(told.true_s).eye_m


def test_nothing_wrong_tells_the_truth():
    times = np.linspace(0.0, PATH.duration_s, 40)
    told, true = told_of(Faults(), times), PATH.at(times)

    assert np.abs(errors_of(told)).max() < 1e-4
    assert told.t_utc_ns - START == pytest.approx(times * 1e9, abs=2)
    for name in ("yaw_deg", "pitch_deg", "roll_deg", "platform_yaw_deg", "velocity_mps"):
        assert getattr(told, name) == pytest.approx(getattr(true, name), abs=1e-9)
    assert told.focal_px == pytest.approx(500.0)
    assert told.relative_alt_m == pytest.approx(true.eye_m[:, 2] - 410.0)
    assert told.present.all() and told.linked.all()
    assert told.satellites.min() > 9 and told.hdop.max() < 1.6 and told.jamming.max() < 60
    assert fault_log(Faults(), PATH.duration_s, 11) == []


def test_telemetry_at_a_time_is_the_same_in_the_stream_and_at_the_frames():
    stream = told_of(BROKEN, np.arange(0, 700) / 10.0)
    frames = told_of(BROKEN, np.arange(0, 70, dtype=np.float64)[::-1])

    for field in fields(stream):
        if field.name == "true_s":
            continue
        of_stream, of_frames = getattr(stream, field.name)[::10], getattr(frames, field.name)[::-1]
        assert np.array_equal(of_stream, of_frames, equal_nan=True), field.name


def test_position_errors_have_the_size_asked():
    times = np.arange(0, 600.0, 0.2)
    noisy = told_of(Faults(position=PositionFaults(noise_m=0.7, height_noise_m=0.3)), times, STILL)
    biased = told_of(Faults(position=PositionFaults(bias_m=(3.0, -2.0), height_bias_m=5.0)), times, STILL)
    draws = [
        errors_of(
            told_of(Faults(position=PositionFaults(bias_sigma_m=2.0, drift_m=1.5)), np.array([0.0, 60.0]), STILL, k),
            STILL,
        )
        for k in range(300)
    ]

    assert errors_of(noisy, STILL).std(axis=0) == pytest.approx([0.7, 0.7, 0.3], rel=0.06)
    assert errors_of(biased, STILL).mean(axis=0) == pytest.approx([3.0, -2.0, 5.0], abs=1e-3)
    assert np.std([draw[0, :2] for draw in draws]) == pytest.approx(2.0, rel=0.1)
    assert np.std([draw[1, :2] - draw[0, :2] for draw in draws]) == pytest.approx(1.5, rel=0.1)


def test_angle_errors_have_the_size_asked():
    times = np.arange(0, 600.0, 0.2)
    true = STILL.at(times)
    faults = Faults(
        attitude=AttitudeFaults(noise_deg=(1.0, 0.3, 0.2), bias_deg=(2.0, 0.0, 0.0), boresight_deg=(0.0, 0.5, 0.0))
    )

    told = told_of(faults, times, STILL)

    off = np.column_stack([told.yaw_deg - true.yaw_deg, told.pitch_deg - true.pitch_deg, told.roll_deg - true.roll_deg])
    assert off.std(axis=0) == pytest.approx([1.0, 0.3, 0.2], rel=0.06)
    assert off.mean(axis=0) == pytest.approx([2.0, -0.5, 0.0], abs=0.06)


def test_angles_are_rounded():
    told = told_of(Faults(attitude=AttitudeFaults(round_deg=0.1)), np.arange(0, 20.0))

    assert told.pitch_deg * 10 == pytest.approx(np.round(told.pitch_deg * 10), abs=1e-6)


def test_the_clock_is_off_drifts_and_steps_back():
    times = np.array([0.0, 19.9, 20.0, 100.0])

    told = told_of(Faults(clock=ClockFaults(offset_s=1.5, drift_ppm=100.0, steps=((20.0, -973.0),))), times, STILL)

    assert (told.t_utc_ns - START) / 1e9 == pytest.approx([1.5, 21.40199, -951.498, -871.49])


def test_held_positions_change_only_so_often():
    times = np.arange(0, 4.0, 0.02)

    told = told_of(Faults(position=PositionFaults(hold_hz=7.0, noise_m=0.2)), times)

    assert len(np.unique(told.lon_deg)) == 28
    assert len(np.unique(told.yaw_deg)) == len(times)


def test_streams_come_at_their_rate_with_duplicates_and_disorder():
    plain = sample_times(60.0, Faults(stream=StreamFaults(rate_hz=5.0)), 1)
    faults = Faults(stream=StreamFaults(rate_hz=50.0, duplicate_share=0.1, disorder_share=0.05))
    broken = sample_times(200.0, faults, 1)

    assert np.diff(plain) == pytest.approx(0.2)
    assert plain[0] <= 0.0 and plain[-1] >= 60.0
    assert (np.diff(broken) == 0).mean() == pytest.approx(0.1 / 1.1, rel=0.15)
    assert (np.diff(broken) < 0).mean() == pytest.approx(0.05 / 1.1, rel=0.25)
    assert len(np.unique(broken)) == 202 * 50 + 1
    assert len(sample_times(60.0, Faults(stream=StreamFaults(rate_hz=None)), 1)) == 0


def test_dropouts_are_gaps_of_the_share_and_length_asked():
    faults = Faults(stream=StreamFaults(dropout_share=0.3, dropout_mean_s=4.0))
    times = np.arange(0, 600.0, 0.1)
    shares, lengths = [], []
    for seed in range(12):
        present = told_of(faults, times, STILL, seed).present
        edges = np.flatnonzero(np.diff(present.astype(int)))
        shares.append(1 - present.mean())
        lengths.append((~present).sum() * 0.1 / max(1, (np.diff(present.astype(int)) < 0).sum()))
        assert len(edges) > 10

    assert np.mean(shares) == pytest.approx(0.3, rel=0.12)
    assert np.mean(lengths) == pytest.approx(4.0, rel=0.15)


def test_jamming_loses_freezes_or_scatters_the_fix_and_says_so():
    times = np.arange(0, 600.0, 0.5)
    inside = (times >= 240) & (times < 300)
    for mode, left in (("loss", 4), ("frozen", 8), ("noisy", 9)):
        told = told_of(Faults(jamming=(Jamming(Span(240.0, 300.0, "s"), mode),)), times, STILL)
        assert told.jamming[inside].min() > 120 > told.jamming[times < 230].max()
        assert told.satellites[inside].max() < left < told.satellites[times < 230].min() + 1
        assert told.hdop[inside].min() > 3.0
        off = np.hypot(*errors_of(told, STILL)[:, :2].T)
        assert off[~inside].max() < 1e-3
        if mode == "loss":
            assert not told.lon_deg[inside].any() and not told.lat_deg[inside].any()
        elif mode == "frozen":
            assert len(np.unique(told.lon_deg[inside])) == 1
        else:
            assert np.sqrt((off[inside] ** 2).mean() / 2) == pytest.approx(40.0, rel=0.5)


def test_spoofing_pulls_the_fix_away_while_all_figures_look_fine():
    times = np.arange(0, 600.0, 1.0)
    inside = (times >= 300) & (times < 450)
    cases = (
        (Spoofing(Span(0.5, 0.75), "drag", 90.0, 2.0), np.array([2.0 * 149, 0.0, 0.0])),
        (Spoofing(Span(0.5, 0.75), "jump", 0.0, offset_m=120.0), np.array([0.0, 120.0, 0.0])),
        (Spoofing(Span(0.5, 0.75), "height", offset_m=-70.0), np.array([0.0, 0.0, -70.0])),
    )
    for spoof, expected in cases:
        told = told_of(Faults(spoofing=(spoof,)), times, STILL)
        off = errors_of(told, STILL)
        assert off[times == 449][0] == pytest.approx(expected, abs=1e-2)
        assert np.abs(off[~inside]).max() < 1e-3
        assert told.satellites.min() > 9 and told.hdop.max() < 1.6 and told.jamming.max() < 60
        assert told.relative_alt_m == pytest.approx(STILL.at(times).eye_m[:, 2] - 410.0)  # the barometer isn't fooled


def test_heights_in_the_wrong_datum_are_off_by_the_geoid():
    times = np.array([1.0, 2.0])
    wrong = Faults(datum=HeightDatum(stated="ellipsoidal", real="egm96", geoid_m=-28.7))
    right = Faults(datum=HeightDatum(stated="egm96", real="egm96", geoid_m=-28.7))

    assert errors_of(told_of(wrong, times))[:, 2] == pytest.approx(28.7, abs=1e-6)
    assert [(r.kind, r.size) for r in fault_log(wrong, 9.0, 1)] == [("datum.wrong", pytest.approx(28.7))]
    assert fault_log(right, 9.0, 1) == []
    with pytest.raises(ConfigError, match="geoid_m"):
        HeightDatum(real="egm96")


def test_no_fix_is_zero_zero_and_a_lost_link_nothing():
    times = np.arange(0, 100.0)
    told = told_of(Faults(no_fix=(Span(10.0, 20.0, "s"),), lost_link=(Span(50.0, 60.0, "s"),)), times, STILL)

    assert np.flatnonzero((told.lon_deg == 0) & (told.lat_deg == 0)).tolist() == list(range(10, 20))
    assert np.flatnonzero(~told.linked).tolist() == list(range(50, 60))
    assert not told.present[50:60].any()


def test_frames_are_turned_in_their_part_of_the_flight():
    faults = Faults(turned_frames=(Span(0.25, 0.5),))
    times = np.arange(0.0, 17.0)

    assert [k for k in range(17) if faults.turned(k, times)] == [4, 5, 6, 7]


def test_the_stated_lens_carries_the_wrong_tag():
    faults = Faults(tags=TagFaults(focal_factor=1.5))
    drawn = [stated_lens(LENS, Faults(tags=TagFaults(focal_sigma=0.01)), k).focal_px for k in range(400)]

    assert stated_lens(LENS, faults, 3).focal_px == pytest.approx(750.0)
    assert told_of(faults, np.array([0.0])).focal_px == pytest.approx(750.0)
    assert np.std(drawn) == pytest.approx(5.0, rel=0.1)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_err_by_what_they_say(name):
    expected = {
        "perfect": (0.0, 0.0),
        "consumer": (1.35, 0.9),
        "consumer_video": (1.35, 0.9),
        "rtk": (0.025, 0.47),
        "military": (2.5, 0.3),
    }
    faults = PRESETS[name]()
    places, yaws = [], []
    for seed in range(100):
        told = told_of(faults, np.array([20.0]), STILL, seed)
        places.append(errors_of(told, STILL)[0, :2])
        yaws.append(told.yaw_deg[0] - STILL.at(np.array([20.0])).yaw_deg[0])

    place, yaw = expected[name]
    assert np.std(places) == pytest.approx(place, rel=0.25, abs=0.01)
    assert np.sqrt(np.mean(np.square(yaws))) == pytest.approx(yaw, rel=0.25, abs=1e-6)


def test_the_log_says_what_was_wrong_and_when():
    records = fault_log(BROKEN, 100.0, 11)
    kinds = {record.kind: record for record in records}

    assert (kinds["jamming.loss"].begin_s, kinds["jamming.loss"].end_s) == (20.0, 30.0)
    assert kinds["spoofing.drag"].size == 1.5 and kinds["spoofing.drag"].unit == "m/s"
    assert (kinds["clock.step"].begin_s, kinds["clock.step"].size) == (20.0, -3.0)
    assert kinds["lost_link"].end_s == pytest.approx(98.0)
    dropped = [record for record in records if record.kind == "stream.dropout"]
    present = told_of(
        replace(BROKEN, lost_link=()),
        np.arange(0, 100.0, 0.01),
        make_path(HoverPlan(seconds=100.0), CENTRE, lambda x, y: 0.0, 0.0, 1),
    ).present
    assert sum(record.end_s - record.begin_s for record in dropped) == pytest.approx((~present).sum() * 0.01, abs=0.1)
    assert all(0.0 <= record.begin_s <= record.end_s <= 100.0 for record in records)


@pytest.mark.parametrize(("rate_hz", "kinds"), [(10.0, ["stream.disorder", "stream.duplicates"]), (None, [])])
def test_only_a_stream_is_said_to_have_doubled_and_disordered_samples(rate_hz, kinds):
    faults = Faults(stream=StreamFaults(rate_hz=rate_hz, duplicate_share=0.1, disorder_share=0.1))

    assert [record.kind for record in fault_log(faults, 9.0, 1)] == kinds
    assert (len(sample_times(9.0, faults, 1)) > 0) == bool(kinds)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Span(0.5, 0.2), "end after"),
        (lambda: Span(10.0, 20.0), "unit"),
        (lambda: StreamFaults(rate_hz=0.0), "rate_hz"),
        (lambda: StreamFaults(dropout_share=1.0), "shares"),
        (lambda: PositionFaults(noise_m=-1.0), "sigmas"),
        (lambda: PositionFaults(hold_hz=0.0), "hold_hz"),
        (lambda: AttitudeFaults(noise_deg=(-1.0, 0.0, 0.0)), "sigmas"),
        (lambda: TagFaults(focal_factor=0.0), "focal_factor"),
    ],
)
def test_faults_that_make_no_sense_say_why(make, word):
    with pytest.raises(ConfigError, match=word):
        make()
