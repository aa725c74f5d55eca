import os

from pipeline.runner.inputs import inputs_sha256, list_inputs


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
