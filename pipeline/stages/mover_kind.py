"""What a mover may be by its size, speed and shape, with their errors.

Every sort of thing has an interval of length and a highest speed. What the measurement, with its errors, still allows
stays possible; a kind is said when it alone is left and holds the whole measurement, and is ``unknown`` otherwise. One
kind is broader than its name: an animal or a cycle of a person's size at a person's speed is `MoverKind.PERSON_SIZE`
too, which says how large and how quick something is, not what.
"""

from dataclasses import dataclass, field

import numpy as np

from pipeline.geometry.camera import project
from pipeline.geometry.projection import SiteFrame
from pipeline.geometry.sun import sun_direction
from pipeline.geometry.terrain_ray import HeightGrid
from pipeline.records.arrays import Float, Int
from pipeline.records.evidence import MoverKind
from pipeline.records.frame import GroundFrame


@dataclass(frozen=True, slots=True)
class KindSettings:
    """Sizes and speeds of what moves on the ground. Lengths are those of the longer side of the box.

    Attributes:
        sigmas: A sort of thing is excluded when it lies this many standard deviations off.
        person_min_m: Smallest person in plan view.
        person_max_m: Largest person: 0.3 to 1 m in plan view, more with the shadow; up to 2 m tall from the side.
        person_max_mps: Nobody runs faster for longer than a few seconds.
        animal_min_m: Small dog.
        animal_max_m: Horse or cow, nose to tail.
        animal_max_mps: Galloping horse, running dog.
        wheels_min_m: Shortest thing on two wheels; from there to `vehicle_min_m` it is no vehicle's size either.
        wheels_max_m: Longest thing on two wheels, laden.
        vehicle_min_m: Shortest vehicle.
        vehicle_min_width_m: Narrowest vehicle.
        vehicle_max_m: Longest vehicle; what is longer stays unknown.
        tyres_hold_mps2: No tyre on dry asphalt brakes or turns harder (0.8 g).
    """

    sigmas: float = 2.0
    person_min_m: float = 0.3
    person_max_m: float = 2.2
    person_max_mps: float = 6.0
    animal_min_m: float = 0.5
    animal_max_m: float = 2.8
    animal_max_mps: float = 15.0
    wheels_min_m: float = 1.0
    wheels_max_m: float = 2.8
    vehicle_min_m: float = 1.8
    vehicle_min_width_m: float = 1.2
    vehicle_max_m: float = 25.0
    tyres_hold_mps2: float = 8.0


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of one mover.

    Attributes:
        length_m: Longer side of its box across the line of sight; NaN when it is not resolved.
        width_m: Shorter side.
        side_sigma_m: Standard deviation of both.
        beyond_shadow_m: By how much its box exceeds that of a person with the shadow of that hour, see
            `beyond_shadow`.
        speed_mps, speed_sigma_mps: Net.
        jolt_mps2: Acceleration that its path surely shows, see `sure_acceleration`.
    """

    length_m: float
    width_m: float
    side_sigma_m: float
    beyond_shadow_m: float
    speed_mps: float
    speed_sigma_mps: float
    jolt_mps2: float


@dataclass(frozen=True, slots=True)
class TellKind:
    """Says what a mover is by its measures."""

    settings: KindSettings = field(default_factory=KindSettings)

    def __call__(self, seen: Measures) -> MoverKind:
        """The one kind that explains it, or unknown."""
        rules = self.settings
        if not (np.isfinite(seen.length_m) and np.isfinite(seen.side_sigma_m) and np.isfinite(seen.speed_sigma_mps)):
            return MoverKind.UNKNOWN
        margin_m, margin_mps = rules.sigmas * seen.side_sigma_m, rules.sigmas * seen.speed_sigma_mps
        shortest_m, longest_m = seen.length_m - margin_m, seen.length_m + margin_m
        slowest_mps, fastest_mps = seen.speed_mps - margin_mps, seen.speed_mps + margin_mps
        on_foot = slowest_mps <= rules.person_max_mps
        slim = shortest_m <= rules.person_max_m or seen.beyond_shadow_m <= margin_m
        person = on_foot and slim and longest_m >= rules.person_min_m
        animal = (
            slowest_mps <= rules.animal_max_mps and shortest_m <= rules.animal_max_m and longest_m >= rules.animal_min_m
        )
        rolls = seen.jolt_mps2 <= rules.tyres_hold_mps2
        two_wheels = rolls and shortest_m <= rules.wheels_max_m and longest_m >= rules.wheels_min_m
        vehicle = rolls and rules.vehicle_min_m <= longest_m and seen.length_m <= rules.vehicle_max_m
        vehicle = vehicle and seen.width_m + margin_m >= rules.vehicle_min_width_m
        if vehicle and not (person or animal):
            whole = shortest_m >= rules.wheels_min_m and longest_m <= rules.vehicle_max_m
            return MoverKind.VEHICLE_SIZE if whole and seen.width_m >= rules.vehicle_min_width_m else MoverKind.UNKNOWN
        if animal and not (person or vehicle or two_wheels):
            whole = rules.animal_min_m <= shortest_m and longest_m <= rules.animal_max_m
            return MoverKind.ANIMAL if whole and fastest_mps <= rules.animal_max_mps else MoverKind.UNKNOWN
        whole = rules.person_min_m <= shortest_m and longest_m <= rules.person_max_m
        sure = person and whole and fastest_mps <= rules.person_max_mps and not vehicle
        return MoverKind.PERSON_SIZE if sure else MoverKind.UNKNOWN


def may_have_shadow(seen: Measures, rules: KindSettings) -> bool:
    """Whether a person with the shadow of that hour explains it, though it is longer than a person."""
    slowest_mps = seen.speed_mps - rules.sigmas * seen.speed_sigma_mps
    long = seen.length_m > rules.person_max_m
    return long and slowest_mps <= rules.person_max_mps and seen.beyond_shadow_m <= rules.sigmas * seen.side_sigma_m


PERSON_TALL_M = 1.9
PERSON_BROAD_M = 1.0
SUN_UP = 0.05
"""Below this sine of its height the sun throws no shadow that ends anywhere."""


def shadow_of_person(sun: Float) -> Float:
    """Shadow of a standing person on flat ground, ``(2,)`` metres east and north; 0 where there is none.

    Args:
        sun: Unit vector towards the sun, ``(3,)``. Clouds are not known: where they hide it, the shadow is too long.
    """
    return np.asarray(-sun[:2] * PERSON_TALL_M / sun[2] if sun[2] > SUN_UP else np.zeros(2), np.float64)


def beyond_shadow(sides_m: Float, shadow_m: Float, oblique: float) -> float:
    """By how much a box exceeds that of a person with a shadow, on the side where it is most; at most 0: it fits.

    Args:
        sides_m: ``(2,)`` across and down the picture, metres across the line of sight.
        shadow_m: ``(2,)`` the shadow in these axes.
        oblique: Sine of the angle between the line of sight and the vertical: from the side height shows.
    """
    body_m = PERSON_BROAD_M + oblique * (PERSON_TALL_M - PERSON_BROAD_M)
    return float(np.max(sides_m - (np.abs(shadow_m) + body_m)))


def beyond_shadow_in(frame: GroundFrame, sides_m: Float, xy_m: Float, site: SiteFrame, terrain: HeightGrid) -> float:
    """`beyond_shadow` of a box at a place in a frame. The site's north is taken for true north."""
    lon_deg, lat_deg = site.to_lonlat(xy_m[None])[0]
    shadow_m = shadow_of_person(sun_direction(frame.ref.t_utc_ns, float(lon_deg), float(lat_deg)))
    ends = np.array([xy_m, xy_m + shadow_m])
    ground = np.column_stack([ends, np.repeat(terrain.height_at(xy_m[None]), 2)])
    camera, pose = frame.camera, frame.pose
    foot, tip = project(ground, pose.eye_m, camera.K, camera.distortion, pose.rotation)
    away = ground[0] - pose.eye_m
    range_m = float(np.linalg.norm(away))
    oblique = float(np.hypot(*away[:2])) / range_m
    return beyond_shadow(sides_m, (tip - foot) * range_m / camera.focal_px, oblique)


def sure_acceleration(t_utc_ns: Int, xy_m: Float, jitter_m2: Float, sigmas: float = 3.0) -> float:
    """Acceleration that a path exceeds beyond its errors at two places at least, so that one bad box is none.

    Args:
        t_utc_ns: ``(N,)`` increasing.
        xy_m: ``(N, 2)`` site metres.
        jitter_m2: ``(N, 2, 2)`` covariance of what is not common to the track.
        sigmas: Standard deviations that are taken off.

    Returns:
        m/s²; 0 with fewer than five positions: two triples would share all but one of them.

    Source: second divided differences; exact for a constant acceleration.
    """
    if len(t_utc_ns) < 5:
        return 0.0
    t_s = (t_utc_ns - t_utc_ns[0]) / 1e9
    ahead, behind = t_s[2:] - t_s[1:-1], t_s[1:-1] - t_s[:-2]
    weights = 2 / (ahead + behind) * np.array([1 / behind, -1 / ahead - 1 / behind, 1 / ahead])
    parts = xy_m[:-2], xy_m[1:-1], xy_m[2:]
    size = np.hypot(*sum(weight[:, None] * part for weight, part in zip(weights, parts, strict=True)).T)
    spread_m2 = np.linalg.eigvalsh(jitter_m2)[:, -1]
    variance = weights[0] ** 2 * spread_m2[:-2] + weights[1] ** 2 * spread_m2[1:-1] + weights[2] ** 2 * spread_m2[2:]
    sure = np.sort(size - sigmas * np.sqrt(variance))
    return float(max(0.0, sure[-2]))
