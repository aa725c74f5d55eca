"""One screen of text about a sortie."""

from collections.abc import Sequence

import numpy as np

from pipeline.cli.inspect_findings import Findings, Stream
from pipeline.cli.inspect_pictures import picture_lines
from pipeline.geometry.short_distance import from_first

WIDE, HIGH = 60, 15
_CELL = 2.0
"""Height of a character over its width."""
_LEVELS = "·░▒█"
_MOST_STREAMS = 8
_MOST_FAULTS = 10


def lines_of(findings: Findings) -> list[str]:
    """One screen of text."""
    night = f", night of {findings.night_id}" if findings.night_id else ""
    lines = [
        f"{findings.sortie_id}{night}   {findings.folder}",
        f"{findings.placed} of {findings.frames} frames have a time, a camera and a pose",
    ]
    if findings.security_marking:
        lines.append(f"marked {findings.security_marking}")
    if findings.bounds:
        west, south, east, north = findings.bounds
        datums = ", ".join(f"{count} {name}" for name, count in findings.vertical_datums.items())
        lines.append(f"cameras between {west:.5f} {south:.5f} and {east:.5f} {north:.5f}; heights: {datums}")
    for stream in findings.streams[:_MOST_STREAMS]:
        lines += _stream(stream)
    if len(findings.streams) > _MOST_STREAMS:
        lines += ["", f"… and {len(findings.streams) - _MOST_STREAMS} more streams; --json names them all"]
    lines += _clocks(findings)
    lines += picture_lines(findings.pictures)
    marks = [*findings.statuses.items(), *findings.notes.items()]
    if marks:
        lines += ["", "faults and assumptions (frames): " + ", ".join(f"{code} {count}" for code, count in marks)]
    if findings.dropped:
        lines += ["", "not used, or used with a fault:"]
        for fault in findings.dropped[:_MOST_FAULTS]:
            more = ", …" if fault.count > len(fault.examples) else ""
            lines += [f"  {fault.count:5d} {fault.code}: {', '.join(fault.examples)}{more}", f"        {fault.reason}"]
        if len(findings.dropped) > _MOST_FAULTS:
            lines.append(f"  … and {len(findings.dropped) - _MOST_FAULTS} more kinds; --json names them all")
    sketch = track_sketch(findings.track)
    if sketch:
        lines += ["", *sketch]
    if findings.trouble:
        lines += ["", findings.trouble]
    return lines


def _stream(stream: Stream) -> list[str]:
    lines = ["", f"{stream.name}   {stream.what}: {stream.used} of {stream.count} used"]
    if stream.camera:
        lines.append(f"  camera  {stream.camera.removeprefix('camera ')}")
    if stream.shutter is not None:
        lines.append(f"  shutter {stream.shutter.line()}")
    if stream.start:
        gaps = ", ".join(f"{gap:g} s" for gap in stream.longest_gaps_s)
        lines.append(f"  time    {stream.start} to {stream.end}; " + (f"longest gaps {gaps}" if gaps else "no gaps"))
        lines.append(f"          {time_line(stream.presence)}")
    lines += [f"  read    {note}" for note in stream.notes]
    return lines


def _clocks(findings: Findings) -> list[str]:
    lines = []
    for found in findings.clocks:
        done = "applied" if found.applied else "not applied"
        turned = "; the pictures move as if turned by 180°" if found.turned else ""
        lines.append(
            f"clock of {found.stream}: telemetry {found.offset_s:+.2f} ± {found.sigma_s:.2f} s by {found.pairs} pairs "
            f"of pictures, {done}{turned}"
        )
    return ["", *lines] if lines else []


def time_line(presence: Sequence[float]) -> str:
    """The flight's time from left to right: what a stream has of its usual rate in each part."""
    levels = [0 if share <= 0 else min(len(_LEVELS) - 1, 1 + int(share * 2.5)) for share in presence]
    return "".join(_LEVELS[level] for level in levels)


def track_sketch(track: Sequence[tuple[float, float]]) -> list[str]:
    """The track from above, north up, to scale: S where it starts, E where it ends."""
    if len(track) < 2:
        return []
    places = np.array(track)
    metres = from_first(places[:, 0], places[:, 1])
    size = np.ptp(metres, axis=0)
    step_m = max(size[0] / (WIDE - 1), size[1] / (HIGH - 1) / _CELL, 0.01)
    column = np.rint((metres[:, 0] - metres[:, 0].min()) / step_m).astype(np.intp)
    row = np.rint((metres[:, 1].max() - metres[:, 1]) / (step_m * _CELL)).astype(np.intp)
    cells = np.full((row.max() + 1, column.max() + 1), " ")
    cells[row, column] = "·"
    cells[row[-1], column[-1]] = "E"
    cells[row[0], column[0]] = "S"
    bar_m = float(f"{step_m * 10:.1g}")
    bar = "─" * max(1, round(bar_m / step_m))
    return [*("  " + "".join(line).rstrip() for line in cells), f"  {bar} {bar_m:g} m; north is up, S start, E end"]
