"""Every parser as a function of a file that may raise nothing but `InputError` and `ConfigError`."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from pipeline.errors import DatumError, InputError
from pipeline.protocols import TelemetryReader
from pipeline.records.samples import TelemetrySamples
from pipeline.records.sortie import Band, FrameKind, FrameRef
from pipeline.records.stated_facts import StatedFacts
from pipeline.records.strict_toml import read_toml
from pipeline.sources.agreement import load_agreement
from pipeline.sources.cameras import CameraTable, read_camera_table
from pipeline.sources.exif import read_exif
from pipeline.sources.frames import DecodeSettings, FrameReader
from pipeline.sources.geoid_file import write_geoid
from pipeline.sources.geojson import read_features
from pipeline.sources.orthophoto import OrthophotoSettings, open_orthophoto
from pipeline.sources.previews import PreviewReader
from pipeline.sources.radiometric import read_radiometric
from pipeline.sources.sortie import HEAD_BYTES, ReadSettings, read_sortie
from pipeline.sources.sortie_folder import FolderFile
from pipeline.sources.stills import is_still, read_still_head
from pipeline.sources.telemetry.csv_table import CsvReader
from pipeline.sources.telemetry.dataflash import DataflashReader
from pipeline.sources.telemetry.dji_subtitles import DjiSubtitleReader, DjiTrackReader
from pipeline.sources.telemetry.djmd import DjmdReader
from pipeline.sources.telemetry.gpx import GpxReader
from pipeline.sources.telemetry.misb import MisbReader
from pipeline.sources.telemetry.mrk import MrkReader
from pipeline.sources.telemetry.parquet_table import ParquetReader
from pipeline.sources.telemetry.tlog import TlogReader
from pipeline.sources.telemetry.ulog import ULogReader
from pipeline.sources.terrain import load_terrain
from pipeline.sources.thermal_calibration import planck_constants, temperature_k
from pipeline.sources.video import is_video, read_video
from pipeline.sources.xmp import read_xmp
from tests.fuzz import mending, seeds, seeds_logs, seeds_pictures, seeds_texts, tokens

Run = Callable[[Path], None]
CONFIGS = Path(__file__).resolve().parents[2] / "configs"


@dataclass(frozen=True, slots=True)
class Target:
    """A parser.

    Attributes:
        suffix: Of the file that it is given.
        run: Reads the file and looks at the answer.
        seeds: Sound files.
        real: Real files that may be damaged too, as patterns below the folder of real data.
        tokens: Words of its format.
        mend: Puts checksums right.
    """

    suffix: str
    run: Run
    seeds: Callable[[], list[bytes]]
    real: tuple[str, ...] = ()
    tokens: tuple[bytes, ...] = ()
    mend: Callable[[bytes], bytes] | None = None


def telemetry(reader: TelemetryReader) -> Run:
    """A reader, asked as the folder's reader asks it."""

    def run(path: Path) -> None:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if not reader.recognises(path, head):
            raise InputError("not recognised: another reader is asked")
        for samples in reader.read(path):
            check(samples)

    return run


def check(samples: TelemetrySamples) -> None:
    """What every stage behind relies on."""
    assert np.abs(samples.t_ns).max(initial=0) < 2**62
    for column in (samples.lon_deg, samples.lat_deg, samples.alt_m, samples.yaw_deg, samples.pitch_deg):
        assert len(column) == len(samples) and not np.isinf(column).any()
    for text in (samples.platform, *samples.notes):
        text.encode("utf-8")


def printed_by_exiftool(path: Path) -> None:
    """The file is what the program prints; a film with such a track stands for the recording."""
    with tempfile.TemporaryDirectory() as place:
        program = Path(place) / "exiftool"
        program.write_text(f'#!/bin/sh\nif [ "$3" = -ver ]; then echo 13.52; else cat "{path}"; fi\n')
        program.chmod(0o755)
        for samples in DjmdReader(str(program)).read(path):
            check(samples)


def still_head(path: Path) -> None:
    with path.open("rb") as file:
        if not is_still(file.read(16)):
            raise InputError("not recognised")
    head = read_still_head(path, "x")
    assert min(head.size_px) > 0
    f"{head.tags}".encode()


def pixels(path: Path) -> None:
    """Head, then the whole picture, a reduced one and the preview, as ingest and stages ask for them."""
    with path.open("rb") as file:
        if not is_still(file.read(16)):
            raise InputError("not recognised")
    head = read_still_head(path, "x")
    ref = FrameRef("x", path, FrameKind.STILL, 0, head.size_px, 0, 0.0, "", head.band, "cam")
    refused: InputError | None = None
    with FrameReader(DecodeSettings(max_pixels=4_000_000)) as frames:
        for read in (frames.read, lambda one: frames.read_grey(one, 64), PreviewReader(frames).preview):
            try:
                read(ref)
            except InputError as error:
                refused = error
    if refused is not None:
        raise refused


def radiometric(path: Path) -> None:
    found = read_radiometric(BytesIO(path.read_bytes()), "x")
    if found is not None:
        assert found.counts.dtype == np.uint16
        found.warmth_c()


def calibration(path: Path) -> None:
    planck = planck_constants(path.read_bytes())
    if planck is not None:
        for distance_m in (None, 0.0, 1e5):
            kelvin = temperature_k(np.array([0, 1, 7000, 65535], np.uint16), planck, distance_m)
            assert not np.isinf(kelvin).any()


def exif_block(path: Path) -> None:
    data = path.read_bytes()
    read_exif(lambda at, count: data[at : at + count], "x")


def video(path: Path) -> None:
    """The head, then three frames out of order."""
    with path.open("rb") as file:
        if not is_video(file.read(1024)):
            raise InputError("not recognised")
    found = read_video(FolderFile(path, path.name), "", 0.5, StatedFacts(), CameraTable())
    if found.size_px[0] * found.size_px[1] > 4_000_000:
        return
    refused: InputError | None = None
    with FrameReader() as frames:
        for at in (0, -1, len(found.pts) // 2):
            ref = FrameRef(
                "x", path, FrameKind.VIDEO, 0, found.size_px, 0, 0.0, "", Band.VISIBLE, "cam", int(found.pts[at])
            )
            try:
                frames.read(ref)
                frames.read_grey(ref, 32)
            except InputError as error:
                refused = error
    if refused is not None:
        raise refused


def terrain(path: Path) -> None:
    try:
        load_terrain(path, seeds_pictures.SITE, (-400.0, -400.0, 400.0, 400.0))
    except DatumError:
        return  # documented: a tag that names no known datum


def orthophoto(path: Path) -> None:
    opened = open_orthophoto(path, seeds_pictures.SITE, OrthophotoSettings())
    opened.read(-40.0, -40.0, 40.0, 40.0, 1.0)


def geoid(path: Path) -> None:
    write_geoid(path, path.with_suffix(".out.tif"))


def agreement(path: Path) -> None:
    """The file beside the geometry that ships."""
    for shipped in (CONFIGS / "agreements").glob("*.geojson"):
        beside = path.parent / shipped.name
        if not beside.exists():
            beside.write_bytes(shipped.read_bytes())
    load_agreement(path)


def folder(path: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        flight = Path(place) / "S0007"
        flight.mkdir()
        for _ in seeds.unpack(path.read_bytes(), flight):
            pass
        contents = read_sortie(flight, ReadSettings(), CameraTable())
        for samples in contents.telemetry:
            check(samples)


TARGETS: dict[str, Target] = {
    "csv": Target(".csv", telemetry(CsvReader()), seeds.tables, tokens=tokens.TABLE),
    "parquet": Target(".parquet", telemetry(ParquetReader()), seeds.parquet, tokens=tokens.PARQUET),
    "gpx": Target(".gpx", telemetry(GpxReader()), seeds.gpx, tokens=tokens.GPX),
    "subtitles": Target(
        ".srt", telemetry(DjiSubtitleReader()), seeds.subtitles, ("telemetry/dji_srt/*.[Ss][Rr][Tt]",), tokens.SUBTITLES
    ),
    "subtitle_track": Target(
        ".mp4", telemetry(DjiTrackReader()), seeds_pictures.films, ("video/embedded_srt.mp4",), tokens.MP4
    ),
    "djmd": Target(".txt", printed_by_exiftool, seeds.djmd_lines, tokens=tokens.TABLE),
    "mrk": Target(".MRK", telemetry(MrkReader()), seeds.marks, tokens=tokens.TABLE),
    "misb": Target(
        ".klv", telemetry(MisbReader()), seeds_logs.misb, ("telemetry/klv_packets/*",), tokens.MISB, mending.misb
    ),
    "misb_ts": Target(
        ".ts",
        telemetry(MisbReader()),
        seeds_logs.transport_streams,
        ("flights/aphill/*.ts", "flights/klv_simulator/*.ts"),
        tokens.MISB,
    ),
    "ulog": Target(".ulg", telemetry(ULogReader()), seeds_logs.ulog, ("telemetry/logs/*.ulg",), tokens.ULOG),
    "dataflash": Target(".bin", telemetry(DataflashReader()), seeds_logs.dataflash, tokens=tokens.DATAFLASH),
    "tlog": Target(".tlog", telemetry(TlogReader()), seeds_logs.tlog, tokens=tokens.TLOG, mend=mending.mavlink),
    "jpeg_head": Target(".jpg", still_head, seeds_pictures.jpegs, ("thermal/*.[jJ]*",), tokens.JPEG),
    "exif": Target(".bin", exif_block, seeds_pictures.exif_blocks, tokens=tokens.JPEG),
    "xmp": Target(
        ".xmp", lambda path: void(read_xmp(path.read_bytes(), "x")), seeds_pictures.packets, tokens=tokens.XMP
    ),
    "png": Target(".png", pixels, seeds_pictures.pngs, tokens=tokens.PNG, mend=mending.png),
    "tiff": Target(".tif", pixels, seeds_pictures.tiffs, tokens=tokens.JPEG),
    "jpeg": Target(".jpg", pixels, seeds_pictures.jpegs, tokens=tokens.JPEG),
    "radiometric": Target(".jpg", radiometric, seeds_pictures.thermal_jpegs, ("thermal/*.[jJ]*",), tokens.JPEG),
    "calibration": Target(".bin", calibration, seeds_pictures.camera_records),
    "video_mp4": Target(".mp4", video, seeds_pictures.films, tokens=tokens.MP4),
    "video_ts": Target(".ts", video, seeds_logs.transport_streams, ("flights/aphill/*.ts",), tokens.MISB),
    "terrain": Target(".tif", terrain, seeds_pictures.elevation_models, tokens=tokens.JPEG),
    "orthophoto": Target(".tif", orthophoto, seeds_pictures.orthophotos, tokens=tokens.JPEG),
    "geoid": Target(".tif", geoid, seeds_pictures.geoids, tokens=tokens.JPEG),
    "geojson": Target(".geojson", lambda path: void(read_features(path)), seeds_texts.geojson, tokens=tokens.GEOJSON),
    "agreement": Target(".toml", agreement, seeds_texts.agreements, tokens=tokens.AGREEMENT),
    "sortie_toml": Target(
        ".toml", lambda path: void(read_toml(path).to(StatedFacts)), seeds_texts.facts, tokens=tokens.FACTS
    ),
    "cameras": Target(".toml", lambda path: void(read_camera_table(path)), seeds_texts.cameras, tokens=tokens.FACTS),
    "folder": Target(".folder", folder, seeds.folders, tokens=(*tokens.TABLE, *tokens.FACTS, seeds.FOLDER_MARK)),
}
"""By name."""


def void(_: object) -> None:
    """An answer that only had to come."""
