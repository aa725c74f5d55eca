import contextlib
import datetime as dt

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources.telemetry.gpx import GpxReader

T0 = 1605204900 * 10**9  # 2020-11-12T18:15:00Z
TRACK = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="a logger" xmlns="http://www.topografix.com/GPX/1/1"
 xmlns:x="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
<wpt lat="1" lon="2"><time>2020-11-12T18:15:00Z</time></wpt>
<trk><name>first &amp; only</name><trkseg>
<trkpt lat="48.5" lon="37.25"><ele>180.5</ele><time>2020-11-12T18:15:00Z</time><fix>3d</fix><sat>9</sat>
 <hdop>0.8</hdop><extensions><x:TrackPointExtension><x:speed>12.5</x:speed><x:course>91</x:course>
 </x:TrackPointExtension></extensions></trkpt>
<trkpt lat="48.6" lon="nan"><time>2020-11-12T22:15:01.250+04:00</time></trkpt>
<trkpt lat="48.7" lon="37.3"/>
</trkseg></trk>
<trk><trkseg><trkpt lat="1" lon="2"><time>2020-11-12T18:16:00Z</time></trkpt></trkseg></trk>
</gpx>"""


@pytest.fixture
def read(tmp_path):
    def reading(text, encoding="utf-8"):
        path = tmp_path / "track.gpx"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        assert GpxReader().recognises(path, path.read_bytes()[:65536])
        return GpxReader().read(path)

    return reading


def test_tracks_are_clips_and_points_say_what_the_receiver_knows(read):
    first, second = read(TRACK)

    assert first.t_ns.tolist() == [T0, T0 + 1_250_000_000]
    assert (first.lat_deg[0], first.lon_deg[0], first.alt_m[0]) == (48.5, 37.25, 180.5)
    assert np.isnan(first.lon_deg[1])
    assert (first.gnss.satellites[0], first.gnss.hdop[0], first.gnss.fix[0]) == (9, 0.8, 3)
    assert (first.gnss.speed_mps[0], first.aircraft_yaw_deg[0]) == (12.5, 91)
    assert (first.bad_rows, first.platform, first.vertical_datum) == (1, "a logger", "unknown")
    assert second.t_ns.tolist() == [T0 + 60 * 10**9]
    assert second.stream == "track 2"


def test_against_another_reader(read):
    gpxpy = pytest.importorskip("gpxpy", reason="gpxpy (extra dev) reads tracks independently")
    rng = np.random.default_rng(3)
    points = "".join(
        f'<trkpt lat="{48 + rng.random():.7f}" lon="{37 + rng.random():.7f}"><ele>{rng.random() * 500:.2f}</ele>'
        f"<time>2020-11-12T18:{row // 60:02d}:{row % 60:02d}.{row % 10}00Z</time><sat>{row % 20}</sat></trkpt>\n"
        for row in range(600)
    )
    text = f'<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{points}</trkseg></trk></gpx>'
    (ours,) = read(text)
    theirs = gpxpy.parse(text).tracks[0].segments[0].points

    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert ours.t_ns.tolist() == [(p.time - epoch) // dt.timedelta(microseconds=1) * 1000 for p in theirs]
    assert ours.lat_deg.tolist() == [p.latitude for p in theirs]
    assert ours.lon_deg.tolist() == [p.longitude for p in theirs]
    assert ours.alt_m.tolist() == [p.elevation for p in theirs]
    assert ours.gnss.satellites.tolist() == [p.satellites for p in theirs]


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE gpx [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE gpx SYSTEM "http://example.invalid/x.dtd">',
        '<!DOCTYPE gpx [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
    ],
)
def test_entities_are_never_expanded_nor_fetched(read, declared):
    with pytest.raises(InputError, match="entities"):
        read(TRACK.replace("<gpx", declared + "<gpx", 1).replace("a logger", "&b;"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings(read, encoding):
    assert len(read(TRACK.replace("UTF-8", encoding.removesuffix("-sig")), encoding)) == 2


def test_a_track_that_breaks_off_is_used_up_to_there(read):
    (cut,) = read(TRACK[: TRACK.index('<trkpt lat="48.7"') + 10])

    assert len(cut) == 2
    assert [fault.code for fault in cut.faults] == ["log_cut"]


@pytest.mark.parametrize(
    "text", ["<gpx></gpx>", "<gpx><trk>", '<gpx><trk><trkseg><trkpt lat="1" lon="2"/></trkseg></trk></gpx>']
)
def test_what_is_of_no_use_says_why(read, text):
    with pytest.raises(InputError, match="export a recorded track with its times"):
        read(text)


def test_depth_is_bounded(read):
    with pytest.raises(InputError, match="deep"):
        read("<gpx>" + "<a>" * 5000)


def test_other_xml_is_not_a_track(tmp_path):
    for head in (b"<kml></kml>", b"<html><gpxx>", b"gpx", b"", b"lat,lon,time\n"):
        assert not GpxReader().recognises(tmp_path / "x", head)


CASES = {"max_examples": 150, "deadline": 2000, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(**CASES)
@given(st.lists(st.tuples(st.integers(0, 1300), st.binary(max_size=8), st.integers(0, 30)), min_size=1, max_size=6))
def test_damaged_tracks_give_samples_or_an_input_error(tmp_path, changes):
    data = TRACK.encode()
    for at, new, cut in changes:
        data = data[:at] + new + data[at + cut :]
    path = tmp_path / "fuzz.gpx"
    path.write_bytes(data)
    GpxReader().recognises(path, data)
    with contextlib.suppress(InputError):
        GpxReader().read(path)
