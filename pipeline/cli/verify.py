"""``trucewatch verify``: whether an evidence bundle, or the custody log, is as it was written."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.choices import PATH
from pipeline.cli.show_progress import shown
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.runner.reproduce import Reproduction
    from pipeline.sinks.bundle_check import HashCheck
    from pipeline.sinks.custody import CustodyCheck

SCHEMA = "trucewatch-verified/1"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found.

    Attributes:
        hashes: Of the bundle; None when none was given.
        again: How its row came out again; None when that was not asked for, or a file has failed.
        failure: Why it could not be made again.
        log: The custody log's chain; None when it was not asked about.
        logged: Whether the log tells of this bundle; None when it was not asked about, or there is no bundle.
    """

    hashes: "HashCheck | None"
    again: "Reproduction | None"
    failure: str | None
    log: "CustodyCheck | None"
    logged: bool | None

    @property
    def holds(self) -> bool:
        """Whether all that was checked is as it should be."""
        sound = self.hashes is None or not self.hashes.failed
        came_out = self.failure is None and (self.again is None or self.again.outcome in ("identical", "within_errors"))
        return sound and came_out and (self.log is None or self.log.fault is None) and self.logged is not False


@click.command()
@click.argument("bundle", type=PATH, required=False)
@click.option("--log", "out", type=PATH, metavar="OUT", help="Check the custody log of this output folder too.")
@click.option("--hashes-only", is_flag=True, help="Do not make the row again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, and no progress.")
def verify(bundle: Path | None, out: Path | None, hashes_only: bool, as_json: bool) -> int:
    """Check every hash of a BUNDLE (folder or zip) and make its row again from the originals in it.

    With --log also whether the custody log's chain is whole and tells of this bundle; --log alone checks only the log.
    Needs no network. Leaves with 1 when anything is not as it was written.
    """
    if bundle is None and out is None:
        raise click.UsageError("name a bundle, or a custody log with --log OUT, or both")
    if bundle is None and hashes_only:
        raise click.UsageError("--hashes-only is about a bundle; name one")
    hashes, again, failure = None, None, None
    if bundle is not None:
        hashes, again, failure = _bundle(bundle, hashes_only, as_json)
    log, logged = (None, None) if out is None else _log(out, hashes)
    found = Verified(hashes, again, failure, log, logged)
    if as_json:
        click.echo(json.dumps(_content(found), indent=1, default=_plain))
    else:
        for text in _told(found):
            click.echo(text)
    return 0 if found.holds else 1


def _bundle(bundle: Path, hashes_only: bool, as_json: bool) -> "tuple[HashCheck, Reproduction | None, str | None]":
    from pipeline.errors import TrucewatchError
    from pipeline.runner.reproduce import reproduce
    from pipeline.sinks.bundle_check import check_hashes, opened

    with opened(bundle) as (root, spoiled):
        hashes = check_hashes(root, spoiled)
        if hashes_only or hashes.failed or hashes.manifest is None:
            return hashes, None, None
        progress, view = shown(as_json)
        try:
            return hashes, reproduce(root, hashes.manifest, progress), None
        except TrucewatchError as error:
            return hashes, None, str(error)
        finally:
            if view is not None:
                view.close()


def _log(out: Path, hashes: "HashCheck | None") -> "tuple[CustodyCheck, bool | None]":
    from pipeline.sinks import custody

    if not (out / custody.LOG).is_file():
        raise ConfigError(f"{out}: there is no {custody.LOG}; name the folder that run or batch wrote to")
    check = custody.verify(out)
    if hashes is None:
        return check, None
    told = any(entry.what == "bundled" and entry.item.endswith(hashes.seal) for entry in custody.read(out))
    return check, bool(hashes.seal) and told


def _content(found: Verified) -> dict[str, object]:
    content: dict[str, object] = {"schema": SCHEMA, "holds": found.holds}
    if found.hashes is not None:
        failed = [{"path": path, "reason": reason} for path, reason in found.hashes.failed]
        content |= {"files": found.hashes.files, "failed": failed, "manifest_sha256": found.hashes.seal}
    content["row"] = None if found.again is None else asdict(found.again)
    content["row_failure"] = found.failure
    content["log"] = None if found.log is None else asdict(found.log)
    content["in_log"] = found.logged
    return content


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else value.hex() if isinstance(value, bytes) else str(value)


def _told(found: Verified) -> Iterator[str]:
    if found.hashes is not None:
        yield from _of_hashes(found.hashes)
    if found.failure is not None:
        yield f"ROW NOT MADE AGAIN: {found.failure}"
    if found.again is not None:
        yield from _of_row(found.again)
    if found.log is not None:
        yield from _of_log(found.log, found.logged)


def _of_hashes(hashes: "HashCheck") -> Iterator[str]:
    for path, reason in hashes.failed:
        yield f"FAILED {path}: {reason}"
    if hashes.failed:
        yield f"{len(hashes.failed)} files are not as they were written; the row was not made again."
    else:
        yield f"All {hashes.files} files are as they were written."
    if hashes.seal:
        yield f"SHA-256 of its manifest: {hashes.seal}"


OUTCOMES = {
    "identical": "ROW REPRODUCED, every column as published.",
    "within_errors": "ROW REPRODUCED within its own errors; these columns differ:",
    "differs": "ROW NOT REPRODUCED; these columns differ:",
    "not_found": "ROW NOT REPRODUCED: no such finding came out.",
    "unbound": "ROW NOT REPRODUCED: the configuration or agreement in the bundle is not the one that it was judged by:",
}
BASES = {
    "folder": "Made again from the files of the flight, every stage.",
    "poses": "Made again from pixels and the run's poses: files that show the way to the launch place are left out.",
}


def _of_row(again: "Reproduction") -> Iterator[str]:
    yield OUTCOMES[again.outcome]
    for name in again.unbound:
        yield f"  {name}"
    for item in again.differences:
        words = item.why or item.likeness.replace("_", " ")
        yield f"  {item.column}: {_short(item.published)} then, {_short(item.again)} now ({words})"
    same, pictures = again.pictures
    yield f"{BASES[again.basis]} {same} of {pictures} pictures came out byte by byte."
    for name, then, now in again.other_versions:
        yield f"note: {name} was {then} then and is {now} now"


def _of_log(log: "CustodyCheck", logged: bool | None) -> Iterator[str]:
    if log.fault is not None:
        yield f"CUSTODY LOG BROKEN after {log.entries} lines: {log.fault}"
    else:
        cut = f"; {len(log.cut_lines)} lines that a power cut left unfinished say nothing" if log.cut_lines else ""
        yield f"Custody log: all {log.entries} lines follow one another{cut}."
    if logged is not None:
        yield "It tells of this bundle." if logged else "NOT IN THE LOG: it tells of no bundle with this manifest."


def _short(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 40 else text[:37] + "…"
