import datetime as dt
import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.records.strict_toml import parse_toml, read_toml
from pipeline.records.toml_lines import key_lines


class Band(StrEnum):
    VISIBLE = "visible"
    THERMAL = "thermal"


@dataclass(frozen=True)
class Member:
    name: str
    share: float = 1.0


@dataclass(frozen=True)
class Change:
    min_area_m2: float = 1.5
    views: int = 2

    def __post_init__(self):
        if self.views < 1:
            raise ValueError("'views' must be at least 1")


@dataclass(frozen=True)
class Everything:
    title: str
    change: Change = field(default_factory=Change)
    members: tuple[Member, ...] = ()
    band: Band = Band.VISIBLE
    mode: Literal["fast", "slow"] = "fast"
    day: dt.date | None = None
    at: dt.datetime | None = None
    folder: Path | None = None
    size: tuple[int, int] | None = None
    on: bool = False
    names: dict[str, str] = field(default_factory=dict)


def load(text: str, kind=Everything):
    return parse_toml(text.encode(), Path("configs/night.toml")).to(kind)


def test_everything_that_is_understood():
    got = load(
        """
        title = "x"  # a comment
        band = "thermal"
        mode = "slow"
        day = 2020-11-20
        at = 2020-11-09T21:00:00Z
        folder = "ground/dem.tif"
        size = [4000, 2250]
        on = true
        names = { en = "one", fr = "un" }
        [change]
        min_area_m2 = 2
        [[members]]
        name = "a"
        [[members]]
        name = "b"
        share = 0.5
        """
    )

    assert got == Everything(
        "x",
        Change(2.0),
        (Member("a"), Member("b", 0.5)),
        Band.THERMAL,
        "slow",
        dt.date(2020, 11, 20),
        dt.datetime(2020, 11, 9, 21, tzinfo=dt.UTC),
        Path("configs/ground/dem.tif"),
        (4000, 2250),
        True,
        {"en": "one", "fr": "un"},
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'title = "x"\n\n[change]\nmin_area = 2\n',
            "configs/night.toml:4 [change]: unknown key 'min_area'; did you mean 'min_area_m2'?",
        ),
        ('titel = "x"\n', "configs/night.toml:1: unknown key 'titel'; did you mean 'title'?"),
        ("on = true\n", "configs/night.toml:1: missing key 'title'; add it: title = …"),
        (
            'title = "x"\n[[members]]\nname = "a"\n[[members]]\nname = 3\n',
            "configs/night.toml:5 [members #2]: 'name' must be a string in quotes, not 3",
        ),
        ("title = 3\n", "configs/night.toml:1: 'title' must be a string in quotes, not 3"),
        ('title = "x"\nband = "termal"', "configs/night.toml:2: 'band' cannot be the string 'termal'; did you mean"),
        ('title = "x"\non = 1', "configs/night.toml:2: 'on' must be true or false, not 1"),
        ('title = "x"\n[change]\nviews = true', "configs/night.toml:3 [change]: 'views' must be a whole number"),
        ('title = "x"\n[change]\nviews = 0', "configs/night.toml:2 [change]: 'views' must be at least 1"),
        ('title = "x"\n[change]\nmin_area_m2 = nan', ":3 [change]: 'min_area_m2' must be a number, not nan"),
        ('title = "x"\nsize = [1, 2, 3]', ":2: 'size' must be an array of 2, not an array of 3"),
        ('title = "x"\nsize = [\n 1,\n "b"]', ":2: 'size #2' must be a whole number, not the string 'b'"),
        ('title = "x"\nchange = 4', ":2: 'change' must be a table, not 4"),
        ('title = "x"\nday = 2020-11-20T00:00:00', ":2: 'day' must be a date such as 2020-11-20"),
        ('title = "x"\ntitle = "y"\n', "configs/night.toml:2: not valid TOML: Cannot overwrite a value"),
        ('a = 1\nb = "open\n', "configs/night.toml:2: not valid TOML"),
        ("a = " + "[" * 5000, "nested too deeply"),
    ],
)
def test_an_error_names_file_line_key_and_the_likely_one(text, message):
    with pytest.raises(ConfigError) as caught:
        load(text)

    assert message in str(caught.value)


def test_lines_of_keys_survive_multiline_values_comments_and_inline_tables():
    text = '''# [not.a.table]
a = """
[fake]
b = 1
""" # c = 2
list = [ "x # y", 'z ]', # closing ] in a comment
  { inner = [1, 2] },
]
at = 2020-11-09 21:00:00Z
"quoted key".sub = { deep = 1, other = { x = 2 } }
[t]
k = \'\'\'
[no]\'\'\'
[[t.rows]]
v = 1
[t.rows.below]
w = 1
[[t.rows]]
v = 2
'''
    tomllib.loads(text)

    assert key_lines(text) == {
        ("a",): 2,
        ("list",): 6,
        ("at",): 9,
        ("quoted key",): 10,
        ("quoted key", "sub"): 10,
        ("quoted key", "sub", "deep"): 10,
        ("quoted key", "sub", "other"): 10,
        ("quoted key", "sub", "other", "x"): 10,
        ("t",): 11,
        ("t", "k"): 12,
        ("t", "rows"): 14,
        ("t", "rows", 0): 14,
        ("t", "rows", 0, "v"): 15,
        ("t", "rows", 0, "below"): 16,
        ("t", "rows", 0, "below", "w"): 17,
        ("t", "rows", 1): 18,
        ("t", "rows", 1, "v"): 19,
    }


def test_a_base_stands_in_for_missing_keys():
    table = parse_toml(b"views = 3", Path("x.toml"))

    assert table.to(Change, Change(9.0, 5)) == Change(9.0, 3)


def test_tables_are_reached_by_name_and_remember_their_place():
    table = parse_toml(b"[a.b]\nx = 1\n[[c]]\ny = 2\n", Path("x.toml"))

    assert table.table("a").table("b").values == {"x": 1}
    assert [str(member.error("y", "no")) for member in table.tables("c")] == ["x.toml:4 [c #1]: no"]
    assert table.table("missing").values == {}
    with pytest.raises(ConfigError, match=r"x.toml:3: 'c' must be a table"):
        table.table("c")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="regular file"):
        read_toml(tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'a = 1\nb = "\xe9"\n')
    with pytest.raises(ConfigError, match=r"latin.toml:2: not UTF-8"):
        read_toml(latin)


@given(st.text(alphabet="ab.=[]{}\"'#\n ,1\\", max_size=60))
def test_any_text_gives_a_table_or_an_error_with_a_place(text):
    try:
        load(text, Change)
    except ConfigError as error:
        assert str(error).startswith("configs/night.toml:")
