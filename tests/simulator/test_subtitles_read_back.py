"""Simulated subtitles through the pipeline's reader: what was told comes back, to the digits that the family writes."""

import numpy as np
import pytest
from written_flight import exposed, facts, told

from pipeline.simulator.writers import WriteOptions, open_writer
from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader, DjiTrackReader
from pipeline.stages.held_positions import held_positions

FRAMES = 6


def read_back(folder, form, stream, style="bracket", frames=FRAMES):
    said = facts(frames, stream=stream)
    writer = open_writer(form, folder, said, WriteOptions(subtitle_style=style))
    for index in range(frames):
        writer.add(exposed(index))
    writer.close()
    if form == "dji_video":
        return DjiSubtitleReader().read(folder / "DJI_0001.SRT"), said
    return DjiTrackReader().read(folder / "DJI_0001.MP4"), said


@pytest.mark.parametrize("form", ["dji_video", "dji_video_track"])
def test_brackets_give_back_position_height_and_aim(tmp_path, form):
    stream = told(20, 0.14)
    (samples,), said = read_back(tmp_path, form, stream)

    n = len(samples)
    assert samples.lon_deg == pytest.approx(stream.lon_deg[:n], abs=0.51e-6)
    assert samples.lat_deg == pytest.approx(stream.lat_deg[:n], abs=0.51e-6)
    assert samples.alt_m == pytest.approx(stream.alt_m[:n], abs=0.51e-3)
    assert samples.relative_alt_m == pytest.approx(stream.relative_alt_m[:n], abs=0.51e-3)
    for told_deg, read_deg in ((stream.yaw_deg, samples.yaw_deg), (stream.pitch_deg, samples.pitch_deg)):
        assert read_deg == pytest.approx(told_deg[:n], abs=0.051)
    # by the clock in the cues, local time four hours ahead, every sample is at its own instant
    utc_ns = samples.t_ns + samples.video_start_local_ns - said.utc_offset_h * 3600 * 10**9
    assert utc_ns == pytest.approx(stream.t_utc_ns[:n], abs=2e6)
    assert samples.bad_rows == 0 and not samples.faults


def test_the_older_family_gives_back_places_and_satellites_but_no_aim(tmp_path):
    stream = told(60, 0.14)
    (samples,), _ = read_back(tmp_path, "dji_video", stream, "gps", frames=16)

    rows = np.round((samples.t_ns / 1e9 - 0.02) / 0.14).astype(int)
    assert len(samples) == 8
    assert samples.lon_deg == pytest.approx(stream.lon_deg[rows], abs=0.51e-4)
    assert samples.lat_deg == pytest.approx(stream.lat_deg[rows], abs=0.51e-4)
    assert samples.gnss.satellites.tolist() == stream.satellites[rows].tolist()
    assert samples.relative_alt_m == pytest.approx(stream.relative_alt_m[rows], abs=0.051)
    assert np.isnan(samples.yaw_deg).all()
    assert samples.position_sigma_m[0] == pytest.approx(np.hypot(2, 11.132 / 12**0.5))
    assert "satellites" in samples.notes[0]


def test_a_receiver_that_repeats_itself_is_seen_through(tmp_path):
    """A fix a second and cues ten times as often: positions come from the fixes alone."""
    stream = told(60, 0.05)
    held = np.arange(60) // 10 * 10
    stream.lon_deg[:], stream.lat_deg[:] = stream.lon_deg[held], stream.lat_deg[held]
    (samples,), _ = read_back(tmp_path, "dji_video", stream)

    repeated, rate_hz = held_positions(samples.t_ns, samples.lon_deg, samples.lat_deg)
    assert np.flatnonzero(~repeated).tolist() == list(range(0, len(samples), 10))
    assert np.isfinite(samples.yaw_deg).all()
    assert rate_hz == pytest.approx(2.0, abs=0.05)


def test_a_lost_sample_is_zeros_for_the_gates(tmp_path):
    stream = told(20, 0.14)
    stream.present[4:7] = False
    (samples,), _ = read_back(tmp_path, "dji_video", stream)

    assert (samples.lon_deg[4:7] == 0).all() and (samples.lat_deg[4:7] == 0).all()
    assert np.isfinite(samples.lon_deg).all()
