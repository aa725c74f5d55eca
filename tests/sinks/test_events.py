"""One thing over frames, flights and nights."""

from dataclasses import replace
from itertools import permutations

import geopandas
import geoparquet_validator
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from pipeline.errors import PublishError
from pipeline.sinks.events import publish_events, read_known_events
from pipeline.sinks.join import Seen, join
from pipeline.sinks.publish import publish

NIGHT = "2020-11-21"
LON, LAT = 46.75, 39.75
M = 1 / 111_320


def seen(name, sortie="S0001", event="", north_m=0.0, **changes):
    row = Seen(
        candidate_id=name,
        event_id=event or f"e-{name}",
        sortie_id=sortie,
        night_id=NIGHT,
        rule_id="P1-FREEZE",
        event_class="NEW_FORTIFICATION",
        object_kind="linear_earthwork",
        change_direction="new",
        geometry=Point(LON, LAT + north_m * M),
        err95_major_m=3.0,
        side="a",
        confidence_word="probable",
        area_m2=10.0,
        area_sigma_m2=1.0,
        length_m=5.0,
        t_utc_ns=(0, 10),
        first_seen_utc_ns=0,
    )
    return replace(row, **changes)


def groups(events):
    return sorted(event.candidate_ids for event in events)


def test_two_flights_that_see_one_place_see_one_event():
    events = join([seen("a"), seen("b", "S0002", north_m=4.2)], (), NIGHT)

    assert groups(events) == [("a", "b")]
    assert events[0].known.event_id == "e-a"
    assert events[0].aliases == ("e-b",)
    assert events[0].known.sortie_ids == ("S0001", "S0002")


@pytest.mark.parametrize(
    "other",
    [
        seen("b", "S0002", north_m=4.4),  # joint 95 % error is 4.24 m
        seen("b", "S0001"),  # one flight told them apart
        seen("b", "S0002", event_class="SURFACE_DAMAGE"),
        seen("b", "S0002", change_direction="vanished"),
        seen("b", "S0002", geometry=None),
    ],
)
def test_what_is_not_the_same_stays_apart(other):
    assert groups(join([seen("a"), other], (), NIGHT)) == [("a",), ("b",)]


@pytest.mark.parametrize(("times", "expected"), [((5, 20), [("a", "b")]), ((11, 20), [("a",), ("b",)])])
def test_movers_are_one_only_when_seen_at_one_time(times, expected):
    one = seen("a", change_direction=None, object_kind="vehicle_size")
    other = replace(one, candidate_id="b", event_id="e-b", sortie_id="S0002", t_utc_ns=times)

    assert groups(join([one, other], (), NIGHT)) == expected


def test_east_and_north_count_in_the_same_metres():
    """A degree of longitude is shorter than one of latitude."""
    near = seen("b", "S0002", geometry=Point(LON + 5.4 * M, LAT))  # 5.4 m of latitude, 4.15 m here
    far = seen("b", "S0002", geometry=Point(LON + 5.8 * M, LAT))

    assert groups(join([seen("a"), near], (), NIGHT)) == [("a", "b")]
    assert groups(join([seen("a"), far], (), NIGHT)) == [("a",), ("b",)]


def test_rows_of_two_rules_about_one_thing_are_one_event():
    rows = [seen("a", event="e"), seen("b", event="e", rule_id="P2-AGD")]

    event = join(rows, (), NIGHT)[0]

    assert (event.candidate_ids, event.known.rule_ids) == (("a", "b"), ("P1-FREEZE", "P2-AGD"))


def test_every_order_of_rows_gives_the_same_events():
    rows = [seen("a"), seen("b", "S0002", north_m=4), seen("c", "S0003", north_m=8), seen("d", "S0003", north_m=50)]
    wanted = join(rows, (), NIGHT)

    for order in permutations(rows):
        got = join(order, (), NIGHT)
        assert groups(got) == groups(wanted) == [("a", "b", "c"), ("d",)]
        assert [event.known.event_id for event in got] == [event.known.event_id for event in wanted]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 3)), min_size=2, max_size=12))
def test_joined_rows_are_those_linked_by_pairs_found_one_by_one(places):
    """Against plain search over all pairs, without the spatial index."""
    rows = [seen(f"c{i:02d}", f"S{s}", north_m=float(n)) for i, (n, s) in enumerate(places)]
    label = list(range(len(rows)))
    for _ in rows:
        for i, (north, sortie) in enumerate(places):
            for j, (other_north, other_sortie) in enumerate(places):
                if sortie != other_sortie and abs(north - other_north) <= 4.2426:
                    label[i] = label[j] = min(label[i], label[j])
    wanted = sorted(tuple(sorted(rows[i].candidate_id for i in range(len(rows)) if label[i] == k)) for k in set(label))

    assert groups(join(rows, (), NIGHT)) == wanted


def test_a_lasting_event_is_carried_over_the_nights_and_keeps_its_id():
    first = join([seen("a", event="z")], (), "2020-11-21")
    quiet = join([], first, "2020-11-22")
    third = join(
        [seen("b", "S0009", event="z", area_m2=12.0, t_utc_ns=(90, 99), first_seen_utc_ns=90)], quiet, "2020-11-23"
    )

    assert quiet[0].candidate_ids == ()
    assert third[0].known.event_id == "z"
    assert third[0].nights == ("2020-11-21", "2020-11-23")
    assert (third[0].known.first_seen_utc_ns, third[0].known.last_seen_utc_ns) == (0, 99)
    assert third[0].known.area_m2 == 12.0


def test_an_id_known_before_survives_and_its_alias_still_leads_to_it():
    first = join([seen("a", event="z")], (), "2020-11-21")
    second = join([seen("b", "S2", event="z"), seen("c", "S3", event="a0")], first, "2020-11-22")
    third = join([seen("d", "S4", event="a0")], second, "2020-11-23")

    assert [event.known.event_id for event in second] == ["z"]
    assert [event.known.event_id for event in third] == ["z"]


def test_movers_never_reach_the_next_night():
    mover = seen("a", change_direction=None, object_kind="vehicle_size")

    assert join([], join([mover], (), "2020-11-21"), "2020-11-22") == ()


def test_the_snapshot_is_published_and_read_back_for_the_judge(tmp_path, make):
    mover = make.candidate(2, evidence_id="T0001", change_direction=None, object_kind="vehicle_size")
    publish(tmp_path, make.publication(candidates=(make.candidate(1), mover), chips=()))

    events = publish_events(tmp_path, NIGHT)

    assert [event.known.event_id for event in events] == ["e0001", "e0002"]
    path = tmp_path / f"events/v1/night={NIGHT}/part-0.parquet"
    assert geoparquet_validator.failed(geoparquet_validator.check(str(path))) == []
    assert len(geopandas.read_parquet(tmp_path / "events/v1")) == 2
    known = read_known_events(tmp_path, "2020-11-22")
    assert [event.event_id for event in known] == ["e0001"]
    assert known[0].first_seen_utc_ns == make.noon
    assert known[0].geometry.area == pytest.approx(make.candidate(1).geometry.area)
    assert read_known_events(tmp_path, NIGHT) == ()


def test_a_later_night_leaves_an_earlier_snapshot_alone(tmp_path, make):
    publish(tmp_path, make.publication(chips=()))
    publish_events(tmp_path, NIGHT)
    before = (tmp_path / f"events/v1/night={NIGHT}/part-0.parquet").read_bytes()

    publish_events(tmp_path, "2020-11-22")
    publish_events(tmp_path, NIGHT)

    assert (tmp_path / f"events/v1/night={NIGHT}/part-0.parquet").read_bytes() == before
    rows = pq.read_table(tmp_path / "events/v1/night=2020-11-22/part-0.parquet", partitioning=None).to_pylist()
    assert [row["candidate_ids"] for row in rows] == [[], []]


def test_a_broken_snapshot_is_told(tmp_path):
    folder = tmp_path / f"events/v1/night={NIGHT}"
    folder.mkdir(parents=True)
    (folder / "part-0.parquet").write_bytes(b"no")

    with pytest.raises(PublishError, match="restore it"):
        read_known_events(tmp_path, "2020-11-22")
