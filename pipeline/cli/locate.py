"""``trucewatch locate``: where a pixel lies, and how sure that is."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.choices import PATH, Choices, deciding_options

if TYPE_CHECKING:
    from pipeline.runner.located_pixel import LocatedPixel


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("sortie", type=PATH)
@click.argument("frame")
@click.argument("x", type=float)
@click.argument("y", type=float)
@deciding_options
@click.option("--sortie-id", help="Id of the sortie, if it was run with one.")
def locate(
    sortie: Path,
    frame: str,
    x: float,
    y: float,
    choices: Choices,
    out: Path,
    as_json: bool,
    sortie_id: str | None,
) -> int:
    """Say where pixel X (column), Y (row) of FRAME lies. SORTIE was run before, with the same options.

    The question is noted in the custody log.
    """
    import getpass
    import time

    from pipeline.runner.job import Job
    from pipeline.runner.located_pixel import locate_pixel
    from pipeline.sinks.custody import note

    settings = choices.settings()
    frame = Path(frame).stem if Path(frame).suffix else frame
    found = locate_pixel(Job(sortie, out, settings, sortie_id), frame, x, y)
    note(out, getpass.getuser(), "located", f"{found.sortie_id} {frame} {x:g} {y:g}", time.time_ns())
    if as_json:
        click.echo(json.dumps({"schema": "trucewatch-locate/1", **asdict(found)}, indent=1))
    else:
        for text in _sentences(found):
            click.echo(text)
    return 0


def _sentences(found: "LocatedPixel") -> list[str]:
    datum = (
        "above the ellipsoid" if found.height_datum == "ellipsoidal" else "in the datum that camera and terrain share"
    )
    told = [
        f"{found.frame_id} pixel {found.column:g}, {found.row:g}",
        f"  longitude {found.lon_deg:.7f}, latitude {found.lat_deg:.7f}, ground at {found.height_m:.1f} m {datum}",
        f"  95 % error ellipse {found.major_m:.2f} m by {found.minor_m:.2f} m, long axis at {found.azimuth_deg:.0f}°",
        f"  placed by {found.method}; registration: {found.registration}",
    ]
    if found.notes:
        told.append(f"  assumed or corrected: {', '.join(found.notes)}")
    for line in found.lines:
        if line.p_a is None or line.p_b is None or line.p_between is None:
            told.append(f"  line {line.line_id}: nothing can be said here")
            continue
        away = "" if line.distance_m is None else f", {abs(line.distance_m):.0f} m from it"
        shares = f"on a's ground {line.p_a:.2f}, on b's {line.p_b:.2f}, between {line.p_between:.2f}"
        told.append(f"  line {line.line_id}: {shares}{away}")
    return told
