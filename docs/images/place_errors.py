"""Draw docs/images/place-errors.png: how far off unregistered pixels land, by height and obliquity.

``PYTHONPATH=. .venv/bin/python docs/images/place_errors.py``
"""

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from tests.bench.bench_ellipses import LOOKS, SENSORS, stratum

FRAMES = 500
STYLES = {"nadir": "o-", "45° down": "s--", "25° down": "^-.", "low": "v:"}


def main() -> None:
    """Two panels, readable without colours."""
    edges = np.geomspace(40, 500, 6)
    middles = np.sqrt(edges[1:] * edges[:-1])
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, constrained_layout=True)
    for panel, (name, sensor) in zip(panels, SENSORS.items(), strict=True):
        for look, pitch in LOOKS.items():
            _, _, errors, heights = stratum(sensor, "hills", pitch, np.random.default_rng(4), FRAMES)
            bins = np.digitize(heights, edges[1:-1])
            medians = [np.median(np.array(errors)[bins == part]) for part in range(len(middles))]
            panel.loglog(middles, medians, STYLES[look], color="black", markerfacecolor="white", label=look)
        panel.set_title(f"{name}: {sensor.position_m:g} m, tilt {sensor.tilt_deg:g}°, heading {sensor.yaw_deg:g}°")
        panel.set_xlabel("height above ground, m")
        panel.grid(visible=True, which="both", alpha=0.25)
        panel.set_xticks([40, 70, 100, 200, 300, 500], ["40", "70", "100", "200", "300", "500"])
        panel.minorticks_off()
    panels[0].set_ylabel("median error on the ground, m")
    panels[0].set_yticks([0.5, 1, 2, 5, 10, 20, 50, 100], ["0.5", "1", "2", "5", "10", "20", "50", "100"])
    panels[0].legend(title="camera looks", fontsize=8)
    figure.savefig(Path(__file__).with_name("place-errors.png"), dpi=110)


if __name__ == "__main__":
    main()
