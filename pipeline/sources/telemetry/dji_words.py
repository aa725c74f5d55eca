"""The words of drones' subtitles: which patterns say which fields, family by family.

A number counts only where the character that must follow it is there: the last cue of a recording that was cut off
ends anywhere, and ``20.1`` without its end is ``2``.
"""

import re
from dataclasses import dataclass

NUMBER = r"([-+]?\d{1,9}(?:\.\d{0,12})?)"
_ANY_POINT = r"([-+]?\d{1,9}(?:[.,]\d{1,12})?)"
_ENDED = _ANY_POINT + r"(?=[\s\],<])"
_DEGREES = r"[^\d,()]{0,3}"
_THREE = rf"\s*\(\s*{NUMBER}{_DEGREES},\s*{NUMBER}{_DEGREES},\s*{NUMBER}{_DEGREES}\)"


@dataclass(frozen=True, slots=True)
class Words:
    """A pattern and what its groups are.

    Attributes:
        literal: Stands in the text at least as often as the pattern fits.
        pattern: One group for each field.
        fields: Names of columns.
    """

    literal: str
    pattern: "re.Pattern[str]"
    fields: tuple[str, ...]


def _words(literal: str, pattern: str, *fields: str) -> Words:
    return Words(literal, re.compile(pattern, re.ASCII), fields)


TOGETHER = (
    _words(
        "[latitude",
        rf"\[latitude\s*:\s*{_ANY_POINT}\s*\]\s?\[longt?itude\s*:\s*{_ANY_POINT}\s*\]",
        "latitude",
        "longitude",
    ),
    _words("rel_alt", rf"rel_alt\s*:\s*{_ANY_POINT}\s*abs_alt\s*:\s*{_ENDED}", "rel_alt_m", "abs_alt_m"),
    _words(
        "gb_yaw",
        rf"gb_yaw\s*:\s*{_ANY_POINT}\s+gb_pitch\s*:\s*{_ANY_POINT}\s+gb_roll\s*:\s*{_ENDED}",
        "gimbal_yaw_deg",
        "gimbal_pitch_deg",
        "gimbal_roll_deg",
    ),
)
"""Fields that usually stand side by side, found at once; where one lacks, `BRACKETED` finds the other."""

BRACKETED = (
    _words("[latitude", rf"\[latitude\s*:\s*{_ENDED}", "latitude"),
    _words("[long", rf"\[longt?itude\s*:\s*{_ENDED}", "longitude"),  # misspelt for years
    _words("rel_alt", rf"rel_alt\s*:\s*{_ENDED}", "rel_alt_m"),
    _words("abs_alt", rf"abs_alt\s*:\s*{_ENDED}", "abs_alt_m"),
    _words("[altitude", rf"\[altitude\s*:\s*{_ENDED}", "altitude_m"),
    _words("gb_yaw", rf"gb_yaw\s*:\s*{_ENDED}", "gimbal_yaw_deg"),
    _words("gb_pitch", rf"gb_pitch\s*:\s*{_ENDED}", "gimbal_pitch_deg"),
    _words("gb_roll", rf"gb_roll\s*:\s*{_ENDED}", "gimbal_roll_deg"),
    _words("focal_len", rf"focal_len\s*:\s*{_ENDED}", "focal_len"),
    _words("dzoom_ratio", rf"dzoom_ratio\s*:\s*{_ENDED}", "zoom"),
    _words("Cnt", rf"Cnt\s*:\s*{_ENDED}", "frame_count"),
)
"""Of families that write ``[key: value]``."""

LISTED = (
    _words("DZOOM", rf"DZOOM {NUMBER}(?=[\s,])", "zoom"),
    _words("BAROMETER", rf"BAROMETER\s*:\s*{NUMBER}(?=[\sMm])", "barometer_m"),
    _words("Hb:", rf"Hb:\s*{NUMBER}(?=[\sMm])", "barometer_m"),
    _words(", H ", rf", H {NUMBER}m", "barometer_m"),
    _words(", D ", rf", D {NUMBER}m", "home_distance_m"),
    _words("H.S ", rf"H\.S {NUMBER}m/s", "speed_mps"),
    _words("HOME", rf"HOME\s?\(\s?{NUMBER}\s?,\s?{NUMBER}\s?[,)]", "home_first", "home_second"),
    _words("F.PRY", rf"F\.PRY{_THREE}", "aircraft_pitch_deg", "aircraft_roll_deg", "aircraft_yaw_deg"),
    _words("G.PRY", rf"G\.PRY{_THREE}", "gimbal_pitch_deg", "gimbal_roll_deg", "gimbal_yaw_deg"),
)
"""Of families that write ``GPS(a,b,c)``."""

TUPLE = re.compile(rf"GPS\s?\(\s?{NUMBER}\s?,\s?{NUMBER}\s?,\s?{NUMBER}(\s?[mM])?\s?\)", re.ASCII)
ANY_TUPLE = re.compile(r"GPS\s?\(([^()\n]{1,80})\)")
LABELLED = re.compile(rf"([NSEW])\s?:?\s?{NUMBER}", re.ASCII)
CLOCK = re.compile(
    r"20\d\d[-.]\d{1,2}[-.]\d{1,2}[ T]\d{1,2}:\d\d:\d\d(?:[.,]\d{3}(?!\d)(?:,\d{3}(?!\d))?)?(?=\D)", re.ASCII
)
APERTURE = re.compile(r"fnum\s*:\s*([\d.]+)", re.ASCII)

MARKERS = ("[latitude", "[longitude", "[longtitude", "GPS(", "GPS (", "HOME(", "[iso", "rel_alt", "SrtCnt", "FrameCnt")
"""One of these stands in every cue of a drone."""
