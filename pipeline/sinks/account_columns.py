"""Columns of ``coverage/v1``, ``dropped/v1`` and ``chips/v1``: what was looked at, what was not, and pictures."""

import pyarrow as pa

from pipeline.records.candidate import Chip, CoverageRow
from pipeline.records.dropped import Dropped
from pipeline.sinks.columns import COUNT, FLAG, NUMBER, TEXT, TIME, WORD, Column, Dataset, microseconds
from pipeline.sinks.words import CHIP_ROLE, SIDE

COVERAGE: Dataset[CoverageRow] = Dataset(
    "coverage",
    "What was looked at, per line and side: without it nothing found would look like nothing examined.",
    (
        Column("sortie_id", TEXT, "The flight.", lambda r, _: r.sortie_id, required=True),
        Column("night_id", TEXT, "Date of the local noon before the flight.", lambda r, _: r.night_id, required=True),
        Column("operating_cell", WORD, "The cell that flew; null when not stated.", lambda r, _: r.operating_cell),
        Column("line_id", TEXT, "By which line.", lambda r, _: r.line_id),
        Column("side", WORD, "On which side.", lambda r, _: r.side, required=True, words=SIDE),
        Column("imaged_m2", NUMBER, "Ground seen by a frame that was placed.", lambda r, _: r.imaged_m2, "m²"),
        Column("compared_m2", NUMBER, "Ground compared with an earlier flight.", lambda r, _: r.compared_m2, "m²"),
        Column("minutes", NUMBER, "Time in which frames looked there.", lambda r, _: r.minutes, "min"),
        Column(
            "movement_minutes",
            NUMBER,
            "Thereof time in which movers could have been seen.",
            lambda r, _: r.movement_minutes,
            "min",
        ),
        Column(
            "movement_degraded_minutes",
            NUMBER,
            "Further time in which some of them could have been: see mover_sight of the frames.",
            lambda r, _: r.movement_degraded_minutes,
            "min",
        ),
        Column(
            "mover_least_m",
            NUMBER,
            "Shortest side of a mover that would have been found in nine tenths of both times; null without any. That "
            "none was found says nothing of smaller ones.",
            lambda r, _: r.mover_least_m,
            "m",
        ),
        Column(
            "mover_slowest_mps", NUMBER, "Slowest speed at which it would.", lambda r, _: r.mover_slowest_mps, "m/s"
        ),
        Column(
            "mover_fastest_mps", NUMBER, "Fastest speed at which it would.", lambda r, _: r.mover_fastest_mps, "m/s"
        ),
    ),
    order=("line_id", "side", "operating_cell"),
)

DROPPED: Dataset[Dropped] = Dataset(
    "dropped",
    "Every frame, file, tile or track that could not be used, and why.",
    (
        Column("sortie_id", TEXT, "The flight.", lambda _, c: c.sortie_id, required=True),
        Column("night_id", TEXT, "Date of the local noon before the flight.", lambda _, c: c.night_id, required=True),
        Column("stage", WORD, "Which stage set it aside.", lambda d, _: d.stage, required=True),
        Column("item", TEXT, "Its id or name.", lambda d, _: d.item),
        Column("code", WORD, "Short reason for machines.", lambda d, _: d.code),
        Column("reason", TEXT, "What is wrong, the likely cause, the remedy.", lambda d, _: d.reason),
    ),
    order=("stage", "item", "code", "reason"),
)

CHIPS: Dataset[Chip] = Dataset(
    "chips",
    "Pictures of candidates, apart from the rows that everybody reads.",
    (
        Column("candidate_id", TEXT, "Row of candidates/v1.", lambda p, _: p.candidate_id, required=True),
        Column("role", WORD, "What it shows.", lambda p, _: p.role, required=True, words=CHIP_ROLE),
        Column("jpeg", pa.binary(), "The picture as a JPEG file.", lambda p, _: p.jpeg, required=True),
        Column("width_px", COUNT, "Width.", lambda p, _: p.width_px, "px", True),
        Column("height_px", COUNT, "Height.", lambda p, _: p.height_px, "px", True),
        Column("gsd_m", NUMBER, "Ground sample distance; never finer than configured.", lambda p, _: p.gsd_m, "m"),
        Column("frame_id", TEXT, "Frame or tile that the pixels come from.", lambda p, _: p.frame_id, required=True),
        Column("frame_sha256", TEXT, "Hash of that file.", lambda p, _: p.frame_sha256),
        Column("t_seen", TIME, "Exposure.", lambda p, _: microseconds(p.t_utc_ns), "UTC", True),
        Column("blurred", FLAG, "Person-sized movers were blurred.", lambda p, _: p.blurred, required=True),
    ),
    order=("candidate_id", "role"),
    rows_per_group=64,
)
