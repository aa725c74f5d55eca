"""The two simulations that the project itself flies."""

from dataclasses import replace
from pathlib import Path

from pipeline.simulator.nights.describe import read_night
from pipeline.simulator.nights.night import Night
from pipeline.simulator.quick import QuickFlights, quick_night

SAMPLE = Path(__file__).with_name("sample_night.toml")
"""Describes ``sample_frames``."""


def sample_settings(seed: int | None = None) -> Night:
    """The pair of sorties in ``sample_frames``: a baseline, and the next day's flight 1 h 50 min later in the day."""
    night = read_night(SAMPLE)
    return night if seed is None else replace(night, seed=seed)


def tiny_settings(seed: int = 1, frames: int = 6) -> Night:
    """A pair of small flights for quick tests: 320 × 240 at 0.25 m, no pictures of the truth."""
    night = quick_night(QuickFlights(seed=seed, frames=frames, size_px=(320, 240), gsd_m=0.25, strips=1))
    return replace(night, templates=tuple(replace(template, truth=()) for template in night.templates))
