"""How a flight's files are written, apart from what they say."""

from dataclasses import dataclass
from typing import Literal

from pipeline.errors import ConfigError

SubtitleStyle = Literal["bracket", "gps"]
KlvTiming = Literal["pes", "metadata_au", "none"]


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Choices that a recorder's maker makes.

    Attributes:
        jpeg_quality: 1 to 100.
        preview_px: Longer side of the preview that tagged JPEG files embed; 0: none.
        crf: Quality of H.264: 0 is lossless, 51 the worst.
        subtitle_style: ``bracket``: one cue a sample, ``[latitude: …]``; ``gps``: one cue a second, ``GPS(lon,lat,…)``.
        klv_timing: Of MPEG-TS metadata: ``pes``: private data with time stamps in its packets; ``metadata_au``:
            synchronous metadata in access units; ``none``: asynchronous, only the metadata themselves carry time.
        mission, platform, tail_number: Names in the metadata.
        vmti: Whether the sensor's own targets are reported.
    """

    jpeg_quality: int = 92
    preview_px: int = 0
    crf: int = 20
    subtitle_style: SubtitleStyle = "bracket"
    klv_timing: KlvTiming = "pes"
    mission: str = "SIMULATED"
    platform: str = "simulated UAS"
    tail_number: str = "SIM-1"
    vmti: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.jpeg_quality <= 100:
            raise ConfigError(f"jpeg_quality is {self.jpeg_quality}; give 1 to 100")
        if self.preview_px < 0:
            raise ConfigError(f"preview_px is {self.preview_px}; give a length in pixels, or 0 for none")
        if not 0 <= self.crf <= 51:
            raise ConfigError(f"crf is {self.crf}; give 0 (lossless) to 51")
        for name, value, known in (
            ("subtitle_style", self.subtitle_style, ("bracket", "gps")),
            ("klv_timing", self.klv_timing, ("pes", "metadata_au", "none")),
        ):
            if value not in known:
                raise ConfigError(f"{name} '{value}' is not known; it is one of {', '.join(known)}")
