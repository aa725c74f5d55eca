"""``trucewatch detect``: a detector on bare images, without poses or configuration."""

import click

from pipeline.cli.detect_change import change
from pipeline.cli.detect_movement import movement


@click.group()
def detect() -> None:
    """Run a detector on bare images: no telemetry, no map, no agreement."""


detect.add_command(movement)
detect.add_command(change)
