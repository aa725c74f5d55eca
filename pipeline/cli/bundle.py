"""``trucewatch bundle``: everything that shows where one row comes from, in one folder or zip."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.choices import PATH, Choices, Number, deciding_options

if TYPE_CHECKING:
    from pipeline.records.bundle import BundleManifest
    from pipeline.runner.bundle import Made

SCHEMA = "trucewatch-bundled/1"


@click.command(
    epilog="""\b
Examples:
  trucewatch bundle 1f0c9a2e --out out --for "joint session of 5 March"
  trucewatch bundle 1f0c9a2e --out out --for "cell 2" --to evidence/1f0c9a2e.zip
"""
)
@click.argument("candidate")
@deciding_options
@click.option("--to", "target", type=PATH, help="Zip or folder to write. By default bundle-ID.zip here.")
@click.option("--for", "purpose", required=True, metavar="WORDS", help="For whom or what; goes into the custody log.")
@click.option("--user", help="Who asks; by default the name of this account. Goes into the custody log.")
@click.option("--sortie", "folder", type=PATH, help="Where the originals lie now, if not where the run read them.")
@click.option(
    "--around",
    "reach_m",
    type=Number(min=0),
    default=300.0,
    show_default=True,
    help="Metres: frames that show ground this near to the finding's tiles, and those between them, are on station.",
)
def bundle(
    candidate: str,
    choices: Choices,
    out: Path,
    as_json: bool,
    target: Path | None,
    purpose: str,
    user: str | None,
    folder: Path | None,
    reach_m: float,
) -> int:
    """Write the evidence bundle of a CANDIDATE: its id, or the first digits of it.

    Originals, telemetry on station, pictures, row, agreement with the matched notification only, configuration,
    earlier ground, and a manifest of hashes. Who asked is noted in the custody log. The configuration is that of the
    run, which its work folder has kept; only where that is gone give the options of the run again.
    """
    import getpass

    from pipeline.runner.bundle import Asking, make_bundle
    from pipeline.stages.on_station import OnStationSettings

    given = any(getattr(choices, item.name) is not None for item in fields(choices))
    settings = choices.settings() if given else None
    station = OnStationSettings(reach_m=reach_m)
    who = user or getpass.getuser()
    made = make_bundle(Asking(candidate, out, target, who, purpose, settings, folder, station))
    if as_json:
        click.echo(json.dumps(_content(made), indent=1))
    else:
        for text in _told(made):
            click.echo(text)
    return 0


def _content(made: "Made") -> dict[str, object]:
    manifest = {key: value for key, value in asdict(made.manifest).items() if key not in ("files", "decided_by")}
    sizes = {"files": made.files, "size_bytes": made.size_bytes}
    return {"schema": SCHEMA, "bundle": str(made.target), "manifest_sha256": made.seal, **sizes, **manifest}


def _told(made: "Made") -> list[str]:
    manifest = made.manifest
    station = manifest.on_station
    return [
        f"{made.target}: candidate {manifest.candidate_id} of flight {manifest.sortie_id}, {made.files} files, "
        f"{made.size_bytes / 1e6:.1f} MB",
        f"SHA-256 of its manifest, noted in the custody log: {made.seal}",
        f"On station from {station.start[:19]} to {station.end[:19]} UTC: {station.frames} frames; "
        f"{station.frames_left_out} frames and {station.samples_left_out} telemetry samples of the rest are left out",
        *_notes(manifest),
        f"Check it: trucewatch verify {made.target}, or sh verify.sh within it",
    ]


NOTES = {
    "finding_seen_on_the_way": "note: the finding was seen on the way from or to the launch place; those frames stay",
    "heights_unknown": "note: the telemetry has no heights, so whether it begins at the launch place cannot be told",
}


def _notes(manifest: "BundleManifest") -> list[str]:
    notes = [NOTES[code] for code in manifest.on_station.notes]
    if manifest.security_marking is not None:
        notes.insert(0, f"MARKED {manifest.security_marking}: handle the bundle accordingly")
    if manifest.withheld:
        notes.append(f"note: {len(manifest.withheld)} files of the sortie are withheld; the manifest has their hashes")
    if manifest.notifications_left_out:
        notes.append(f"note: {manifest.notifications_left_out} notifications that did not match are left out")
    if not manifest.archive_as_then:
        notes.append("note: earlier flights were run again since, so that the row's baseline may be another one")
    return notes
