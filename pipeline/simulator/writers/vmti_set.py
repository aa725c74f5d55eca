"""What the sensor itself reports as moving: MISB ST 0903, embedded in the metadata of ST 0601."""

from pipeline.records.arrays import Float
from pipeline.simulator.scene.told import Exposed, SensorTarget
from pipeline.simulator.writers.klv_values import ber_length, ber_oid, imapb, series, unsigned

_VERSION = 5
_SYSTEM = b"simulated detector"
_ACTIVE_MOVING = 1
_OFFSET_LIMIT_DEG = 19.2


def vmti_set(frame: Exposed, centre_lonlat: Float | None, fov_deg: tuple[float, float]) -> bytes:
    """The value of item 74: a local set without key and checksum.

    Args:
        frame: With its targets.
        centre_lonlat: ``(2,)`` frame centre of the same packet, from which targets are offset; None where it has none.
        fov_deg: Horizontal and vertical field of view.

    Source: MISB ST 0903.4 and later: items 2 to 12 and 101; targets by items 1 to 3, 5, 10, 11, 23.
    """
    height, width = frame.image.shape[:2]
    packs = [_target(target, width, height, centre_lonlat) for target in frame.targets]
    return series(
        [
            (2, (frame.t_utc_ns // 1000).to_bytes(8, "big")),
            (3, _SYSTEM),
            (4, unsigned(_VERSION)),
            (5, unsigned(len(packs))),
            (6, unsigned(len(packs))),
            (8, unsigned(width)),
            (9, unsigned(height)),
            (10, b"IR" if frame.image.ndim == 2 else b"EO"),
            (11, imapb(fov_deg[0], 0.0, 180.0, 2)),
            (12, imapb(fov_deg[1], 0.0, 180.0, 2)),
            (101, b"".join(ber_length(len(pack)) + pack for pack in packs) if packs else None),
        ]
    )


def _target(target: SensorTarget, width: int, height: int, centre_lonlat: Float | None) -> bytes:
    right, bottom = target.left_px + target.width_px - 1, target.top_px + target.height_px - 1
    middle = (target.left_px + right) / 2, (target.top_px + bottom) / 2
    lat = lon = None
    if centre_lonlat is not None:
        lon = imapb(target.lon_deg - float(centre_lonlat[0]), -_OFFSET_LIMIT_DEG, _OFFSET_LIMIT_DEG, 3)
        lat = imapb(target.lat_deg - float(centre_lonlat[1]), -_OFFSET_LIMIT_DEG, _OFFSET_LIMIT_DEG, 3)
    return ber_oid(target.number) + series(
        [
            (1, _pixel(*middle, width, height)),
            (2, _pixel(target.left_px, target.top_px, width, height)),
            (3, _pixel(right, bottom, width, height)),
            (5, unsigned(round(min(max(target.confidence, 0.0), 1.0) * 100))),
            (10, lat),
            (11, lon),
            (23, unsigned(_ACTIVE_MOVING)),
        ]
    )


def _pixel(x: float, y: float, width: int, height: int) -> bytes:
    """Number of a pixel: 1 at the top left, counting along rows."""
    column, row = (min(max(round(v), 0), size - 1) for v, size in ((x, width), (y, height)))
    return unsigned(row * width + column + 1)
