"""Telemetry that newer drones write into their videos as ``djmd`` tracks, through an installed ExifTool.

The tracks hold protocol buffers without a published description, another one for every model; ExifTool knows them, and
each release more of them.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.errors import InputError
from pipeline.records.arrays import Float
from pipeline.records.samples import TelemetrySamples, TimeBase, make_samples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.mp4_boxes import sample_kinds

PROGRAM = "exiftool"
LEAST_VERSION = (13, 52)
"""Reads the tracks of all models up to 2025; earlier ones read some."""
START_TIMEOUT_S = 20.0
BYTES_PER_S = 20e6
"""Slower reading than this is a program that hangs."""
MAX_SAMPLES = 500_000
MAX_LINE = 400

_TAGS = (
    "SampleTime",
    "GPSLatitude",
    "GPSLongitude",
    "AbsoluteAltitude",
    "RelativeAltitude",
    "GimbalYaw",
    "GimbalPitch",
    "GimbalRoll",
    "DroneYaw",
)
_MODEL = re.compile(r"[\w .-]{1,40}")


class DjmdReader:
    """Reads ``djmd`` tracks of MP4 and MOV files."""

    name = "dji_djmd"

    def __init__(self, program: str = PROGRAM) -> None:
        self.program = program

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file is MP4 or MOV and has such a track."""
        if head[4:8] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
            return False
        try:
            with open_regular(path) as file:
                return b"djmd" in sample_kinds(file)
        except (InputError, OSError):
            return False

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read the track.

        Raises:
            InputError: ExifTool is missing, too old, fails, or does not know this model's track.
        """
        program = self._program(path)
        with open_regular(path) as file, tempfile.TemporaryFile() as output:
            self._run(program, file, output, path)
            output.seek(0)
            rows, model = _rows(output)
        if not len(rows) or not np.isfinite(rows[:, 1:]).any():
            raise InputError(
                f"{path.name}: its djmd track has samples that this ExifTool does not know; install a newer one, or "
                "put the recording's subtitles (.SRT) beside it"
            )
        return (_samples(path, self.name, rows, model),)

    def _program(self, path: Path) -> str:
        """Where ExifTool is, if new enough."""
        program = shutil.which(self.program)
        least = ".".join(str(part) for part in LEAST_VERSION)
        if program is None:
            raise InputError(
                f"{path.name}: its telemetry is in a djmd track, which needs ExifTool {least} or later; install that, "
                "or put the recording's subtitles (.SRT) beside it"
            )
        try:
            told = subprocess.run(  # noqa: S603 - no shell, and nothing of the file in it
                [program, "-config", "", "-ver"], capture_output=True, timeout=START_TIMEOUT_S, check=False
            ).stdout.decode("latin-1")
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{path.name}: ExifTool does not start ({error}); reinstall it") from error
        found = re.match(r"(\d+)\.(\d+)", told.strip())
        if found is None or (int(found[1]), int(found[2])) < LEAST_VERSION:
            raise InputError(
                f"{path.name}: its telemetry is in a djmd track, which needs ExifTool {least} or later; "
                f"{told.strip()[:20] or 'another program'} is installed"
            )
        return program

    def _run(self, program: str, file: BufferedReader, output: BinaryIO, path: Path) -> None:
        """The tags of every sample as a line; the file is handed over open, so that none other can be meant."""
        words = ",".join(f"${{{tag}}}" for tag in (*_TAGS, "Model"))
        timeout_s = START_TIMEOUT_S + os.fstat(file.fileno()).st_size / BYTES_PER_S
        try:
            subprocess.run(  # noqa: S603 - no shell, and nothing of the file in it
                [program, "-config", "", "-ee", "-n", "-f", "-q", "-q", "-m", "-p", words, "-"],
                stdin=file,
                stdout=output,
                stderr=subprocess.DEVNULL,
                timeout=timeout_s,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"{path.name}: ExifTool does not finish its djmd track ({error})") from error


def _rows(output: BinaryIO) -> tuple[Float, str]:
    """Numbers of the samples that say anything, and the model."""
    rows: list[tuple[float, ...]] = []
    model = ""
    for line in _lines(output):
        words = line.split(",")
        if len(words) < len(_TAGS) + 1:
            continue
        numbers = tuple(_number(word) for word in words[: len(_TAGS)])
        named = _MODEL.fullmatch(words[len(_TAGS)].strip())
        model = model or (named[0] if named and named[0] != "-" else "")
        if np.isfinite(numbers[0]) and np.isfinite(numbers[1:]).any():
            rows.append(numbers)
        if len(rows) >= MAX_SAMPLES:
            break
    return np.array(rows, np.float64).reshape(len(rows), len(_TAGS)), model


def _lines(output: BinaryIO) -> Iterator[str]:
    while line := output.readline(MAX_LINE):
        yield line.decode("latin-1")


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        return float("nan")
    return value if abs(value) < 1e9 else float("nan")


def _samples(path: Path, reader: str, rows: Float, model: str) -> TelemetrySamples:
    seconds, lat, lon, alt, relative, yaw, pitch, roll, aircraft_yaw = rows.T.copy()
    t_ns = np.round(seconds * 1e9).astype(np.int64)
    # protocol buffers leave out zeros: of a gimbal that says one angle the others are 0
    aimed = np.isfinite(yaw) | np.isfinite(pitch)
    yaw, pitch, roll = (np.where(aimed & np.isnan(angle), 0.0, angle) for angle in (yaw, pitch, roll))
    return make_samples(
        path,
        reader,
        TimeBase.VIDEO_START,
        t_ns,
        {
            "lon_deg": lon,
            "lat_deg": lat,
            "alt_m": alt,
            "relative_alt_m": relative,
            "yaw_deg": yaw,
            "pitch_deg": pitch,
            "roll_deg": roll,
            "aircraft_yaw_deg": aircraft_yaw,
        },
        platform=model,
        datum_reason="djmd tracks do not say what the absolute altitude counts from",
        notes=("read by ExifTool",),
    )
