"""`python -m tests.bench [NAME …]`: run the benchmarks, each in a process of its own, and print their tables."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run those that were named, or all."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    wanted = sys.argv[1:] or list(known)
    strangers = [name for name in wanted if name not in known]
    if strangers:
        sys.stderr.write(f"no benchmark {strangers[0]}; there are: {', '.join(known)}\n")
        return 2
    failed = []
    for name in wanted:
        print(f"\n== {name} ==", flush=True)
        if subprocess.run([sys.executable, str(known[name])], check=False, cwd=HERE.parent.parent).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
