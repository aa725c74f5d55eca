"""What came of runs, in words and as JSON."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from pipeline.runner.job import Outcome


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """An outcome for machines: schema ``trucewatch-outcome/1``."""
    plain = asdict(outcome)
    for name in ("candidates", "rows", "dropped", "seconds"):
        plain[name] = dict(getattr(outcome, name))
    found, placed, registered = outcome.frames
    plain["frames"] = {"found": found, "placed": placed, "placed_by_pixels": registered}
    plain["report"] = str(outcome.report)
    return {"schema": "trucewatch-outcome/1", **plain}


def tell_outcome(outcome: Outcome, out: Path, as_json: bool) -> None:
    """Say what one sortie gave and where to look."""
    if as_json:
        click.echo(json.dumps(outcome_json(outcome), indent=1))
        return
    if outcome.skipped:
        click.echo(
            f"{outcome.sortie_id} was done already and nothing it depends on has changed; --force makes it anew."
        )
    click.echo(summary(outcome))
    for warning in outcome.warnings:
        click.echo(f"note: {warning}")
    if outcome.dropped:
        words = ", ".join(f"{count} × {what}" for what, count in outcome.dropped)
        click.echo(f"Set aside: {words}; reasons in {out}/dropped/v1/")
    click.echo(f"Look at: {out}/candidates/v1/ (rows), {out}/chips/v1/ (pictures), {outcome.report} (run report)")


def summary(outcome: Outcome) -> str:
    """One line a sortie."""
    found, placed, registered = outcome.frames
    total = sum(count for _, count in outcome.candidates)
    kinds = ", ".join(f"{count} {name}" for name, count in outcome.candidates)
    return (
        f"{outcome.sortie_id}, night of {outcome.night_id}: {placed} of {found} frames placed, {registered} of them by "
        f"their pixels; {total} candidates for review" + (f" ({kinds})" if kinds else "")
    )
