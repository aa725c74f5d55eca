import math

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records.samples import TimeBase
from pipeline.sources.telemetry.columns import column_of
from pipeline.sources.telemetry.csv_table import CsvReader, why_no_telemetry

T0 = 1605204900 * 10**9  # 2020-11-12T18:15:00Z


@pytest.fixture
def read(tmp_path):
    def reading(text, encoding="utf-8"):
        path = tmp_path / "flight.csv"
        path.write_bytes(text.encode(encoding))
        assert CsvReader().recognises(path, path.read_bytes()[:65536])
        (samples,) = CsvReader().read(path)
        return samples

    return reading


@pytest.mark.parametrize(
    "time",
    [
        "2020-11-12T18:15:00Z",
        "2020-11-12 18:15:00",
        "2020-11-12T22:15:00+04:00",
        "1605204900",
        "1605204900000",
        "1605204900000000",
        "1605204900000000000",
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_times_in_every_documented_form_and_all_delimiters(read, time, delimiter):
    header = delimiter.join(["timestamp", "Latitude", "Longitude", "altitude"])
    samples = read(f"{header}\n{delimiter.join([time, '39.8', '46.75', '810'])}\n")

    assert samples.time_base is TimeBase.UTC
    assert samples.t_ns.tolist() == [T0]
    assert (samples.lat_deg[0], samples.lon_deg[0], samples.alt_m[0]) == (39.8, 46.75, 810.0)
    assert samples.vertical_datum == "unknown"


def test_aliases_units_and_stated_datum(read):
    samples = read(
        "video_time(ms);datetime(utc);latitude;longitude;height_above_takeoff(feet);Gimbal Heading (degrees);"
        "gimbal_pitch(degrees);gimbal_roll(degrees);compass_heading(degrees);alt_m;alt_hae_m\n"
        "1500;2020-11-12 18:15:01;39,8;46,75;100;-170,5;-89,9;0;12;700;810,5\n"
    )

    assert samples.t_ns.tolist() == [T0 + 10**9]
    assert samples.video_start_utc_ns == T0 - 5 * 10**8
    assert samples.relative_alt_m[0] == pytest.approx(30.48)
    assert (samples.yaw_deg[0], samples.pitch_deg[0], samples.aircraft_yaw_deg[0]) == (-170.5, -89.9, 12)
    assert (samples.alt_m[0], samples.vertical_datum) == (810.5, "ellipsoidal")


def test_seconds_since_the_start_of_a_video(read):
    samples = read("time,lat,lon\n0.0,1,2\n0.5,1,2\n")

    assert samples.time_base is TimeBase.VIDEO_START
    assert samples.t_ns.tolist() == [0, 5 * 10**8]


def test_frames_by_name_without_times(read):
    samples = read("file,lat,lon,yaw,pitch\nDCIM\\100MEDIA\\A.JPG,1,2,3,-90\n,1,2,3,-90\n")

    assert samples.time_base is TimeBase.NONE
    assert samples.frame_names == ("A.JPG",)
    assert samples.bad_rows == 1


def test_what_is_missing_is_nan_and_what_is_no_time_is_counted(read):
    samples = read(
        "# made by hand\n\ntime_utc,lat,lon,alt_hae_m\n2020-11-12T18:15:00Z,nan,,N/A\nyesterday,1,2,3\n"
        "2020-11-12T18:15:01Z,inf,1e999,x\n2020-11-12T18:15:02Z\n99999999999999999999999,1,2,3\n"
    )

    assert len(samples.t_ns) == 3
    assert samples.bad_rows == 2
    assert all(np.isnan(column).all() for column in (samples.lat_deg, samples.lon_deg, samples.alt_m))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_what_spreadsheets_write(read, encoding):
    samples = read("time_utc;Höhe;lat;lon\r\n2020-11-12T18:15:00Z;5;39,8;46,75\r\n", encoding)

    assert samples.lat_deg.tolist() == [39.8]


def test_other_texts_are_not_telemetry(tmp_path):
    reader = CsvReader()
    for text in (b"", b"name,amount\nx,3\n", b"lat,lon\n1,2\n", b"time,price\n1,2\n", b"\0\0\0lat,lon,time", b"<gpx>"):
        assert not reader.recognises(tmp_path / "x.csv", text)


def test_a_table_without_one_readable_row_says_what_times_look_like(read):
    with pytest.raises(InputError, match=r"flight\.csv: no row.*2020-11-09T21:00:00Z"):
        read("time_utc,lat,lon\nsoon,1,2\n")


def test_every_sigma_and_angle_has_a_column():
    for name in ("yaw_sigma_deg", "tilt_sigma_deg", "position_sigma_m", "alt_sigma_m", "roll_deg"):
        column = column_of(name)
        assert column is not None
        assert column.name == name
    assert column_of("battery") is None
    assert not math.isnan(column_of("Altitude (ft)").scale)


def test_a_table_of_unknown_columns_is_told_which_it_needs():
    german = "Zeit (UTC);Breitengrad;Längengrad;Höhe\n2021-03-04T20:00:00Z;39,96;46,84;812,5\n"
    for head in (german.encode("cp1252"), german.encode("utf-16"), german.replace(";", "\t").encode()):
        assert not CsvReader().recognises(None, head)
        why = why_no_telemetry(head)
        assert "Breitengrad, Längengrad, Höhe none is known; it needs lon and lat" in why

    assert "only lat is known" in why_no_telemetry(b"lat,breadth,when\n1,2,3\n")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0\1\2,\0,a,b\n",
        b"To whom it may concern, please, thanks\nYours\n",
        b"12,13,14\n15,16,17\n",
        b"a,b\n1,2\n",
    ],
)
def test_what_is_no_table_is_not_called_one(head):
    assert why_no_telemetry(head) == ""
