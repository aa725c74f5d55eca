"""Words of formats that chance seldom spells."""

from tests.sources.misb_packets import KEY

_SETS = ("060e2b34020101010e01010201010000", "060e2b34020301010e01030302000000", "060e2b34020b01010e01030306000000")
_NUMBERS = (b"nan", b"inf", b"-1e308", b"1e999", b"9" * 30, b"0", b"-0.0", b"\0", b"\xff\xfe", b"\xef\xbb\xbf")

TABLE = (
    *_NUMBERS, b"\n", b"\r", b",", b";", b"\t", b'"', b'""', b"'", b"lat", b"lon", b"alt_m", b"time_utc", b"time_s",
    b"yaw", b"pitch", b"filename", b"gps_week", b"gps_tow", b"Date", b"Time", b"2020-11-12T18:15:00Z", b"2020-02-30",
    b"24:60:60", b"1605204900", b"1605204900000000000", b"0001-01-01T00:00:00", b"9999-12-31T23:59:60+14:00",
    b"[2131]", b",Lat", b"50,Q",
)  # fmt: skip
PARQUET = (
    b"PAR1", b"\x15\x00", b"\x19\x1c", b"\xff\xff\xff\xff\x0f", b"time_utc", b"lon", b"lat", b"alt_m", b"parquet-cpp",
)  # fmt: skip
GPX = (
    *_NUMBERS, b"<trkpt", b'lat="', b'lon="', b"</trkpt>", b"<trkseg>", b"</trkseg>", b"<trk>", b"</trk>", b"<time>",
    b"</time>", b"<ele>", b"</ele>", b"<!--", b"<![CDATA[", b"]]>", b"&#0;", b"&#x10FFFF;", b"&amp;", b"&a;",
    b"<!DOCTYPE a [", b'<!ENTITY a "b">', b"UTF-16", b"UTF-7", b"latin-1", b"-99:99", b"+14:00", b"24:00:60",
    b"<extensions>", b"<x:speed>",
)  # fmt: skip
SUBTITLES = (
    *_NUMBERS, b"\n\n", b"\n7\n", b" --> ", b"00:00:00,000", b"999:99:99,999", b"GPS(", b"GPS (", b"HOME(", b"N/A",
    b"[latitude: ", b"[longtitude : ", b"[rel_alt: 1 abs_alt: 2]", b"G.PRY (1, 2, 3)", b"F.PRY (", b"SrtCnt: 5,",
    b"DiffTime: 0ms", b"2021-12-25 12:27:52.373", b"2000-00-00 99:99:99", b"2099-12-31 23:59:60",
    b"1900-01-01 00:00:00,000,000", b"BAROMETER:", b"FrameCnt: ", b"<font", b"</font>", b"[focal_len: 0]",
    b"[dzoom_ratio: ", b"D 9m", b"H.S 1m/s",
)  # fmt: skip
MP4 = (
    b"ftyp", b"moov", b"mdat", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"stts", b"stsc", b"stsz", b"stco",
    b"co64", b"ctts", b"elst", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"tx3g", b"djmd", b"text", b"sbtl", b"vide",
    b"avc1", b"mp4v", b"free", b"wide", b"moof", b"\0\0\0\1", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff",
    *SUBTITLES[10:20],
)  # fmt: skip
MISB = (
    *(bytes.fromhex(one) for one in _SETS), KEY, b"\x06\x0e\x2b\x34", b"\x80", b"\x81\xff", b"\x82\xff\xff",
    b"\x84\xff\xff\xff\xff", b"\x02\x08", b"\x02\x08" + b"\xff" * 8, b"\x01\x02\0\0", b"\x30\x10", b"\x4a\x40",
    b"\x65\x08", b"\x0d\x04\x80\0\0\0", b"\x47", b"\x47\x40\0\x10", b"\0\0\1\xbd", b"\0\0\1\xfc", b"KLVA", b"\x7f" * 8,
    b"\xff" * 184,
)  # fmt: skip
ULOG = (
    b"ULog\x01\x12\x35", b"\x01\x12\x35", b"timestamp", b"uint64_t timestamp;", b"float[4] q;", b"double[65535] q;",
    b"vehicle_gps_position", b"sensor_gps", b"camera_capture", b"vehicle_attitude", b"gimbal_device_attitude_status",
    b"uint8_t[255] x;", b"_padding0;", b"vehicle_gps_position a;", b"\0\0F", b"\xff\xffD", b"\x03\0A", b"\0\0B",
    b"\x2f\x73\x13\x20\x25\x0c\xbb\x12", b"info", b"char[9] ", b"a:a x;", b":", b";",
)  # fmt: skip
DATAFLASH = (
    b"\xa3\x95", b"\xa3\x95\x80", b"\xa3\x95\x80\x80\x59FMT\0", b"GPS\0", b"ATT\0", b"MNT\0", b"POS\0", b"CAM\0",
    b"TRIG", b"MSG\0", b"GPA\0", b"UBX1", b"TimeUS", b"TimeMS", b",I,", b"Status", b"GMS,GWk", b"Lat,Lng", b"YawE",
    b"Img", b"QBBIHBcLLeffffB", b"ZZZZ", b"aaaa", b"nnnn", b"gdqQ", b"TimeUS,TimeUS", b"Message", b"\x7f\xc0\0\0",
    b"\0\0\x80\x7f", b"\xff" * 8, b"Instance",
)  # fmt: skip
TLOG = (
    b"\xfe", b"\xfd", b"\xfd\xff\0\0", b"\xfd\x00\1\0", b"\x00\x05\xb3\xeb", b"\xff" * 8, b"\x7f\xc0\0\0",
    b"\0\0\x80\x7f", b"\0\0\xc0\x7f", b"\x80" * 4,
)  # fmt: skip
JPEG = (
    b"\xff\xd8\xff", b"\xff\xe1", b"\xff\xe2", b"\xff\xe3", b"\xff\xda", b"\xff\xc0\0\x11\x08", b"\xff\xc2",
    b"\xff\xd9", b"\xff\xff", b"Exif\0\0", b"II*\0", b"MM\0*", b"II+\0", b"MPF\0", b"FLIR\0\x01", b"FFF\0",
    b"http://ns.adobe.com/xap/1.0/\0", b"\x69\x87\4\0\1\0\0\0", b"\x25\x88\4\0\1\0\0\0", b"\0\0\0\0",
    b"\xff\xff\xff\xff", b"\x02\0", b"\x05\0\1\0\0\0", b"GDAL_NODATA", b"nan",
)  # fmt: skip
PNG = (
    b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"acTL", b"fdAT", b"iCCP", b"eXIf", b"\x7f\xff\xff\xff", b"\0\0\0\0",
)  # fmt: skip
XMP = (
    *_NUMBERS, b"<x:xmpmeta", b"<rdf:RDF", b"<rdf:Description", b"/>", b"</", b'="', b"<!DOCTYPE a [",
    b'<!ENTITY a "&a;">', b"&a;", b"xmlns:m=", b"drone-dji:GimbalYawDegree", b"AbsoluteAltitude", b"<![CDATA[",
    b"&#0;", b"<?xpacket", b"+", b"1/0", b"0/0",
)  # fmt: skip
GEOJSON = (
    *_NUMBERS, b"[", b"]", b"{", b"}", b"[[[[[[", b'"Polygon"', b'"LineString"', b'"Point"', b'"GeometryCollection"',
    b'"MultiPolygon"', b'"geometries"', b'"coordinates":', b'"id":', b'"properties":', b"null", b"true", b"NaN",
    b"Infinity", b"1e400", b"[]", b"[null]", b'[1,"a"]', b'"\\ud800"', b"{}", b'"type"',
)  # fmt: skip
FACTS = (
    *_NUMBERS, b"[[", b"]]", b"[", b"]", b"=", b'"""', b"'''", b"\n", b"true", b"[[cameras]]", b"[camera]",
    b"[attitude]", b"[[videos]]", b"[videos]", b"size_px", b"[1, 2]", b"[]", b"[[], []]", b"1979-05-27", b"07:32:00",
    b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59Z", b"{ a = 1 }", b".", b"_", b"\\ud800", b"\\U00110000",
    b'"fisheye"', b'"brown"', b"id", b"0x7fffffffffffffffffffffff", b"1_0",
)  # fmt: skip
AGREEMENT = (
    *FACTS, b"[[zones]]", b"[[rules]]", b"[[notifications]]", b"[[lines]]", b"[parties.a]", b"lines", b"zones",
    b"valid_from", b"valid_to", b"known_from", b"feature", b"buffer_m", b"accuracy_m", b"geometry",
    b'"karabakh-2020.geojson"', b'"."', b'"/dev/null"',
)  # fmt: skip
