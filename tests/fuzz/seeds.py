"""Small sound files of every format, made by the simulator's writers or by hand, to be damaged."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pipeline.simulator.writers import FORMATS, WriteOptions, open_writer
from pipeline.simulator.writers.stated_facts import write_sortie_toml
from tests.simulator.written_flight import exposed, facts, told
from tests.sources.drone_files import bracket_words, file_of, gps_words, mark

T0 = 1605204900
FOLDER_MARK = b"\n--file--:"
"""Between the files of a folder, before the name and a line's end."""


@cache
def flight(name: str, *, timing: str = "pes") -> dict[str, bytes]:
    """Files of a flight of six frames as the simulator writes them, by name."""
    thermal = name.startswith("thermal")
    with TemporaryDirectory() as place:
        folder = Path(place) / "S0007"
        folder.mkdir()
        said = facts(6, thermal=thermal, stream=told(12, 0.25))
        writer = open_writer(name, folder, said, WriteOptions(klv_timing=timing) if name == "misb_ts" else None)
        for index in range(said.frames):
            writer.add(exposed(index, thermal=thermal))
        writer.close()
        write_sortie_toml(folder, said)
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def of_kind(suffix: str, *names: str) -> list[bytes]:
    """One file of each flight that has this suffix."""
    found = []
    for name in names or tuple(FORMATS):
        found += [data for path, data in flight(name).items() if path.lower().endswith(suffix)][:1]
    return found


def folders() -> list[bytes]:
    """Whole flights as one run of bytes each."""
    return [joined(flight(name)) for name in FORMATS]


def joined(files: dict[str, bytes]) -> bytes:
    return b"".join(FOLDER_MARK + name.encode() + b"\n" + data for name, data in files.items())


def unpack(data: bytes, folder: Path) -> Iterator[Path]:
    """The files of a folder again; names that damage made impossible are replaced."""
    for number, part in enumerate(data.split(FOLDER_MARK)[1:200]):
        name, _, body = part.partition(b"\n")
        text = name.decode("utf-8", "replace").replace("\0", "").strip("/.")[:80]
        path = folder / (text or f"file{number}")
        if ".." in path.parts or path.exists():
            path = folder / f"file{number}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        except OSError:
            (folder / f"file{number}").write_bytes(body)
        yield path


def tables() -> list[bytes]:
    named = "filename,lat,lon,alt,yaw,pitch,roll\n" + "".join(
        f"DJI_{n:04d}.JPG,48.{n},37.1,180,9,-90,0\n" for n in range(4)
    )
    local = "time_utc;latitude;longitude;altitude(feet);hdop\n" + "".join(
        f"2020-11-12T18:15:{n:02d}Z;48,5{n};37,25;180,5;0,8\n" for n in range(5)
    )
    local_times = "time(millisecond)\tdatetime(local)\tlatitude\tlongitude\tisVideo\n" + "".join(
        f"{n}00\t2020-11-12 22:15:{n:02d}\t48.5\t37.25\t{n // 2}\n" for n in range(5)
    )
    return [*of_kind("telemetry.csv"), named.encode(), local.encode(), local_times.encode("utf-16")]


def parquet() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = []
    count = 40
    times = T0 * 10**9 + np.arange(count) * 10**8
    kinds = [
        (pa.array(times, pa.timestamp("ns", "UTC")), pa.float64(), "snappy"),
        (pa.array(times // 1000, pa.timestamp("us")), pa.float32(), "none"),
        (pa.array([f"2020-11-12T18:15:{n:02d}Z" for n in range(count)]), pa.string(), "gzip"),
    ]
    for stamps, kind, packing in kinds:
        places = [pa.array(np.linspace(low, low + 0.01, count)).cast(kind) for low in (37.1, 48.1, 180.0)]
        table = pa.table(dict(zip(("time_utc", "lon", "lat", "alt_m"), (stamps, *places), strict=True)))
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression=packing, row_group_size=16, write_page_checksum=False)
        found.append(sink.getvalue().to_pybytes())
    return found


def gpx() -> list[bytes]:
    points = "".join(
        f'<trkpt lat="48.5{n}" lon="37.25"><ele>180.5</ele><time>2020-11-12T18:15:{n:02d}.250Z</time><fix>3d</fix>'
        f"<sat>9</sat><hdop>0.8</hdop><extensions><x:speed>12.5</x:speed><x:course>91</x:course></extensions></trkpt>\n"
        for n in range(6)
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="a logger" xmlns:x="urn:x" '
        f'xmlns="http://www.topografix.com/GPX/1/1"><trk><name>one</name><trkseg>{points}</trkseg></trk></gpx>'
    )
    return [text.encode(), text.replace("UTF-8", "UTF-16").encode("utf-16")]


def subtitles() -> list[bytes]:
    p4 = "F/5.6, SS 400, GPS (-58.85, -34.23, 15), HOME (-58.84, -34.23, -57.98m), D 698.70m, H 85.80m, H.S 0.00m/s, "
    p4 += "V.S 0.00m/s, F.PRY (2.7°, -7.0°, 110.1°), G.PRY (-24.4°, 0.0°, 110.4°)\n"
    return [
        *of_kind(".srt"),
        file_of(bracket_words(n) for n in range(8)).encode(),
        file_of((gps_words(n) for n in range(8)), step_ms=1000).encode(),
        file_of([p4] * 6, step_ms=1000).encode(),
        file_of(bracket_words(n) for n in range(4)).encode("utf-16"),
    ]


def marks() -> list[bytes]:
    return ["".join(mark(n, 411318.0 + n) for n in range(1, 6)).encode()]


def djmd_lines() -> list[bytes]:
    rows = "".join(f"0.{n},41.5000{n},2.1,100.{n},50,-100.1,-45.3,-,91.5,Mini 4 Pro\n" for n in range(8))
    return [("-,-,-,-,-,-,-,-,-,-\n" + rows + "Warning: something\n").encode()]
