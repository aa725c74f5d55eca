import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources.exif import read_exif
from pipeline.sources.stills import read_still_head
from pipeline.sources.telemetry.csv_table import CsvReader
from pipeline.sources.xmp import read_xmp

CSV = (
    b"time_utc,file,lat,lon,alt_hae_m,yaw_deg,pitch_deg,roll_deg\n"
    b"2020-11-12T18:15:00Z,A.JPG,39.8,46.75,810.5,10,-90,0\n1605204901,B.JPG,39.8,46.75,810.5,nan,-90,\n"
)
quick = settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
edits = st.lists(st.tuples(st.integers(0, 1200), st.binary(max_size=6), st.integers(0, 12)), min_size=1, max_size=6)


def mutated(data: bytes, changes: list[tuple[int, bytes, int]]) -> bytes:
    for at, new, cut in changes:
        data = data[:at] + new + data[at + cut :]
    return data


@quick
@given(changes=edits)
def test_damaged_stills_give_tags_or_an_input_error(make_still, tmp_path, changes):
    path = tmp_path / "x.jpg"
    path.write_bytes(mutated(make_still(), changes))
    with contextlib.suppress(InputError):
        read_still_head(path, "x.jpg")


@quick
@given(changes=edits)
def test_damaged_tiff_structures_give_tags_or_an_input_error(make_still, changes):
    data = make_still()
    start = data.index(b"II*\0")
    block = mutated(data[start : start + 600], changes)
    with contextlib.suppress(InputError):
        read_exif(lambda at, count: block[at : at + count], "x")


@quick
@given(st.binary(max_size=300))
def test_any_bytes_as_xmp(packet):
    with contextlib.suppress(InputError):
        read_xmp(packet, "x")


@quick
@given(changes=edits)
def test_damaged_tables_give_samples_or_an_input_error(tmp_path, changes):
    path = tmp_path / "x.csv"
    path.write_bytes(mutated(CSV, changes))
    CsvReader().recognises(path, path.read_bytes())
    with contextlib.suppress(InputError):
        CsvReader().read(path)


def test_a_tiff_that_points_at_itself_ends():
    loop = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0" + b"\x08\0\0\0"

    assert read_exif(lambda at, count: loop[at : at + count], "x").values == {}


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_stump_of_a_tiff_is_refused(size):
    with pytest.raises(InputError, match="not a TIFF"):
        read_exif(lambda at, count: b"II*\0\x08\0\0\0"[:size][at : at + count], "x")
