"""What kind is said of things of known size and speed, by ground sample distance; boxes err by 1.5 px a side."""

import numpy as np

from pipeline.records.evidence import MoverKind
from pipeline.stages.mover_kind import Measures, TellKind, beyond_shadow

THINGS = {
    "person": (MoverKind.PERSON_SIZE, (0.4, 0.8), (0.3, 0.7), (0.5, 2.0)),
    "dog that runs": (MoverKind.ANIMAL, (0.6, 1.1), (0.25, 0.6), (6.0, 12.0)),
    "cow or horse": (MoverKind.ANIMAL, (2.0, 2.8), (0.6, 1.0), (0.5, 8.0)),
    "motorcycle": (MoverKind.VEHICLE_SIZE, (1.9, 2.4), (0.6, 0.9), (5.0, 25.0)),
    "car": (MoverKind.VEHICLE_SIZE, (3.6, 4.8), (1.6, 1.9), (2.0, 25.0)),
    "lorry": (MoverKind.VEHICLE_SIZE, (6.0, 16.0), (2.2, 2.6), (2.0, 22.0)),
}
"""Truth, length and width in metres, metres a second."""

SHADOW_M = 4.0
"""Of a person; what else has one is drawn without, as its own is told apart less surely. The sun stands at 25°."""


def box_of(length, width, heading, shadow_m):
    """Sides of the upright box of a thing that heads anywhere, with a shadow."""
    along, across = np.abs([np.cos(heading), np.sin(heading)])
    sides = np.array([along * length + across * width, across * length + along * width])
    return sides + np.abs(shadow_m)


def shares(truth, length, width, speed, gsd_m, shadowed, rng, count=2000):
    """Per cent said right, left unknown and said wrong."""
    said = []
    for _ in range(count):
        azimuth = rng.uniform(0, 2 * np.pi)
        shadow = SHADOW_M * np.array([np.cos(azimuth), np.sin(azimuth)])
        own = shadow if shadowed else np.zeros(2)
        sides = box_of(rng.uniform(*length), rng.uniform(*width), rng.uniform(0, 2 * np.pi), own)
        sides = np.abs(sides + rng.normal(0, 1.5 * gsd_m, 2))
        pace = abs(rng.uniform(*speed) + rng.normal(0, 0.3))
        resolved = sides.max() if sides.max() >= 4 * gsd_m else np.nan
        beyond = beyond_shadow(sides, shadow, 0.0)
        said.append(TellKind()(Measures(resolved, sides.min(), 1.5 * gsd_m, beyond, pace, 0.3, 0.0)))
    right, unknown = said.count(truth), said.count(MoverKind.UNKNOWN)
    return tuple(round(100 * n / count) for n in (right, unknown, count - right - unknown))


def main():
    """Print the table of docs/movement.md."""
    gsds = (0.03, 0.1, 0.2, 0.3)
    rng = np.random.default_rng(1)
    print("| thing |" + "".join(f" {gsd:g} m a pixel |" for gsd in gsds))
    print("|---|" + "---|" * len(gsds))
    for name, (truth, *measures) in THINGS.items():
        for shadowed in (False, True) if name == "person" else (False,):
            cells = [" / ".join(map(str, shares(truth, *measures, gsd, shadowed, rng))) for gsd in gsds]
            print(f"| {name}{', with shadow' if shadowed else ''} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
