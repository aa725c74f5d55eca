"""The camera and the ground that the settings of a simulation call for."""

import numpy as np

from pipeline.geometry.camera import camera_matrix
from pipeline.records.camera import CameraModel
from pipeline.simulator.flight import frame_times
from pipeline.simulator.scenario import Scenario, make_scenario
from pipeline.simulator.settings import SimulationSettings

_FOCAL_PER_WIDTH = 0.85


def scenario_of(settings: SimulationSettings) -> Scenario:
    """The place that a simulation flies over."""
    times, strips = frame_times(settings.plan, settings.frames)
    passes = tuple(
        (float(times[strips == strip].min()), float(times[strips == strip].max())) for strip in np.unique(strips)
    )
    half = half_extent(settings)
    return make_scenario(settings.seed, half, settings.place, events=settings.events, passes_s=passes)


def true_camera(settings: SimulationSettings) -> CameraModel:
    """The camera as it is."""
    focal = _focal_px(settings)
    width, height = settings.size_px
    principal = ((width - 1) / 2 + 0.004 * width, (height - 1) / 2 - 0.003 * width)
    K = camera_matrix(focal, settings.size_px, principal)
    distortion = np.array(settings.distortion, np.float64)
    return CameraModel("trucewatch simulated", settings.size_px, K, distortion, 0.0, "truth")


def _focal_px(settings: SimulationSettings) -> float:
    if settings.gsd_m is not None:
        return settings.plan.height_m / settings.gsd_m
    return _FOCAL_PER_WIDTH * settings.size_px[0]


def half_extent(settings: SimulationSettings) -> tuple[float, float]:
    """Half of the ground that all frames together see, along east and north."""
    plan, focal = settings.plan, _focal_px(settings)
    times, strips = frame_times(plan, settings.frames)
    del times
    per_strip = int(np.bincount(strips).max())
    along = (per_strip - 1) * plan.speed_mps * plan.interval_s + plan.height_m * settings.size_px[1] / focal
    aside = (int(strips.max())) * plan.strip_spacing_m + plan.height_m * settings.size_px[0] / focal
    c, s = abs(np.cos(plan.azimuth_rad)), abs(np.sin(plan.azimuth_rad))
    return float(along * c + aside * s) / 2, float(along * s + aside * c) / 2
