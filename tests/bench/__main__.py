"""`python -m tests.bench [NAME …] [--OPTION …]`: run benchmarks, each in a process of its own; print their tables."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared"
DATA = Path(os.environ.get("TRUCEWATCH_REAL_DATA", SHARED / "data"))
SCORERS = Path(os.environ.get("TRUCEWATCH_SCORERS", SHARED / "tools"))
ARGUMENTS = {"movement": [str(DATA / "movement"), str(SCORERS / "score_movement.py")]}


def main() -> int:
    """Run those that were named, or all."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    options = [word for word in sys.argv[1:] if word.startswith("--")]
    wanted = [word for word in sys.argv[1:] if word not in options] or list(known)
    strangers = [name for name in wanted if name not in known]
    if strangers:
        sys.stderr.write(f"no benchmark {strangers[0]}; there are: {', '.join(known)}\n")
        return 2
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ, "PYTHONPATH": str(ROOT)}  # as the command line does
    failed = []
    for name in wanted:
        print(f"\n== {name} ==", flush=True)
        command = [sys.executable, str(known[name]), *ARGUMENTS.get(name, []), *options]
        if subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
