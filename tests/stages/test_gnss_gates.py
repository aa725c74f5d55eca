import numpy as np
import pytest

from pipeline.records.samples import GnssSamples
from pipeline.records.telemetry import Quality
from pipeline.stages.telemetry_gates import COLUMNS, GateSettings, gate

SECOND = 10**9
COUNT = 300
RATE_HZ = 5.0


@pytest.fixture
def flight():
    """Northward at 12 m/s with errors of 1.5 m that change slowly, as a receiver's do."""
    rng = np.random.default_rng(3)
    seconds = np.arange(COUNT) / RATE_HZ
    columns = {name: np.full(COUNT, np.nan) for name in COLUMNS}
    slow = np.cumsum(rng.normal(0, 0.05, (2, COUNT)), axis=1)
    columns["lat_deg"] = 39.8 + (seconds * 12 + slow[0]) / 111_320
    columns["lon_deg"] = 46.75 + slow[1] / 85_000
    columns["alt_m"] = np.full(COUNT, 800.0)
    columns["relative_alt_m"] = np.full(COUNT, 60.0)
    columns["yaw_deg"], columns["pitch_deg"] = np.zeros(COUNT), np.full(COUNT, -90.0)
    columns["position_sigma_m"] = np.full(COUNT, 2.0)
    return (seconds * SECOND).astype(np.int64) + 1605204900 * SECOND, columns


def gated(flight, **gnss):
    t_ns, columns = flight
    said = GnssSamples.of(COUNT, **gnss) if gnss else None
    return gate(t_ns, columns, "unknown", "flight.srt", GateSettings(), said).track


def rows_with(track, bit):
    return np.flatnonzero(track.quality & bit)


def test_a_sound_receiver_is_trusted(flight):
    track = gated(
        flight,
        satellites=np.full(COUNT, 14.0),
        hdop=np.full(COUNT, 0.9),
        fix=np.full(COUNT, 3.0),
        jamming=np.full(COUNT, 0.1),
        speed_mps=np.full(COUNT, 12.0),
    )

    assert not track.quality.any()
    assert np.all(track.position_sigma_m < 3.0)


def test_a_receiver_that_says_nothing_of_itself_is_trusted(flight):
    assert not gated(flight, speed_mps=np.full(COUNT, np.nan)).quality.any()
    assert not gated(flight).quality.any()


@pytest.mark.parametrize(
    ("name", "good", "bad"), [("satellites", 12, 3), ("hdop", 0.8, 9.0), ("jamming", 0.1, 0.9), ("fix", 3, 2)]
)
def test_a_receiver_that_admits_trouble_is_believed(flight, name, good, bad):
    column = np.full(COUNT, float(good))
    column[100:140] = bad

    track = gated(flight, **{name: column})

    assert rows_with(track, Quality.GNSS_DEGRADED).tolist() == list(range(100, 140))
    assert np.isfinite(track.lat_deg).all()


def test_a_position_without_a_fix_is_none(flight):
    fix = np.full(COUNT, 3.0)
    fix[50:60] = 0

    track = gated(flight, fix=fix)

    assert np.flatnonzero(np.isnan(track.lat_deg)).tolist() == list(range(50, 60))
    assert np.isfinite(track.pitch_deg).all()


def test_poor_geometry_widens_the_error(flight):
    hdop = np.full(COUNT, 1.0)
    hdop[10] = 7.0

    assert gated(flight, hdop=hdop).position_sigma_m[10] == pytest.approx(21.0, rel=0.05)


def test_positions_dragged_faster_than_the_receiver_flies_are_suspect(flight):
    flight[1]["lat_deg"][150:200] += np.linspace(0, 250, 50) / 111_320  # 25 m/s more, below what a jump is
    flight[1]["lat_deg"][200:] += 250 / 111_320

    suspect = rows_with(gated(flight, speed_mps=np.full(COUNT, 12.0)), Quality.SPOOF_SUSPECTED)

    assert set(range(150, 198)) <= set(suspect)
    assert suspect.min() >= 130 and suspect.max() <= 215


def test_a_turn_is_no_deception(flight):
    seconds = np.arange(COUNT) / RATE_HZ
    radius = 15.0
    flight[1]["lat_deg"] = 39.8 + radius * np.sin(seconds * 12 / radius) / 111_320
    flight[1]["lon_deg"] = 46.75 + radius * np.cos(seconds * 12 / radius) / 85_600

    assert not gated(flight, speed_mps=np.full(COUNT, 12.0)).quality.any()


def test_a_held_position_under_way_is_degraded_before_it_counts_as_frozen(flight):
    flight[1]["lat_deg"][100:135] = flight[1]["lat_deg"][100]
    flight[1]["lon_deg"][100:135] = flight[1]["lon_deg"][100]  # 7 s

    degraded = rows_with(gated(flight, speed_mps=np.full(COUNT, 12.0)), Quality.GNSS_DEGRADED)

    assert set(range(102, 133)) <= set(degraded)


@pytest.mark.parametrize("noise_m", [15.0, 40.0])
def test_scattering_positions_are_degraded_and_their_error_is_measured(flight, noise_m):
    rng = np.random.default_rng(9)
    flight[1]["lat_deg"][80:200] += rng.normal(0, noise_m, 120) / 111_320
    flight[1]["lon_deg"][80:200] += rng.normal(0, noise_m, 120) / 85_600

    t_ns, columns = flight
    limits = GateSettings(max_speed_mps=1000.0)
    track = gate(t_ns, columns, "unknown", "flight.srt", limits).track

    degraded = rows_with(track, Quality.GNSS_DEGRADED)
    assert len(set(range(85, 195)) - set(degraded)) <= 5
    assert degraded.min() >= 70 and degraded.max() <= 210
    assert np.median(track.position_sigma_m[90:190]) == pytest.approx(noise_m, rel=0.35)


def test_a_height_that_leaves_the_barometer_is_contradicted(flight):
    flight[1]["alt_m"][250:] += 40

    assert rows_with(gated(flight), Quality.HEIGHT_CONTRADICTED).tolist() == list(range(250, COUNT))


def test_a_climb_that_both_see_is_not(flight):
    climb = np.linspace(0, 300, COUNT)
    flight[1]["alt_m"] += climb
    flight[1]["relative_alt_m"] += climb

    assert not gated(flight).quality.any()
