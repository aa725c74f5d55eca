"""``python -m tests.fuzz TARGET… [--seconds S] [--seed N] [--keep FOLDER]``: damage files until time is up."""

import argparse
import faulthandler
import os
import subprocess
import sys
from pathlib import Path

from tests.fuzz.session import fuzz
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
STARTS_AND_SHRINKS_S = 240.0


def main() -> int:
    """Fuzz the named targets, or all, each in a process of its own; 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", default=[], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=10.0, help="for each target")
    parser.add_argument("--seed", type=int, default=1, help="of the first round of 200 files")
    parser.add_argument("--keep", type=Path, default=ROOT / "out" / "fuzz", help="folder for files that fail")
    chosen = parser.parse_args()
    names = chosen.targets or list(TARGETS)
    if len(names) == 1:
        return here(names[0], chosen)
    return max([apart(name, chosen.seconds, chosen.seed, chosen.keep) for name in names])


def apart(name: str, seconds: float, seed: int, keep: Path) -> int:
    """Fuzz one target in a process of its own, which may crash or hang; 0 where all went well."""
    options = ["--seconds", str(seconds), "--seed", str(seed), "--keep", str(keep)]
    try:
        code = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", name, *options],
            check=False,
            cwd=ROOT,
            timeout=seconds + STARTS_AND_SHRINKS_S,
        ).returncode
    except subprocess.TimeoutExpired:
        code = -1
    if code not in (0, 1):
        where = f"what it read last is in {keep}/now-{name}-*"
        sys.stdout.write(f"{name}: crashed or hung (exit code {code}, first seed {seed}); {where}\n")
    return 0 if code == 0 else 1


def here(name: str, chosen: argparse.Namespace) -> int:
    """Fuzz one target in this process."""
    faulthandler.enable()
    real = Path(os.environ.get("TRUCEWATCH_REAL_DATA", ROOT.parent / "shared" / "data"))
    outcome = fuzz(name, chosen.seconds, chosen.seed, chosen.keep, real if real.is_dir() else None)
    sys.stdout.write(
        f"{name:15} {outcome.examples:7} files, {outcome.refused:7} refused, {outcome.peak_bytes >> 20:4} MiB at most, "
        f"{len(outcome.failures)} failures\n" + "".join(f"{line}\n" for line in outcome.told)
    )
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())
