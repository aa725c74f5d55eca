"""How fast a run sortie answers where its pixels lie. ``[SORTIE OUT OPTION …]``: one that was run before."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pipeline.cli.choices import Choices
from pipeline.runner.job import Job
from pipeline.runner.locator import Locator
from pipeline.sinks.custody import CustodyLog

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_frames"
ASKED = 300
AT_ONCE = 10_000


def command(*words):
    """The command line, and the seconds that it took."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pipeline.cli.main", *map(str, words)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def timed(call):
    """Milliseconds."""
    begun = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - begun)


def measure(sortie, out, choices):
    """Print the table of one sortie."""
    log = CustodyLog(out)
    begun = time.perf_counter()
    locator = Locator.open(Job(sortie, out, choices.settings()), lambda question: None)
    print(
        f"open                              {1e3 * (time.perf_counter() - begun):8.1f} ms  {len(locator.frames)} frames"
    )
    names, rng = sorted(locator.frames), np.random.default_rng(1)

    def ask(one):
        name = names[rng.integers(len(names))]
        one.pixels(name, rng.uniform(0, np.array(locator.frames[name].camera.size_px) - 1, (1, 2)))

    print(f"first answer                      {timed(lambda: ask(locator)):8.1f} ms")
    later = [timed(lambda: ask(locator)) for _ in range(ASKED)]
    print(f"later answers, median, 95 %       {np.median(later):8.1f} {np.percentile(later, 95):8.1f} ms")
    noting = Locator(
        locator.sortie_id, locator.frames, locator.site, locator.terrain, locator.height_datum, locator.ground,
        lambda question: log.note("bench", "located", question, time.time_ns()),
    )  # fmt: skip
    noted = [timed(lambda: ask(noting)) for _ in range(ASKED)]
    print(f"the same, noted in the log        {np.median(noted):8.1f} {np.percentile(noted, 95):8.1f} ms")
    size = np.array(locator.frames[names[0]].camera.size_px)
    many = rng.uniform(0, size - 1, (AT_ONCE, 2))
    print(f"{AT_ONCE} pixels at once, each        {timed(lambda: locator.pixels(names[0], many)) / AT_ONCE:8.3f} ms")
    words = ["locate", sortie, names[0], *map(str, size // 2), "--out", out, *choices.words()]
    print(f"command line, from start to end   {1e3 * min(command(*words) for _ in range(3)):8.0f} ms")


def main(words):
    """A sortie that was run, or the sample's night, run here."""
    if words:
        sortie, out, *rest = words
        given = dict(zip(rest[::2], map(Path, rest[1::2]), strict=True))
        choices = Choices(
            given.get("--config"),
            given.get("--agreement"),
            None,
            given.get("--terrain"),
            None,
            given.get("--reference"),
        )
        measure(Path(sortie), Path(out), choices)
        return
    with tempfile.TemporaryDirectory() as folder:
        command("batch", SAMPLE / "flights", "--config", SAMPLE / "sample.toml", "--out", folder)
        for sortie in ("baseline", "night"):
            print(f"-- {sortie}")
            choices = Choices(SAMPLE / "sample.toml", None, None, None, None, None)
            measure(SAMPLE / "flights" / sortie, Path(folder), choices)


if __name__ == "__main__":
    main(sys.argv[1:])
