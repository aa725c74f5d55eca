"""``trucewatch run``: one sortie."""

from pathlib import Path

import click

from pipeline.cli.choices import PATH, Choices, deciding_options
from pipeline.cli.show_progress import shown
from pipeline.cli.tell import tell_outcome
from pipeline.runner.job import STAGES, Job


@click.command(
    epilog="""\b
Examples:
  trucewatch run flights/S0312 --terrain dem.tif --agreement configs/agreements/karabakh-2020.toml
  trucewatch run flights/S0312 --from detect        again, without reading the flight again
"""
)
@click.argument("sortie", type=PATH)
@deciding_options
@click.option("--from", "start", type=click.Choice(STAGES), help="Make this stage and those after it anew.")
@click.option("--force", is_flag=True, help="Make everything anew.")
@click.option("--sortie-id", help="Id of the sortie; by default from its folder's name.")
def run(
    sortie: Path,
    choices: Choices,
    out: Path,
    as_json: bool,
    start: str | None,
    force: bool,
    sortie_id: str | None,
) -> int:
    """Run one SORTIE, the folder of one flight, from its frames to candidates for review.

    What an earlier run left and still holds is not made again. The sortie's ground tiles join the archive at the end,
    as baseline for later nights.
    """
    from pipeline.runner.night import close_night
    from pipeline.runner.run import run_sortie

    settings = choices.settings()
    progress, view = shown(as_json)
    try:
        outcome = run_sortie(Job(sortie, out, settings, sortie_id, start, force), progress)
        for night in (*outcome.left_nights, outcome.night_id):
            close_night(out, night)
    finally:
        if view is not None:
            view.close()
    tell_outcome(outcome, out, as_json)
    return 0
