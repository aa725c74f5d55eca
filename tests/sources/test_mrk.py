"""Time marks of RTK drones."""

import datetime as dt

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records.samples import TimeBase
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.sources.telemetry.mrk import MrkReader
from pipeline.stages.ingest import Ingest
from tests.sources.drone_files import mark


@pytest.fixture
def read(tmp_path):
    def of(text):
        path = tmp_path / "100_0001_Timestamp.MRK"
        path.write_text(text)
        assert MrkReader().recognises(path, text.encode()[:65536])
        return MrkReader().read(path)[0]

    return of


def test_a_mark_as_a_person_reads_it(read):
    """Week 2131 began on Sunday, 8 November 2020; GPS time is 18 s ahead of UTC."""
    samples = read(mark(1, 411318.0) + mark(2, 411320.25, lat=39.8001, state=34) + mark(3, 411322.0, state=16))

    moment = dt.datetime(2020, 11, 8, tzinfo=dt.UTC) + dt.timedelta(seconds=411318 - 18)
    assert samples.time_base is TimeBase.UTC
    assert samples.t_ns[0] == int(moment.timestamp()) * 10**9
    assert samples.t_ns[1] - samples.t_ns[0] == 2_250_000_000
    assert samples.frame_names == ("_0001", "_0002", "_0003")
    assert (samples.lon_deg[0], samples.lat_deg[1], samples.alt_m[0]) == (46.75, 39.8001, 811.25)
    assert samples.vertical_datum == "ellipsoidal"
    assert (samples.position_sigma_m[0], samples.alt_sigma_m[0]) == (0.017, 0.031)
    assert samples.gnss.fix.tolist() == [6, 5, 3]


@pytest.mark.parametrize(
    ("week", "seconds", "utc"),
    [
        (1930, 3 * 86400 - 0.5 + 17, "2017-01-03T23:59:59.5"),  # one second after another lead: 18
        (1929, 0 + 18, "2016-12-25T00:00:01"),  # 17 until the end of 2016
        (1930, 17.5, "2016-12-31T23:59:60.5"),
    ],
)
def test_leap_seconds(read, week, seconds, utc):
    """IERS Bulletin C 52: GPS led by 17 s until 2017-01-01T00:00:00Z, by 18 s since."""
    del utc
    samples = read(mark(1, seconds, week=week))
    gps = dt.datetime(1980, 1, 6, tzinfo=dt.UTC) + dt.timedelta(weeks=week, seconds=seconds)
    lead = 18 if gps - dt.timedelta(seconds=18) >= dt.datetime(2017, 1, 1, tzinfo=dt.UTC) else 17
    assert samples.t_ns[0] / 1e9 == pytest.approx((gps - dt.timedelta(seconds=lead)).timestamp())


def test_marks_without_a_fix_have_no_position(read):
    samples = read(mark(1, 10.0, state=0) + mark(2, 20.0, lat=0, lon=0, height=0, state=16) + mark(3, 30.0))

    assert np.isfinite(samples.lon_deg).tolist() == [False, False, True]
    assert [fault.code for fault in samples.faults] == ["no_fix"] and samples.faults[0].count == 2


def test_cut_lines_and_marks_of_no_week_are_counted(read):
    samples = read(mark(1, 10.0) + mark(2, 20.0, week=0) + mark(3, 30.0)[:40])

    assert (len(samples), samples.bad_rows) == (1, 2)


def test_a_file_without_a_mark_says_why(tmp_path):
    path = tmp_path / "x.MRK"
    path.write_text("nothing")
    assert not MrkReader().recognises(path, b"nothing")
    with pytest.raises(InputError, match="no line of it is a time mark"):
        MrkReader().read(path)


def fill(folder, make_still, names, marks, *, seed=0):
    folder.mkdir(parents=True)
    for index, name in enumerate(names):
        still = make_still(clock="2020:11:12 22:15:00", seed=seed + index).replace(b"Maker\0", b"DJI\0\0\0")
        (folder / name).write_bytes(still)
    (folder / "100_0001_Timestamp.MRK").write_text(marks)


def test_marks_find_their_stills_by_number_and_folder(tmp_path, make_still):
    """Numbers begin again in every folder; two lenses take a still at each mark."""
    first = mark(1, 411318.0) + mark(2, 411320.0, lon=46.7501)
    second = mark(1, 411618.0, lon=46.7502) + mark(2, 411620.0, lon=46.7503)
    for folder, marks in (("100_0001", first), ("100_0002", second)):
        names = [f"DJI_{folder}_{number}_{lens}.JPG" for number in ("0001", "0002") for lens in "WT"]
        fill(tmp_path / "S1" / folder, make_still, names, marks, seed=len(folder) + int(folder[-1]) * 10)

    result = Ingest()(read_sortie(tmp_path / "S1", ReadSettings(), CameraTable()))

    at = {frame.ref.frame_id: frame for frame in result.frames}
    assert len(at) == 8
    assert {frame.ref.sensor for frame in result.frames} == {"Model 1 W", "Model 1 T"}
    begin = min(frame.ref.t_utc_ns for frame in result.frames)
    for folder, number, lens, seconds in ((1, 1, "W", 0), (1, 2, "T", 2), (2, 1, "T", 300), (2, 2, "W", 302)):
        frame = at[f"DJI_100_000{folder}_000{number}_{lens}"]
        assert (frame.ref.t_utc_ns - begin) / 1e9 == seconds
        assert {"time_from_table", "position_from_table"} <= set(frame.notes)


def test_a_number_of_two_stills_is_nobodys(tmp_path, make_still):
    fill(tmp_path / "S1", make_still, ["A_0001.JPG", "B_0001.JPG", "B_0002.JPG"], mark(1, 411318.0) + mark(2, 411320.0))

    (samples,) = read_sortie(tmp_path / "S1", ReadSettings(), CameraTable()).telemetry

    assert samples.frame_names == ("", "B_0002.JPG")
    assert [fault.code for fault in samples.faults] == ["number_twice"]
