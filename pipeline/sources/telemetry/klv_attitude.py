"""The camera's attitude from the platform's and the sensor's angles relative to it.

Makers differ in what the sensor's angles are relative to, whatever the standard says. Where the same packets also say
where the sensor is and where the frame's centre lies on the ground, the direction from one to the other shows it.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.geometry.attitude import angles_of, rotations
from pipeline.geometry.line_of_sight import direction
from pipeline.records.arrays import Float

WRONG_DEG = 2.0
"""A reading that misses the frame's centre by less is not doubted."""
BETTER = 4.0
"""Another reading is taken where it misses so many times less."""


@dataclass(frozen=True, slots=True, eq=False)
class Attitude:
    """Attitudes of a camera.

    Attributes:
        yaw_deg, pitch_deg, roll_deg: ``(N,)``.
        reading: ``platform``: relative to the platform, as ST 0601 has it; ``level``: to its heading alone;
            ``north``: to north and the horizon.
        misses_deg: Median angle between the camera's axis and the direction to the frame's centre; NaN: not known.
        others_deg: The same of the readings that were not taken, by name.
    """

    yaw_deg: Float
    pitch_deg: Float
    roll_deg: Float
    reading: str
    misses_deg: float
    others_deg: dict[str, float]


def camera_attitude(
    platform_deg: tuple[Float, Float, Float],
    relative_deg: tuple[Float, Float, Float],
    sight: tuple[Float, Float],
) -> Attitude:
    """Compose, by the reading that the frame's centre confirms.

    Args:
        platform_deg: Heading, pitch and roll, ``(N,)`` each.
        relative_deg: Azimuth, elevation and roll that turn the platform's axes into the camera's, in this order.
        sight: Bearing and elevation of the frame's centre as the sensor sees it, from
            `pipeline.geometry.line_of_sight`.

    Source: MISB ST 0601, items 5 to 7 and 18 to 20; rotations as in `pipeline.geometry.attitude`.
    """
    heading, zero = platform_deg[0], np.zeros(len(platform_deg[0]))
    relative = rotations(*relative_deg)
    axes = {
        "platform": rotations(*platform_deg) @ relative,
        "level": rotations(heading, zero, zero) @ relative,
        "north": relative,
    }
    towards = direction(*sight)
    misses = {name: _median_angle(matrix[:, :, 0], towards) for name, matrix in axes.items()}
    reading = "platform"
    if misses[reading] > WRONG_DEG:
        best = min(misses, key=lambda name: misses[name])
        if misses[best] * BETTER < misses[reading]:
            reading = best
    others = {name: angle for name, angle in misses.items() if name != reading}
    return Attitude(*angles_of(axes[reading]), reading, misses[reading], others)


def _median_angle(one: Float, other: Float) -> float:
    chord = np.sqrt(((one - other) ** 2).sum(1))
    angles = np.degrees(2 * np.arcsin(np.clip(chord[np.isfinite(chord)] / 2, 0, 1)))
    return float(np.median(angles)) if len(angles) else float("nan")
