"""Ten minutes of damaged files, shared among all parsers; ``TRUCEWATCH_FUZZ_S`` sets another budget in seconds."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.__main__ import STARTS_AND_SHRINKS_S
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
BUDGET_S = float(os.environ.get("TRUCEWATCH_FUZZ_S", "600"))
SEED = int(os.environ.get("TRUCEWATCH_FUZZ_SEED", "0")) or int(time.time()) // 60 * 1000
"""New files every time; a failure tells the seed that brings it back."""


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_no_damage_makes_a_reader_fail(name, tmp_path):
    keep = Path(os.environ.get("TRUCEWATCH_FUZZ_KEEP", tmp_path))
    seconds = BUDGET_S / len(TARGETS)
    command = [sys.executable, "-m", "tests.fuzz", name, "--seconds", f"{seconds:.1f}", "--seed", str(SEED)]

    done = subprocess.run(
        [*command, "--keep", str(keep)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + STARTS_AND_SHRINKS_S,
        check=False,
    )

    again = f"{' '.join(command[1:])}; what failed is in {keep}"
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}\nagain: python {again}"
