"""Items of the Predator UAV Basic Universal Metadata Set: the older form, by keys of 16 bytes, in IEEE numbers.

Source: MISB EG 0104.5, section 4, with the keys and units that MISB ST 0601.12 lists as equivalents.
"""

from pipeline.sources.telemetry.klv_values import Mapping, Number


def _key(version: int, rest: str) -> bytes:
    return bytes.fromhex("060e2b34010101") + bytes([version]) + bytes.fromhex(rest)


_FLOAT = Number(Mapping.FLOAT)

TIME = _key(0x03, "0702010101050000")
TIME_OLD = _key(0x01, "0702010101050000")
SECURITY_LOCAL = bytes.fromhex("060e2b34020301010e01030302000000")
SECURITY_UNIVERSAL = bytes.fromhex("060e2b34020101010208020000000000")
PLATFORM = _key(0x01, "0101200100000000")
SENSOR = _key(0x01, "0420010201010000")
MISSION = _key(0x01, "0105050000000000")

NUMBERS: dict[bytes, tuple[str, Number]] = {
    TIME: ("time_us", Number(Mapping.COUNT, size=8)),
    TIME_OLD: ("time_us", Number(Mapping.COUNT, size=8)),
    _key(0x07, "0701100106000000"): ("heading_deg", _FLOAT),
    _key(0x07, "0701100105000000"): ("pitch_deg", _FLOAT),
    _key(0x07, "0701100104000000"): ("roll_deg", _FLOAT),
    _key(0x03, "0701020102040200"): ("lat_deg", _FLOAT),
    _key(0x03, "0701020102060200"): ("lon_deg", _FLOAT),
    _key(0x01, "0701020102020000"): ("alt_msl_m", _FLOAT),
    _key(0x02, "0420020101080000"): ("hfov_deg", _FLOAT),
    _key(0x07, "04200201010a0100"): ("vfov_deg", _FLOAT),
    _key(0x01, "0701080101000000"): ("slant_range_m", _FLOAT),
    _key(0x01, "0701090201000000"): ("target_width_m", _FLOAT),
    _key(0x01, "0701100101000000"): ("sensor_roll_deg", _FLOAT),
    _key(0x01, "0701100102000000"): ("angle_to_north_deg", _FLOAT),
    _key(0x01, "0701100103000000"): ("obliquity_deg", _FLOAT),
    _key(0x01, "0701020103020000"): ("centre_lat_deg", _FLOAT),
    _key(0x01, "0701020103040000"): ("centre_lon_deg", _FLOAT),
    _key(0x0A, "0701020103160000"): ("centre_msl_m", _FLOAT),
    **{_key(0x03, f"07010201030{7 + c:x}0100"): (f"corner_{c + 1}_lat_deg", _FLOAT) for c in range(4)},
    **{_key(0x03, f"07010201030{11 + c:x}0100"): (f"corner_{c + 1}_lon_deg", _FLOAT) for c in range(4)},
}
"""Name and mapping of each item that is a number, by key; names as of ST 0601's items where these mean the same."""
