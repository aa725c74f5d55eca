"""``trucewatch simulate --inject``: events into the frames of a real flight, with their truth."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from pipeline.cli.ground_heights import ellipsoidal_heights
from pipeline.records.stated_facts import StatedFacts
from pipeline.records.strict_toml import read_toml
from pipeline.simulator.inject.inject import InjectSettings, flight_bounds, inject
from pipeline.simulator.inject.posed import PosedFlight, read_poses
from pipeline.simulator.inject.report import InjectReport
from pipeline.simulator.inject.surface import SurfaceLand
from pipeline.simulator.nights.describe_injection import InjectedEvents, read_injected_events
from pipeline.simulator.nights.world import event_of
from pipeline.simulator.scene.event import Event
from pipeline.sources.sortie import FACTS_FILE
from pipeline.sources.sortie_folder import sortie_id_of


def inject_events(
    events: Path, sortie: Path, poses: Path, terrain: Path, datum: str | None, out: Path, as_json: bool
) -> int:
    """Render the events that a file describes into a copy of a flight.

    Args:
        events: TOML with ``[[events]]``.
        sortie: Folder of the flight; not changed.
        poses: OUT of ``trucewatch run``, or the sortie's folder of a truth.
        terrain: Surface model, best of what stands too.
        datum: Of its heights, where the file does not say.
        out: Made anew.
        as_json: One JSON object and no progress.

    Raises:
        ConfigError: The description is wrong.
        InputError: Poses, heights or frames cannot be read.
    """
    placed_as = _placed_as(poses, sortie)
    flight = read_poses(poses, sortie, placed_as)
    if flight.name not in (placed_as, sortie_id_of(sortie, None), sortie.resolve().name):
        click.echo(f"warning: the poses are those of {flight.name}; is {sortie} that flight?", err=True)
    bounds = flight_bounds(flight)
    land = SurfaceLand.over(ellipsoidal_heights(terrain, flight.site, bounds, datum))
    middle = flight.site.to_lonlat(np.array([[(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]]))[0]
    first_ns = flight.pictures[0].t_utc_ns
    described = read_injected_events(events, float(middle[0]), float(middle[1]), first_ns)
    made = _events(described, flight, land, first_ns)
    with click.progressbar(length=len(flight.pictures), label="injecting", file=sys.stderr, hidden=as_json) as bar:

        def tell(_: str, __: int, ___: int) -> None:
            bar.update(1)

        report = inject(sortie, out, flight, land, made, InjectSettings(seed=described.seed), tell)
    _tell(report, as_json)
    return 1 if report.skipped else 0


def _placed_as(out: Path, sortie: Path) -> str | None:
    """The id under which a run's OUT keeps the flight; None: OUT does not know it, or is a truth."""
    file = sortie / FACTS_FILE
    stated = read_toml(file).to(StatedFacts).id if file.is_file() else None
    name = sortie_id_of(sortie, stated)
    return name if (out / "work" / name).is_dir() else None


def _events(described: InjectedEvents, flight: PosedFlight, land: SurfaceLand, first_ns: int) -> list[Event]:
    place = described.place
    centre = flight.site.from_lonlat(np.array([place.lon_deg]), np.array([place.lat_deg]))[0]
    begins = min(first_ns, *(entry.begins_utc_ns for entry in described.entries))
    return [
        event_of(entry, land, flight.site, centre, described.seed_for(entry.event_id), begins, {})
        for entry in described.entries
    ]


def _tell(report: InjectReport, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"schema": "trucewatch-inject/1", **asdict(report)}, indent=1))
        return
    for words in report.warnings:
        click.echo(f"warning: {words}", err=True)
    for skipped in report.skipped:
        click.echo(f"{skipped.frame_id}: not changed: {skipped.reason}", err=True)
    click.echo(f"{len(report.frames)} frames changed in {report.flight}; truth in {report.truth}")
