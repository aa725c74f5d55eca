"""Formats in which a flight can be written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from pipeline.errors import ConfigError
from pipeline.simulator.scene.told import FlightFacts, FlightWriter
from pipeline.simulator.writers.dji_stills import DjiStills
from pipeline.simulator.writers.dji_video import DjiVideo, VideoCsv
from pipeline.simulator.writers.misb_ts import MisbTs
from pipeline.simulator.writers.options import WriteOptions
from pipeline.simulator.writers.tiff_csv import ThermalStills, TiffCsv
from pipeline.simulator.writers.ulog_flight import UlogStills, UlogVideo

Open = Callable[[Path, FlightFacts, WriteOptions], FlightWriter]


@dataclass(frozen=True, slots=True)
class FormatFacts:
    """What a format is.

    Attributes:
        writes: The files, in words.
        frames: ``stills`` or ``video``.
        read_today: What the pipeline's readers make of such a folder today: ``all`` or ``frames only``.
        open: Begins a flight in an empty folder.
    """

    writes: str
    frames: str
    read_today: str
    open: Open


FORMATS: Mapping[str, FormatFacts] = MappingProxyType(
    {
        "dji_stills": FormatFacts(
            "JPEG with EXIF and a drone's XMP; telemetry.csv where telemetry has its own rate",
            "stills",
            "all",
            DjiStills,
        ),
        "dji_video": FormatFacts(
            "MP4 and an SRT file with telemetry",
            "video",
            "all",
            lambda folder, facts, options: DjiVideo(folder, facts, options, track=False),
        ),
        "dji_video_track": FormatFacts(
            "MP4 with telemetry in a track of subtitles",
            "video",
            "all",
            lambda folder, facts, options: DjiVideo(folder, facts, options, track=True),
        ),
        "video_csv": FormatFacts("MP4 and telemetry.csv with both clocks", "video", "all", VideoCsv),
        "misb_ts": FormatFacts(
            "MPEG-TS with H.264 and MISB metadata: ST 0601, the sensor's targets (ST 0903), picture times (ST 0604)",
            "video",
            "all",
            MisbTs,
        ),
        "tiff_csv": FormatFacts(
            "TIFF without tags (8-bit RGB, or 16-bit thermal) and telemetry.csv whose rows name the frames",
            "stills",
            "all",
            lambda folder, facts, _: TiffCsv(folder, facts),
        ),
        "thermal_stills": FormatFacts(
            "TIFF with 16-bit counts and a drone's EXIF and XMP; telemetry.csv where telemetry has its own rate",
            "stills",
            "all",
            lambda folder, facts, _: ThermalStills(folder, facts),
        ),
        "ulog_video": FormatFacts("MP4 and the log of a PX4 autopilot", "video", "all", UlogVideo),
        "ulog_stills": FormatFacts(
            "JPEG without tags and the log of a PX4 autopilot with its captures", "stills", "all", UlogStills
        ),
    }
)


def open_writer(
    format: str,  # noqa: A002 - the word that night descriptions use
    folder: Path,
    facts: FlightFacts,
    options: WriteOptions | None = None,
) -> FlightWriter:
    """Begin to write a flight.

    Args:
        format: A name of `FORMATS`.
        folder: Where to; it is made if it does not exist.
        facts: What the files may say.
        options: How they are written.

    Raises:
        ConfigError: No such format, or this machine lacks an encoder.
    """
    known = FORMATS.get(format)
    if known is None:
        near = get_close_matches(format, FORMATS, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"it is one of {', '.join(FORMATS)}"
        raise ConfigError(f"flight {facts.name}: there is no format '{format}'; {hint}")
    folder.mkdir(parents=True, exist_ok=True)
    return known.open(folder, facts, options or WriteOptions())
