"""Telemetry in subtitles, in the words of two families of drones."""

import datetime as dt
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.simulator.scene.told import Exposed, FlightFacts
from pipeline.simulator.writers.options import SubtitleStyle
from pipeline.simulator.writers.photo_tags import equivalent_mm
from pipeline.simulator.writers.sample import Sample, local, sample_at, samples

_GPS_CUE_S = 1.0


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle.

    Attributes:
        start_s, end_s: When it is shown, since the video's first frame.
        text: Its lines.
    """

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class CueText:
    """What cues say of a flight. Times are local and name no zone, as recorders write them."""

    facts: FlightFacts
    style: SubtitleStyle

    def of(self, sample: Sample, number: int, span_s: float, last: Exposed | None) -> str:
        """The text of a cue.

        Args:
            sample: What it says; a lost one says zeros.
            number: From 1.
            span_s: How long it is shown.
            last: The frame that is shown, for its exposure.
        """
        told = sample.as_drones_lose_it()
        return self._bracket(told, number, span_s, last) if self.style == "bracket" else self._gps(told, last)

    def _bracket(self, told: Sample, number: int, span_s: float, last: Exposed | None) -> str:
        """Of drones since about 2021."""
        clock = local(told.t_utc_ns, self.facts.utc_offset_h)
        return (
            f'<font size="28">FrameCnt: {number}, DiffTime: {round(span_s * 1000)}ms\n'
            f"{clock:%Y-%m-%d %H:%M:%S}.{clock.microsecond // 1000:03d}\n"
            f"[iso: {last.iso if last else 100}] [shutter: 1/{_per_second(last):.1f}] [fnum: 2.8] [ev: 0] "
            f"[ct: 5500] [color_md: default] [focal_len: {self._focal(told):.2f}] [dzoom_ratio: 1.00] "
            f"[latitude: {told.lat_deg:.6f}] [longitude: {told.lon_deg:.6f}] "
            f"[rel_alt: {told.relative_alt_m:.3f} abs_alt: {told.alt_m:.3f}] "
            f"[gb_yaw: {told.yaw_deg:.1f} gb_pitch: {told.pitch_deg:.1f} gb_roll: {told.roll_deg:.1f}] </font>"
        )

    def _gps(self, told: Sample, last: Exposed | None) -> str:
        """Of drones until about 2018: degrees to four places, no attitude."""
        clock = local(told.t_utc_ns, self.facts.utc_offset_h)
        home = self._home()
        return (
            f"HOME({home[0]:.4f},{home[1]:.4f}) {clock:%Y.%m.%d %H:%M:%S}\n"
            f"GPS({told.lon_deg:.4f},{told.lat_deg:.4f},{told.satellites}) BAROMETER:{told.relative_alt_m:.1f}\n"
            f"ISO:{last.iso if last else 100} Shutter:{_per_second(last):.0f} EV: Fnum:2.8 "
        )

    def _focal(self, told: Sample) -> float:
        return float(equivalent_mm(told.focal_px, self.facts.lens.size_px))

    def _home(self) -> tuple[float, float]:
        """Where it took off, as far as it knows: its first fix."""
        told = self.facts.stream if self.facts.stream is not None else self.facts.at_frames
        first = next((sample for sample in samples(told) if sample.fixed), None)
        return (first.lon_deg, first.lat_deg) if first else (0.0, 0.0)


def _per_second(frame: Exposed | None) -> float:
    return 1 / frame.exposure_s if frame and frame.exposure_s > 0 else 1000.0


@dataclass(frozen=True, slots=True)
class Slot:
    """A sample and when it is shown."""

    sample: Sample
    start_s: float
    end_s: float


def slots(facts: FlightFacts, style: SubtitleStyle) -> Iterator[Slot]:
    """Samples that get a cue, in order of showing.

    A stream's samples are shown from their own time by the camera's clock until the next; samples that precede the
    video or step back in time get none. Without a stream every frame has a cue. While the link was lost there is none.
    The older family has a cue a second.
    """
    pending: Slot | None = None
    step_s = _GPS_CUE_S if style == "gps" else 0.0
    for slot in _all_slots(facts):
        if pending is not None and slot.start_s < pending.start_s + max(step_s, 1e-3):
            continue
        if pending is not None:
            yield Slot(
                pending.sample, pending.start_s, min(pending.end_s, slot.start_s) if not step_s else slot.start_s
            )
        pending = slot
    if pending is not None:
        yield Slot(pending.sample, pending.start_s, max(pending.end_s, pending.start_s + step_s))


def _all_slots(facts: FlightFacts) -> Iterator[Slot]:
    if facts.stream is None:
        for row in range(facts.frames):
            sample = sample_at(facts.at_frames, row)
            if sample.linked:
                yield Slot(sample, row * facts.interval_s, (row + 1) * facts.interval_s)
        return
    rows = [(sample, (sample.t_utc_ns - facts.start_utc_ns) / 1e9) for sample in samples(facts.stream) if sample.linked]
    usual = _usual_step([start for _, start in rows], facts.interval_s)
    for sample, start in rows:
        if start >= 0:
            yield Slot(sample, start, start + usual)


def _usual_step(starts: list[float], fallback_s: float) -> float:
    steps = sorted(after - before for before, after in itertools.pairwise(starts) if after > before)
    return steps[len(steps) // 2] if steps else fallback_s


def srt_block(cue: Cue, number: int) -> str:
    """A cue as SubRip text; `number` from 1."""
    return f"{number}\n{_stamp(cue.start_s)} --> {_stamp(cue.end_s)}\n{cue.text}\n\n"


def _stamp(seconds: float) -> str:
    thousandths = math.floor(seconds * 1000 + 0.5)
    since = dt.timedelta(milliseconds=thousandths)
    hours, rest = divmod(int(since.total_seconds()), 3600)
    return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d},{thousandths % 1000:03d}"
