"""A bundle is there whole or not at all, whatever happens while it is written."""

import errno
import os
import signal
from pathlib import Path

import pytest
from faulty import FaultySyscalls

from pipeline.errors import InputError, PublishError
from pipeline.records.bundle import Basis, BundleManifest, DecidedBy, OnStation
from pipeline.sinks.bundle_check import check_hashes, opened
from pipeline.sinks.bundle_store import Part, write_bundle
from pipeline.sinks.disk import Disk

MANIFEST = BundleManifest(
    candidate_id="c" * 32,
    event_id="e" * 32,
    sortie_id="S1",
    night_id="2021-05-18",
    security_marking=None,
    basis=Basis.FOLDER,
    decided_by=DecidedBy("1" * 64, "2" * 64, "3" * 64, "0.1", (), (("numpy", "2"),)),
    on_station=OnStation("2021-05-18T20:00:00", "2021-05-18T20:01:00", 2, 0, 2, 0, ()),
    notifications_left_out=0,
    archive_whole=True,
    archive_as_then=True,
    withheld=(),
)


@pytest.fixture
def parts(tmp_path):
    original = tmp_path / "DJI_0001.JPG"
    original.write_bytes(b"pixels" * 1000)
    return [Part("row.json", "row", b"{}"), Part("originals/DJI_0001.JPG", "original", original)]


def ignore(_):
    return None


def steps(target, parts):
    target.parent.mkdir()
    counting = FaultySyscalls(0, "none")
    write_bundle(target, MANIFEST, parts, ignore, Disk(counting))
    return len(counting.calls)


def killed_at(at, target, parts):
    """Whether a process of its own was killed at that step."""
    child = os.fork()
    if child == 0:
        write_bundle(target, MANIFEST, parts, ignore, Disk(FaultySyscalls(at, "kill")))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def sound(target):
    with opened(target) as (root, spoiled):
        return check_hashes(root, spoiled).failed == ()


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_killed_at_any_step_nothing_half_stands_and_the_next_attempt_succeeds(tmp_path, parts, name):
    count = steps(tmp_path / "counted" / name, parts)
    for at in range(1, count + 1):
        target = tmp_path / f"cut{at}" / name
        target.parent.mkdir()
        assert killed_at(at, target, parts), at
        if target.exists():
            assert sound(target), at
        else:
            write_bundle(target, MANIFEST, parts, ignore)
            assert sound(target), at
            assert [path.name for path in target.parent.iterdir()] == [name], at


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_disk_that_fails_is_told_and_leaves_nothing(tmp_path, parts, name):
    target = tmp_path / "full" / name
    target.parent.mkdir()
    for at in range(1, steps(tmp_path / "counted" / name, parts) + 1):
        calls = FaultySyscalls(at, errno.ENOSPC)
        try:
            write_bundle(target, MANIFEST, parts, ignore, Disk(calls))
        except PublishError as error:
            assert "free some space" in str(error)
            left = [path.name for path in target.parent.iterdir()]
            renamed = "rename" in calls.calls[: at - 1]
            assert left == ([name] if renamed else []), at
        else:
            assert calls.calls[at - 1] == "close", at
        if target.exists():
            assert sound(target), at
            _remove(target)


def test_the_hash_is_told_before_the_bundle_appears(tmp_path, parts):
    target = tmp_path / "e"
    told = []

    def sealed(seal):
        told.append((seal, target.exists()))

    written = write_bundle(target, MANIFEST, parts, sealed)

    assert told == [(written.seal, False)]


def test_no_bundle_appears_when_the_log_cannot_tell_of_it(tmp_path, parts):
    def refuses(_):
        raise PublishError("custody.jsonl: the disk is full")

    with pytest.raises(PublishError):
        write_bundle(tmp_path / "e.zip", MANIFEST, parts, refuses)
    assert [path.name for path in tmp_path.iterdir()] == ["DJI_0001.JPG"]


def test_an_original_that_changes_meanwhile_is_refused(tmp_path, parts):
    parts[1] = Part(parts[1].path, "original", parts[1].source, "0" * 64)

    with pytest.raises(InputError, match="changes while it is copied"):
        write_bundle(tmp_path / "e", MANIFEST, parts, ignore)
    assert not (tmp_path / "e").exists()


def test_the_script_may_be_run_and_the_manifest_reads_back(tmp_path, parts):
    write_bundle(tmp_path / "e", MANIFEST, parts, ignore)
    checked = check_hashes(tmp_path / "e")

    assert os.access(tmp_path / "e" / "verify.sh", os.X_OK)
    assert checked.files == 5
    assert checked.manifest is not None
    assert [file.path for file in checked.manifest.files] == ["originals/DJI_0001.JPG", "row.json", "verify.sh"]
    assert checked.manifest.decided_by == MANIFEST.decided_by


def test_a_link_in_a_folder_is_no_file_of_the_bundle(tmp_path, parts):
    write_bundle(tmp_path / "e", MANIFEST, parts, ignore)
    row = tmp_path / "e" / "row.json"
    row.rename(tmp_path / "row.json")
    row.symlink_to(tmp_path / "row.json")

    assert dict(check_hashes(tmp_path / "e").failed) == {"row.json": "leads out of the bundle"}


def _remove(target: Path) -> None:
    if target.is_dir():
        for path in sorted(target.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        target.rmdir()
    else:
        target.unlink()
