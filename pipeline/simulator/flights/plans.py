"""All kinds of flights, and the way from a plan to a path."""

from pipeline.records.arrays import Float
from pipeline.simulator.flights.camera_work import CameraWork
from pipeline.simulator.flights.corridor import CorridorPlan
from pipeline.simulator.flights.course import GroundHeight
from pipeline.simulator.flights.fixed_wing import FixedWingPlan
from pipeline.simulator.flights.orbit import HoverPlan, OrbitPlan
from pipeline.simulator.flights.path import FlownPath
from pipeline.simulator.flights.survey import SurveyPlan

__all__ = [
    "PLANS",
    "CameraWork",
    "CorridorPlan",
    "FixedWingPlan",
    "HoverPlan",
    "OrbitPlan",
    "Plan",
    "SurveyPlan",
    "make_path",
]

Plan = SurveyPlan | OrbitPlan | CorridorPlan | FixedWingPlan | HoverPlan

PLANS: dict[str, type[Plan]] = {
    "survey": SurveyPlan,
    "orbit": OrbitPlan,
    "corridor": CorridorPlan,
    "fixed_wing": FixedWingPlan,
    "hover": HoverPlan,
}
"""Plans by the names that descriptions call them."""


def make_path(plan: Plan, centre_m: Float, ground: GroundHeight, convergence_rad: float, seed: int) -> FlownPath:
    """The true flight of a plan.

    Args:
        plan: What is flown.
        centre_m: ``(3,)`` site metres of the place's middle; z is the take-off's ellipsoidal height.
        ground: Ellipsoidal height of the ground at a site x and y.
        convergence_rad: Bearing of grid north from true north, clockwise.
        seed: Of wind and unsteadiness.

    Raises:
        ConfigError: The plan can't be flown.
    """
    target = centre_m + plan.camera.target_m
    target[2] = ground(float(target[0]), float(target[1])) + plan.camera.target_m[2]
    wing = isinstance(plan, FixedWingPlan)
    return FlownPath.make(
        plan.course(centre_m, ground),
        plan.camera,
        "fixed_wing" if wing else "multirotor",
        target,
        convergence_rad,
        plan.wind_mps if isinstance(plan, FixedWingPlan) else (0.0, 0.0),
        seed,
    )
