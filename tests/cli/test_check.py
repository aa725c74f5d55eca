"""``trucewatch check``: what applies when, and the drawing."""

from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from pipeline.cli.check import check
from pipeline.errors import ConfigError


@pytest.fixture
def karabakh(project_root):
    return str(project_root / "configs" / "agreements" / "karabakh-2020.toml")


def told(*arguments):
    result = CliRunner().invoke(check, arguments, catch_exceptions=False)
    return result.output


def row_of(output, rule, kind):
    return next(line for line in output.splitlines() if line.split()[:2] == [rule, kind])


def test_what_applies_depends_on_the_date_and_on_what_was_known(karabakh):
    now_known = told(karabakh, "--at", "2020-11-22")
    then_known = told(karabakh, "--at", "2020-11-22", "--as-known-at", "2020-11-12")

    assert "from 2020-11-25 21:00Z" in row_of(now_known, "P6-KEL", "presence")
    assert "applies" in row_of(then_known, "P6-KEL", "presence")
    assert "not assessable" in row_of(now_known, "P3-PK", "documentation")
    assert "ambiguous hours" in row_of(told(karabakh, "--at", "2020-11-20T20:30Z"), "P2-AGD", "presence")


@pytest.mark.parametrize("name", ["map.svg", "map.html"])
def test_the_drawing_needs_no_network(karabakh, tmp_path, name):
    out = tmp_path / name

    told(karabakh, "--at", "2021-06-01", "--out", str(out))

    text = out.read_text("utf-8")
    svg = ElementTree.fromstring(text[text.index("<svg") :])  # noqa: S314
    assert "±3000 m" in text
    assert text.replace("http://www.w3.org/2000/svg", "").count("http") == 0
    assert len(svg.findall(".//{http://www.w3.org/2000/svg}path")) >= 8


def test_what_cannot_be_drawn_or_read_is_told(karabakh, tmp_path):
    for arguments, match in (
        (("--at", "1999-01-01", "--out", str(tmp_path / "x.png")), "must end in .svg or .html"),
        (("--at", "yesterday"), "'yesterday' is no time"),
        (("--out", str(tmp_path / "no" / "x.svg"), "--at", "2021-01-01"), "cannot be written"),
    ):
        with pytest.raises(ConfigError, match=match):
            told(karabakh, *arguments)
