"""What happens to a folder is what is said to have happened, and the pipeline's reader says so too."""

import pytest
from written_flight import exposed, facts, told

from pipeline.errors import ConfigError
from pipeline.simulator.writers.folder_faults import FolderFaults, spoil_folder
from pipeline.simulator.writers.formats import open_writer
from pipeline.simulator.writers.stated_facts import write_sortie_toml
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie

FRAMES = 10


@pytest.fixture
def flight(tmp_path):
    folder = tmp_path / "S0007"
    said = facts(FRAMES, stream=told(20, 0.2))
    writer = open_writer("dji_stills", folder, said)
    for index in range(FRAMES):
        writer.add(exposed(index))
    writer.close()
    write_sortie_toml(folder, said)
    return folder


def sizes(folder):
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*") if p.is_file()}


def test_every_file_that_changed_is_named_with_its_sizes(flight):
    before = sizes(flight)

    done = spoil_folder(flight, FolderFaults(0.3, 0.2, 0.2, 0.5, junk=True), 5)

    after = sizes(flight)
    told_sizes = {fault.item: (fault.bytes_before, fault.bytes_after) for fault in done}
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            assert told_sizes[name] == (before.get(name, 0), after.get(name, 0))
        else:
            assert name not in told_sizes
    kinds = {fault.kind for fault in done}
    assert kinds == {"missing", "truncated", "empty", "duplicated", "junk"}


def test_the_reader_drops_what_was_spoilt_and_keeps_the_rest(flight):
    done = spoil_folder(flight, FolderFaults(empty_share=0.2, duplicated_share=0.3, junk=True, nested=True), 8)

    contents = read_sortie(flight, ReadSettings(), CameraTable())

    moved = {fault.item: fault.other for fault in done if fault.kind == "moved"}
    codes = {dropped.item: dropped.code for dropped in contents.dropped}
    expected = {"empty": "empty_file", "duplicated": "duplicate_file", "junk": "junk"}
    for fault in done:
        if fault.kind in expected:
            assert codes[moved[fault.item]] == expected[fault.kind], fault
    emptied = {fault.item for fault in done if fault.kind == "empty"}
    names = {f"DJI_{n + 1:04d}.JPG" for n in range(FRAMES)} - emptied
    assert {still.frame_id for still in contents.stills} == {name[:-4] for name in names}
    assert contents.sortie_id == "S0007"


def test_a_copy_that_broke_off_lacks_its_end(flight):
    done = spoil_folder(flight, FolderFaults(missing_share=0.4), 1)

    missing = [fault.item for fault in done if fault.kind == "missing"]
    cut = [fault.item for fault in done if fault.kind == "truncated"]
    left = sorted(name for name in sizes(flight) if name != "sortie.toml")
    assert missing == ["DJI_0008.JPG", "DJI_0009.JPG", "DJI_0010.JPG", "telemetry.csv"]
    assert cut == ["DJI_0007.JPG"] and left[-1] == "DJI_0007.JPG"


def test_same_seed_same_bytes_other_seed_other_files(tmp_path):
    results = []
    for seed in (3, 3, 4):
        folder = tmp_path / f"{len(results)}"
        folder.mkdir()
        for n in range(20):
            (folder / f"f{n:02d}.jpg").write_bytes(bytes(range(200)) * (n + 1))
        done = spoil_folder(folder, FolderFaults(0.1, 0.2, 0.1, 0.2, junk=True, nested=True), seed)
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        results.append((done, files))
    assert results[0] == results[1]
    assert results[0][0] != results[2][0]


def test_nothing_asked_for_nothing_done(flight):
    before = sizes(flight)
    assert spoil_folder(flight, FolderFaults(), 2) == ()
    assert sizes(flight) == before


def test_a_share_beyond_one_is_refused():
    with pytest.raises(ConfigError, match="truncated_share"):
        FolderFaults(truncated_share=1.2)
