"""What a frame says about itself: EXIF as cameras write it, XMP as drones do."""

import datetime as dt
import math
import struct
from dataclasses import dataclass

from pipeline.simulator.scene.told import Exposed, FlightFacts
from pipeline.simulator.writers.sample import Sample, local, utc
from pipeline.simulator.writers.tiff_directory import (
    ASCII,
    BYTE,
    LONG,
    RATIONAL,
    SHORT,
    Entry,
    header,
    structure,
)

SENSOR_WIDTH_MM = 6.4
"""Of the simulated cameras: a 1/2-inch sensor."""

FULL_FRAME_DIAGONAL_MM = 43.267
"""Of 36 × 24 mm."""

RTK_FIXED_M, RTK_FLOAT_M = 0.1, 0.5
"""A position stated better than this was fixed with carrier phases, or floated."""

ZOOMED = 1e-3
"""A stated focal length that differs by more from the lens at zoom 1: its calibration does not hold."""


@dataclass(frozen=True, slots=True)
class PhotoTags:
    """Directories of EXIF and a packet of XMP."""

    main: list[Entry]
    exif: list[Entry]
    gps: list[Entry]
    xmp: bytes

    def in_jpeg(self, jpeg: bytes) -> bytes:
        """A JPEG with these tags as APP1 segments behind its start marker."""
        block = header(8) + structure(self.main, self.exif, self.gps)
        bodies = b"Exif\0\0" + block, b"http://ns.adobe.com/xap/1.0/\0" + self.xmp
        segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body for body in bodies)
        return jpeg[:2] + segments + jpeg[2:]


def photo_tags(facts: FlightFacts, sample: Sample, frame: Exposed) -> PhotoTags:
    """Tags of a frame; a lost sample leaves position and attitude at zero, as drones do."""
    told = sample.as_drones_lose_it()
    return PhotoTags(_main(facts, frame), _exif(facts, told, frame), _gps(facts, told), _xmp(facts, told, frame))


def _main(facts: FlightFacts, frame: Exposed) -> list[Entry]:
    clock = local(frame.t_utc_ns, facts.utc_offset_h)
    band = [Entry(0x010E, ASCII, "LWIR")] if facts.thermal else []
    return [
        *band,
        Entry(0x010F, ASCII, facts.make),
        Entry(0x0110, ASCII, facts.model),
        Entry(0x0112, SHORT, [1]),
        Entry(0x0132, ASCII, f"{clock:%Y:%m:%d %H:%M:%S}"),
    ]


def _exif(facts: FlightFacts, told: Sample, frame: Exposed) -> list[Entry]:
    clock = local(frame.t_utc_ns, facts.utc_offset_h)
    zone, thousandths = f"{facts.utc_offset_h:+03d}:00", f"{clock.microsecond // 1000:03d}"
    height, width = frame.image.shape[:2]
    return [
        Entry(0x829A, RATIONAL, [frame.exposure_s]),
        Entry(0x8827, SHORT, [frame.iso]),
        Entry(0x9003, ASCII, f"{clock:%Y:%m:%d %H:%M:%S}"),
        Entry(0x9004, ASCII, f"{clock:%Y:%m:%d %H:%M:%S}"),
        Entry(0x9010, ASCII, zone),
        Entry(0x9011, ASCII, zone),
        Entry(0x9012, ASCII, zone),
        Entry(0x9291, ASCII, thousandths),
        Entry(0x9292, ASCII, thousandths),
        Entry(0x920A, RATIONAL, [round(told.focal_px / width * SENSOR_WIDTH_MM, 2)]),
        Entry(0xA002, LONG, [width]),
        Entry(0xA003, LONG, [height]),
        Entry(0xA405, SHORT, [equivalent_mm(told.focal_px, (width, height))]),
    ]


def equivalent_mm(focal_px: float, size_px: tuple[int, int]) -> int:
    """Focal length of a 36 × 24 mm camera with the same field of view along the diagonal."""
    return round(focal_px * FULL_FRAME_DIAGONAL_MM / math.hypot(*size_px))


def _gps(facts: FlightFacts, told: Sample) -> list[Entry]:
    height = told.alt_m + facts.exif_offset_m if told.present else told.alt_m
    entries = [
        Entry(0, BYTE, [2, 3, 0, 0]),
        Entry(1, ASCII, "N" if told.lat_deg >= 0 else "S"),
        Entry(2, RATIONAL, _degrees(told.lat_deg)),
        Entry(3, ASCII, "E" if told.lon_deg >= 0 else "W"),
        Entry(4, RATIONAL, _degrees(told.lon_deg)),
        Entry(5, BYTE, [int(height < 0)]),
        Entry(6, RATIONAL, [abs(height)]),
        Entry(18, ASCII, "WGS-84"),
    ]
    if told.fixed:
        now = utc(told.t_utc_ns)
        entries.append(Entry(7, RATIONAL, [now.hour, now.minute, now.second + now.microsecond / 1e6]))
        entries.append(Entry(29, ASCII, f"{now:%Y:%m:%d}"))
    return entries


def _degrees(value: float) -> list[float]:
    """Degrees, minutes, seconds."""
    whole, rest = divmod(abs(value) * 60, 60)
    minutes = math.floor(rest)
    return [whole, minutes, round((rest - minutes) * 60, 6)]


def _xmp(facts: FlightFacts, told: Sample, frame: Exposed) -> bytes:
    clock = local(frame.t_utc_ns, facts.utc_offset_h)
    properties = {
        "tiff:Make": facts.make,
        "tiff:Model": facts.model,
        "xmp:CreateDate": f"{clock:%Y-%m-%dT%H:%M:%S}{facts.utc_offset_h:+03d}:00",
        "drone-dji:Version": "1.5",
        "drone-dji:GpsLatitude": f"{told.lat_deg:+.9f}",
        "drone-dji:GpsLongitude": f"{told.lon_deg:+.9f}",
        "drone-dji:AbsoluteAltitude": f"{told.alt_m:+.3f}",
        "drone-dji:RelativeAltitude": f"{told.relative_alt_m:+.3f}",
        "drone-dji:GimbalRollDegree": f"{told.roll_deg:+.2f}",
        "drone-dji:GimbalYawDegree": f"{told.yaw_deg:+.2f}",
        "drone-dji:GimbalPitchDegree": f"{told.pitch_deg:+.2f}",
        "drone-dji:FlightRollDegree": f"{told.platform_roll_deg:+.2f}",
        "drone-dji:FlightYawDegree": f"{told.platform_yaw_deg:+.2f}",
        "drone-dji:FlightPitchDegree": f"{told.platform_pitch_deg:+.2f}",
        "drone-dji:FlightXSpeed": f"{told.velocity_mps[1]:+.2f}",
        "drone-dji:FlightYSpeed": f"{told.velocity_mps[0]:+.2f}",
        "drone-dji:FlightZSpeed": f"{-told.velocity_mps[2]:+.2f}",
        **_accuracy(told),
        **_calibration(facts, told),
    }
    lines = "\n".join(f'   {name}="{_escaped(value)}"' for name, value in properties.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"\n'
        '   xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"\n'
        f"{lines}/>\n </rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def _accuracy(told: Sample) -> dict[str, str]:
    """How good the position is said to be."""
    sigma = told.position_sigma_m
    if not told.fixed or not math.isfinite(sigma):
        return {}
    stated = {"drone-dji:GPSXYAccuracy": f"{sigma:.3f}", "drone-dji:GPSZAccuracy": f"{1.5 * sigma:.3f}"}
    if sigma >= RTK_FLOAT_M:
        return {"drone-dji:GpsStatus": "Normal", **stated}
    return {
        "drone-dji:GpsStatus": "RTK",
        **stated,
        "drone-dji:RtkFlag": "50" if sigma < RTK_FIXED_M else "34",
        "drone-dji:RtkStdLon": f"{sigma:.5f}",
        "drone-dji:RtkStdLat": f"{sigma:.5f}",
        "drone-dji:RtkStdHgt": f"{1.5 * sigma:.5f}",
    }


def _calibration(facts: FlightFacts, told: Sample) -> dict[str, str]:
    """The lens as its maker measured it: only for straight-line lenses at the zoom of the measurement."""
    lens = facts.lens
    zoomed = abs(told.focal_px / lens.focal_px - 1) > ZOOMED
    if lens.kind != "brown" or zoomed:
        return {}
    width, height = lens.size_px
    K = lens.K
    centre = K[0, 2] - (width - 1) / 2, K[1, 2] - (height - 1) / 2
    numbers = ",".join(f"{float(value):.9f}" for value in (K[0, 0], K[1, 1], *centre, *lens.distortion))
    made = utc(facts.start_utc_ns) - dt.timedelta(days=400)
    return {"drone-dji:DewarpData": f"{made:%Y-%m-%d};{numbers}", "drone-dji:DewarpFlag": "0"}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
