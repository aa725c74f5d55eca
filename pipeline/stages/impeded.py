"""When the flight itself was disturbed: no side, never attributed, out of every rate."""

from collections.abc import Sequence

from shapely.geometry import LineString, Point

from pipeline.geometry.projection import SiteFrame
from pipeline.records.candidate import Candidate, ConfidenceWord, EventClass, Provenance, RecordKind, Side
from pipeline.records.content_hash import hash_of
from pipeline.records.evidence import Reason
from pipeline.records.frame import GeorefMethod, GeorefStatus, GroundFrame
from pipeline.records.sortie import Sortie
from pipeline.records.telemetry import TelemetryTrack
from pipeline.stages.agreed_ground import to_lonlat
from pipeline.stages.candidate_row import named
from pipeline.stages.disturbances import disturbances

SUBTYPES = {
    GeorefStatus.DEGRADED_GNSS: "gnss_interference",
    GeorefStatus.SPOOF_SUSPECTED: "gnss_interference",
    GeorefStatus.LOST_LINK: "uav_lost",
}
"""What the status of a frame's telemetry stands for."""


def impeded_rows(
    sortie: Sortie,
    site: SiteFrame,
    frames: Sequence[GroundFrame],
    telemetry: Sequence[TelemetryTrack],
    provenance: Provenance,
    agreement_sha256: str,
) -> list[Candidate]:
    """One row per unbroken stretch with the same disturbance.

    The place is where the aircraft was, as far as its telemetry can be believed; whatever disturbed it may have been
    kilometres away.
    """
    rows = []
    for stretch in disturbances(frames, telemetry, site, frozenset(SUBTYPES)):
        status, start, end = stretch.status, stretch.start_utc_ns, stretch.end_utc_ns
        subtype = SUBTYPES[status]
        path = stretch.places_m
        way = LineString(path) if len(set(path)) > 1 else Point(path[0])
        registered = bool(stretch.frames) and all(
            frame.pose.method == GeorefMethod.IMAGE_MATCH for frame in stretch.frames
        )
        counts = (("frames", float(len(stretch.frames))), ("seconds", round((end - start) / 1e9, 1)))
        row = Candidate(
            candidate_id="",
            event_id=hash_of((EventClass.MONITOR_IMPEDED.value, subtype, sortie.sortie_id, start)),
            supersedes=None,
            sortie_id=sortie.sortie_id,
            night_id=sortie.night_id,
            record_kind=RecordKind.MONITOR_IMPEDED,
            event_class=EventClass.MONITOR_IMPEDED.value,
            event_subtype=subtype,
            object_kind=None,
            change_direction=None,
            count_lo=None,
            count_hi=None,
            person_count_band=None,
            area_m2=None,
            area_sigma_m2=None,
            length_m=None,
            speed_mps=None,
            speed_sigma_mps=None,
            heading_deg=None,
            heading_sigma_deg=None,
            geometry=to_lonlat(way, site),
            err95_major_m=None,
            err95_minor_m=None,
            err95_azimuth_deg=None,
            gsd_m=None,
            georef_method=(GeorefMethod.IMAGE_MATCH if registered else GeorefMethod.TELEMETRY_ONLY).value,
            georef_status=status.value,
            zone_ids=(),
            line_id=None,
            distance_to_line_m=None,
            line_accuracy_m=None,
            p_a=None,
            p_b=None,
            p_between=None,
            side=Side.NOT_DETERMINED,
            sides_by_line=(),
            area_of_control=None,
            place_id=None,
            t_start_utc_ns=start,
            t_end_utc_ns=end,
            t_sigma_s=max((frame.ref.t_sigma_s for frame in stretch.frames), default=None),
            baseline_at_utc_ns=None,
            first_seen_utc_ns=start,
            last_seen_utc_ns=end,
            seen_in_flights=1,
            observed_minutes=None,
            rule_id=None,
            rule_citation=None,
            text_version=None,
            notification_id=None,
            detector="telemetry",
            detector_version=provenance.code_version,
            model_sha256=None,
            score=None,
            confidence_word=ConfidenceWord.NOT_DETERMINED,
            reasons=(Reason(f"georef_{status.value}", counts),),
            against=(Reason("source_may_be_kilometres_away"),),
            frame_ids=tuple(frame.ref.frame_id for frame in stretch.frames),
            frame_sha256=tuple(frame.ref.sha256 for frame in stretch.frames),
            telemetry_sha256=sortie.telemetry_sha256,
            baseline_sortie_id=None,
            pinned_baseline_sortie_id=None,
            operating_cell=sortie.operating_cell,
            means=sortie.means,
            security_marking=sortie.security_marking,
            config_sha256=provenance.config_sha256,
            agreement_sha256=agreement_sha256,
            archive_snapshot_sha256=provenance.archive_snapshot_sha256,
            code_version=provenance.code_version,
            review_status="unreviewed",
            privacy_flags=(),
        )
        rows.append(named(row))
    return rows
