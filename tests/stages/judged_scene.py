"""A line, an agreement, and made-up evidence to judge."""

from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import LineString, Point, box

from pipeline.geometry.brown import Brown
from pipeline.geometry.projection import SiteFrame
from pipeline.records.agreement import Agreement, Interval, ReferenceLine, RuleSpec, Zone
from pipeline.records.camera import CameraModel
from pipeline.records.candidate import Candidate, DetectorId, Provenance
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import Change, ChangeKind, Direction, MoverKind, Track
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, Registration
from pipeline.records.sortie import Band, FrameKind, FrameRef, Sortie
from pipeline.rules.shipped import shipped_rules
from pipeline.stages.judge import Judge

SITE = SiteFrame.at(46.8, 39.9)
T0 = 1_606_000_000 * 10**9
ALWAYS = Interval(None, None)
SORTIE = Sortie("S1", Path("flight"), "2020-11-21", "1", "quadcopter", None, "t" * 64)
PROVENANCE = Provenance("c" * 64, "s" * 64, "0.1.0", DetectorId("motion", "1"), DetectorId("pair", "1"))


def lonlat(geometry):
    return shapely.transform(geometry, SITE.to_lonlat)


def frame(index, status=GeorefStatus.OK, east=0.0):
    ref = FrameRef(
        f"F{index:03d}",
        Path("f.jpg"),
        FrameKind.STILL,
        0,
        (100, 100),
        T0 + index * 10**9,
        0.01,
        f"{index:064d}",
        Band.VISIBLE,
        "cam",
    )
    camera = CameraModel("cam", (100, 100), np.eye(3), Brown(), 0.01, "table")
    pose = Pose(np.array([east, 0.0, 100.0]), np.eye(3), np.eye(6), GeorefMethod.IMAGE_MATCH)
    outline = np.array(box(east - 100, -100, east + 100, 100).exterior.coords[:-1])
    registration = Registration("reference", "registered", 9, 9, 0.5, 0.1, 1.0, 0.1, turned_180=False)
    return GroundFrame(ref, camera, pose, status, outline, 0.05, np.array([1.0, 1, 0]), registration, ())


FRAMES = [frame(index) for index in range(6)]


def track(name="T0001", start=(-40.0, 0.0), end=(40.0, 0.0), sigma=1.0, kind=MoverKind.VEHICLE_SIZE, count=6):
    share = np.linspace(0, 1, count)[:, None]
    xy = (1 - share) * np.array(start) + share * np.array(end)
    return Track(
        name,
        T0 + np.arange(count) * 10**9,
        xy,
        np.repeat(np.eye(2)[None] * sigma**2, count, axis=0),
        np.ones(count, bool),
        16.0,
        1.0,
        90.0,
        2.0,
        5.0,
        kind,
        0.95,
        tuple(f"F{i:03d}" for i in range(count)),
        np.zeros((count, 4)),
        0.05,
        (),
        (),
    )


def change(name="C0001", at=(-50.0, 0.0), kind=ChangeKind.LINEAR_EARTHWORK, direction=Direction.NEW, half=4.0, **given):
    outline = np.array(Point(at).buffer(half, cap_style="square").exterior.coords[:-1])[::-1]
    fields = {
        "change_id": name,
        "outline_m": outline,
        "covariance_m2": np.eye(2),
        "direction": direction,
        "kind": kind,
        "score": 0.8,
        "area_m2": 4 * half**2,
        "area_sigma_m2": 3.0,
        "length_m": 2 * half,
        "tile": "t",
        "t_utc_ns": T0,
        "frame_ids": ("F000", "F001"),
        "baseline_sortie_id": "S0",
        "baseline_t_utc_ns": T0 - 86_400 * 10**9,
        "baseline_frame_ids": ("G1",),
        "views": 2,
        "gsd_m": 0.05,
        "reasons": (),
        "against": (),
    }
    return Change(**(fields | given))


def line(accuracy_m=2.0, swapped=False, **given):
    west, east = lonlat(box(-3000, -3000, 0, 3000)), lonlat(box(0, -3000, 3000, 3000))
    fields = {
        "line_id": "line",
        "geometry": lonlat(LineString([(0, -3000), (0, 3000)])),
        "side_a": east if swapped else west,
        "side_b": west if swapped else east,
        "accuracy_m": accuracy_m,
        "approximate": False,
        "source": "drawn",
        "cell": None,
        "valid": ALWAYS,
        "recorded": ALWAYS,
        "extent": lonlat(box(-3000, -3000, 3000, 3000)),
    }
    return ReferenceLine(**(fields | given))


def rule(kind, classes, rule_id="P1", **given):
    fields = {
        "rule_id": rule_id,
        "kind": kind,
        "event_classes": classes,
        "zone_ids": (),
        "except_zone_ids": (),
        "party_scope": "both",
        "window": ALWAYS,
        "citation": "paragraph 1",
        "text_version": "v1",
        "thresholds": (),
        "valid": ALWAYS,
        "recorded": ALWAYS,
    }
    return RuleSpec(**(fields | given))


FREEZE = (
    rule("crossing", ("LINE_CROSSING",)),
    rule("earthwork", ("NEW_FORTIFICATION",)),
    rule("damage", ("SURFACE_DAMAGE",)),
)
ZONE = Zone("zone", lonlat(box(-500, -500, -10, 500)), 2.0, False, "drawn", (), ALWAYS, ALWAYS)


def agreement(rules=FREEZE, lines=None, zones=(ZONE,), notifications=(), known=None):
    return Agreement("test", (line(),) if lines is None else lines, zones, rules, notifications, known, "a" * 64)


def judge(agreed, evidence, frames=FRAMES, known=(), provenance=PROVENANCE):
    out = list(Judge(agreed, SORTIE, SITE, provenance, known, shipped_rules())(evidence, frames))
    return [row for row in out if isinstance(row, Candidate)], [item for item in out if isinstance(item, Dropped)]


def codes(reasons):
    return {reason.code for reason in reasons}
