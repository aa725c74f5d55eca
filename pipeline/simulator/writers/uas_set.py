"""A sample of telemetry as a UAS Datalink Local Set: MISB ST 0601."""

import math
import uuid

import numpy as np

from pipeline.errors import ConfigError
from pipeline.simulator.scene.told import Exposed, FlightFacts
from pipeline.simulator.writers.gimbal import FlatFootprint, field_of_view_deg, flat_footprint, sample_angles
from pipeline.simulator.writers.klv_values import ber_length, item, mapped, series, signed, turn, unsigned
from pipeline.simulator.writers.options import WriteOptions
from pipeline.simulator.writers.sample import Sample
from pipeline.simulator.writers.vmti_set import vmti_set

KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
VERSION = 19
CLASSIFICATIONS = {"UNCLASSIFIED": 1, "RESTRICTED": 2, "CONFIDENTIAL": 3, "SECRET": 4, "TOP SECRET": 5}
"""Of MISB ST 0102, item 1."""

_OFFSET_LIMIT_DEG = 0.075
_HEIGHTS_M = (-900.0, 19_000.0)
_Items = dict[int, bytes | None]


def packet(facts: FlightFacts, options: WriteOptions, sample: Sample, frame: Exposed | None = None) -> bytes:
    """Key, length, items and checksum: the time first, then by number, the checksum last.

    Args:
        facts: The flight.
        options: Names; whether targets are reported.
        sample: What the aircraft says. Without a fix, positions are the reserved number and nothing hangs on them.
        frame: With the targets to report, if any.

    Raises:
        ConfigError: A security mark that the format does not know.
    """
    ground = flat_footprint(sample, facts.lens, facts.site)
    items = {
        **_names(facts, options),
        **_platform(sample),
        **_sensor(facts, sample),
        **_ground(facts, ground, sample.focal_px),
        48: security_set(facts),
        65: unsigned(VERSION),
        136: b"\0",  # leap seconds from item 2 to UTC: none, the clocks of small aircraft run on UTC
    }
    if frame is not None and frame.targets and options.vmti:
        centre = ground.centre_lonlat if ground is not None and math.isfinite(ground.slant_m) else None
        items[74] = vmti_set(frame, centre, field_of_view_deg(facts.lens, sample.focal_px))
    time = (sample.t_utc_ns // 1000).to_bytes(8, "big")
    return sealed(item(2, time) + series(sorted(items.items())))


def sealed(items: bytes) -> bytes:
    """Items with key, length and checksum about them.

    Source: MISB ST 0601, item 1: the sum of all 16-bit words from the key to the checksum's own length.
    """
    body = KEY + ber_length(len(items) + 4) + items + b"\x01\x02"
    total = sum(byte << (8 * ((place + 1) % 2)) for place, byte in enumerate(body)) & 0xFFFF
    return body + total.to_bytes(2, "big")


def security_set(facts: FlightFacts) -> bytes:
    """The value of item 48: MISB ST 0102. Countries are "ZZ": none is claimed.

    Raises:
        ConfigError: The flight's mark is not one of `CLASSIFICATIONS`.
    """
    level = CLASSIFICATIONS.get(facts.security.upper())
    if level is None:
        known = ", ".join(CLASSIFICATIONS)
        raise ConfigError(f"{facts.name}: security mark '{facts.security}' is not one of MISB's: {known}")
    return series(
        [
            (1, unsigned(level)),
            (2, unsigned(1)),
            (3, b"//ZZ"),
            (12, unsigned(1)),
            (13, "ZZ".encode("utf-16-be")),
            (22, (12).to_bytes(2, "big")),
        ]
    )


def _names(facts: FlightFacts, options: WriteOptions) -> _Items:
    sensor = "IR" if facts.thermal else "EO"
    return {
        3: f"{options.mission}-{facts.name}".encode(),
        4: options.tail_number.encode(),
        10: options.platform.encode(),
        11: f"{sensor} {facts.make} {facts.model}".encode(),
        12: b"Geodetic WGS84",
        94: _core_identifier(f"{facts.make} {facts.model}", options.tail_number),
    }


def _core_identifier(sensor: str, platform: str) -> bytes:
    """Identifiers of a virtual sensor and platform, the same for the same names. Source: MISB ST 1204."""
    names = (f"trucewatch simulated {kind} {name}" for kind, name in (("sensor", sensor), ("platform", platform)))
    return b"\x01\x50" + b"".join(uuid.uuid5(uuid.NAMESPACE_OID, name).bytes for name in names)


def _platform(s: Sample) -> _Items:
    east, north, up = s.velocity_mps
    return {
        5: turn(s.platform_yaw_deg, 2),
        6: signed(s.platform_pitch_deg, 20.0, 2),
        7: signed(s.platform_roll_deg, 50.0, 2),
        51: signed(up, 180.0, 2),
        56: unsigned(min(round(math.hypot(east, north)), 255)),
        79: signed(north, 327.0, 2),
        80: signed(east, 327.0, 2),
        90: signed(s.platform_pitch_deg, 90.0, 4),
        91: signed(s.platform_roll_deg, 90.0, 4),
        123: unsigned(min(max(s.satellites, 0), 255)),
    }


def _sensor(facts: FlightFacts, s: Sample) -> _Items:
    azimuth, elevation, roll = sample_angles(s)
    wide, high = field_of_view_deg(facts.lens, s.focal_px)
    above = mapped(s.alt_m, *_HEIGHTS_M, 2) if s.fixed else None
    ellipsoidal = facts.vertical_datum == "ellipsoidal"
    return {
        13: signed(s.lat_deg if s.fixed else math.nan, 90.0, 4),
        14: signed(s.lon_deg if s.fixed else math.nan, 180.0, 4),
        75 if ellipsoidal else 15: above,
        16: mapped(wide, 0.0, 180.0, 2),
        17: mapped(high, 0.0, 180.0, 2),
        18: turn(azimuth, 4),
        19: signed(elevation, 180.0, 4),
        20: turn(roll, 4),
    }


def _ground(facts: FlightFacts, ground: FlatFootprint | None, focal_px: float) -> _Items:
    """Frame centre and corners on flat ground; left out where the picture's middle looks above the horizon."""
    if ground is None or not math.isfinite(ground.slant_m):
        return {}
    lon, lat = (float(v) for v in ground.centre_lonlat)
    centre: _Items = {
        21: mapped(ground.slant_m, 0.0, 5_000_000.0, 4),
        22: mapped(ground.slant_m * facts.lens.size_px[0] / focal_px, 0.0, 10_000.0, 2),
        23: signed(lat, 90.0, 4),
        24: signed(lon, 180.0, 4),
        78 if facts.vertical_datum == "ellipsoidal" else 25: mapped(ground.ground_m, *_HEIGHTS_M, 2),
    }
    offsets = ground.corners_lonlat - ground.centre_lonlat
    if np.nanmax(np.abs(offsets), initial=0.0) <= _OFFSET_LIMIT_DEG:
        for corner, (east, north) in enumerate(offsets):
            centre[26 + 2 * corner] = signed(float(north), _OFFSET_LIMIT_DEG, 2)
            centre[27 + 2 * corner] = signed(float(east), _OFFSET_LIMIT_DEG, 2)
    else:
        for corner, (east, north) in enumerate(ground.corners_lonlat):
            centre[82 + 2 * corner] = signed(float(north), 90.0, 4)
            centre[83 + 2 * corner] = signed(float(east), 180.0, 4)
    return centre
