"""``trucewatch locate``: where pixels lie, and how sure that is."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.choices import PATH, Choices, deciding_options

if TYPE_CHECKING:
    from pipeline.runner.located_pixel import LineAnswer, LocatedPixel

SCHEMA = "trucewatch-locate/1"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("sortie", type=PATH)
@click.argument("frame")
@click.argument("pixels", metavar="X Y [X Y …]", type=float, nargs=-1, required=True)
@deciding_options
@click.option("--sortie-id", help="Id of the sortie, if it was run with one.")
def locate(
    sortie: Path,
    frame: str,
    pixels: tuple[float, ...],
    choices: Choices,
    out: Path,
    as_json: bool,
    sortie_id: str | None,
) -> int:
    """Say where pixel X (column), Y (row) of FRAME lies, or several. SORTIE was run before, with the same options.

    The question is noted in the custody log. For many questions open a Locator from Python: see docs/geometry.md.
    """
    import getpass
    import time

    import numpy as np

    from pipeline.runner.job import Job
    from pipeline.runner.locator import Locator
    from pipeline.sinks.custody import CustodyLog

    if len(pixels) % 2:
        raise click.UsageError(f"{len(pixels)} numbers are no pixels; each has a column and a row: X Y")
    log, who = CustodyLog(out), getpass.getuser()
    locator = Locator.open(
        Job(sortie, out, choices.settings(), sortie_id),
        lambda question: log.note(who, "located", question, time.time_ns()),
    )
    frame_id = frame if frame in locator.frames else Path(frame).stem
    if len(pixels) == 2:
        found = [locator.pixel(frame_id, *pixels)]
    else:
        many = locator.pixels(frame_id, np.array(pixels).reshape(-1, 2))
        found = [many.one(index) for index in range(len(many.pixels))]
    if as_json:
        click.echo(json.dumps(_content(found), indent=1))
    else:
        for text in _sentences(found):
            click.echo(text)
    return 0


def _content(found: "list[LocatedPixel]") -> dict[str, object]:
    """One pixel as it is; several as ``pixels``."""
    parts = [asdict(pixel) for pixel in found]
    return {"schema": SCHEMA, **(parts[0] if len(parts) == 1 else {"pixels": parts})}


def _sentences(found: "list[LocatedPixel]") -> list[str]:
    told = []
    for pixel in found:
        told.append(f"{pixel.frame_id} pixel {pixel.column:g}, {pixel.row:g}")
        told += _place(pixel)
    frame = found[0]
    told.append(f"placed by {frame.method}; registration: {frame.registration}")
    told.append(f"camera {frame.camera}")
    told.append(f"terrain {frame.terrain}")
    if frame.notes:
        told.append(f"assumed or corrected: {', '.join(frame.notes)}")
    return told


def _place(pixel: "LocatedPixel") -> list[str]:
    if pixel.height_m is None:
        return ["  sees no known ground: above the horizon, or beyond the elevation model"]
    datum = (
        "above the ellipsoid" if pixel.height_datum == "ellipsoidal" else "in the datum that camera and terrain share"
    )
    return [
        f"  longitude {pixel.lon_deg:.7f}, latitude {pixel.lat_deg:.7f}, ground at {pixel.height_m:.1f} m {datum}",
        f"  95 % error ellipse {pixel.major_m:.2f} m by {pixel.minor_m:.2f} m, long axis at {pixel.azimuth_deg:.0f}°",
        *(_side(line) for line in pixel.lines),
    ]


def _side(line: "LineAnswer") -> str:
    if line.p_a is None or line.p_b is None or line.p_between is None:
        return f"  line {line.line_id}: nothing can be said here"
    away = "" if line.distance_m is None else f", {abs(line.distance_m):.0f} m from it"
    shares = f"on a's ground {line.p_a:.2f}, on b's {line.p_b:.2f}, between {line.p_between:.2f}"
    return f"  line {line.line_id}: {shares}{away}"
