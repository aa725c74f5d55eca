import os
import socket
import sys

import pytest

from pipeline.errors import ConfigError
from pipeline.sources.cameras import CameraTable
from pipeline.sources.sortie import ReadSettings, read_sortie
from pipeline.sources.sortie_folder import list_files, sortie_id_of


def read(folder, **given):
    return read_sortie(folder, ReadSettings(), CameraTable(), **given)


def codes(contents):
    return {drop.item: drop.code for drop in contents.dropped}


def test_content_decides_not_the_name(make_still, write):
    write("photo.txt", make_still(seed=1))
    write("DCIM/100MEDIA/DJI_0001.JPG", make_still(seed=2))
    write("telemetry.bin", b"time_utc,lat,lon\n2020-11-12T18:15:00Z,1,2\n")
    folder = write("notes.JPG", b"hello, this is a text").parent

    contents = read(folder)

    assert [still.frame_id for still in contents.stills] == ["DJI_0001", "photo"]
    assert [samples.item for samples in contents.telemetry] == ["telemetry.bin"]
    assert codes(contents) == {"notes.JPG": "not_recognised"}


def test_junk_empty_files_and_copies_are_passed_over_with_a_reason(make_still, write):
    still = make_still()
    for name, data in {
        "A.JPG": still,
        "B.JPG": still,
        "._A.JPG": b"\0\5\x16\7",
        "Thumbs.db": b"x",
        "DJI_1.LRF": b"x",
        "DJI_1.THM": still,
        "C.JPG": b"",
        "D.JPG": b"\xff\xd8\xff\xe0",
    }.items():
        folder = write(name, data).parent

    contents = read(folder)

    assert [still.item for still in contents.stills] == ["A.JPG"]
    assert codes(contents) == {
        "B.JPG": "duplicate_file",
        "._A.JPG": "junk",
        "Thumbs.db": "junk",
        "DJI_1.LRF": "junk",
        "DJI_1.THM": "junk",
        "C.JPG": "empty_file",
        "D.JPG": "unreadable",
    }
    assert all(drop.reason for drop in contents.dropped)


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_links_pipes_sockets_and_linked_folders_are_never_opened(make_still, write, tmp_path):
    folder = write("A.JPG", make_still()).parent
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.JPG").write_bytes(make_still(seed=3))
    (folder / "link.JPG").symlink_to(elsewhere / "secret.JPG")
    (folder / "folder").symlink_to(elsewhere)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "s"))
        contents = read(folder)

    assert [still.item for still in contents.stills] == ["A.JPG"]
    assert codes(contents) == {
        "link.JPG": "not_followed",
        "folder": "not_followed",
        "loop": "not_followed",
        "pipe.mp4": "not_a_file",
        "s": "not_a_file",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_dropped(make_still, write):
    path = write("A.JPG", make_still())
    path.chmod(0)

    assert codes(read(path.parent)) == {"A.JPG": "unreadable"}


def test_frames_of_one_name_in_two_folders_are_told_apart(make_still, write):
    write("100MEDIA/DJI_0001.JPG", make_still(seed=1))
    folder = write("101MEDIA/DJI_0001.JPG", make_still(seed=2)).parent.parent

    assert [s.frame_id for s in read(folder).stills] == ["100MEDIA-DJI_0001.JPG", "101MEDIA-DJI_0001.JPG"]


def test_names_that_differ_in_case_only_or_are_no_text_are_told_apart(make_still, write):
    write("a.JPG", make_still(seed=1))
    folder = write("A.JPG", make_still(seed=2)).parent
    (folder / os.fsdecode(b"\xe9.JPG")).write_bytes(make_still(seed=3))

    ids = [still.frame_id for still in read(folder).stills]

    assert len({name.casefold() for name in ids}) == 3
    assert all(name.encode() for name in ids)


def test_lenses_of_one_model_are_separate_sensors(make_still, write):
    write("W.JPG", make_still(size=(64, 48)))
    folder = write("T.JPG", make_still(size=(32, 24))).parent

    assert {s.frame_id: s.sensor for s in read(folder).stills} == {"W": "Model 1 64x48", "T": "Model 1 32x24"}


def test_statements_of_people(make_still, write):
    folder = write("A.JPG", make_still()).parent
    write("sortie.toml", b'id = "S7"\n[camera]\nfocal_px = 50\n')

    contents = read(folder)

    assert contents.sortie_id == "S7"
    assert contents.stills[0].camera.source == "sortie.toml"
    assert contents.dropped == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('vertical_dattum = "egm96"', r"sortie\.toml:1: unknown key 'vertical_dattum'; did you mean 'vertical_datum'"),
        ("[camera]\nfocal = 3", r"sortie\.toml:2 \[camera\]: unknown key 'focal'; did you mean 'focal_"),
        ("[camera]\nfocal_mm = 3.6", r"sortie\.toml:1 \[camera\]: state 'focal_px', or"),
        ('vertical_datum = "msl"', r"must be one of ellipsoidal"),
    ],
)
def test_a_wrong_statement_names_file_line_and_key(make_still, write, text, message):
    folder = write("sortie.toml", text.encode()).parent

    with pytest.raises(ConfigError, match=message):
        read(folder)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="no such folder"):
        list_files(tmp_path / "none")


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("N0312",), "SN0312"),
        (("S0312",), "S0312"),
        (("flight 7, north", "frames"), "Sflight_7_north-frames"),
        (("N1", "DCIM", "100MEDIA"), "SN1-DCIM-100MEDIA"),
        (("Süd",), "SSud"),
        (("2020-11-12",), "S2020-11-12"),
    ],
)
def test_the_name_of_a_sortie(tmp_path, parts, name):
    assert sortie_id_of(tmp_path.joinpath(*parts), None) == name


def test_names_in_other_scripts_stay_different(tmp_path):
    ids = {sortie_id_of(tmp_path / name, None) for name in ("ночь", "день", "գիշեր")}

    assert len(ids) == 3
    assert all(name[0] == "S" and name.isascii() for name in ids)


@pytest.mark.parametrize("stated", ["0312", "S/../x", "", "S 1"])
def test_an_id_that_cannot_be_a_file_name_is_refused(tmp_path, stated):
    with pytest.raises(ConfigError, match="must begin with S"):
        sortie_id_of(tmp_path, stated)


def test_copies_that_are_not_finished_are_passed_over(tmp_path):
    for name in ("DJI_0001.JPG.part", "DJI_0002.JPG.crdownload", "x.tmp"):
        (tmp_path / name).write_bytes(b"\xff\xd8\xff")

    files, dropped = list_files(tmp_path)

    assert not files
    assert [item.code for item in dropped] == ["being_copied"] * 3
