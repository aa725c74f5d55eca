"""Tables that flight apps export, and tables as Parquet files."""

import contextlib
import datetime as dt
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.records.samples import SAMPLE_COLUMNS, GnssSamples, TimeBase
from pipeline.simulator.writers import open_writer
from pipeline.sources.telemetry.csv_table import CsvReader
from pipeline.sources.telemetry.parquet_table import ParquetReader

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "simulator"))
from written_flight import exposed, facts, told

T0 = 1605204900 * 10**9  # 2020-11-12T18:15:00Z
AIRDATA = (
    "time(millisecond),datetime(utc),latitude,longitude,height_above_takeoff(feet),"
    "height_above_ground_at_drone_location(feet),ground_elevation_at_drone_location(feet),"
    "altitude_above_seaLevel(feet),height_sonar(feet),speed(mph),distance(feet),mileage(feet),satellites,gpslevel,"
    "voltage(v),max_altitude(feet),max_ascent(feet),max_speed(mph),max_distance(feet), xSpeed(mph), ySpeed(mph), "
    "zSpeed(mph), compass_heading(degrees), pitch(degrees), roll(degrees),isPhoto,isVideo,gimbal_heading(degrees),"
    "gimbal_pitch(degrees),gimbal_roll(degrees),altitude(feet),ascent(feet)"
)
RECORD = (
    "CUSTOM.date [local],CUSTOM.updateTime [local],OSD.flyTime,OSD.flyTime [s],OSD.latitude,OSD.longitude,"
    "OSD.height [ft],OSD.altitude [ft],OSD.hSpeed [MPH],OSD.pitch,OSD.roll,OSD.yaw,OSD.yaw [360],OSD.gpsNum,"
    "GIMBAL.pitch,GIMBAL.roll,GIMBAL.yaw,GIMBAL.yaw [360],CAMERA.isVideo"
)
LITCHI = (
    "latitude,longitude,altitude(m),speed(mps),distance(m),velocityX(mps),velocityY(mps),velocityZ(mps),pitch(deg),"
    "roll(deg),yaw(deg),pitchRaw,rollRaw,yawRaw,gimbalPitchRaw,gimbalRollRaw,gimbalYawRaw,time(millisecond),"
    "datetime(utc),isflying,satellites,isTakingVideo"
)


def read(path, text):
    path.write_text(text)
    assert CsvReader().recognises(path, path.read_bytes()[:65536])
    (samples,) = CsvReader().read(path)
    return samples


def test_airdata(tmp_path):
    rows = []
    for row in range(12):
        ms = 700 + 200 * row
        second = (900 + ms) // 1000  # the log began 0.9 s after a full second; clocks are cut
        recording = 1 if row >= 4 else 0
        rows.append(
            f"{ms},2020-11-12 18:15:0{second},48.5,37.25,328.084,300,20,656.168,0,22.3694,0,0,17,5,15,0,0,0,0,1,2,3,"
            f"91,12,-7,0,{recording},-170.1,-89.9,0.1,328.084,0"
        )
    samples = read(tmp_path / "airdata.csv", "\n".join([AIRDATA, *rows]))

    assert samples.time_base is TimeBase.UTC
    assert samples.t_ns.tolist() == [T0 + (1600 + 200 * row) * 10**6 for row in range(12)]
    assert [samples.yaw_deg[0], samples.pitch_deg[0], samples.roll_deg[0]] == [-170.1, -89.9, 0.1]
    assert samples.aircraft_yaw_deg[0] == 91
    assert (samples.alt_m[0], samples.relative_alt_m[0]) == pytest.approx((200, 100), abs=1e-3)
    assert samples.gnss.satellites[0] == 17
    assert samples.gnss.speed_mps[0] == pytest.approx(10, abs=1e-3)
    assert samples.vertical_datum == "unknown"
    assert samples.video_start_utc_ns == samples.t_ns[4]


def test_a_flight_record_of_the_makers_app(tmp_path):
    rows = [
        f"11/12/2020,6:15:0{second}.{part} PM,0m 1s,{second}.{part},48.5,37.25,328.084,656.168,22.3694,11,-6,90.5,90.5,"
        f"14,-45.5,0,12.5,12.5,{'True' if second else ''}"
        for second in range(3)
        for part in (1, 6)
    ]
    samples = read(tmp_path / "record.csv", "\n".join(["sep=,", RECORD, *rows]))

    assert samples.local_clock and samples.time_base is TimeBase.UTC
    assert samples.t_ns[0] == T0 + 10**8
    assert (samples.pitch_deg[0], samples.yaw_deg[0], samples.aircraft_yaw_deg[0]) == (-45.5, 12.5, 90.5)
    assert (samples.alt_m[0], samples.relative_alt_m[0]) == pytest.approx((200, 100), abs=1e-3)
    assert samples.gnss.satellites[0] == 14
    assert samples.video_start_local_ns == T0 + 1_100_000_000
    assert samples.video_start_utc_ns is None


def test_litchi_heights_are_above_take_off_and_its_gimbal_counts_tenths(tmp_path):
    row = "48.5,37.25,100.0,10.0,5,1,2,3,12,-7,91,120,-70,910,-899,1,-1701,{},2020-11-12 18:15:00.{},1,17,0"
    text = "\n".join([LITCHI, row.format(1000, 100), row.format(1100, 200)])
    samples = read(tmp_path / "litchi.csv", text)

    assert np.isnan(samples.alt_m).all()
    assert samples.relative_alt_m[0] == 100
    assert (samples.pitch_deg[0], samples.yaw_deg[0]) == pytest.approx((-89.9, -170.1))
    assert (samples.aircraft_yaw_deg[0], samples.gnss.speed_mps[0]) == (91, 10)
    assert samples.t_ns[0] == T0 + 10**8


def test_what_receivers_say_is_kept(tmp_path):
    text = "time_utc,lat,lon,satellites,hdop,fix_type,jamming_indicator,velocity_east_mps,velocity_north_mps\n"
    samples = read(
        tmp_path / "x.csv", text + "2020-11-12T18:15:00Z,1,2,9,0.8,3,51,3,4\n2020-11-12T18:15:01Z,1,2,,,,,,\n"
    )

    assert samples.gnss.satellites == pytest.approx([9, np.nan], nan_ok=True)
    assert (samples.gnss.hdop[0], samples.gnss.fix[0], samples.gnss.jamming[0]) == (0.8, 3, 0.2)
    assert samples.gnss.speed_mps[0] == 5


def test_a_longest_line_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"time_utc,lat,lon\n2020-11-12T18:15:00Z,1,2\n" + b"9" * 3_000_000)
    (samples,) = CsvReader().read(path)

    assert len(samples) == 1


@pytest.mark.parametrize("name", ["video_csv", "tiff_csv"])
def test_simulated_tables_in_text_and_as_parquet(tmp_path, name):
    stream = told(30, 0.1)
    said = facts(6, stream=stream)
    writer = open_writer(name, tmp_path, said)
    for index in range(6):
        writer.add(exposed(index))
    writer.close()
    table = next(tmp_path.glob("*.csv"))
    (text,) = CsvReader().read(table)
    truth = stream if name == "video_csv" else said.at_frames
    import pyarrow.csv as pa_csv

    pq.write_table(pa_csv.read_csv(table), tmp_path / "x.parquet")
    (columnar,) = ParquetReader().read(tmp_path / "x.parquet")

    assert np.abs(text.t_ns - truth.t_utc_ns).max() <= 1000
    assert text.lon_deg == pytest.approx(truth.lon_deg, abs=1e-8)
    assert text.alt_m == pytest.approx(truth.alt_m, abs=1e-3)
    assert text.gnss.satellites.tolist() == truth.satellites.tolist()
    assert text.gnss.jamming == pytest.approx(np.asarray(truth.jamming) / 255)
    assert (columnar.t_ns == text.t_ns).all()
    assert columnar.frame_names == text.frame_names
    for column in SAMPLE_COLUMNS:
        np.testing.assert_array_equal(getattr(columnar, column), getattr(text, column))
    for column in GnssSamples.__slots__:
        np.testing.assert_array_equal(getattr(columnar.gnss, column), getattr(text.gnss, column))


@pytest.fixture
def parquet(tmp_path):
    def write(**columns):
        path = tmp_path / "x.parquet"
        pq.write_table(pa.table(columns), path)
        assert ParquetReader().recognises(path, path.read_bytes()[:65536])
        (samples,) = ParquetReader().read(path)
        return samples

    return write


@pytest.mark.parametrize(
    "times",
    [
        pa.array([T0, None], pa.timestamp("ns", "UTC")),
        pa.array([T0 // 1000, None], pa.timestamp("us")),
        pa.array(
            [dt.datetime(2020, 11, 12, 22, 15, tzinfo=dt.timezone(dt.timedelta(hours=4))), None],
            pa.timestamp("ms", "Asia/Baku"),
        ),
        pa.array([T0, None], pa.int64()),
        pa.array([T0 / 1e9, None], pa.float64()),
        pa.array(["2020-11-12T18:15:00Z", None]).dictionary_encode(),
    ],
)
def test_times_of_every_arrow_type(parquet, times):
    samples = parquet(
        time_utc=times, lat=[48.5, 1.0], lon=pa.array([37.25, 1.0], pa.float32()), file=["A.JPG", "B.JPG"]
    )

    assert samples.t_ns[:1].tolist() == [T0] and len(samples) == 1
    assert samples.frame_names[0] == "A.JPG"
    assert (samples.lat_deg[0], samples.lon_deg[0]) == (48.5, 37.25)


def test_integers_with_gaps_and_decimals(parquet):
    samples = parquet(
        time_utc=pa.array([T0, T0 + 1], pa.timestamp("ns")),
        lat=pa.array([1, None], pa.int32()),
        lon=pa.array(["2.5", "x"]),
        alt_egm96_m=pa.array([None, "7.25"]).cast(pa.decimal128(6, 2)),
        nested=pa.array([[1], []]),
    )

    assert samples.lat_deg == pytest.approx([1, np.nan], nan_ok=True)
    assert samples.lon_deg == pytest.approx([2.5, np.nan], nan_ok=True)
    assert samples.alt_m == pytest.approx([np.nan, 7.25], nan_ok=True)
    assert samples.vertical_datum == "egm96"


def test_other_parquet_tables_say_what_is_missing(parquet):
    with pytest.raises(InputError, match="without positions and times"):
        parquet(price=[1.0, 2.0])


CASES = {"max_examples": 150, "deadline": 3000, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
edits = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 20)), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "x.parquet"
    times = pa.array([T0 + row * 10**9 for row in range(50)], pa.timestamp("ns", "UTC"))
    pq.write_table(pa.table({"time_utc": times, "lat": [1.5] * 50, "lon": [2.5] * 50, "file": ["A"] * 50}), path)
    return path.read_bytes()


@settings(**CASES)
@given(edits)
def test_damaged_parquet_gives_samples_or_an_input_error(tmp_path, sound, changes):
    data = sound
    for share, new, cut in changes:
        at = int(share * len(data))
        data = data[:at] + new + data[at + cut :]
    path = tmp_path / "fuzz.parquet"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        ParquetReader().read(path)


@settings(**CASES)
@given(
    st.lists(st.sampled_from([*AIRDATA.split(","), *RECORD.split(","), *LITCHI.split(",")]), unique=True),
    st.text(max_size=200),
)
def test_any_text_under_known_headers(tmp_path, headers, text):
    path = tmp_path / "fuzz.csv"
    path.write_bytes((",".join(headers) + "\n" + text).encode("utf-8", "surrogatepass"))
    CsvReader().recognises(path, path.read_bytes())
    with contextlib.suppress(InputError):
        CsvReader().read(path)


def test_a_flight_record_as_parquet(parquet):
    """A dot in a name is no path into a nested column."""
    samples = parquet(
        **{
            "OSD.latitude": [48.5],
            "CUSTOM.date [local]": ["11/12/2020"],
            "OSD.longitude": [37.25],
            "CUSTOM.updateTime [local]": ["6:15:00.5 PM"],
            "GIMBAL.pitch": [-90.0],
            "OSD.pitch": [4.0],
        }
    )

    assert (samples.lat_deg[0], samples.lon_deg[0], samples.pitch_deg[0]) == (48.5, 37.25, -90)
    assert samples.t_ns.tolist() == [T0 + 5 * 10**8] and samples.local_clock
