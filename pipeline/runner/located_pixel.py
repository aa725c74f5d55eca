"""Where pixels of a frame lie, as answered to people."""

from dataclasses import dataclass

import numpy as np

from pipeline.records.arrays import Bool, Float


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """On whose ground the pixel lies by one version of the line; None where the line says nothing."""

    line_id: str
    p_a: float | None
    p_b: float | None
    p_between: float | None
    distance_m: float | None


@dataclass(frozen=True, slots=True)
class LocatedPixel:
    """Place of one pixel; numbers are None where it sees no known ground.

    Attributes:
        sortie_id, frame_id, column, row: What was asked.
        lon_deg, lat_deg: WGS 84.
        height_m: Of the ground there, above the zero of `height_datum`.
        height_datum: ``ellipsoidal``, or ``shared`` when only the agreement of camera and terrain is known.
        major_m, minor_m, azimuth_deg: 95 % error ellipse, azimuth from true north.
        method, registration: How the frame came to its place.
        camera: The camera, where its focal length comes from, and how well that is known.
        terrain: The elevation model, and how well its heights are known.
        notes: Codes of what was assumed.
        lines: One a version of the line in force.
    """

    sortie_id: str
    frame_id: str
    column: float
    row: float
    lon_deg: float | None
    lat_deg: float | None
    height_m: float | None
    height_datum: str
    major_m: float | None
    minor_m: float | None
    azimuth_deg: float | None
    method: str
    registration: str
    camera: str
    terrain: str
    notes: tuple[str, ...]
    lines: tuple[LineAnswer, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LineAnswers:
    """As `LineAnswer`, of many pixels: ``(N,)`` each, NaN where the line says nothing."""

    line_id: str
    p_a: Float
    p_b: Float
    p_between: Float
    distance_m: Float


@dataclass(frozen=True, slots=True, eq=False)
class LocatedPixels:
    """Places of many pixels of one frame; NaN where one sees no known ground.

    Attributes:
        pixels: ``(N, 2)`` column, row.
        lonlat_deg: ``(N, 2)`` WGS 84.
        height_m: ``(N,)`` of the ground, above the zero of `height_datum`.
        ellipse: ``(N, 3)`` 95 % error ellipses: semi-major m, semi-minor m, azimuth of the major axis in degrees
            clockwise from true north.
        lines: One a version of the line in force.
        sortie_id, frame_id, height_datum, method, registration, camera, terrain, notes: As in `LocatedPixel`.
    """

    pixels: Float
    lonlat_deg: Float
    height_m: Float
    ellipse: Float
    lines: tuple[LineAnswers, ...]
    sortie_id: str
    frame_id: str
    height_datum: str
    method: str
    registration: str
    camera: str
    terrain: str
    notes: tuple[str, ...]

    @property
    def seen(self) -> Bool:
        """``(N,)`` pixels that see known ground."""
        return np.asarray(np.isfinite(self.height_m), np.bool_)

    def one(self, index: int) -> LocatedPixel:
        """The answer for one of them."""
        column, row = (float(value) for value in self.pixels[index])
        lon, lat = (_known(value) for value in self.lonlat_deg[index])
        major, minor, azimuth = (_known(value) for value in self.ellipse[index])
        lines = tuple(
            LineAnswer(line.line_id, *(_known(x[index]) for x in (line.p_a, line.p_b, line.p_between, line.distance_m)))
            for line in self.lines
        )
        return LocatedPixel(
            self.sortie_id,
            self.frame_id,
            column,
            row,
            lon,
            lat,
            _known(self.height_m[index]),
            self.height_datum,
            major,
            minor,
            azimuth,
            self.method,
            self.registration,
            self.camera,
            self.terrain,
            self.notes,
            lines,
        )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
