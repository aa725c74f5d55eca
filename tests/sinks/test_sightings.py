"""Complaints: what was published tells who saw a place, and says plainly when nobody did."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.cli.main import call
from pipeline.sinks.publish import publish
from pipeline.sinks.sightings import Question, look_up

HOUR = 3600 * 10**9


@pytest.fixture
def flown(tmp_path, make):
    """Three frames of 40 by 30 m in one flight: at the origin, 100 m east of it, and at the origin an hour later."""
    first, second, third = (make.frame(name) for name in ("F1", "F2", "F3"))
    second = replace(second, footprint_m=second.footprint_m + np.array([100.0, 0.0]))
    third = replace(third, ref=replace(third.ref, t_utc_ns=make.noon + HOUR))
    publish(tmp_path, make.publication(frames=(first, second, third), tracks=(), changes=(), chips=()))
    return tmp_path


@pytest.fixture
def ask(make):
    def asked(x=0.0, y=0.0, within=5.0, start_s=-60.0, end_s=60.0):
        lon, lat = make.site.to_lonlat(np.array([[x, y]]))[0]
        noon = datetime.fromtimestamp(make.noon / 1e9, UTC)
        return Question(lon, lat, within, noon + timedelta(seconds=start_s), noon + timedelta(seconds=end_s))

    return asked


def names(answer):
    return [(frame.frame_id, frame.whole) for flight in answer.flights for frame in flight.seen]


def test_frames_of_the_span_that_show_the_place_are_listed(flown, ask):
    answer = look_up(flown, ask())

    assert names(answer) == [("F1", True)]
    assert answer.flights[0].frames_then == 2
    assert answer.before is None
    assert answer.after is not None
    assert (answer.after[0], answer.after[1].frame_id) == ("S0001", "F3")


@pytest.mark.parametrize(
    ("x", "within", "seen"),
    [
        (14.0, 2.0, [("F1", True)]),  # the edge is 6 m away, its error 3 m
        (16.0, 2.0, [("F1", False)]),  # the error may cut it
        (24.0, 2.0, [("F1", False)]),  # 2 m outside, less than the error
        (26.0, 2.0, []),
        (0.0, 30.0, [("F1", False)]),  # a larger circle than the frame
    ],
)
def test_the_error_of_a_frame_decides_what_it_surely_shows(flown, ask, x, within, seen):
    assert names(look_up(flown, ask(x, within=within))) == seen


def test_a_flight_that_looked_elsewhere_says_how_far_away(flown, ask):
    answer = look_up(flown, ask(50.0))

    assert names(answer) == []
    assert answer.flights[0].nearest_m == pytest.approx(30.0, abs=0.1)


def test_between_two_sightings_both_are_named(flown, ask):
    answer = look_up(flown, ask(start_s=600.0, end_s=1200.0))

    assert answer.flights == ()
    assert answer.before is not None
    assert answer.after is not None
    assert (answer.before[1].frame_id, answer.after[1].frame_id) == ("F1", "F3")


def test_what_was_set_aside_may_have_shown_it(tmp_path, make, ask):
    publish(tmp_path, make.empty(dropped=make.publication().dropped))

    (flight,) = look_up(tmp_path, ask()).flights

    assert (flight.frames_then, flight.not_placed) == (0, 1)


def test_a_change_meets_any_time_since_its_baseline(tmp_path, make, ask):
    """Its baseline is of the day before: a complaint about any hour in between concerns it."""
    change = make.candidate(1, geometry=make.publication().candidates[1].geometry.buffer(1e-4))
    mover = make.candidate(2, geometry=change.geometry, baseline_at_utc_ns=None)
    publish(tmp_path, make.publication(candidates=(change, mover), chips=()))
    lon, lat = change.geometry.centroid.coords[0]

    def found(start_h, end_h):
        noon = datetime.fromtimestamp(make.noon / 1e9, UTC)
        question = Question(lon, lat, 20.0, noon + timedelta(hours=start_h), noon + timedelta(hours=end_h))
        return [finding.candidate_id for finding in look_up(tmp_path, question).findings]

    assert found(-12, -10) == ["c0001"]
    assert found(-1, 1) == ["c0001", "c0002"]
    assert found(-48, -30) == []
    assert found(1, 2) == []


def test_the_command_says_it_in_words_and_json_and_notes_the_question(flown, ask, capsys):
    question = ask()
    place = f"{question.lon_deg},{question.lat_deg}"
    span = f"{question.start.isoformat()}/{question.end.isoformat()}"
    options = ["--at", place, "--when", span, "--within", "5", "--out", str(flown)]

    assert call(["lookup", *options]) == 0
    assert "SEEN: 1 frames show all of it" in capsys.readouterr().out
    assert call(["lookup", *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seen_whole"] == 1
    assert call(["lookup", *options[:2], "--when", "2019-01-01T00:00Z/2019-01-02T00:00+04:00", *options[4:]]) == 0
    assert "NOT SEEN" in capsys.readouterr().out
    assert (flown / "custody.jsonl").read_text().count("looked up") == 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("--at", "39.7"), "longitude comes first"),
        (("--at", "46.7,139.7"), "no place"),
        (("--when", "2020-11-21T20:00Z"), "START/END"),
        (("--when", "2020-11-21T20:00/2020-11-21T21:00"), "by which clock"),
        (("--when", "2020-11-21T22:00Z/2020-11-21T21:00Z"), "is before"),
        (("--within", "0"), "--within"),
        (("--out", "nowhere"), "nothing is published"),
    ],
)
def test_wrong_questions_are_explained(flown, capsys, change, told):
    options = {"--at": "46.75,39.75", "--when": "2020-11-21T20:00Z/2020-11-21T21:00Z", "--within": "5"}
    options |= {"--out": str(flown), change[0]: change[1]}

    assert call(["lookup", *(word for pair in options.items() for word in pair)]) == 2
    assert told in capsys.readouterr().err
