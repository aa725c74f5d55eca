"""Columns of ``frames/v1``: where each frame lies and how it was matched."""

import numpy as np

from pipeline.records.arrays import Float
from pipeline.records.frame import GroundFrame
from pipeline.records.mover_sight import FrameSight
from pipeline.sinks.columns import (
    BBOX,
    COUNT,
    FLAG,
    NUMBER,
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
from pipeline.sinks.evidence_columns import outline_of, site_of
from pipeline.sinks.shapes import bounds, iso_wkb
from pipeline.sinks.words import GEOREF_METHOD, GEOREF_STATUS, MOVER_SIGHT, REGISTRATION_AGAINST, REGISTRATION_OUTCOME


def _eye(frame: GroundFrame, context: RowContext) -> Float:
    return np.asarray(site_of(context).to_lonlat(frame.pose.eye_m[None, :2])[0], np.float64)


def _sight(frame: GroundFrame, context: RowContext) -> FrameSight | None:
    return context.sights.get(frame.ref.frame_id)


FRAMES: Dataset[GroundFrame] = Dataset(
    "frames",
    "One row per frame that was placed on the ground: where, how well, and how it was matched.",
    (
        Column("frame_id", TEXT, "Unique in the flight.", lambda f, _: f.ref.frame_id, required=True),
        Column("sortie_id", TEXT, "The flight.", lambda _, c: c.sortie_id, required=True),
        Column("night_id", TEXT, "Date of the local noon before the flight.", lambda _, c: c.night_id, required=True),
        Column("sensor", TEXT, "Camera stream.", lambda f, _: f.ref.sensor),
        Column("band", WORD, "What the sensor sees: visible or thermal.", lambda f, _: f.ref.band, required=True),
        Column("frame_sha256", TEXT, "Hash of its file.", lambda f, _: f.ref.sha256),
        Column("t_seen", TIME, "Exposure.", lambda f, _: microseconds(f.ref.t_utc_ns), "UTC", True),
        Column("t_sigma_s", NUMBER, "Standard deviation of t_seen.", lambda f, _: f.ref.t_sigma_s, "s"),
        Column(
            "geometry", WKB, "Ground that it shows.", lambda f, c: iso_wkb(outline_of(f.footprint_m, c)), "° (CRS84)"
        ),
        Column("bbox", BBOX, "Bounding box of geometry.", lambda f, c: bounds(outline_of(f.footprint_m, c)), "°"),
        Column("camera_lon_deg", NUMBER, "Longitude of the camera.", lambda f, c: float(_eye(f, c)[0]), "°"),
        Column("camera_lat_deg", NUMBER, "Latitude of the camera.", lambda f, c: float(_eye(f, c)[1]), "°"),
        Column("camera_hae_m", NUMBER, "Ellipsoidal height of the camera.", lambda f, _: float(f.pose.eye_m[2]), "m"),
        Column("gsd_m", NUMBER, "Ground sample distance at the centre.", lambda f, _: f.gsd_m, "m"),
        Column(
            "err95_major_m",
            NUMBER,
            "Semi-major axis of the 95 % error ellipse at the centre.",
            lambda f, _: float(f.ellipse_m[0]),
            "m",
        ),
        Column("err95_minor_m", NUMBER, "Its semi-minor axis.", lambda f, _: float(f.ellipse_m[1]), "m"),
        Column(
            "err95_azimuth_deg",
            NUMBER,
            "Direction of its major axis, clockwise from true north.",
            lambda f, _: float(f.ellipse_m[2]),
            "°",
        ),
        Column("georef_method", WORD, "How it was placed.", lambda f, _: f.pose.method, "", True, GEOREF_METHOD),
        Column(
            "georef_status",
            WORD,
            "What was wrong with the placing, if anything.",
            lambda f, _: f.status,
            "",
            True,
            GEOREF_STATUS,
        ),
        Column(
            "matched_against",
            WORD,
            "What the frame was matched with.",
            lambda f, _: f.registration.against,
            "",
            True,
            REGISTRATION_AGAINST,
        ),
        Column(
            "outcome",
            WORD,
            "How matching it ended.",
            lambda f, _: f.registration.outcome,
            "",
            True,
            REGISTRATION_OUTCOME,
        ),
        Column(
            "mover_sight",
            WORD,
            "Whether movers could have been seen; null where nobody looked for them.",
            lambda f, c: None if (sight := _sight(f, c)) is None else sight.grade,
            words=MOVER_SIGHT,
        ),
        Column(
            "mover_sight_flaws",
            TEXTS,
            "Why no better: no_texture, registration_lost, too_few_references (too little overlap or too low a rate), "
            "restless and partly_restless (waves, blown sand, leaves, noise), one_sided, parallax_not_understood, "
            "no_ground.",
            lambda f, c: None if (sight := _sight(f, c)) is None else list(sight.flaws),
        ),
        Column(
            "mover_least_m",
            NUMBER,
            "Shortest side of a mover that would have been found at the frame's centre.",
            lambda f, c: None if (sight := _sight(f, c)) is None else sight.least_m,
            "m",
        ),
        Column(
            "mover_slowest_mps",
            NUMBER,
            "Slowest speed at which it would.",
            lambda f, c: None if (sight := _sight(f, c)) is None else sight.slowest_mps,
            "m/s",
        ),
        Column(
            "mover_fastest_mps",
            NUMBER,
            "Fastest speed at which it would.",
            lambda f, c: None if (sight := _sight(f, c)) is None else sight.fastest_mps,
            "m/s",
        ),
        Column("matches", COUNT, "Tentative matches.", lambda f, _: f.registration.matches, required=True),
        Column(
            "inliers", COUNT, "Matches that agree with the pose.", lambda f, _: f.registration.inliers, required=True
        ),
        Column("residual_px", NUMBER, "Median error of the inliers.", lambda f, _: f.registration.residual_px, "px"),
        Column(
            "check_residual_m",
            NUMBER,
            "Median error of matches held out of the solution.",
            lambda f, _: f.registration.check_residual_m,
            "m",
        ),
        Column(
            "shift_m",
            NUMBER,
            "How far matching moved its centre on the ground.",
            lambda f, _: f.registration.shift_m,
            "m",
        ),
        Column("turn_deg", NUMBER, "How far matching turned it.", lambda f, _: f.registration.turn_deg, "°"),
        Column(
            "turned_180",
            FLAG,
            "Pixels are turned by 180° against the telemetry.",
            lambda f, _: f.registration.turned_180,
            required=True,
        ),
        Column("notes", TEXTS, "Codes of what was assumed or corrected.", lambda f, _: f.notes, required=True),
    ),
    order=("frame_id",),
)
