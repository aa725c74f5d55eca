"""``trucewatch inspect``: what is in a sortie folder, how it was read, and what is wrong with it."""

import json
from dataclasses import asdict
from pathlib import Path

import click


@click.command()
@click.argument("sortie", type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Configuration; by default the built-in one.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def inspect(sortie: Path, config: Path | None, as_json: bool) -> int:
    """What is in a sortie folder and how it was read. Changes nothing.

    Ends with 1 when no frame can be placed.
    """
    from pipeline.cli.inspect_findings import findings_of
    from pipeline.cli.inspect_screen import lines_of
    from pipeline.config import configs_folder, load_config
    from pipeline.plugins import telemetry_readers
    from pipeline.sources.cameras import read_camera_table
    from pipeline.sources.frames import FrameReader
    from pipeline.sources.previews import PreviewReader
    from pipeline.sources.sortie import read_sortie
    from pipeline.stages.ingest import Ingest, Ingested, NothingPlacedError

    settings = load_config(config)
    cameras = read_camera_table(settings.cameras.path or configs_folder() / "cameras.toml")
    contents = read_sortie(sortie, settings.read, cameras, readers=telemetry_readers())
    outcome: Ingested | NothingPlacedError
    try:
        with FrameReader(settings.decode) as pixels:
            outcome = Ingest(settings.ingest)(contents, pixels, PreviewReader(pixels))
    except NothingPlacedError as error:
        outcome = error
    findings = findings_of(contents, outcome)
    click.echo(json.dumps(asdict(findings), indent=2) if as_json else "\n".join(lines_of(findings)))
    return 1 if findings.trouble else 0
