"""EXIF and XMP as drones write them, put in front of a JPEG's pixels."""

import datetime as dt
import struct
from dataclasses import dataclass
from fractions import Fraction

Entry = tuple[int, int, str | int | list[float]]
"""Tag, type, value of a TIFF directory."""


@dataclass(frozen=True, slots=True)
class PhotoTags:
    """What a frame says about itself: with the errors of its telemetry.

    Attributes:
        make, model: Of the camera.
        clock_utc_ns: By the camera's clock.
        utc_offset_h: Whole hours that its local time is ahead of UTC.
        lon_deg, lat_deg: Position.
        alt_m, relative_alt_m: Absolute height, and above take-off.
        yaw_deg, pitch_deg, roll_deg: Gimbal.
        flight_yaw_deg, flight_pitch_deg, flight_roll_deg: Airframe.
        focal_mm, focal_35mm: Focal length.
        exposure_s: Exposure time.
        size_px: Width, height.
        dewarp: Calibration: fx, fy, principal point from the centre, k1 k2 p1 p2 k3.
    """

    make: str
    model: str
    clock_utc_ns: int
    utc_offset_h: int
    lon_deg: float
    lat_deg: float
    alt_m: float
    relative_alt_m: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    flight_yaw_deg: float
    flight_pitch_deg: float
    flight_roll_deg: float
    focal_mm: float
    focal_35mm: int
    exposure_s: float
    size_px: tuple[int, int]
    dewarp: tuple[float, ...]


def with_tags(jpeg: bytes, tags: PhotoTags) -> bytes:
    """The JPEG with APP1 segments for EXIF and XMP after its start marker."""
    exif, xmp = b"Exif\0\0" + _exif(tags), b"http://ns.adobe.com/xap/1.0/\0" + _xmp(tags)
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body for body in (exif, xmp))
    return jpeg[:2] + segments + jpeg[2:]


def _xmp(t: PhotoTags) -> bytes:
    utc = _time(t.clock_utc_ns)
    numbers = ",".join(f"{value:.6f}" for value in t.dewarp)
    properties = {
        "tiff:Make": t.make,
        "tiff:Model": t.model,
        "xmp:CreateDate": (utc + dt.timedelta(hours=t.utc_offset_h)).strftime("%Y-%m-%dT%H:%M:%S")
        + f"{t.utc_offset_h:+03d}:00",
        "drone-dji:GpsLatitude": f"{t.lat_deg:+.9f}",
        "drone-dji:GpsLongitude": f"{t.lon_deg:+.9f}",
        "drone-dji:AbsoluteAltitude": f"{t.alt_m:+.2f}",
        "drone-dji:RelativeAltitude": f"{t.relative_alt_m:+.2f}",
        "drone-dji:GimbalYawDegree": f"{t.yaw_deg:+.2f}",
        "drone-dji:GimbalPitchDegree": f"{t.pitch_deg:+.2f}",
        "drone-dji:GimbalRollDegree": f"{t.roll_deg:+.2f}",
        "drone-dji:FlightYawDegree": f"{t.flight_yaw_deg:+.2f}",
        "drone-dji:FlightPitchDegree": f"{t.flight_pitch_deg:+.2f}",
        "drone-dji:FlightRollDegree": f"{t.flight_roll_deg:+.2f}",
        "drone-dji:DewarpData": f"{utc:%Y-%m-%d};{numbers}",
        "drone-dji:DewarpFlag": "0",
    }
    lines = "\n".join(f'   {name}="{value}"' for name, value in properties.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"\n'
        '   xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"\n'
        f"{lines}/>\n </rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def _exif(t: PhotoTags) -> bytes:
    utc = _time(t.clock_utc_ns)
    local = (utc + dt.timedelta(hours=t.utc_offset_h)).strftime("%Y:%m:%d %H:%M:%S")
    zone = f"{t.utc_offset_h:+03d}:00"
    second = utc.second + utc.microsecond / 1e6
    main: list[Entry] = [(0x010F, 2, t.make), (0x0110, 2, t.model), (0x0112, 3, 1), (0x0132, 2, local)]
    exif: list[Entry] = [
        (0x829A, 5, [t.exposure_s]),
        (0x9003, 2, local),
        (0x9004, 2, local),
        (0x9010, 2, zone),
        (0x9011, 2, zone),
        (0x920A, 5, [t.focal_mm]),
        (0x9290, 2, f"{utc.microsecond // 1000:03d}"),
        (0x9291, 2, f"{utc.microsecond // 1000:03d}"),
        (0xA002, 4, t.size_px[0]),
        (0xA003, 4, t.size_px[1]),
        (0xA405, 3, t.focal_35mm),
    ]
    gps: list[Entry] = [
        (1, 2, "N" if t.lat_deg >= 0 else "S"),
        (2, 5, _degrees(t.lat_deg)),
        (3, 2, "E" if t.lon_deg >= 0 else "W"),
        (4, 5, _degrees(t.lon_deg)),
        (5, 1, int(t.alt_m < 0)),
        (6, 5, [abs(t.alt_m)]),
        (7, 5, [utc.hour, utc.minute, second]),
        (18, 2, "WGS-84"),
        (29, 2, utc.strftime("%Y:%m:%d")),
    ]
    start = 8
    exif_at = start + _length([*main, (0x8769, 4, 0), (0x8825, 4, 0)])
    gps_at = exif_at + _length(exif)
    whole: list[Entry] = [*main, (0x8769, 4, exif_at), (0x8825, 4, gps_at)]
    return b"II*\0" + struct.pack("<I", start) + _ifd(whole, start) + _ifd(exif, exif_at) + _ifd(gps, gps_at)


def _value(entry: Entry) -> tuple[int, bytes]:
    """Count and bytes of a value."""
    _, kind, value = entry
    if isinstance(value, str):
        raw = value.encode() + b"\0"
        return len(raw), raw
    if isinstance(value, list):
        parts = [Fraction(v).limit_denominator(1_000_000) for v in value]
        return len(parts), b"".join(struct.pack("<II", p.numerator, p.denominator) for p in parts)
    return 1, struct.pack({1: "<B", 3: "<H", 4: "<I"}[kind], value)


def _length(entries: list[Entry]) -> int:
    return len(_ifd(entries, 0))


def _ifd(entries: list[Entry], start: int) -> bytes:
    """One directory and its values, from byte `start` of the TIFF structure."""
    table, data = b"", b""
    behind = start + 2 + 12 * len(entries) + 4
    for entry in sorted(entries, key=lambda e: e[0]):
        count, raw = _value(entry)
        if len(raw) <= 4:
            field = raw.ljust(4, b"\0")
        else:
            field = struct.pack("<I", behind + len(data))
            data += raw + b"\0" * (len(raw) % 2)
        table += struct.pack("<HHI", entry[0], entry[1], count) + field
    return struct.pack("<H", len(entries)) + table + struct.pack("<I", 0) + data


def _degrees(value: float) -> list[float]:
    value = abs(value)
    whole = int(value)
    minutes = int((value - whole) * 60)
    return [whole, minutes, ((value - whole) * 60 - minutes) * 60]


def _time(t_utc_ns: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=t_utc_ns // 1000)
