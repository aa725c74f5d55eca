"""Readers of logs and tables beside the libraries that people would take, in alternation; processor time and memory."""

import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pipeline.simulator.writers.ulog_file import ULogFile
from pipeline.simulator.writers.ulog_topics import ATTITUDE, GIMBAL, GPS
from pipeline.sources.telemetry.csv_table import CsvReader
from pipeline.sources.telemetry.dataflash import DataflashReader
from pipeline.sources.telemetry.gpx import GpxReader
from pipeline.sources.telemetry.parquet_table import ParquetReader
from pipeline.sources.telemetry.tlog import TlogReader
from pipeline.sources.telemetry.ulog import TOPICS, ULogReader

ROWS = 50_000
REPEATS = 3
T0_US = 1605204900 * 10**6


def write_csv(path):
    head = "time_utc,lon,lat,alt_m,yaw,pitch,roll,satellites,hdop\n"
    rows = (f"{T0_US / 1e6 + i / 50:.3f},37.1234567,48.1234567,180.123,12.5,-89.9,0.1,17,0.8\n" for i in range(ROWS))
    path.write_text(head + "".join(rows))


def write_gpx(path):
    def point(i):
        clock = f"{i // 3600 % 24:02d}:{i // 60 % 60:02d}:{i % 60:02d}"
        return f'<trkpt lat="48.12" lon="37.12"><ele>180.5</ele><time>2020-11-12T{clock}Z</time><sat>9</sat></trkpt>\n'

    track = "".join(map(point, range(ROWS)))
    path.write_text(f'<gpx version="1.1" creator="bench"><trk><trkseg>{track}</trkseg></trk></gpx>')


def write_parquet(path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    times = pa.array(T0_US * 1000 + np.arange(ROWS) * 20_000_000, pa.timestamp("ns", "UTC"))
    pq.write_table(pa.table({"time_utc": times, "lon": np.full(ROWS, 37.1), "lat": np.full(ROWS, 48.1)}), path)


def write_ulog(path):
    with path.open("wb") as file:
        log = ULogFile(file, 0)
        log.declare(GPS, ATTITUDE, GIMBAL)
        log.subscribe(GPS, ATTITUDE, GIMBAL)
        for i in range(ROWS):
            log.log(ATTITUDE, i * 10_000, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0)
            log.log(GIMBAL, i * 10_000, 0.7071, 0.0, -0.7071, 0.0, 0.0, 0.0, 0.0, 0, 16, 1, 154, True)
            if i % 10 == 0:
                place = (481234567, 371234567, 180000, 205000, 0.3, 0.1, 1.0, 1.0, 0.8, 0.9, 90, 50)
                log.log(GPS, i * 10_000, T0_US + i * 10_000, *place, *([1.0] * 4), 0.0, 0, 0.0, 0.0, 3, True, 14)


def write_tlog(path):
    from pymavlink.dialects.v20 import ardupilotmega as m

    sender = m.MAVLink(None, srcSystem=1, srcComponent=1)
    with path.open("wb") as file:
        for i in range(ROWS // 4):
            for message in (
                m.MAVLink_attitude_message(i * 100, 0.1, 0.2, 1.5, 0, 0, 0),
                m.MAVLink_global_position_int_message(i * 100, 485000000, 372500000, 180500, 99500, 3, 4, -1, 9000),
                m.MAVLink_gps_raw_int_message(i * 100_000, 3, 485000000, 372500000, 180500, 80, 120, 1250, 9100, 14),
                m.MAVLink_system_time_message(T0_US + i * 100_000, i * 100),
            ):
                file.write(struct.pack(">Q", T0_US + i * 100_000) + message.pack(sender))


def write_dataflash(path):
    def head(number, size, name, codes, labels):
        return struct.pack("<BBBBB4s16s64s", 0xA3, 0x95, 128, number, size, name, codes, labels)

    gps, attitude = struct.Struct("<BBBQBBIHBhiiifffB"), struct.Struct("<BBBQfff")
    with path.open("wb") as file:
        file.write(head(128, 89, b"FMT", b"BBnNZ", b"Type,Length,Name,Format,Columns"))
        labels = b"TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,U"
        file.write(head(130, gps.size, b"GPS", b"QBBIHBcLLefffB", labels))
        file.write(head(133, attitude.size, b"ATT", b"Qfff", b"TimeUS,Roll,Pitch,Yaw"))
        for i in range(ROWS):
            file.write(attitude.pack(0xA3, 0x95, 133, i * 10_000, 1.0, 2.0, 3.0))
            if i % 10 == 0:
                fix = (0, 3, 411_318_000 + i * 10, 2131, 14, 80, 485000000, 372500000, 18050, 1.0, 2.0, 3.0, 1)
                file.write(gps.pack(0xA3, 0x95, 130, i * 10_000, *fix))


def by_pandas(path):
    import pandas as pd

    pd.to_datetime(pd.read_csv(path)["time_utc"], unit="s")


def by_pandas_parquet(path):
    import pandas as pd

    pd.read_parquet(path)


def by_gpxpy(path):
    import gpxpy

    with path.open() as file:
        gpxpy.parse(file)


def by_pyulog(path):
    import pyulog

    pyulog.ULog(str(path), list(TOPICS))


def by_pymavlink(path):
    from pymavlink import mavutil

    log = mavutil.mavlink_connection(str(path), dialect="ardupilotmega")
    while log.recv_match(type=["GPS", "ATT", "ATTITUDE", "GLOBAL_POSITION_INT", "GPS_RAW_INT", "SYSTEM_TIME"]):
        pass


CASES = (
    ("x.ulg", write_ulog, ULogReader(), "pyulog", by_pyulog),
    ("x.bin", write_dataflash, DataflashReader(), "pymavlink", by_pymavlink),
    ("x.tlog", write_tlog, TlogReader(), "pymavlink", by_pymavlink),
    ("x.gpx", write_gpx, GpxReader(), "gpxpy", by_gpxpy),
    ("x.csv", write_csv, CsvReader(), "pandas", by_pandas),
    ("x.parquet", write_parquet, ParquetReader(), "pandas", by_pandas_parquet),
)


def best(works):
    times = [[] for _ in works]
    for _ in range(REPEATS):
        for work, taken in zip(works, times, strict=True):
            start = time.process_time()
            work()
            taken.append(time.process_time() - start)
    return [min(taken) for taken in times]


def main():
    """Print a row per format."""
    with tempfile.TemporaryDirectory() as folder:
        for name, write, reader, library, by_library in CASES:
            path = Path(folder) / name
            write(path)
            rows = sum(map(len, reader.read(path)))
            ours, theirs = best([lambda r=reader, p=path: r.read(p), lambda w=by_library, p=path: w(p)])
            size = path.stat().st_size / 2**20
            print(
                f"{reader.name:9} {size:5.1f} MiB {rows:6} rows: {ours:6.2f} s, {rows / ours / 1e3:6.0f} k rows/s; "
                f"{library} {theirs:6.2f} s ({theirs / ours:.1f} ×)"
            )


if __name__ == "__main__":
    sys.exit(main())
