"""Descriptions: what they mean, what is refused, and how little many sorties cost."""

import re

import pytest

from pipeline.errors import ConfigError
from pipeline.simulator.nights.describe import EXAMPLE, read_night
from pipeline.simulator.nights.sorties import Sorties
from pipeline.simulator.nights.world import World
from tests.simulator.small_night import SMALL, described

MANY = """
[place]
lon_deg = 46.8
lat_deg = 40.0
utc_offset_h = 4

[[nights]]
date = 2021-05-17
repeat = 5

[[sorties]]
id = "grid"
start = 22:30:00
repeat = 4
every_min = 60
grid = { columns = 5, rows = 5 }
frames = 200
"""


def test_the_example_is_described_and_equal_to_itself():
    night = read_night(EXAMPLE)

    assert night == read_night(EXAMPLE)
    assert hash(night) == hash(read_night(EXAMPLE))
    assert len(Sorties(night)) == 53


def test_five_hundred_sorties_of_two_hundred_frames_make_nothing_when_described(monkeypatch):
    made = []
    monkeypatch.setattr(World, "__init__", lambda *_: made.append("world"))
    monkeypatch.setattr("pipeline.simulator.nights.flown.fly", lambda *_: made.append("flight"))

    sorties = Sorties(described(MANY))

    assert len(sorties) == 500
    assert sum(sortie.frames for sortie in sorties) == 100_000
    assert len({sortie.sortie_id for sortie in sorties}) == len({sortie.seed for sortie in sorties}) == 500
    assert len({(sortie.start_utc_ns, sortie.shift_m) for sortie in sorties}) == 500
    assert made == []


def test_sorties_follow_from_their_names_not_from_what_else_is_described():
    alone = Sorties(described(MANY))
    other = '\n[[sorties]]\nid = "first"\nstart = 21:00:00\n'
    beside = Sorties(described(MANY.replace("[[sorties]]", other + "[[sorties]]", 1)))

    assert len(beside) == 505
    for sortie in (alone[0], alone[123], alone[-1]):
        assert beside.named(sortie.sortie_id) == sortie


def test_times_before_noon_belong_to_the_morning_after_the_night_began():
    evening, morning = (
        Sorties(described(SMALL.replace("start = 11:10:00", f"start = {time}")))[0] for time in ("22:30:00", "05:30:00")
    )

    assert evening.start_utc_ns == 1_621_276_200_000_000_000  # 2021-05-17T18:30Z
    assert morning.start_utc_ns == evening.start_utc_ns + 7 * 3600 * 10**9
    assert evening.night.night_id == morning.night.night_id == "2021-05-17"


def test_events_of_their_like_stay_where_they_are_when_more_are_added():
    few, many = (
        described(SMALL.replace('kind = "burn"', f'kind = "burn"\nrepeat = {count}\nscatter_m = 40\nevery_nights = 1'))
        for count in (2, 9)
    )

    assert few.events[:2] == many.events[:2]
    assert many.events[1].begins_utc_ns - many.events[0].begins_utc_ns == 86_400 * 10**9
    places = {(event.where.east_m, event.where.north_m) for event in many.events[:9]}
    assert len(places) == 9
    assert all(((east - 6) ** 2 + (north - 5) ** 2) ** 0.5 <= 40 for east, north in places)


def test_weather_of_a_sortie_is_its_own_over_the_nights_over_the_descriptions():
    text = SMALL.replace("repeat = 2", "repeat = 2\nweather = { cloud_cover = 0.5, wind_mps = 9 }")
    text = text.replace('id = "after"', 'id = "after"\nweather = { wind_mps = 2 }')
    night = described(text)

    before, after = (night.weather_of(Sorties(night).named(name)) for name in ("before", "after"))

    assert (before.cloud_cover, before.wind_mps) == (0.5, 9)
    assert (after.cloud_cover, after.wind_mps) == (0.5, 2)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "burn"', 'kind = "brun"', r"night.toml:21 \[events #1\]: there is no kind of event 'brun'; .*'burn'"),
        ("radius_m = 2.5", "radius = 2.5", r"night.toml:24 .*unknown key 'radius'; did you mean 'radius_m'"),
        ('lens = "tiny"', 'lens = "tony"', r"there is no \[lenses.tony\]; did you mean 'tiny'"),
        ('plan = "strip"', 'plan = { kind = "surway" }', r"there is no plan 'surway'; did you mean 'survey'"),
        ("height_m = 35", "hight_m = 35", r"unknown key 'hight_m'; did you mean 'height_m'"),
        ("frames = 3", "frames = 0", r"'frames' must be from 1 to"),
        ("frames = 3", 'format = "dji_still"', r"no format 'dji_still'; did you mean 'dji_stills'"),
        ("frames = 3", 'format = "thermal_stills"', r"lens 'consumer_wide' and format 'thermal_stills' do not fit"),
        ("frames = 3", 'faults = "consumr"', r"no faults 'consumr'; did you mean 'consumer'"),
        ("frames = 3", "faults = { clock = { offset = 1 } }", r"unknown key 'offset'; did you mean 'offset_s'"),
        ("nights = [1]", "nights = [3]", r"there is no night 3; 2 are described"),
        ("cloud_cover = 1.0", "cloud_cover = 1.5", r"\[weather\]: 'cloud_cover' is a share from 0 to 1"),
        ('id = "after"', 'id = "before"', r"a second sortie 'before'"),
        ('id = "E02"', 'id = "E01"', r"a second event 'E01'"),
        ('id = "E02"', 'id = "../x"', r"must begin with a letter"),
        ("lat_deg = 39.9684", "lat_deg = 139.9684", r"are they exchanged"),
        ("at = { east_m = 6, north_m = 5 }", "at = { east = 6 }", r"'at' needs lon_deg and lat_deg, .*'east_m'"),
        ("[weather]", '[world]\nbiome = "step"\n[weather]', r"no biome 'step'; did you mean 'steppe'"),
        ("[weather]", '[world]\nelevation = "no.tif"\n[weather]', r"there is no file .*no.tif"),
        ("[[events]]", "[[nights]]\ndate = 2021-05-18\n[[events]]", r"night of 2021-05-18 is described twice"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place_and_the_likely_word(old, new, said):
    assert old in SMALL
    with pytest.raises(ConfigError) as refused:
        described(SMALL.replace(old, new, 1))

    assert re.search(said, str(refused.value)), str(refused.value)
    assert str(refused.value).startswith("night.toml:")


def test_a_sortie_that_does_not_exist_is_refused_with_the_likely_one():
    with pytest.raises(ConfigError, match="no sortie 'befor' among the 2 described; did you mean 'before'"):
        Sorties(described(SMALL)).named("befor")
