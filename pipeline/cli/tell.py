"""What came of runs, in words and as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
import pyarrow.parquet as pq
from shapely import from_wkb

from pipeline.runner.job import Outcome
from pipeline.sinks.candidate_columns import CANDIDATES

SHOWN_ROWS = 12
"""More than that belongs into a notebook."""

WORD_ORDER = ("assessed", "probable", "possible", "not_determined")


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
    tell_rows([outcome], out)
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
    if not placed:
        return (
            f"{outcome.sortie_id}, night of {outcome.night_id}: NOTHING EXAMINED, none of {found} frames could be used"
        )
    return (
        f"{outcome.sortie_id}, night of {outcome.night_id}: {placed} of {found} frames placed, {registered} of them by "
        f"their pixels; {total} candidates for review" + (f" ({kinds})" if kinds else "")
    )


def tell_rows(outcomes: Iterable[Outcome], out: Path) -> None:
    """The surest candidates, a line each: what, where, on whose ground, how sure."""
    rows = []
    for outcome in outcomes:
        path = out / CANDIDATES.path(outcome.night_id, outcome.sortie_id)
        rows += pq.ParquetFile(path).read().to_pylist()
    rows.sort(key=lambda row: (WORD_ORDER.index(row["confidence_word"]), -(row["score"] or 0.0), row["candidate_id"]))
    for row in rows[:SHOWN_ROWS]:
        place = from_wkb(row["geometry"]).representative_point() if row["geometry"] else None
        where = f"{place.x:.6f}, {place.y:.6f}" if place is not None else "no place"
        error = f" ± {row['err95_major_m']:.1f} m" if row["err95_major_m"] is not None else ""
        kind = row["event_class"] + (f" {row['event_subtype']}" if row["event_subtype"] else "")
        click.echo(
            f"  {row['candidate_id'][:8]}  {row['confidence_word']:<14} {kind:<38} {where}{error}, "
            f"side {row['side']}, {row['rule_id'] or 'no rule'}"
        )
    if len(rows) > SHOWN_ROWS:
        click.echo(f"  … and {len(rows) - SHOWN_ROWS} more")
