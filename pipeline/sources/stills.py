"""A still's head: what it is, how large, and what its tags say. Pixels are not decoded."""

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from pipeline.errors import InputError
from pipeline.records.contents import StillTags
from pipeline.records.sortie import Band
from pipeline.sources.exif import Exif, read_exif
from pipeline.sources.jpeg_segments import read_jpeg_head
from pipeline.sources.radiometric import Radiometric, may_be_radiometric, read_radiometric
from pipeline.sources.regular_file import open_regular
from pipeline.sources.shown_picture import shown_enlarged
from pipeline.sources.xmp import number, read_xmp

MAX_PIXELS = 250_000_000
"""Larger pictures are refused before they are decoded; a survey camera takes 150 million."""

MAX_ZOOMED_BYTES = 64 * 1024 * 1024
"""Of a radiometric still that is read whole to see whether its zoom enlarges the counts too."""

HEIGHT_CONTRADICTION_M = 5.0
"""EXIF and XMP heights of one still further apart than this cannot both be right."""

_THERMAL_WORDS = re.compile(r"LWIR|WHITE ?HOT|BLACK ?HOT|THERMAL|\bFLIR\b|^XT ?[2SR]", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{4})[:\-](\d\d)[:\-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class StillHead:
    """What stands before the pixels of a still.

    Attributes:
        size_px: Width, height from the header of the pixels.
        tags: What it says about itself.
        band: What it sees.
        exif, xmp: The tags themselves: cameras are made from them.
        counts_from, warmth_c: As in `Still`.
    """

    size_px: tuple[int, int]
    tags: StillTags
    band: Band
    exif: Exif
    xmp: dict[str, str]
    counts_from: str = ""
    warmth_c: tuple[float, float] | None = None


def is_still(head: bytes) -> bool:
    """Whether a file that begins with `head` claims to be a JPEG, PNG or TIFF."""
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*"))


def read_still_head(path: Path, name: str) -> StillHead:
    """Read size and tags.

    Args:
        path: A JPEG, PNG or TIFF file.
        name: What messages call it.

    Raises:
        InputError: Damaged, too large, or not a photograph.
    """
    try:
        with open_regular(path) as file:
            magic = file.read(8)
            file.seek(0)
            size, exif, packet, radiometric = _READERS[magic[:2]](file, name)
    except KeyError as error:
        raise InputError(f"{name}: not a JPEG, PNG or TIFF") from error
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror}); is the medium damaged?") from error
    if min(size) < 1 or size[0] * size[1] > MAX_PIXELS:
        raise InputError(f"{name}: {size[0]} × {size[1]} pixels; more than {MAX_PIXELS} are not decoded")
    xmp = read_xmp(packet, name) if packet else {}
    if radiometric is None:
        return StillHead(size, _tags(exif, xmp), _band(exif, xmp), exif, xmp)
    return StillHead(size, _tags(exif, xmp), Band.THERMAL, exif, xmp, radiometric.where, radiometric.warmth_c())


Parts = tuple[tuple[int, int], Exif, bytes, Radiometric | None]
"""Size, tags, XMP, and the counts in it."""


def _jpeg(file: BufferedReader, name: str) -> Parts:
    head = read_jpeg_head(file, name)
    block = head.exif
    exif = read_exif(lambda at, count: block[at : at + count], name) if block else Exif({})
    radiometric = None
    if may_be_radiometric(head.segments, head.size_px):
        file.seek(0)
        radiometric = read_radiometric(file, name)
    if radiometric is None:
        return head.size_px, exif, head.xmp, None
    zoom = exif.number("digital_zoom")
    if zoom > 1:
        file.seek(0)
        if shown_enlarged(file.read(MAX_ZOOMED_BYTES), radiometric.counts, zoom) is not False:
            # the zoom enlarges the picture that is shown, not the counts
            exif = Exif({key: value for key, value in exif.values.items() if key != "digital_zoom"})
    height, width = radiometric.counts.shape
    return (width, height), exif, head.xmp, radiometric


def _png(file: BufferedReader, name: str) -> Parts:
    head = file.read(24)
    if len(head) < 24 or head[12:16] != b"IHDR":
        raise InputError(f"{name}: PNG without a header; was it cut off while copying?")
    return (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")), Exif({}), b"", None


def _tiff(file: BufferedReader, name: str) -> Parts:
    def fetch(at: int, count: int) -> bytes:
        file.seek(at)
        return file.read(count)

    exif = read_exif(fetch, name)
    if exif.numbers("pixel_scale") or exif.numbers("geo_transform"):
        raise InputError(
            f"{name}: a map, not a frame; hand elevation models and orthophotos over with --terrain and --reference"
        )
    width, height = exif.number("width"), exif.number("height")
    bits, kind = exif.number("bits_per_sample"), exif.numbers("sample_format") or (1.0,)
    if not (width >= 1 and height >= 1) or bits not in (8, 16) or kind[0] != 1:
        raise InputError(f"{name}: not a photograph of 8 or 16 bits; is it an elevation model or a result?")
    packet = exif.values.get("xmp", b"")
    if isinstance(packet, tuple):
        packet = bytes(int(value) for value in packet)
    return (int(width), int(height)), exif, packet if isinstance(packet, bytes) else b"", None


_READERS: dict[bytes, Callable[[BufferedReader, str], Parts]] = {
    b"\xff\xd8": _jpeg,
    b"\x89P": _png,
    b"II": _tiff,
    b"MM": _tiff,
}


def _tags(exif: Exif, xmp: dict[str, str]) -> StillTags:
    clock, step = _clock(exif)
    lon, lat, exif_alt = _gps(exif)
    # one maker's firmware misspelt the longitude for years
    xmp_lon, xmp_lat = number(xmp, "GpsLongitude", "GpsLongtitude"), number(xmp, "GpsLatitude")
    if math.isfinite(xmp_lon) and math.isfinite(xmp_lat):
        lon, lat = xmp_lon, xmp_lat
    alt = number(xmp, "AbsoluteAltitude")
    faults = []
    if abs(alt - exif_alt) > HEIGHT_CONTRADICTION_M:
        faults.append("height_contradicted")
    sigma = max(number(xmp, "RtkStdLon"), number(xmp, "RtkStdLat"))
    return StillTags(
        make=exif.text("make") or xmp.get("Make", ""),
        model=exif.text("model") or xmp.get("Model", ""),
        clock=clock,
        clock_step_s=step,
        utc_offset_s=_offset(exif.text("clock_offset")),
        gps_utc=_gps_time(exif),
        lon_deg=lon,
        lat_deg=lat,
        alt_m=alt if math.isfinite(alt) else exif_alt,
        exif_alt_m=exif_alt,
        relative_alt_m=number(xmp, "RelativeAltitude"),
        rtk=number(xmp, "RtkFlag") == 50,  # 50: carrier phases fixed; 16: single point; 34: float
        position_sigma_m=sigma if sigma > 0 else math.nan,
        alt_sigma_m=positive(number(xmp, "RtkStdHgt")),
        yaw_deg=number(xmp, "GimbalYawDegree"),
        pitch_deg=number(xmp, "GimbalPitchDegree"),
        roll_deg=number(xmp, "GimbalRollDegree"),
        aircraft_yaw_deg=number(xmp, "FlightYawDegree"),
        faults=tuple(faults),
        # of the maker's axes the first points north
        east_mps=number(xmp, "FlightYSpeed"),
        north_mps=number(xmp, "FlightXSpeed"),
    )


def positive(value: float) -> float:
    """The value, or NaN unless it is above zero."""
    return value if value > 0 else math.nan


def _clock(exif: Exif) -> tuple[dt.datetime | None, float]:
    """Camera clock and its step in seconds."""
    found = _CLOCK.match(exif.text("clock"))
    if not found:
        return None, 1.0
    try:
        clock = dt.datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None, 1.0
    digits = exif.text("clock_subseconds")
    if not digits.isascii() or not digits.isdigit():
        return clock, 1.0
    digits = digits[:6]
    return clock + dt.timedelta(microseconds=int(digits.ljust(6, "0"))), 10.0 ** -len(digits)


def _offset(text: str) -> int | None:
    found = _OFFSET.fullmatch(text.replace("Z", "+00:00"))
    if not found:
        return None
    seconds = int(found.group(2)) * 3600 + int(found.group(3)) * 60
    return (-seconds if found.group(1) == "-" else seconds) if seconds <= 15 * 3600 else None


def _gps_time(exif: Exif) -> dt.datetime | None:
    day, clock = exif.text("gps_date"), exif.numbers("gps_time")
    try:
        year, month, date = (int(part) for part in re.split(r"[:\-]", day))
        hours, minutes, seconds = clock
        return dt.datetime(year, month, date, tzinfo=dt.UTC) + dt.timedelta(
            hours=hours, minutes=minutes, seconds=seconds
        )
    except (ValueError, OverflowError):
        return None


def _gps(exif: Exif) -> tuple[float, float, float]:
    """Longitude, latitude and height of the GPS tags; NaN without."""
    lon = _angle(exif.numbers("gps_longitude"), exif.text("gps_longitude_ref"), "W")
    lat = _angle(exif.numbers("gps_latitude"), exif.text("gps_latitude_ref"), "S")
    height = exif.number("gps_altitude")
    below = exif.values.get("gps_altitude_ref")
    if below in (b"\x01", (1.0,)):
        height = -height
    return lon, lat, height


def _angle(parts: tuple[float, ...], ref: str, negative: str) -> float:
    if len(parts) != 3 or not ref:
        return math.nan
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    return -degrees if ref.upper().startswith(negative) else degrees


def _band(exif: Exif, xmp: dict[str, str]) -> Band:
    words = [xmp.get("BandName", ""), exif.text("description"), exif.text("make"), exif.text("model")]
    return Band.THERMAL if any(_THERMAL_WORDS.search(word) for word in words) else Band.VISIBLE
