"""Records to publish, made up but plausible; and the tests of pictures can import the scene that lies beside them."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point

from pipeline.geometry.brown import Brown
from pipeline.geometry.projection import SiteFrame
from pipeline.records.camera import CameraModel
from pipeline.records.candidate import (
    Candidate,
    Chip,
    ConfidenceWord,
    CoverageRow,
    LineSide,
    RecordKind,
    Side,
)
from pipeline.records.dropped import Dropped
from pipeline.records.evidence import Change, ChangeKind, Direction, MoverKind, Reason, Track
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame, Pose, Registration
from pipeline.records.report import SortieReport, StageReport
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.sinks.publish import Publication

sys.path.insert(0, str(Path(__file__).parent))

NOON = 1_606_000_000_000_000_000
SITE = SiteFrame.at(46.75, 39.75)


def make_candidate(number: int = 1, **changes) -> Candidate:
    row = Candidate(
        candidate_id=f"c{number:04d}",
        event_id=f"e{number:04d}",
        supersedes=None,
        sortie_id="S0001",
        night_id="2020-11-21",
        record_kind=RecordKind.CANDIDATE_VIOLATION,
        event_class="NEW_FORTIFICATION",
        event_subtype="trench_new",
        object_kind="linear_earthwork",
        change_direction="new",
        count_lo=None,
        count_hi=None,
        person_count_band=None,
        area_m2=42.5,
        area_sigma_m2=3.0,
        length_m=21.0,
        speed_mps=None,
        speed_sigma_mps=None,
        heading_deg=None,
        heading_sigma_deg=None,
        geometry=Point(46.75 + number / 1000, 39.75).buffer(0.0002),
        err95_major_m=2.0,
        err95_minor_m=1.0,
        err95_azimuth_deg=30.0,
        gsd_m=0.05,
        georef_method="image_match",
        georef_status="ok",
        zone_ids=("Z1",),
        line_id="L1",
        distance_to_line_m=-3500.0,
        line_accuracy_m=3000.0,
        p_a=0.97,
        p_b=0.03,
        p_between=0.0,
        side=Side.A,
        sides_by_line=(LineSide("L1", None, -3500.0, 3000.0, 0.97, 0.03, 0.0, "a"),),
        area_of_control=None,
        place_id=None,
        t_start_utc_ns=NOON + number,
        t_end_utc_ns=NOON + 10**9,
        t_sigma_s=0.1,
        baseline_at_utc_ns=NOON - 86_400 * 10**9,
        first_seen_utc_ns=NOON,
        last_seen_utc_ns=NOON + 10**9,
        seen_in_flights=1,
        observed_minutes=1.5,
        rule_id="P1-FREEZE",
        rule_citation="paragraph 1",
        text_version="en-1",
        notification_id=None,
        detector="pair",
        detector_version="1",
        model_sha256=None,
        score=0.8,
        confidence_word=ConfidenceWord.PROBABLE,
        reasons=(Reason("two_views", (("views", 2.0),)), Reason("plain")),
        against=(),
        frame_ids=("F1", "F2"),
        frame_sha256=("aa", "bb"),
        telemetry_sha256="cc",
        baseline_sortie_id="S0000",
        pinned_baseline_sortie_id=None,
        operating_cell="1",
        means="small aircraft",
        security_marking=None,
        config_sha256="dd",
        agreement_sha256="ee",
        archive_snapshot_sha256="ff",
        code_version="0.1.0",
        review_status="unreviewed",
        privacy_flags=(),
        evidence_id="C0001",
    )
    return replace(row, **changes)


def make_track(number: int = 1, kind: MoverKind = MoverKind.VEHICLE_SIZE) -> Track:
    return Track(
        track_id=f"T{number:04d}",
        t_utc_ns=NOON + np.arange(3) * 10**9,
        xy_m=np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 1.0]]),
        covariance_m2=np.tile(np.diag([4.0, 1.0]), (3, 1, 1)),
        detected=np.array([True, False, True]),
        speed_mps=10.0,
        speed_sigma_mps=0.5,
        heading_deg=90.0,
        heading_sigma_deg=2.0,
        length_m=float("nan"),
        kind=kind,
        score=0.9,
        frame_ids=("F1", "F2", "F3"),
        boxes_px=np.array([[10.0, 10, 20, 12]] * 3),
        gsd_m=0.05,
        reasons=(Reason("steady_speed"),),
        against=(),
    )


def make_change(number: int = 1) -> Change:
    return Change(
        change_id=f"C{number:04d}",
        outline_m=np.array([[0.0, 0.0], [20.0, 0.0], [20.0, 2.0], [0.0, 2.0]]),
        covariance_m2=np.diag([1.0, 1.0]),
        direction=Direction.NEW,
        kind=ChangeKind.LINEAR_EARTHWORK,
        score=0.8,
        area_m2=40.0,
        area_sigma_m2=4.0,
        length_m=20.0,
        tile="32638_0050mm_+001000_+0008000",
        t_utc_ns=NOON,
        frame_ids=("F1",),
        baseline_sortie_id="S0000",
        baseline_t_utc_ns=NOON - 86_400 * 10**9,
        baseline_frame_ids=("B1",),
        views=2,
        gsd_m=0.05,
        reasons=(),
        against=(Reason("shadow_like", (("share", float("nan")),)),),
    )


def make_frame(frame_id: str = "F1") -> GroundFrame:
    ref = FrameRef(frame_id, Path("F1.JPG"), FrameKind.STILL, 0, (640, 480), NOON, 0.1, "aa", Band.VISIBLE, "cam")
    nan = float("nan")
    return GroundFrame(
        ref=ref,
        camera=CameraModel("cam", (640, 480), np.eye(3), Brown(), 0.01, "table"),
        pose=Pose(np.array([0.0, 0.0, 300.0]), np.eye(3), np.eye(6), GeorefMethod.TELEMETRY_ONLY),
        status=GeorefStatus.OK,
        footprint_m=np.array([[-20.0, -15], [20, -15], [20, 15], [-20, 15]]),
        gsd_m=0.05,
        ellipse_m=np.array([3.0, 2.0, 45.0]),
        registration=Registration("none", "not_tried", 0, 0, nan, nan, nan, nan, turned_180=False),
        notes=("altitude_datum_assumed",),
    )


def make_chip(candidate_id: str = "c0001", role: str = "after") -> Chip:
    return Chip(candidate_id, role, b"\xff\xd8jpeg", 64, 48, 0.05, "F1", "aa", NOON, blurred=False)


def make_report(**changes) -> SortieReport:
    report = SortieReport(
        sortie_id="S0001",
        night_id="2020-11-21",
        started_utc_ns=NOON,
        finished_utc_ns=NOON + 10**9,
        stages=(StageReport("ingest", 20, 18, (("no_telemetry", 2),), 1.5),),
        inputs=(),
        versions=(("trucewatch", "0.1.0"),),
        config_sha256="dd",
        agreement_sha256="ee",
        archive_snapshot_sha256="ff",
        warnings=("two frames had no telemetry",),
    )
    return replace(report, **changes)


def make_publication(**changes) -> Publication:
    bundle = Publication(
        site=SITE,
        candidates=(make_candidate(1), make_candidate(2, evidence_id="T0001", geometry=Point(46.75, 39.75))),
        tracks=(make_track(1), make_track(2, MoverKind.PERSON_SIZE)),
        changes=(make_change(1),),
        frames=(make_frame("F1"), make_frame("F2")),
        coverage=(CoverageRow("S0001", "2020-11-21", "1", "L1", "a", 1e5, 5e4, 12.0, 3.0),),
        dropped=(Dropped("ingest", "F9", "F9: no telemetry within 2 s; is the clock off?", "no_telemetry"),),
        chips=(make_chip("c0001"), make_chip("c0001", "before"), make_chip("c0002", "context")),
        report=make_report(),
    )
    return replace(bundle, **changes)


def make_empty(**changes) -> Publication:
    bundle = make_publication(candidates=(), tracks=(), changes=(), frames=(), chips=(), dropped=())
    return replace(bundle, **changes)


@pytest.fixture
def make():
    """The makers, by name: `make.candidate(1)`."""
    from types import SimpleNamespace

    return SimpleNamespace(
        candidate=make_candidate,
        track=make_track,
        change=make_change,
        frame=make_frame,
        chip=make_chip,
        report=make_report,
        publication=make_publication,
        empty=make_empty,
        site=SITE,
        noon=NOON,
    )
