"""``trucewatch lookup``: which flights, frames and candidates saw a place, for a complaint."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.choices import PATH, Number
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.sinks.sightings import Answer, Finding, Flight, Question

SCHEMA = "trucewatch-lookup/1"


@click.command()
@click.option("--at", "place", required=True, metavar="LON,LAT", help="The place, in degrees, e.g. 46.7512,39.7481.")
@click.option(
    "--when", required=True, metavar="START/END", help="Span with offsets: 2021-03-04T20:00Z/2021-03-05T02:00Z."
)
@click.option("--within", "within_m", type=Number(min=0, min_open=True), required=True, help="Metres around the place.")
@click.option("--out", type=PATH, default=Path("out"), show_default=True, help="Output folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def lookup(place: str, when: str, within_m: float, out: Path, as_json: bool) -> int:
    """List every flight, frame and candidate that saw a place in a span of time; say so when none did.

    The question is noted in the custody log.
    """
    import getpass
    import time

    from pipeline.sinks.custody import note
    from pipeline.sinks.sightings import Question, look_up

    lon_deg, lat_deg = _place(place)
    start, end = _span(when)
    question = Question(lon_deg, lat_deg, within_m, start, end)
    answer = look_up(out, question)
    words = f"{lon_deg:.6f},{lat_deg:.6f} within {within_m:g} m, {start.isoformat()}/{end.isoformat()}"
    note(out, getpass.getuser(), "looked up", words, time.time_ns())
    if as_json:
        click.echo(json.dumps(_content(question, answer), indent=1, default=datetime.isoformat))
    else:
        for text in _told(question, answer):
            click.echo(text)
    return 0


def _place(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(f"'{text}' is no place; longitude comes first, then latitude: 46.7512,39.7481") from error
    return lon, lat


def _span(text: str) -> tuple[datetime, datetime]:
    parts = text.split("/")
    if len(parts) != 2:
        raise ConfigError(f"'{text}' is no span of time; write START/END, such as 2021-03-04T20:00Z/2021-03-05T02:00Z")
    return _time(parts[0]), _time(parts[1])


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ConfigError(f"'{text}' is no time; write it as 2021-03-04T20:00Z") from error
    if at.tzinfo is None:
        raise ConfigError(f"'{text}' does not say by which clock; write {text.strip()}Z for UTC, or +04:00 after it")
    return at.astimezone(UTC)


def _content(question: "Question", answer: "Answer") -> dict[str, object]:
    summary = {"seen_whole": answer.seen_whole, "seen_perhaps": answer.seen_perhaps}
    return {"schema": SCHEMA, "question": asdict(question), **summary, **asdict(answer)}


def _told(question: "Question", answer: "Answer") -> Iterator[str]:
    span = f"{question.start:%Y-%m-%d %H:%M:%S} to {question.end:%Y-%m-%d %H:%M:%S} UTC"
    yield f"{question.lon_deg:.6f}, {question.lat_deg:.6f}, {question.within_m:g} m around it, {span}:"
    if answer.seen_whole:
        yield f"SEEN: {answer.seen_whole} frames show all of it, {answer.seen_perhaps} a part of it, or may."
    elif answer.seen_perhaps:
        frames = f"{answer.seen_perhaps} frames show a part of it, or may"
        yield f"PERHAPS SEEN, OR IN PART: no frame surely shows all of it; {frames}."
    else:
        yield "NOT SEEN: no frame that could be placed shows it. That nothing was found here says nothing."
    for flight in answer.flights:
        yield from _of_flight(flight)
    if not answer.flights:
        yield "No flight of that time is published here."
    for words, nearest in (("last before", answer.before), ("first after", answer.after)):
        if nearest is not None:
            sortie, frame = nearest
            yield f"  {words}: {frame.at:%Y-%m-%d %H:%M:%S}, frame {frame.frame_id} of flight {sortie}"
        else:
            yield f"  {words}: never"
    yield f"{len(answer.findings)} candidates there whose time meets the span" + (":" if answer.findings else ".")
    for finding in answer.findings:
        yield _of_finding(finding)


def _of_flight(flight: "Flight") -> Iterator[str]:
    name = f"flight {flight.sortie_id}, night of {flight.night_id}"
    lost = f"; {flight.not_placed} more frames or files have no place, what they show can't be said" * bool(
        flight.not_placed
    )
    if not flight.frames_then:
        yield f"  {name}: none of its frames could be placed{lost}"
    elif not flight.seen:
        far = (
            f"its nearest ground is {flight.nearest_m:.0f} m away"
            if flight.nearest_m is not None
            else "it was far away"
        )
        yield f"  {name}: {flight.frames_then} frames then, none shows it; {far}{lost}"
    else:
        yield f"  {name}: {len(flight.seen)} of {flight.frames_then} frames then{lost}"
        for frame in flight.seen:
            fine = f", {frame.gsd_m * 100:.1f} cm a pixel" if frame.gsd_m is not None else ""
            error = f" ± {frame.err95_major_m:.1f} m" if frame.err95_major_m is not None else ""
            share = "all of it" if frame.whole else "a part, or perhaps"
            doubt = "" if frame.georef_status == "ok" else f", {frame.georef_status}"
            yield f"    {frame.at:%H:%M:%S}  {frame.frame_id}  {share}{fine}{error}{doubt}"


def _of_finding(finding: "Finding") -> str:
    kind = finding.event_class + (f" {finding.event_subtype}" if finding.event_subtype else "")
    span = f"{finding.not_before:%Y-%m-%d %H:%M} to {finding.until:%Y-%m-%d %H:%M}"
    return (
        f"  {finding.candidate_id[:8]}  {finding.confidence_word:<14} {kind:<38} {finding.away_m:.0f} m away, {span}, "
        f"side {finding.side}, {finding.rule_id or 'no rule'}, flight {finding.sortie_id}"
    )
