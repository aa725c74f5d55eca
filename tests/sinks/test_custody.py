"""Who did what: added to, never changed without trace."""

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.sinks.custody import LOG, CustodyLog, note, read, verify

NOW = 1_606_000_000_000_000_000


def three(out):
    for number in range(3):
        note(out, f"cell {number}", "viewed", f"c000{number}", NOW + number)


def lines(out):
    return (out / LOG).read_text(encoding="utf-8").splitlines(keepends=True)


def put(out, new):
    (out / LOG).write_text("".join(new), encoding="utf-8")


def test_entries_come_back_in_order_and_the_chain_is_whole(tmp_path):
    three(tmp_path)

    assert [(entry.number, entry.who, entry.item) for entry in read(tmp_path)] == [
        (1, "cell 0", "c0000"),
        (2, "cell 1", "c0001"),
        (3, "cell 2", "c0002"),
    ]
    assert read(tmp_path)[0].at == "2020-11-21T23:06:40+00:00"
    check = verify(tmp_path)
    assert (check.entries, check.cut_lines, check.fault) == (3, (), None)


def test_a_log_that_does_not_exist_is_whole(tmp_path):
    assert verify(tmp_path).fault is None


@pytest.mark.parametrize("key", ["number", "at", "who", "what", "item", "previous", "sha256"])
def test_a_changed_value_is_found(tmp_path, key):
    three(tmp_path)
    changed = lines(tmp_path)
    entry = json.loads(changed[1])
    entry[key] = 7 if key == "number" else "x"
    changed[1] = json.dumps(entry) + "\n"
    put(tmp_path, changed)

    check = verify(tmp_path)

    assert check.entries == 1
    assert check.fault.startswith("line 2")


@pytest.mark.parametrize("order", [(0, 2), (1, 2), (1, 0, 2), (0, 1, 1, 2)])
def test_removed_exchanged_and_repeated_lines_are_found(tmp_path, order):
    three(tmp_path)
    before = lines(tmp_path)
    put(tmp_path, [before[index] for index in order])

    assert verify(tmp_path).fault is not None


def test_nothing_is_added_to_a_broken_chain(tmp_path):
    three(tmp_path)
    put(tmp_path, lines(tmp_path)[1:])
    before = (tmp_path / LOG).read_bytes()

    with pytest.raises(InputError, match="keep this file as evidence"):
        note(tmp_path, "cell 1", "viewed", "c1", NOW)
    assert (tmp_path / LOG).read_bytes() == before


@pytest.mark.parametrize("left", [1, 40, -2])
def test_a_line_cut_by_a_power_failure_breaks_nothing(tmp_path, left):
    three(tmp_path)
    kept = lines(tmp_path)
    put(tmp_path, [*kept[:2], kept[2][:left]])

    note(tmp_path, "cell 9", "exported", "all", NOW)

    check = verify(tmp_path)
    assert (check.entries, check.cut_lines, check.fault) == (3, (3,), None)
    assert read(tmp_path)[-1].who == "cell 9"


def test_a_line_that_lacks_only_its_end_counts(tmp_path):
    three(tmp_path)
    put(tmp_path, ["".join(lines(tmp_path)).removesuffix("\n")])

    note(tmp_path, "cell 9", "exported", "all", NOW)

    assert (verify(tmp_path).entries, verify(tmp_path).cut_lines) == (4, ())


def test_text_with_line_breaks_stays_one_line(tmp_path):
    note(tmp_path, "cell 1", "viewed", "a\nb \u2028 ünï", NOW)

    assert verify(tmp_path).entries == 1
    assert read(tmp_path)[0].item == "a\nb \u2028 ünï"


def add(out: Path) -> None:
    for _ in range(10):
        note(out, "worker", "derived", "c1", NOW)


def test_processes_that_write_at_once_leave_one_chain(tmp_path):
    with ProcessPoolExecutor(3) as pool:
        list(pool.map(add, [tmp_path] * 3))

    check = verify(tmp_path)
    assert (check.entries, check.fault) == (30, None)


def test_a_log_kept_open_goes_on_after_others_and_does_not_check_twice(tmp_path):
    log = CustodyLog(tmp_path)
    log.note("a", "located", "1", NOW)
    note(tmp_path, "b", "located", "2", NOW)
    log.note("a", "located", "3", NOW)

    assert [entry.item for entry in read(tmp_path)] == ["1", "2", "3"]
    assert verify(tmp_path).fault is None


def test_a_log_kept_open_notices_another_file_in_its_place(tmp_path):
    log = CustodyLog(tmp_path)
    log.note("a", "located", "1", NOW)
    log.note("a", "located", "2", NOW)
    kept = lines(tmp_path)
    put(tmp_path, [kept[0], kept[1].replace('"2"', '"5"')])

    with pytest.raises(InputError, match="line 2"):
        log.note("a", "located", "3", NOW)


def test_a_log_kept_open_goes_on_after_a_line_that_was_cut(tmp_path):
    log = CustodyLog(tmp_path)
    log.note("a", "located", "1", NOW)
    with (tmp_path / LOG).open("ab") as file:
        file.write(b'{"number": 2, "at"')

    log.note("a", "located", "2", NOW)
    log.note("a", "located", "3", NOW)

    assert [entry.item for entry in read(tmp_path)] == ["1", "2", "3"]
    assert verify(tmp_path).cut_lines == (2,)
