"""The offset between telemetry and pictures, from made-up motion over ground that is not flat."""

import numpy as np
import pytest

from pipeline.geometry.brown import Brown
from pipeline.geometry.camera import camera_matrix, project
from pipeline.geometry.rotation import camera_to_site
from pipeline.records.camera import CameraModel
from pipeline.stages.clock_offset import MovedPair, OffsetSettings, View, clock_offset
from pipeline.stages.image_motion import ImageMotion

SIZE = (1280, 960)
CAMERA = CameraModel("c", SIZE, camera_matrix(1000.0, SIZE), Brown(-0.05, 0.01, 0, 0, 0), 0.01, "table")
LENGTH_S = 60.0


class Flight:
    """A drone that weaves, speeds up and slows down, 80 m above hills of 6 m."""

    def __init__(self, pitch_deg=-90.0, steady=False, bias_deg=0.0, jitter_deg=0.0, seed=1):
        self.pitch, self.steady, self.bias, self.jitter = pitch_deg, steady, np.radians(bias_deg), jitter_deg
        self.rng = np.random.default_rng(seed)

    def view(self, t, *, told):
        if self.steady:
            eye, yaw = np.array([12.0 * t, 0.0, 80.0]), 0.3
        else:
            eye = np.array([8.0 * t + 9 * np.sin(t / 2.5), 14 * np.sin(t / 4), 80 + 4 * np.sin(t / 6)])
            yaw = 0.6 * np.sin(t / 3) + 0.2 * np.sin(t)
        wobble = np.radians(self.rng.normal(0, self.jitter, 3)) if told and self.jitter else np.zeros(3)
        pitch = np.radians(self.pitch) + (self.bias if told else 0) + wobble[1]
        return View(eye, camera_to_site(yaw + (self.bias if told else 0) + wobble[0], pitch, wobble[2]))

    def pairs(self, offset_s, *, turned=False, count=40):
        """Telemetry runs `offset_s` behind: at its time t + offset it says what was at t."""
        out = []
        for t in np.linspace(8, LENGTH_S - 8, count):
            before, after = (self.view(at, told=False) for at in (t, t + 0.5))
            seen = []
            points = np.column_stack([self.rng.uniform(-60, 60, (400, 2)), self.rng.uniform(-3, 3, 400)])
            forward = before.eye_m + before.rotation[:, 2] * (before.eye_m[2] / max(0.2, -before.rotation[2, 2]))
            points[:, :2] += forward[:2]
            for view in (before, after):
                seen.append(project(points, view.eye_m, CAMERA.K, CAMERA.distortion, view.rotation))
            inside = np.all([np.all((p > 0) & (p < np.array(SIZE)), axis=1) for p in seen], axis=0)
            a, b = (p[inside] + self.rng.normal(0, 0.5, (int(inside.sum()), 2)) for p in seen)
            if turned:
                a, b = np.array(SIZE) - 1 - a, np.array(SIZE) - 1 - b

            def views(later_s, t=t):
                if not 0 <= t + later_s - offset_s <= LENGTH_S - 1:
                    return None
                return tuple(self.view(t + later_s - offset_s + gap, told=True) for gap in (0.0, 0.5))

            out.append(MovedPair(CAMERA, ImageMotion(a, b, 2.0), views))
        return out


@pytest.mark.parametrize("offset_s", [0.0, 0.3, -0.45, 1.7, -3.2])
@pytest.mark.parametrize("pitch_deg", [-90.0, -50.0])
def test_the_offset_is_found_with_its_error(offset_s, pitch_deg):
    found = clock_offset(Flight(pitch_deg, bias_deg=1.5, jitter_deg=0.05).pairs(offset_s), OffsetSettings())

    assert found.offset_s == pytest.approx(offset_s, abs=max(0.04, 4 * found.sigma_s))
    assert found.sigma_s < 0.06
    assert found.applies == (offset_s != 0)
    assert not found.turned


def test_turned_pictures_are_noticed_and_the_offset_is_found_all_the_same():
    found = clock_offset(Flight().pairs(0.8, turned=True), OffsetSettings())

    assert found.turned
    assert found.offset_s == pytest.approx(0.8, abs=0.05)


def test_a_steady_flight_shows_nothing_and_nothing_is_applied():
    found = clock_offset(Flight(steady=True, jitter_deg=0.1).pairs(1.0), OffsetSettings())

    assert not found.applies


def test_pictures_that_have_nothing_to_do_with_the_telemetry_are_not_believed():
    true, other = Flight(seed=2).pairs(0.0), Flight(pitch_deg=-60, seed=3).pairs(20.0)
    mixed = [MovedPair(CAMERA, a.motion, b.views) for a, b in zip(true, reversed(other), strict=True)]

    found = clock_offset(mixed, OffsetSettings())

    assert found is None or not found.applies


def test_an_offset_at_the_end_of_the_search_is_not_applied():
    found = clock_offset(Flight().pairs(2.0), OffsetSettings(max_offset_s=1.5))

    assert not found.applies


def test_few_pairs_say_nothing():
    assert clock_offset(Flight().pairs(0.5, count=6), OffsetSettings()) is None
