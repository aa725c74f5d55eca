"""The truth about faults: what was wrong, from when to when, and by how much."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.simulator.flights.faults import Faults
from pipeline.simulator.flights.spans import Span, gaps


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """One fault.

    Attributes:
        kind: Such as ``jamming.loss`` or ``position.bias``.
        begin_s, end_s: Since the first frame, within the flight.
        size: How much, in `unit`; None where it has no size.
        unit: Of the size.
    """

    kind: str
    begin_s: float
    end_s: float
    size: float | None = None
    unit: str = ""


def fault_log(faults: Faults, duration_s: float, seed: int) -> list[FaultRecord]:
    """Everything that is wrong with a flight's telemetry, by time and kind; arguments as in `tell`."""
    records = [FaultRecord(kind, 0.0, duration_s, size, unit) for kind, size, unit in _lasting(faults) if size]
    records += [FaultRecord(kind, *_within(span, duration_s), size, unit) for kind, span, size, unit in _spans(faults)]
    records += [
        FaultRecord("clock.step", max(at, 0.0), duration_s, jump, "s")
        for at, jump in faults.clock.steps
        if at < duration_s
    ]
    dropouts = gaps(seed, faults.stream.dropout_share, faults.stream.dropout_mean_s, duration_s)
    records += [
        FaultRecord("stream.dropout", max(begin, 0.0), min(end, duration_s))
        for begin, end in dropouts
        if end > 0 and begin < duration_s
    ]
    return sorted(records, key=lambda record: (record.begin_s, record.kind, record.end_s))


def _lasting(faults: Faults) -> Iterator[tuple[str, float, str]]:
    position, attitude, clock, stream = faults.position, faults.attitude, faults.clock, faults.stream
    yield "position.bias_east", position.bias_m[0], "m"
    yield "position.bias_north", position.bias_m[1], "m"
    yield "position.bias_sigma", position.bias_sigma_m, "m"
    yield "position.drift", position.drift_m, "m after a minute"
    yield "position.noise", position.noise_m, "m"
    yield "height.bias", position.height_bias_m, "m"
    yield "height.bias_sigma", position.height_bias_sigma_m, "m"
    yield "height.drift", position.height_drift_m, "m after a minute"
    yield "height.noise", position.height_noise_m, "m"
    yield "height.barometer_noise", position.barometer_sigma_m, "m"
    yield "position.held", position.hold_hz or 0.0, "Hz"
    for axis, name in enumerate(("yaw", "pitch", "roll")):
        yield f"attitude.{name}_bias", attitude.bias_deg[axis], "deg"
        yield f"attitude.{name}_bias_sigma", attitude.bias_sigma_deg[axis], "deg"
        yield f"attitude.{name}_drift", attitude.drift_deg[axis], "deg after a minute"
        yield f"attitude.{name}_noise", attitude.noise_deg[axis], "deg"
        yield f"attitude.{name}_boresight", attitude.boresight_deg[axis], "deg"
    yield "attitude.rounding", attitude.round_deg, "deg"
    yield "clock.offset", clock.offset_s, "s"
    yield "clock.drift", clock.drift_ppm, "ppm"
    yield "clock.jitter", clock.jitter_s, "s"
    if stream.rate_hz is not None:  # one sample a frame is neither doubled nor out of order
        yield "stream.duplicates", stream.duplicate_share, "share"
        yield "stream.disorder", stream.disorder_share, "share"
    yield "datum.wrong", _datum_error(faults), "m"
    yield "datum.exif_contradiction", faults.datum.exif_offset_m, "m"
    yield "tags.focal_factor", faults.tags.focal_factor - 1.0, "relative"
    yield "tags.focal_sigma", faults.tags.focal_sigma, "relative"


def _datum_error(faults: Faults) -> float:
    """By how much a height read as it is stated lies above the true one."""
    geoid = faults.datum.geoid_m or 0.0
    return geoid * ((faults.datum.stated == "egm96") - (faults.datum.real == "egm96"))


def _spans(faults: Faults) -> Iterator[tuple[str, Span, float | None, str]]:
    for jam in faults.jamming:
        yield f"jamming.{jam.mode}", jam.span, jam.noise_m if jam.mode == "noisy" else None, "m"
    for spoof in faults.spoofing:
        drag = spoof.mode == "drag"
        yield f"spoofing.{spoof.mode}", spoof.span, spoof.rate_mps if drag else spoof.offset_m, "m/s" if drag else "m"
    named = (("no_fix", faults.no_fix), ("lost_link", faults.lost_link), ("turned_frames", faults.turned_frames))
    for kind, spans in named:
        for span in spans:
            yield kind, span, None, ""


def _within(span: Span, duration_s: float) -> tuple[float, float]:
    begin, end = span.seconds(duration_s)
    return min(max(begin, 0.0), duration_s), min(max(end, 0.0), duration_s)
