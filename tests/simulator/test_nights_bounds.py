"""Descriptions that ask for what nobody could fly, write or wait for are refused at once, with their place."""

import re

import pytest

from pipeline.errors import ConfigError
from tests.simulator.small_night import SMALL, described

HERE = "at = { east_m = 6, north_m = 5 }"
BURN = "radius_m = 2.5"
NIGHTS = "date = 2021-05-17\nrepeat = 2"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("interval_s = 1.5", "interval_s = inf", r"night.toml:63: 'interval_s' must be a finite number"),
        (HERE, "at = { east_m = inf, north_m = 5 }", r"'east_m' must be a finite number, not inf"),
        ("frames = 3", "faults = { position = { bias_m = [0, -inf] } }", r"'bias_m' must be a finite number"),
        ("date = 2021-05-17", "date = 1677-01-01", r"1677-01-01 is not within 1980-01-06 to 2199-12-31"),
        ("date = 2021-05-17", "date = 9999-12-31", r"is not within"),
        (NIGHTS, "date = 2199-12-30\nrepeat = 40", r"the nights go on beyond 2199-12-31"),
        (NIGHTS, "date = 2021-05-17\nrepeat = 1000000000", r"'repeat' must be from 1 to 4000"),
        ("date = 2021-05-17", "date = 2021-05-17\nevery_days = 99999999999", r"'every_days' must be from 1"),
        (HERE, "at = { east_m = 1e9, north_m = 5 }", r"'at' lies 1,000,000 km from \[place\]"),
        (HERE, "at = { lon_deg = 39.9684, lat_deg = 46.8438 }", r"are longitude and latitude exchanged"),
        (BURN, "radius_m = -2.5", r"night.toml:24 \[events #1.options\]: .*'radius_m' must be between"),
        (BURN, 'radius_m = "2.5"', r"night.toml:24 .*'radius_m' must be a number"),
        (BURN, "radius_m = { m = 2.5 }", r"night.toml:24 .*'radius_m' must be a number, a word"),
        (BURN, 'bearing = "evil"', r"'bearing' cannot be 'evil'; known are compliance, harmless"),
        (HERE, f"{HERE}\nrepeat = 1000000000", r"'repeat' must be from 1 to 20000"),
        (HERE, f"{HERE}\nrepeat = 2\nscatter_m = -1", r"'scatter_m' must be from 0"),
        (HERE, f"{HERE}\nrepeat = 20000\nevery_nights = 4000", r"the events go on beyond"),
        ("night = 2", "night = 2\nbegins = 2021-05-17T20:00:00Z", r"'begins' stands in place of 'night' and 'time'"),
        ("frames = 3", "frames = 1000000000000", r"'frames' must be from 1 to 1000000"),
        ("frames = 3", "repeat = 100000\nevery_min = 0\ngrid = { columns = 9, rows = 9 }", r"more than 100000 sorties"),
        ("frames = 3", "repeat = 30\nevery_min = 120", r"the last would start after the night's end"),
        ("frames = 3", "repeat = 2\nevery_min = -5", r"'every_min' must be 0 or more"),
        ("frames = 3", "grid = { columns = 2, rows = 1, spacing_m = [1e7, 0] }", r"the grid is wider than 100 km"),
        ("interval_s = 1.5", "interval_s = 1e-12", r"'interval_s' is from 0.001"),
        ("frames = 3", "samples = 100000", r"'samples' must be from 1 to 256"),
        ("frames = 3", f'make = "{"x" * 70_000}"', r"'make' has more than 64 characters"),
        ('plan = "strip"', "plan = { kind = [] }", r"there is no plan '\[\]'"),
        ('plan = "strip"', "plan = { strips = 1000000000 }", r"strips must be from 1 to 1000"),
        ('plan = "strip"', "plan = { length_m = 1e12 }", r"length_m 1e\+12 .* at most 100000"),
        ('plan = "strip"', 'plan = { kind = "orbit", degrees = 1e12 }', r"orbit: it lasts .* hours, and at most 24"),
        ("frames = 3", "faults = { preset = [] }", r"there is no preset '\[\]'"),
        ("frames = 3", "faults = { position = { noise_m = 1e9 } }", r"position faults: 1e\+09 is beyond"),
        ("frames = 3", "faults = { position = { stated_sigma_m = -1 } }", r"stated_sigma_m must be 0 or more"),
        ("frames = 3", "faults = { clock = { offset_s = 1e12 } }", r"clock faults: 1e\+12 is beyond"),
        ("frames = 3", "faults = { clock = { jitter_s = -1 } }", r"jitter_s is a spread"),
        ("frames = 3", "faults = { clock = { steps = [[1, -1e9], [2, -1e9]] } }", r"would stand before 1970"),
        ("frames = 3", "faults = { tags = { focal_factor = 1e9 } }", r"focal_factor is from 0.05 to 20"),
        ("frames = 3", "sensor = { readout_s = 1e6 }", r"readout_s 1e\+06 is above 1"),
        ('lens = "tiny"', 'lens = { size_px = [65, 49] }\nformat = "video_csv"', r"a video of 65 × 49 pixels"),
        ('lens = "tiny"', "lens = { focal_px = 1e12 }", r"focal_px 1e\+12 is not within"),
        ('lens = "tiny"', "lens = { size_px = [0, 0] }", r"sides must lie between 32"),
        ('lens = "tiny"', "lens = { size_px = [64, 48], centre_off_px = [900, 0] }", r"outside the picture"),
        ("[weather]", "[world]\nbase_m = 1e9\n[weather]", r"base_m 1e\+09 is not within"),
        ("[weather]", "[world]\nrelief = 1e6\n[weather]", r"relief 1e\+06 is not within"),
        ("[weather]", "[weather]\nair_c = -1000", r"'air_c' is from -90 to 60"),
        ("[weather]", "[line]\nreach_m = -5\n[weather]", r"reach_m -5 is not within"),
        ("[weather]", "[line]\npoints_m = [[0, 0], [0, 0]]\n[weather]", r"two points or more that differ"),
        ("[weather]", '[line]\nline_file = "no.geojson"\n[weather]', r"\[line\]: there is no file .*no.geojson"),
    ],
)
def test_what_has_no_end_or_no_use_is_refused_with_its_place(old, new, said):
    assert old in SMALL
    with pytest.raises(ConfigError) as refused:
        described(SMALL.replace(old, new, 1))

    assert re.search(said, str(refused.value)), str(refused.value)
    assert str(refused.value).startswith("night.toml:")
