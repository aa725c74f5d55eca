"""Values written as TOML are those that the standard parser reads."""

import datetime as dt
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records.toml_text import toml_text

plain = (
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.dates()
    | st.datetimes(timezones=st.just(dt.UTC))
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))


@given(st.dictionaries(names, values, max_size=5))
def test_what_is_written_is_read_back(document):
    assert tomllib.loads(toml_text(document)) == document


def test_what_is_not_known_is_left_out():
    assert tomllib.loads(toml_text({"a": None, "t": {"b": None, "c": 1}})) == {"t": {"c": 1}}


def test_what_toml_cannot_hold_is_a_defect():
    with pytest.raises(TypeError, match="bytes"):
        toml_text({"a": b"raw"})
