"""How close simulated flights are to real ones: ``python tests/bench/bench_realism.py [--quick] [--only PART]``.

The same measures on real flights and on simulated counterparts, side by side. The real flights are looked for in
TRUCEWATCH_REAL_DATA, else beside the checkout; without them the simulated figures stand alone.
"""

import argparse
import os
import time
from pathlib import Path

import cv2

from tests.bench.realism import real
from tests.bench.realism.figures import Figures, note_alarms, note_pair, note_tracks
from tests.bench.realism.film_table import beside
from tests.bench.realism.simulated_pairs import SURVEYS, pairs
from tests.bench.realism.simulated_sequences import FILMS, film
from tests.bench.realism.table import compare, rankings

QUICK_FRAMES = 40


def stills(data: Path | None, quick: bool) -> None:
    """Pairs of unchanged ground."""
    pictures, alarms = (Figures(), Figures()), (Figures(), Figures())
    if data is not None:
        for pair in real.pairs(data):
            note_pair(pictures[0], pair)
            note_alarms(alarms[0], pair)
    for pair in pairs(SURVEYS, 1 if quick else 2):
        note_pair(pictures[1], pair)
        note_alarms(alarms[1], pair)
    print("\n".join(compare("PICTURES (ratios outside 1/1.5 to 1.5 carry a star)", *pictures)))
    print("\n".join(compare("FALSE ALARMS PER MPX ON UNCHANGED GROUND", *alarms)))
    print("\n".join(rankings("Change methods, fewest false alarms first", *alarms)), flush=True)


def films(data: Path | None, quick: bool, wanted: list[str]) -> None:
    """Sequences with movers, real and simulated ones of one length: trackers need time to confirm."""
    false, f1 = (Figures(), Figures()), (Figures(), Figures())
    for what in (f for f in FILMS if f.group in wanted):
        frames = min(what.frames, QUICK_FRAMES) if quick else what.frames
        if data is not None:
            reel = next(r for r in real.SEQUENCES if r.group == what.group)
            note_tracks(false[0], f1[0], real.sequence(data, reel, frames))
        note_tracks(false[1], f1[1], film(what, frames))
    print("\nFILMS, real and simulated ones of the same number of frames (oblique_town: recall of one mover)")
    print("\n".join(beside(false, f1)))
    print("\n".join(rankings("Movement methods, fewest false tracks first", *false)))
    print("\n".join(rankings("Movement methods, lowest F1 first", *f1)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one pair a flight, films of 40 frames")
    parser.add_argument("--only", choices=("stills", "films"), help="one part")
    names = [what.group for what in FILMS]
    parser.add_argument("--film", action="append", choices=names, help="this film only; may be given again")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    beside = Path(os.environ.get("TRUCEWATCH_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    data = beside if (beside / "change" / "drone_overlap").is_dir() else None
    if data is None:
        print(f"no real flights in {beside} (set TRUCEWATCH_REAL_DATA): simulated figures only")
    began = time.process_time()
    only = "films" if options.film else options.only
    if only in (None, "stills"):
        stills(data, options.quick)
    if only in (None, "films"):
        films(data, options.quick, options.film or names)
    print(f"\n{time.process_time() - began:.0f} s of CPU time")


if __name__ == "__main__":
    main()
