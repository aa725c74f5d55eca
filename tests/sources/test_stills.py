import datetime as dt
import math
import time

import pytest

from pipeline.errors import InputError
from pipeline.records.sortie import Band
from pipeline.sources.stills import read_still_head


@pytest.mark.parametrize("as_elements", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tags_are_read_in_both_byte_orders_and_both_forms_of_xmp(make_still, write, as_elements, order):
    path = write("A.JPG", make_still(as_elements=as_elements, order=order, extra_exif=[(0x9291, 2, "25")]))

    head = read_still_head(path, "A.JPG")

    assert head.size_px == (64, 48)
    tags = head.tags
    assert (tags.make, tags.model) == ("Maker", "Model 1")
    assert tags.clock == dt.datetime(2020, 11, 12, 22, 15, 0, 250000)
    assert tags.clock_step_s == pytest.approx(0.01)
    assert tags.utc_offset_s == 4 * 3600
    assert (tags.lon_deg, tags.lat_deg) == pytest.approx((46.75, 39.8), abs=1e-6)
    assert (tags.alt_m, tags.exif_alt_m, tags.relative_alt_m) == pytest.approx((810.0, 810.0, 120.5))
    assert (tags.yaw_deg, tags.pitch_deg, tags.roll_deg) == (-170.1, -89.9, 0.0)


def test_south_west_and_below_the_sea(make_still, write):
    path = write("A.JPG", make_still({"AbsoluteAltitude": "-29.44"}, place=(-61.5, -33.25), alt_m=-29.4))

    tags = read_still_head(path, "A").tags

    assert (tags.lon_deg, tags.lat_deg, tags.exif_alt_m) == pytest.approx((-61.5, -33.25, -29.4), abs=1e-6)
    assert tags.faults == ()


def test_xmp_position_with_rtk_comes_first_though_its_name_is_misspelt(make_still, write):
    values = {
        "GpsLatitude": "+39.8000010",
        "GpsLongtitude": "46.7500020",
        "RtkFlag": "50",
        "RtkStdLon": "0.012",
        "RtkStdLat": "0.015",
        "RtkStdHgt": "0.03",
    }
    tags = read_still_head(write("A.JPG", make_still(values)), "A").tags

    assert (tags.lon_deg, tags.lat_deg) == (46.750002, 39.800001)
    assert tags.rtk
    assert (tags.position_sigma_m, tags.alt_sigma_m) == (0.015, 0.03)


def test_heights_of_exif_and_xmp_that_contradict_each_other_are_noted(make_still, write):
    tags = read_still_head(write("A.JPG", make_still(alt_m=770.0)), "A").tags

    assert tags.alt_m == 810.0
    assert tags.faults == ("height_contradicted",)


def test_gps_time_and_clock_with_dashes(make_still, write):
    gps = [(29, 2, "2020:11:12"), (7, 5, (18.0, 15.0, 1.5))]
    tags = read_still_head(
        write("A.JPG", make_still(clock="2020-11-12 22:15:00", offset=None, extra_gps=gps)), "A"
    ).tags

    assert tags.clock == dt.datetime(2020, 11, 12, 22, 15)
    assert tags.utc_offset_s is None
    assert tags.gps_utc == dt.datetime(2020, 11, 12, 18, 15, 1, 500000, tzinfo=dt.UTC)


def test_the_size_is_that_of_the_pixels_not_of_the_tags(make_still, write):
    path = write("A.JPG", make_still(extra_exif=[(0xA002, 4, (4000,)), (0xA003, 4, (3000,))]))

    assert read_still_head(path, "A").size_px == (64, 48)


def test_thermal_is_known_by_its_band(make_still, write):
    assert read_still_head(write("A.JPG", make_still({"BandName": "LWIR"})), "A").band is Band.THERMAL
    assert read_still_head(write("B.JPG", make_still()), "B").band is Band.VISIBLE


def test_a_namespace_declared_twice_in_a_tag_is_survived(make_still, write):
    data = make_still({"RelativeAltitude": "+37.70"})
    twice = data.replace(b'" m:Abs', b'" xmlns:n="u" xmlns:n="u" m:Abs', 1)
    if twice == data:
        twice = data.replace(b" m:Abs", b' xmlns:n="u" xmlns:n="u" m:Abs', 1)
    old, new = data.index(b"http://ns.adobe.com/xap"), len(twice) - len(data)
    length = int.from_bytes(data[old - 2 : old], "big") + new
    path = write("A.JPG", twice[: old - 2] + length.to_bytes(2, "big") + twice[old:])

    assert read_still_head(path, "A").tags.relative_alt_m == 37.7


@pytest.mark.parametrize(
    "packet",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>',
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&a;</x:xmpmeta>'.encode("utf-16"),
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF></x:xmpmeta>",
    ],
)
def test_xml_bombs_and_broken_xml_are_refused_by_the_name_of_the_file(add_segments, bare_jpeg, write, packet):
    data = add_segments(bare_jpeg(), b"http://ns.adobe.com/xap/1.0/\0" + packet)

    with pytest.raises(InputError, match=r"DJI_7\.JPG.*XM"):
        read_still_head(write("DJI_7.JPG", data), "DJI_7.JPG")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff\xd8\xff\xe1\x00\x40Exif", "cut off|damaged"),
        (b"\xff\xd8\xff\xe0\x00\x00", "no length"),
        (b"\xff\xd8" + b"\xff\xe0\x00\x02" * 100_000, "without a picture"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (20000).to_bytes(4, "big") * 2, "20000 × 20000 pixels"),
        (b"\x89PNG\r\n\x1a\n", "without a header"),
        (b"II*\0\xff\xff\xff\xff", "not a photograph"),
        (b"hello, I am a text", "not a JPEG"),
    ],
)
def test_what_is_no_picture_is_said_so(write, data, message):
    with pytest.raises(InputError, match=message):
        read_still_head(write("X.JPG", data), "X.JPG")


@pytest.mark.real
def test_tags_of_real_frames_cost_far_less_than_decoding(real_data):
    paths = sorted((real_data / "flights/brighton_beach/frames").glob("*.JPG"))
    start = time.process_time()
    heads = [read_still_head(path, path.name) for path in paths]
    spent_s = time.process_time() - start

    assert len(heads) == 18
    assert all(head.size_px == (4000, 2250) and not math.isnan(head.tags.yaw_deg) for head in heads)
    assert all(-90 <= head.tags.pitch_deg < -89 and 39 < head.tags.relative_alt_m < 41 for head in heads)
    assert spent_s / 18 < 0.01  # decoding one takes 0.04 s


@pytest.mark.real
def test_a_real_thermal_frame_whose_xmp_declares_a_namespace_twice(real_data):
    head = read_still_head(real_data / "thermal/DJI_XTS.jpg", "XTS")

    assert head.band is Band.THERMAL
    assert (head.tags.yaw_deg, head.tags.pitch_deg, head.tags.alt_m) == (91.3, 19.9, -29.44)
