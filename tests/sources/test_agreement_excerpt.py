"""Of what was notified an excerpt tells one thing; everything that decides stays."""

import json

import pytest

from pipeline.sources.agreement import load_agreement
from pipeline.sources.agreement_excerpt import agreement_excerpt

TOML = """
agreement_id = "t"
title = "Tést"
geometry = "features.geojson"
date_offsets_h = [4.0, 3]
[parties]
a = { name = "A" }
b = { name = "B" }
[[zones]]
zone_id = "Z"
feature = "both"
accuracy_m = 30
approximate = true
source = "map"
names = { en = "Zone", ru = "Зона" }
valid_from = 2020-11-10
recorded_from = 2020-11-10T00:00:00Z
[[rules]]
rule_id = "R"
kind = "presence"
event_classes = ["VEHICLES_IN_ZONE"]
zones = ["Z"]
citation = "1"
text_version = "t"
thresholds = { min_count = 2 }
"""
NOTIFIED = """
[[notifications]]
notification_id = "{0}"
feature = "{1}"
start = 2021-01-01T00:00:00+04:00
end = 2021-01-02T00:00:00Z
notified_by = "a"
max_count = 3
"""


@pytest.fixture
def written(tmp_path):
    ring = [[46.0, 39.0], [46.1, 39.0], [46.1, 39.1], [46.0, 39.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    ids = ("both", "one", "two")
    features = [{"type": "Feature", "id": name, "properties": {}, "geometry": shape} for name in ids]
    (tmp_path / "features.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    notified = [NOTIFIED.format("N1", "one"), NOTIFIED.format("N2", "two"), NOTIFIED.format("N3", "both")]
    (tmp_path / "agreement.toml").write_text(TOML + "".join(notified))
    return tmp_path / "agreement.toml"


@pytest.mark.parametrize(("chosen", "left", "ids"), [("N1", 2, ["both", "one"]), (None, 3, ["both"])])
def test_other_notifications_go_with_their_areas_and_all_else_stays(written, tmp_path, chosen, left, ids):
    excerpt = agreement_excerpt(written, chosen)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "agreement.toml").write_bytes(excerpt.toml)
    (copy / excerpt.geometry).write_bytes(excerpt.geojson)
    before, after = load_agreement(written), load_agreement(copy / "agreement.toml")

    assert excerpt.left_out == left
    assert [n.notification_id for n in after.notifications] == [name for name in [chosen] if name]
    assert after.rules == before.rules
    assert [zone.names for zone in after.zones] == [zone.names for zone in before.zones]
    assert [zone.valid for zone in after.zones] == [zone.valid for zone in before.zones]
    assert [feature["id"] for feature in json.loads(excerpt.geojson)["features"]] == ids


def test_where_nothing_is_left_out_the_files_are_the_originals(written):
    written.write_text(TOML + "# said by nobody\n" + NOTIFIED.format("N1", "one"))

    excerpt = agreement_excerpt(written, "N1")

    assert excerpt.toml == written.read_bytes()
    assert excerpt.geojson == (written.parent / "features.geojson").read_bytes()
