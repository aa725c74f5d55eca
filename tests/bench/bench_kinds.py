"""What kind is said of things of known size and speed, by ground sample distance; boxes err by 1.5 px a side."""

import numpy as np

from pipeline.records.evidence import MoverKind
from pipeline.stages.mover_kind import Measures, TellKind

THINGS = {
    "person, short shadow": (MoverKind.PERSON_SIZE, (0.6, 1.4), (0.4, 0.8), (0.5, 2.0)),
    "person, long shadow": (MoverKind.PERSON_SIZE, (2.5, 4.5), (0.5, 3.0), (0.5, 2.0)),
    "dog that runs": (MoverKind.ANIMAL, (0.6, 1.1), (0.25, 0.6), (6.0, 12.0)),
    "cow or horse": (MoverKind.ANIMAL, (2.0, 2.8), (0.6, 1.6), (0.5, 8.0)),
    "motorcycle": (MoverKind.VEHICLE_SIZE, (1.9, 2.4), (0.7, 1.4), (5.0, 25.0)),
    "car": (MoverKind.VEHICLE_SIZE, (3.6, 4.8), (1.6, 2.6), (2.0, 25.0)),
    "lorry": (MoverKind.VEHICLE_SIZE, (6.0, 16.0), (2.2, 4.0), (2.0, 22.0)),
}
"""Truth, longer and shorter side of the box in metres with the shadow, metres a second."""


def shares(truth, length, width, speed, gsd_m, rng, count=2000):
    """Per cent said right, left unknown and said wrong."""
    said = []
    for _ in range(count):
        sides = np.sort([rng.uniform(*length), rng.uniform(*width)] + rng.normal(0, 1.5 * gsd_m, 2))
        if sides[1] < 4 * gsd_m:
            said.append(MoverKind.UNKNOWN)
            continue
        pace = rng.uniform(*speed) + rng.normal(0, 0.3)
        said.append(TellKind()(Measures(sides[1], sides[0], 1.5 * gsd_m, 1.0, abs(pace), 0.3, 0.0)))
    right, unknown = said.count(truth), said.count(MoverKind.UNKNOWN)
    return tuple(round(100 * n / count) for n in (right, unknown, count - right - unknown))


def main():
    """Print the table of docs/movement.md."""
    gsds = (0.03, 0.1, 0.2, 0.3)
    rng = np.random.default_rng(1)
    print("| thing |" + "".join(f" {gsd:g} m a pixel |" for gsd in gsds))
    print("|---|" + "---|" * len(gsds))
    for name, (truth, *measures) in THINGS.items():
        cells = [" / ".join(map(str, shares(truth, *measures, gsd, rng))) for gsd in gsds]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
