"""A whole publication, data sets and all, cut anywhere."""

import errno
import importlib.util
from pathlib import Path

import pytest

from pipeline.errors import PublishError
from pipeline.sinks.commit import recover, unfinished
from pipeline.sinks.disk import Disk
from pipeline.sinks.publish import publish
from pipeline.sinks.run_report import altered, read_report

spec = importlib.util.spec_from_file_location("faulty_disk_for_publish", Path(__file__).with_name("faulty.py"))
faulty = importlib.util.module_from_spec(spec)
spec.loader.exec_module(faulty)


def cut_publications(tmp_path, make, fault, every):
    old = make.publication()
    rows = tuple(make.candidate(n, candidate_id=f"d{n}", score=0.4) for n in (1, 2))
    new = make.publication(candidates=rows, chips=(), changes=(), report=make.report(finished_utc_ns=make.noon + 9))
    publish(tmp_path / "old", old)
    wanted_old = faulty.state(tmp_path / "old")
    publish(tmp_path / "new", old)
    calls = faulty.FaultySyscalls(-1, fault)
    publish(tmp_path / "new", new, Disk(calls))
    wanted_new = faulty.state(tmp_path / "new")
    for at in range(1, len(calls.calls) + 1, every):
        out = tmp_path / f"{at}"
        for path, data in wanted_old.items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_bytes(data)
        try:
            publish(out, new, Disk(faulty.FaultySyscalls(at, fault)))
        except (faulty.Cut, PublishError):
            recover(out, "S0001", Disk())
        after = faulty.state(out)
        assert after in (wanted_old, wanted_new), at
        assert unfinished(out) == ()
        assert altered(out, read_report(out, "S0001")) == ()
        yield after == wanted_new


@pytest.mark.parametrize("fault", ["cut", errno.ENOSPC])
def test_old_or_new_and_the_report_is_true_of_it(tmp_path, make, fault):
    assert set(cut_publications(tmp_path, make, fault, every=9)) == {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["cut", errno.ENOSPC, errno.EIO, errno.EACCES])
def test_old_or_new_at_every_single_call(tmp_path, make, fault):
    ends = list(cut_publications(tmp_path, make, fault, every=1))

    assert len(ends) > 60
    assert set(ends) == {True, False}
