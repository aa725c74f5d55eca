"""docs/input.md says what the code does."""

import re

from pipeline.records.stated_facts import StatedFacts
from pipeline.records.strict_toml import parse_toml
from pipeline.sources.telemetry.columns import column_of


def test_every_column_in_the_document_is_understood(project_root):
    text = (project_root / "docs/input.md").read_text()
    table = text[text.index("| column |") : text.index("A table needs")]
    rows = [line for line in table.splitlines()[2:] if line.startswith("|")]
    for row in rows:
        cells = row.split(" | ")
        names = re.findall(r"`([^`]+)`", cells[0] + cells[2])
        for name in names:
            if not name.startswith("_"):
                assert column_of(name) is not None, name


def test_the_example_of_sortie_toml_is_valid(project_root):
    text = (project_root / "docs/input.md").read_text()
    example = text.split("```toml\n")[1].split("```")[0]

    facts = parse_toml(example.encode(), project_root / "docs/input.md").to(StatedFacts)

    assert facts.camera is not None
    assert facts.videos[0].start_utc.utcoffset() is not None


def test_every_code_in_the_sources_is_documented(project_root):
    document = (project_root / "docs/input.md").read_text()
    files = ["sources/sortie.py", "sources/sortie_folder.py", "stages/frame_times.py", "stages/timed_frames.py"]
    files += ["stages/ingest.py", "stages/ingest_tracks.py", "stages/frame_places.py", "stages/video_clock.py"]
    first = "no|not|time|clock|position|height|roll|focal|row|too|place|empty|duplicate|telemetry|video|gnss|spoof"
    codes = set()
    for file in files:
        source = (project_root / "pipeline" / file).read_text()
        codes |= set(re.findall(rf'"((?:{first})_[a-z_]+)"', source))
    codes -= {code for code in codes if code.endswith(("_m", "_mm", "_deg")) or code == "video_start"}

    assert len(codes) > 20
    assert not {code for code in codes if f"`{code}`" not in document}
