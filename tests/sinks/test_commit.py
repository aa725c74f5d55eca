"""Old or new, whatever call is cut, and every fault is told."""

import errno
import importlib.util
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import PublishError
from pipeline.sinks.commit import commit, recover, unfinished
from pipeline.sinks.disk import Disk

SCRIPT = Path(__file__).with_name("faulty.py")
spec = importlib.util.spec_from_file_location("faulty_disk", SCRIPT)
faulty = importlib.util.module_from_spec(spec)
spec.loader.exec_module(faulty)
NEVER = 10**9


def old_output(folder: Path) -> Path:
    for path, data in faulty.OLD.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def calls_of_a_commit(folder: Path) -> list[str]:
    calls = faulty.FaultySyscalls(NEVER, "cut")
    commit(old_output(folder), "S", faulty.NEW, faulty.REMOVED, Disk(calls))
    return calls.calls


def test_an_undisturbed_commit_leaves_the_new_and_no_staging(tmp_path):
    calls = calls_of_a_commit(tmp_path)

    assert faulty.state(tmp_path) == faulty.AFTER
    assert unfinished(tmp_path) == ()
    assert not (tmp_path / "night1").exists()
    assert {"open", "write", "fsync", "close", "rename", "mkdir", "unlink", "rmdir"} == set(calls)


def test_the_run_report_is_the_last_file_to_change(tmp_path):
    out = old_output(tmp_path)
    seen = []

    class Watching(faulty.FaultySyscalls):
        def __getattr__(self, name):
            inner = super().__getattr__(name)

            def call(*args):
                result = inner(*args)
                seen.append(faulty.state(out))
                return result

            return call

    commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(Watching(NEVER, "cut")))

    told = [state for state in seen if state["runs/S.json"] == b"2"]
    assert told
    assert all(state == faulty.AFTER for state in told)


def test_the_disk_has_confirmed_everything_before_the_next_step_relies_on_it(tmp_path):
    """What a power cut would take away: a name or content that was not confirmed."""
    out = old_output(tmp_path)
    recording = faulty.Recording()
    commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(recording))
    log = recording.log
    staging = out / "staging" / "S"
    decided = log.index(("rename", staging / "commit.json"))
    told = log.index(("rename", out / "runs/S.json"))
    ended = log.index(("unlink", staging / "commit.json"))

    def last(name, path, before):
        return max(at for at, call in enumerate(log[:before]) if call == (name, path))

    for source in [path for name, path in log[:decided] if name == "write"]:
        assert last("fsync", source, decided) > last("write", source, decided)
        assert last("fsync", staging, decided) > last("open", source, decided)
    for target in [out / path for path in faulty.NEW if path != "runs/S.json"]:
        placed = log.index(("rename", target))
        assert ("fsync", staging) in log[decided:placed], "placed before the decision was confirmed"
        assert last("fsync", target.parent, told) > placed
    for removed in faulty.REMOVED:
        assert last("fsync", (out / removed).parent, told) > log.index(("unlink", out / removed)) > decided
    assert told < last("fsync", out / "runs", ended)
    for folder in [path for name, path in log if name == "mkdir"]:
        made = log.index(("mkdir", folder))
        assert ("fsync", folder.parent) in log[made:decided]


@pytest.mark.parametrize("fault", ["cut", errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_fault_at_any_call_leaves_the_old_or_the_new(tmp_path, fault):
    total = len(calls_of_a_commit(tmp_path / "whole"))
    ends = set()
    for at in range(1, total + 1):
        out = old_output(tmp_path / f"{at}")
        told = ""
        try:
            commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(faulty.FaultySyscalls(at, fault)))
        except faulty.Cut:
            told = "cut"
        except PublishError as error:
            told = str(error)

        recover(out, "S", Disk(faulty.FaultySyscalls(NEVER, "cut")))

        after = faulty.state(out)
        assert after in (faulty.OLD, faulty.AFTER), at
        assert unfinished(out) == ()
        if "nothing was published" in told:
            assert after == faulty.OLD
        if "next run" in told or not told:
            assert after == faulty.AFTER
        ends.add(after == faulty.AFTER)
    assert ends == {True, False}


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO])
def test_every_fault_names_file_cause_and_remedy(tmp_path, fault):
    calls = calls_of_a_commit(tmp_path / "whole")
    told = 0
    for at, name in enumerate(calls, start=1):
        if name == "close":  # a failing close after a successful fsync loses nothing
            continue
        out = old_output(tmp_path / f"{at}")
        with pytest.raises(PublishError) as caught:
            commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(faulty.FaultySyscalls(at, fault)))
        message = str(caught.value)
        assert str(out) in message
        assert os.strerror(fault) in message
        assert "run again" in message
        told += 1
    assert told > 40


def test_recovery_that_is_cut_itself_at_any_call_is_recovered(tmp_path):
    calls = calls_of_a_commit(tmp_path / "whole")
    committed = max(at for at, name in enumerate(calls, start=1) if name == "write") + 8
    for first in (committed, committed + 3, committed + 6):
        for second in range(1, len(calls)):
            out = old_output(tmp_path / f"{first}-{second}")
            with pytest.raises(faulty.Cut):
                commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(faulty.FaultySyscalls(first, "cut")))
            try:
                recover(out, "S", Disk(faulty.FaultySyscalls(second, "cut")))
            except faulty.Cut:
                recover(out, "S", Disk(faulty.FaultySyscalls(NEVER, "cut")))
                assert faulty.state(out) == faulty.AFTER
                continue
            assert faulty.state(out) == faulty.AFTER
            break


def test_a_disk_that_stays_full_leaves_the_old_and_room_makes_the_next_run_succeed(tmp_path):
    total = len(calls_of_a_commit(tmp_path / "whole"))
    for at in range(1, total + 1):
        out = old_output(tmp_path / f"{at}")
        try:
            commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(faulty.FullDisk(at)))
        except PublishError as error:
            assert "free some space" in str(error)
            assert faulty.state(out) == faulty.OLD
            commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(faulty.FaultySyscalls(NEVER, "cut")))
        assert faulty.state(out) == faulty.AFTER


def test_a_process_killed_at_any_call_leaves_the_old_or_the_new(tmp_path):
    total = len(calls_of_a_commit(tmp_path / "whole"))
    root = Path(__file__).parents[2]

    def killed_at(at: int) -> dict[str, bytes]:
        out = old_output(tmp_path / f"{at}")
        run = subprocess.run(
            [sys.executable, SCRIPT, out, str(at)], cwd=root, env={"PYTHONPATH": str(root)}, check=False
        )
        assert run.returncode == -signal.SIGKILL
        recover(out, "S", Disk())
        assert unfinished(out) == ()
        return faulty.state(out)

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(killed_at, range(1, total + 1, 2)))

    assert all(end in (faulty.OLD, faulty.AFTER) for end in ends)
    assert {end == faulty.AFTER for end in ends} == {True, False}


def test_the_next_commit_finishes_the_one_before_it(tmp_path):
    calls = calls_of_a_commit(tmp_path / "whole")
    last_rename = max(at for at, name in enumerate(calls, start=1) if name == "rename")
    out = old_output(tmp_path / "out")
    with pytest.raises(faulty.Cut):
        commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(faulty.FaultySyscalls(last_rename, "cut")))
    assert unfinished(out) == ("S",)

    commit(out, "S", {"runs/S.json": b"3"}, (), Disk())

    assert faulty.state(out) == {**faulty.AFTER, "runs/S.json": b"3"}


@pytest.mark.parametrize(
    "journal", [b"", b"{}", b'{"format": 9}', b'{"format": 1, "steps": [], "removals": ["../../etc/passwd"]}']
)
def test_a_journal_that_cannot_be_trusted_is_refused(tmp_path, journal):
    staging = tmp_path / "staging" / "S"
    staging.mkdir(parents=True)
    (staging / "commit.json").write_bytes(journal)

    with pytest.raises(PublishError, match="cannot be read"):
        recover(tmp_path, "S", Disk())
    assert (staging / "commit.json").exists()


def test_a_file_lost_between_commit_and_recovery_is_told(tmp_path):
    calls = calls_of_a_commit(tmp_path / "whole")
    last_rename = max(at for at, name in enumerate(calls, start=1) if name == "rename")
    out = old_output(tmp_path / "out")
    with pytest.raises(faulty.Cut):
        commit(out, "S", faulty.NEW, faulty.REMOVED, Disk(faulty.FaultySyscalls(last_rename, "cut")))
    (out / "data/a.parquet").unlink()

    with pytest.raises(PublishError, match="by hand"):
        recover(out, "S", Disk())
