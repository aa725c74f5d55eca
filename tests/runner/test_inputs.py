import os

import pytest

from pipeline.errors import InputError
from pipeline.runner.inputs import inputs_sha256, list_inputs, settled_inputs


def test_content_decides_and_times_do_not(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.jpg").write_bytes(b"two")
    (tmp_path / "1.jpg").write_bytes(b"one")
    first = list_inputs(tmp_path)
    os.utime(tmp_path / "1.jpg", (1, 1))

    assert [item.path for item in first] == ["1.jpg", "b/2.jpg"]
    assert inputs_sha256(list_inputs(tmp_path)) == inputs_sha256(first)
    (tmp_path / "1.jpg").write_bytes(b"eno")
    assert inputs_sha256(list_inputs(tmp_path)) != inputs_sha256(first)


def test_an_unchanged_file_is_not_read_again(tmp_path):
    path = tmp_path / "1.jpg"
    path.write_bytes(b"one")
    known = list_inputs(tmp_path)
    path.chmod(0)

    assert list_inputs(tmp_path, known) == known


def test_pipes_and_links_are_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/etc/passwd")

    assert list_inputs(tmp_path) == ()


def test_a_folder_that_is_still_copied_is_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"1")
    pieces = iter([b"12", b"123"])
    naps = []

    def listed(folder, known=()):
        found = list_inputs(folder, known)
        piece = next(pieces, None)
        if piece is not None:
            path.write_bytes(piece)  # grows while it is looked at
        return found

    monkeypatch.setattr("pipeline.runner.inputs.list_inputs", listed)
    files = settled_inputs(tmp_path, sleep=naps.append)

    assert files == list_inputs(tmp_path)
    assert files[0].size_bytes == 3
    assert len(naps) == 1


def test_a_folder_that_never_rests_is_set_aside(tmp_path, monkeypatch):
    path = tmp_path / "a.jpg"

    def listed(folder, known=()):
        path.write_bytes(path.read_bytes() + b"1" if path.exists() else b"")
        return list_inputs(folder, known)

    monkeypatch.setattr("pipeline.runner.inputs.list_inputs", listed)
    with pytest.raises(InputError, match=r"still changes after 10 s.*a\.jpg.*copied"):
        settled_inputs(tmp_path, patience_s=10, sleep=lambda _: None)
