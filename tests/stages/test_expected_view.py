"""A matcher of another package: asked last, drawn what the frame should see, believed only on proof."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from textured_flight import SITE, STRIP, Texture, fly, grid, ground_error_m, ground_texture

from pipeline import plugins
from pipeline.config import parse_config
from pipeline.errors import ConfigError
from pipeline.plugins import DetectorPlugin
from pipeline.stages.register import Register, RegisterSettings
from pipeline.stages.survey import SurveySettings

NO_FEATURES_SUFFICE = RegisterSettings(survey=SurveySettings(min_features=3000, features=3000, max_side_px=320))


@dataclass(frozen=True)
class PatchSettings:
    reach_px: int = 36


@dataclass(frozen=True)
class PatchMatcher:
    """Correlates patches of the frame with their surroundings in the expected view."""

    settings: PatchSettings = PatchSettings()
    name: str = "patches"
    version: str = "1"
    sigma_px: float = 1.0
    shared_px: float = 0.0

    def match(self, frame, expected, reach_px, turn_deg):
        half, reach = 14, self.settings.reach_px
        seen, drawn = [], []
        for row in range(half + reach, frame.shape[0] - half - reach, 10):
            for column in range(half + reach, frame.shape[1] - half - reach, 10):
                patch = frame[row - half : row + half + 1, column - half : column + half + 1]
                around = half + reach
                space = expected[row - around : row + around + 1, column - around : column + around + 1]
                _, _, _, best = cv2.minMaxLoc(cv2.matchTemplate(space, patch, cv2.TM_CCOEFF_NORMED))
                seen.append((column, row))
                drawn.append((column + best[0] - reach, row + best[1] - reach))
        return np.array(seen, float).reshape(-1, 2), np.array(drawn, float).reshape(-1, 2)


@dataclass(frozen=True)
class Says:
    """Says what it is told to."""

    seen: np.ndarray
    drawn: np.ndarray
    name: str = "says"
    version: str = "1"
    sigma_px: float = 1.0
    shared_px: float = 0.0

    def match(self, frame, expected, reach_px, turn_deg):
        return self.seen, self.drawn


def registered(flight, picture, matcher):
    return list(Register(SITE, grid(), flight.pictures, picture, NO_FEATURES_SUFFICE, matcher)(flight.frames))


@pytest.fixture(scope="module")
def texture():
    return ground_texture(4)


def test_a_matcher_places_frames_that_features_cannot_even_turned_ones(texture):
    for turned in ((), (0,)):
        flight = fly(texture, STRIP[:1], seed=5, turned=turned)

        (without,) = registered(flight, Texture(texture), None)
        (placed,) = registered(flight, Texture(texture), PatchMatcher())

        assert without.registration.outcome == "too_few"
        assert (placed.registration.against, placed.registration.outcome) == ("reference", "registered")
        assert ground_error_m(placed, flight.eyes[0], flight.rotations[0]).max() < 0.5


def test_a_matcher_of_another_place_is_not_believed(texture):
    flight = fly(texture, STRIP[:3], seed=5)

    placed = registered(flight, Texture(ground_texture(77)), PatchMatcher())

    assert "registered" not in {f.registration.outcome for f in placed if f.registration.against == "reference"}


def test_pixels_without_ground_or_outside_the_frame_are_passed_over(texture):
    flight = fly(texture, STRIP[:1], seed=5)
    wild = np.array([[np.nan, 3.0], [1e9, 4.0], [-50.0, 2.0], [10.0, 10.0]] * 20)

    placed = registered(flight, Texture(texture), Says(wild, wild[::-1].copy()))

    assert placed[0].registration.outcome == "too_few"


def test_a_matcher_that_breaks_its_protocol_is_named(texture):
    flight = fly(texture, STRIP[:1], seed=5)

    with pytest.raises(ConfigError, match=r"matcher 'says' 1 gave pixels of shapes \(3, 2\) and \(2, 2\)"):
        registered(flight, Texture(texture), Says(np.zeros((3, 2)), np.zeros((2, 2))))


def test_a_configuration_names_a_matcher_of_an_installed_package(monkeypatch, tmp_path):
    class Entry:
        name, value, dist = "patches", "their.package:PLUGIN", None

        @staticmethod
        def load():
            return DetectorPlugin(PatchSettings, PatchMatcher)

    found = {"trucewatch.picture_matchers": [Entry]}
    monkeypatch.setattr(plugins, "entry_points", lambda group: found.get(group, []))
    text = '[detectors.matcher]\nname = "patches"\nreach_px = 9\n'

    matcher = parse_config(text, tmp_path / "own.toml").picture_matcher()

    assert matcher == PatchMatcher(PatchSettings(9))
    assert parse_config("", tmp_path / "own.toml").picture_matcher().name == "structure"
    assert parse_config(text.replace("patches", "none").replace("reach", "#"), tmp_path / "own.toml").matcher is None
    with pytest.raises(ConfigError, match="no matcher 'other'; known are patches, structure"):
        parse_config(text.replace('"patches"', '"other"'), tmp_path / "own.toml")
