"""Net motion of a track over the ground, with its error."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Float, Int


@dataclass(frozen=True, slots=True)
class NetMotion:
    """Mean velocity over a track.

    Attributes:
        distance_m, distance_sigma_m: Of the net displacement, along it.
        speed_mps, speed_sigma_mps: Distance over time.
        bearing_rad: From the site's north, clockwise.
        bearing_sigma_rad: At most π.
    """

    distance_m: float
    distance_sigma_m: float
    speed_mps: float
    speed_sigma_mps: float
    bearing_rad: float
    bearing_sigma_rad: float


def fit_motion(t_utc_ns: Int, xy_m: Float, jitter_m2: Float) -> NetMotion | None:
    """Fit one velocity to positions whose errors are independent from frame to frame.

    Args:
        t_utc_ns: ``(N,)`` increasing, N ≥ 2.
        xy_m: ``(N, 2)`` site metres.
        jitter_m2: ``(N, 2, 2)`` covariance of what is not common to the track.

    Returns:
        None when all positions are of one instant.

    Source: generalised least squares; where the scatter about the fit is more than the covariances say (turns, pose
    jumps, boxes that breathe), the fit's covariance is raised by the reduced χ².
    """
    t_s = (t_utc_ns - t_utc_ns[0]) / 1e9
    span_s = float(t_s[-1])
    if span_s <= 0:
        return None
    weight = np.linalg.inv(jitter_m2 + 1e-6 * np.eye(2))
    design = np.zeros((len(t_s), 2, 4))
    design[:, 0, 0] = design[:, 1, 1] = 1.0
    design[:, 0, 2] = design[:, 1, 3] = t_s - t_s.mean()
    normal = np.einsum("nia,nij,njb->ab", design, weight, design)
    right = np.einsum("nia,nij,nj->a", design, weight, xy_m)
    covariance = np.linalg.inv(normal)
    solution = covariance @ right
    residual = xy_m - np.einsum("nia,a->ni", design, solution)
    freedom = 2 * len(t_s) - 4
    chi2 = float(np.einsum("ni,nij,nj->", residual, weight, residual))
    covariance = covariance * max(1.0, chi2 / freedom if freedom > 0 else 1.0)
    velocity, spread = solution[2:], covariance[2:, 2:]
    speed = float(np.hypot(*velocity))
    along = velocity / max(speed, 1e-12)
    across = np.array([-along[1], along[0]])
    sigma_along, sigma_across = float(np.sqrt(along @ spread @ along)), float(np.sqrt(across @ spread @ across))
    return NetMotion(
        distance_m=speed * span_s,
        distance_sigma_m=sigma_along * span_s,
        speed_mps=speed,
        speed_sigma_mps=sigma_along,
        bearing_rad=float(np.arctan2(velocity[0], velocity[1])),
        bearing_sigma_rad=float(min(np.pi, np.arctan2(sigma_across, max(speed, 1e-12)) if speed > 0 else np.pi)),
    )
