"""A small described night that the tests of the whole simulator share."""

from pathlib import Path

from pipeline.simulator.nights.describe import parse_night
from pipeline.simulator.nights.night import Night

SMALL = """
name = "small"
seed = 5
folders = "flat"

[place]
lon_deg = 46.8438
lat_deg = 39.9684
utc_offset_h = 4

[weather]
cloud_cover = 1.0
wind_mps = 0

[[nights]]
date = 2021-05-17
repeat = 2

[[events]]
id = "E01"
kind = "burn"
at = { east_m = 6, north_m = 5 }
night = 2
options = { radius_m = 2.5 }

[[events]]
id = "E02"
kind = "parked_vehicle"
at = { east_m = -9, north_m = -4 }
heading_deg = 30
night = 2
options = { form = "bus", paint = "white", tracks = false }

[[events]]
id = "M01"
kind = "vehicle_moving"
at = { east_m = 0, north_m = -8 }
night = 2
time = 11:19:00
options = { passes_s = 61 }

[lenses.tiny]
name = "consumer_wide"
size_px = [200, 150]
focal_px = 150
distortion = [-0.05, 0.02, 0.0005, -0.0004, 0.0]
centre_off_px = [1.2, -0.8]

[plans.strip]
kind = "survey"
length_m = 30
strips = 1
height_m = 35
speed_mps = 6

[[sorties]]
id = "before"
nights = [1]
start = 11:10:00
plan = "strip"
lens = "tiny"
frames = 3
interval_s = 1.5
truth = ["masks", "depths", "shadows"]

[[sorties]]
id = "after"
nights = [2]
start = 11:20:00
plan = "strip"
lens = "tiny"
frames = 3
interval_s = 1.5
truth = ["masks", "depths", "shadows"]
"""


def described(text: str) -> Night:
    """A night from its text."""
    return parse_night(text.encode(), Path("night.toml"))
