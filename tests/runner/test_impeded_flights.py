"""Flights whose satellite navigation was disturbed, from their files to the published row."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.runner.job import Job
from pipeline.runner.run import run_sortie
from pipeline.sinks.frame_columns import FRAMES

LOG = "time_utc,lon,lat,alt_m,yaw_deg,pitch_deg,roll_deg,fix,satellites,jamming,spoofed"
SECONDS = 120


def rows_of(out, name):
    return pq.ParquetDataset(out / name / "v1").read().to_pylist()


@pytest.fixture
def begun(flights, tmp_path, settings):
    """When and where the flight was, and what it gives undisturbed."""
    out = tmp_path / "sound"
    run_sortie(Job(flights / "baseline", out, settings))
    frames = rows_of(out, FRAMES.name)
    assert not [row for row in rows_of(out, "candidates") if row["event_class"] == "MONITOR_IMPEDED"]
    first = min(frames, key=lambda row: row["t_seen"])
    return first["t_seen"] - dt.timedelta(seconds=40), first["camera_lon_deg"], first["camera_lat_deg"]


def written(folder, begun, disturbed, how):
    """A log beside the stills; in its `disturbed` seconds the receiver says what `how` holds."""
    start, lon, lat = begun
    lines = [LOG]
    for second in range(SECONDS):
        at = (start + dt.timedelta(seconds=second)).isoformat().replace("+00:00", "Z")
        said = {"lon": lon + second * 2e-5, "lat": lat, "fix": 3, "satellites": 14, "jamming": 0.05, "spoofed": 0}
        if second in disturbed:
            said |= how
        values = [said["lon"], said["lat"], 400.0, 90.0, -90.0, 0.0]
        lines.append(
            ",".join(map(str, [at, *values, said["fix"], said["satellites"], said["jamming"], said["spoofed"]]))
        )
    (folder / "flight.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"fix": 0, "satellites": 2, "lon": 0.0, "lat": 0.0}, "degraded_gnss"),
        ({"jamming": 0.98, "fix": 1, "satellites": 3}, "degraded_gnss"),
        ({"spoofed": 1}, "spoof_suspected"),
    ],
    ids=["fix lost", "jammed", "deceived"],
)
def test_a_disturbed_receiver_becomes_one_row_that_blames_nobody(flights, tmp_path, settings, begun, how, status):
    written(flights / "baseline", begun, range(60, 90), how)
    out = tmp_path / "out"

    run_sortie(Job(flights / "baseline", out, settings))

    found = [row for row in rows_of(out, "candidates") if row["event_class"] == "MONITOR_IMPEDED"]
    assert len(found) == 1
    (row,) = found
    assert (row["record_kind"], row["event_subtype"]) == ("monitor_impeded", "gnss_interference")
    assert row["georef_status"] == status
    assert (row["side"], row["p_a"], row["p_b"], row["area_of_control"]) == ("not_determined", None, None, None)
    assert row["rule_id"] is None
    seconds = [(row[end] - begun[0]).total_seconds() for end in ("t_start", "t_end")]
    assert seconds == pytest.approx([60, 89], abs=1.5)
    assert row["geometry"] is not None
    assert [reason["code"] for reason in row["against"]] == ["source_may_be_kilometres_away"]
    assert len(rows_of(out, "frames")) == 6, "what is true in the flight is kept"


def test_both_parties_see_the_same_row(flights, tmp_path, settings, begun, simulated):
    """Exchanging the parties changes nothing in it but the hashes of what decided."""
    written(flights / "baseline", begun, range(60, 90), {"fix": 0, "lon": 0.0, "lat": 0.0})
    text = (simulated / "agreement.toml").read_text()
    swapped = tmp_path / "agreement.toml"
    swapped.write_text(
        text.replace('side_a = "side-a"', 'side_a = "side-b"').replace('side_b = "side-b"', 'side_b = "side-a"')
    )
    (tmp_path / "line.geojson").write_bytes((simulated / "line.geojson").read_bytes())
    exchanged = replace(settings, agreement=replace(settings.agreement, path=swapped))

    found = []
    for name, chosen in (("one", settings), ("two", exchanged)):
        run_sortie(Job(flights / "baseline", tmp_path / name, chosen))
        (row,) = [row for row in rows_of(tmp_path / name, "candidates") if row["event_class"] == "MONITOR_IMPEDED"]
        found.append({key: value for key, value in row.items() if "sha256" not in key and key != "candidate_id"})

    assert found[0] == found[1]
    assert np.isfinite(found[0]["t_sigma_s"] or 0.0)
