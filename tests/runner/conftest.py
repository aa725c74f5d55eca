"""Two tiny simulated flights over one place, on two nights; every test that needs them shares them."""

import shutil
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.config import AgreementChoice, Settings, TerrainChoice
from pipeline.simulator.settings import tiny_settings
from pipeline.simulator.simulate import simulate

sys.path.insert(0, str(Path(__file__).parent.parent / "detectors"))  # scenes and model files that tests make

AGREEMENT = """
agreement_id = "test-line"
title = "Test"
geometry = "line.geojson"

[parties.a]
name = "A"

[parties.b]
name = "B"

[[lines]]
line_id = "line"
feature = "line"
area_of_interest = "area"
side_a = "side-a"
side_b = "side-b"
accuracy_m = 2.0
approximate = false
source = "test"

[[rules]]
rule_id = "R1"
kind = "crossing"
event_classes = ["LINE_CROSSING"]
citation = "article 1"
text_version = "test"

[[rules]]
rule_id = "R2"
kind = "damage"
event_classes = ["SURFACE_DAMAGE"]
citation = "article 2"
text_version = "test"

[[rules]]
rule_id = "R3"
kind = "earthwork"
event_classes = ["NEW_FORTIFICATION"]
citation = "article 3"
text_version = "test"

[[rules]]
rule_id = "R4"
kind = "presence"
event_classes = ["VEHICLES_IN_ZONE"]
citation = "article 4"
text_version = "test"
"""


@pytest.fixture(scope="session")
def simulated(tmp_path_factory, worker_id):
    """Folder with flights, terrain.tif, line.geojson and agreement.toml; rendered once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "simulated"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            simulate(folder, tiny_settings())
            (folder / "agreement.toml").write_text(AGREEMENT)
    return folder


@pytest.fixture
def settings(simulated):
    return Settings(
        agreement=AgreementChoice(simulated / "agreement.toml"), terrain=TerrainChoice(simulated / "terrain.tif")
    )


@pytest.fixture
def flights(simulated, tmp_path):
    """A folder of both sorties that a test may spoil."""
    folder = tmp_path / "flights"
    for name in ("baseline", "night"):
        shutil.copytree(simulated / "flights" / name, folder / name)
    return folder
