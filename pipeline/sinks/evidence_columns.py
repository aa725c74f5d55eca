"""Columns of ``tracks/v1`` and ``changes/v1``: what candidates were made from."""

import numpy as np
import pyarrow as pa
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from pipeline.errors import PublishError
from pipeline.geometry.projection import SiteFrame
from pipeline.records.arrays import Float
from pipeline.records.evidence import Change, Track, origin_of
from pipeline.sinks.candidate_columns import reasons_value
from pipeline.sinks.columns import (
    BBOX,
    COUNT,
    FLAG,
    NUMBER,
    REASONS,
    TEXT,
    TEXTS,
    TIME,
    WKB,
    WORD,
    Column,
    Dataset,
    RowContext,
    microseconds,
)
from pipeline.sinks.shapes import bounds, iso_wkb
from pipeline.sinks.words import (
    CHANGE_KIND,
    DIRECTION,
    MOVER_KIND,
    TRACK_ORIGIN,
)

CHI2_95_2D = 5.991464547107979
"""95 % quantile of chi-square with two degrees of freedom: -2 ln 0.05."""

SIGHTINGS = pa.list_(
    pa.field(
        "element",
        pa.struct(
            [
                pa.field("t", TIME, nullable=False),
                pa.field("lon_deg", NUMBER),
                pa.field("lat_deg", NUMBER),
                pa.field("err95_major_m", NUMBER),
                pa.field("detected", FLAG, nullable=False),
                pa.field("frame_id", TEXT, nullable=False),
                pa.field("left_px", NUMBER),
                pa.field("top_px", NUMBER),
                pa.field("width_px", NUMBER),
                pa.field("height_px", NUMBER),
            ]
        ),
        nullable=False,
    )
)


def site_of(context: RowContext) -> SiteFrame:
    """The plane that metres of a row are in.

    Raises:
        PublishError: It was not handed over.
    """
    if context.site is None:
        raise PublishError(f"{context.sortie_id}: rows with metres need the site frame they are in; hand it over")
    return context.site


def outline_of(outline_m: Float, context: RowContext) -> BaseGeometry | None:
    """The polygon of ``(N, 2)`` site metres in longitude and latitude; None where it is none on Earth."""
    lonlat = site_of(context).to_lonlat(outline_m)
    return Polygon(lonlat) if len(lonlat) >= 3 and bool(np.isfinite(lonlat).all()) else None


def _path(track: Track, context: RowContext) -> BaseGeometry | None:
    lonlat = site_of(context).to_lonlat(track.xy_m)
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    if len(lonlat) == 0:
        return None
    return Point(lonlat[0]) if len(lonlat) == 1 else LineString(lonlat)


def _err95_major_m(covariance_m2: Float) -> float:
    """Semi-major axis of the 95 % ellipse of a ``(2, 2)`` covariance; NaN when it is not known."""
    if not bool(np.isfinite(covariance_m2).all()):
        return float("nan")
    return float(np.sqrt(CHI2_95_2D * max(float(np.linalg.eigvalsh(covariance_m2)[-1]), 0.0)))


def _sightings(track: Track, context: RowContext) -> list[dict[str, object]]:
    lonlat = site_of(context).to_lonlat(track.xy_m)
    return [
        {
            "t": microseconds(int(track.t_utc_ns[i])),
            "lon_deg": float(lonlat[i, 0]),
            "lat_deg": float(lonlat[i, 1]),
            "err95_major_m": _err95_major_m(track.covariance_m2[i]),
            "detected": bool(track.detected[i]),
            "frame_id": track.frame_ids[i],
            **dict(zip(("left_px", "top_px", "width_px", "height_px"), map(float, track.boxes_px[i]), strict=True)),
        }
        for i in range(len(track.t_utc_ns))
    ]


TRACKS: Dataset[Track] = Dataset(
    "tracks",
    "One row per mover that a candidate speaks of. Movers that match no rule are only counted, in the run report.",
    (
        Column("track_id", TEXT, "Unique in the flight.", lambda t, _: t.track_id, required=True),
        Column("sortie_id", TEXT, "The flight.", lambda _, c: c.sortie_id, required=True),
        Column("night_id", TEXT, "Date of the local noon before the flight.", lambda _, c: c.night_id, required=True),
        Column(
            "kind",
            WORD,
            "By size, speed and shape, or by a model: see reasons.",
            lambda t, _: t.kind,
            required=True,
            words=MOVER_KIND,
        ),
        Column(
            "origin",
            WORD,
            "Who saw it: our own detector in the pictures, the sensor in its metadata, or both.",
            lambda t, _: origin_of(t),
            required=True,
            words=TRACK_ORIGIN,
        ),
        Column("score", NUMBER, "Calibrated, 0 to 1.", lambda t, _: t.score),
        Column("geometry", WKB, "Path on the ground.", lambda t, c: iso_wkb(_path(t, c)), "° (CRS84)"),
        Column("bbox", BBOX, "Bounding box of geometry.", lambda t, c: bounds(_path(t, c)), "°"),
        Column("t_start", TIME, "First sighting.", lambda t, _: microseconds(int(t.t_utc_ns[0])), "UTC", True),
        Column("t_end", TIME, "Last sighting.", lambda t, _: microseconds(int(t.t_utc_ns[-1])), "UTC", True),
        Column("speed_mps", NUMBER, "Net speed over the whole track.", lambda t, _: t.speed_mps, "m/s"),
        Column("speed_sigma_mps", NUMBER, "Its standard deviation.", lambda t, _: t.speed_sigma_mps, "m/s"),
        Column("heading_deg", NUMBER, "Clockwise from true north.", lambda t, _: t.heading_deg, "°"),
        Column("heading_sigma_deg", NUMBER, "Its standard deviation.", lambda t, _: t.heading_sigma_deg, "°"),
        Column("length_m", NUMBER, "Longer side of the mover, where resolved.", lambda t, _: t.length_m, "m"),
        Column("gsd_m", NUMBER, "Median ground sample distance.", lambda t, _: t.gsd_m, "m"),
        Column(
            "sightings",
            SIGHTINGS,
            "Every position: time, place, its 95 % semi-major axis, whether it was detected or bridged, frame and box.",
            _sightings,
            "UTC; °; m; px",
            True,
        ),
        Column("reasons", REASONS, "What speaks for it.", lambda t, _: reasons_value(t.reasons), required=True),
        Column("against", REASONS, "What speaks against it.", lambda t, _: reasons_value(t.against), required=True),
    ),
    order=("track_id",),
)

CHANGES: Dataset[Change] = Dataset(
    "changes",
    "One row per change on the ground against a named earlier flight, whether or not a rule speaks of it.",
    (
        Column("change_id", TEXT, "Unique in the flight.", lambda h, _: h.change_id, required=True),
        Column("sortie_id", TEXT, "The flight.", lambda _, c: c.sortie_id, required=True),
        Column("night_id", TEXT, "Date of the local noon before the flight.", lambda _, c: c.night_id, required=True),
        Column("kind", WORD, "What it looks like from above.", lambda h, _: h.kind, required=True, words=CHANGE_KIND),
        Column(
            "change_direction",
            WORD,
            "How the place differs from the baseline.",
            lambda h, _: h.direction,
            "",
            True,
            DIRECTION,
        ),
        Column("score", NUMBER, "Calibrated, 0 to 1.", lambda h, _: h.score),
        Column("geometry", WKB, "Outline.", lambda h, c: iso_wkb(outline_of(h.outline_m, c)), "° (CRS84)"),
        Column("bbox", BBOX, "Bounding box of geometry.", lambda h, c: bounds(outline_of(h.outline_m, c)), "°"),
        Column(
            "err95_major_m",
            NUMBER,
            "Semi-major axis of the 95 % error ellipse.",
            lambda h, _: _err95_major_m(h.covariance_m2),
            "m",
        ),
        Column("area_m2", NUMBER, "Area on the ground.", lambda h, _: h.area_m2, "m²"),
        Column("area_sigma_m2", NUMBER, "Its standard deviation.", lambda h, _: h.area_sigma_m2, "m²"),
        Column("length_m", NUMBER, "Length of the long axis.", lambda h, _: h.length_m, "m"),
        Column("gsd_m", NUMBER, "Ground sample distance of the tile.", lambda h, _: h.gsd_m, "m"),
        Column("views", COUNT, "Viewpoints in which it shows.", lambda h, _: h.views, required=True),
        Column("tile", TEXT, "Ground tile that holds its centre.", lambda h, _: h.tile, required=True),
        Column(
            "t_seen",
            TIME,
            "Exposure of the frame that shows it best.",
            lambda h, _: microseconds(h.t_utc_ns),
            "UTC",
            True,
        ),
        Column(
            "frame_ids", TEXTS, "Frames of this flight that show the place.", lambda h, _: h.frame_ids, required=True
        ),
        Column(
            "baseline_sortie_id",
            TEXT,
            "The earlier flight it was compared with.",
            lambda h, _: h.baseline_sortie_id,
            required=True,
        ),
        Column(
            "baseline_at",
            TIME,
            "When the baseline was taken.",
            lambda h, _: microseconds(h.baseline_t_utc_ns),
            "UTC",
            True,
        ),
        Column(
            "baseline_frame_ids", TEXTS, "Frames of the baseline.", lambda h, _: h.baseline_frame_ids, required=True
        ),
        Column("reasons", REASONS, "What speaks for it.", lambda h, _: reasons_value(h.reasons), required=True),
        Column("against", REASONS, "What speaks against it.", lambda h, _: reasons_value(h.against), required=True),
    ),
    order=("change_id",),
)
