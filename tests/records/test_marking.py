import pytest

from pipeline.records.marking import highest_marking


@pytest.mark.parametrize(
    ("stated", "highest"),
    [
        ([], None),
        ([None, "", "  "], None),
        (["UNCLASSIFIED", None], "UNCLASSIFIED"),
        (["UNCLASSIFIED", "SECRET//REL TO US", "restricted"], "SECRET//REL TO US"),
        (["TOP SECRET", "SECRET"], "TOP SECRET"),
        (["SECRET//A", "SECRET//B", "SECRET//A"], "SECRET//A / SECRET//B"),
        (["TOP SECRET", "for the centre only"], "for the centre only"),
        (["MARKING UNREADABLE", "UNCLASSIFIED"], "MARKING UNREADABLE"),
    ],
)
def test_the_highest_marking_goes_on(stated, highest):
    assert highest_marking(stated) == highest
