"""A small flight for the tests of writers: every number of its telemetry is different."""

import numpy as np

from pipeline.geometry.camera import camera_matrix
from pipeline.geometry.projection import SiteFrame
from pipeline.simulator.scene.lens import Lens
from pipeline.simulator.scene.told import Exposed, FlightFacts, SensorTarget, Told

START_NS = 1_604_963_545_250_000_000  # 2020-11-09T23:12:25.25Z
LON, LAT = 46.8438, 39.9684


def told(count: int, step_s: float = 0.5, **changes: object) -> Told:
    """Telemetry of a climbing, turning flight."""
    n = np.arange(count, dtype=np.float64)
    rows: dict[str, object] = {
        "t_utc_ns": START_NS + np.round(n * step_s * 1e9).astype(np.int64) + 20_000_000,
        "true_s": n * step_s,
        "lon_deg": LON + 1.234567e-5 * n,
        "lat_deg": LAT - 0.7654321e-5 * n,
        "alt_m": 512.345 + 0.321 * n,
        "relative_alt_m": 83.217 + 0.321 * n,
        "yaw_deg": -170.0 + 7.31 * n,
        "pitch_deg": -62.4 + 0.83 * n,
        "roll_deg": 1.7 - 0.21 * n,
        "platform_yaw_deg": -172.5 + 6.9 * n,
        "platform_pitch_deg": -4.2 + 0.37 * n,
        "platform_roll_deg": 3.1 - 0.59 * n,
        "velocity_mps": np.column_stack([4.1 + 0.1 * n, -2.3 + 0.2 * n, 0.64 + 0 * n]),
        "focal_px": np.full(count, 130.0),
        "satellites": 14 + np.arange(count) % 5,
        "hdop": 0.7 + 0.01 * n,
        "jamming": 30 + np.arange(count) % 100,
        "position_sigma_m": np.full(count, 1.2),
        "present": np.ones(count, bool),
        "linked": np.ones(count, bool),
    }
    return Told(**(rows | changes))  # type: ignore[arg-type]


def facts(frames: int = 6, *, stream: Told | None = None, **changes: object) -> FlightFacts:
    """What its files may say."""
    size = (64, 48)
    K = camera_matrix(130.0, size, (32.1, 23.2))
    rows: dict[str, object] = {
        "name": "S0007",
        "make": "trucewatch",
        "model": "simulated",
        "site": SiteFrame.at(LON, LAT),
        "lens": Lens("brown", size, K, np.array([-0.02, 0.003, 0.0004, -0.0003, 0.001])),
        "start_utc_ns": START_NS,
        "interval_s": 0.5,
        "frames": frames,
        "utc_offset_h": 4,
        "vertical_datum": "ellipsoidal",
        "thermal": False,
        "security": "UNCLASSIFIED",
        "stream": stream,
        "at_frames": told(frames),
    }
    return FlightFacts(**(rows | changes))  # type: ignore[arg-type]


def exposed(index: int, *, thermal: bool = False, targets: tuple[SensorTarget, ...] = ()) -> Exposed:
    """A frame whose pixels tell its index."""
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    if thermal:
        image = (7000 + 40 * x + 10 * y + index).astype(np.uint16)
    else:
        image = np.stack([x * 3, y * 4, np.full_like(x, 20 * index % 256)], axis=2).astype(np.uint8)
    return Exposed(index, image, START_NS + index * 500_000_000, 1 / 640, 200, targets)
