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
from tests.bench.realism.simulated_pairs import SURVEYS, pairs
from tests.bench.realism.simulated_sequences import FILMS, film
from tests.bench.realism.table import compare, rankings


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
    """Sequences with movers."""
    false, f1 = (Figures(), Figures()), (Figures(), Figures())
    if data is not None:
        for reel in (r for r in real.SEQUENCES if r.group in wanted):
            note_tracks(false[0], f1[0], real.sequence(data, reel, _length(reel.rate_hz) if quick else None))
    for what in (f for f in FILMS if f.group in wanted):
        note_tracks(false[1], f1[1], film(what, _length(what.rate_hz) if quick else None))
    print("\n".join(compare("FALSE TRACKS A MINUTE", *false)))
    print("\n".join(compare("F1 BY CENTRE (oblique_town: recall of one mover in real, of all in simulated)", *f1)))
    print("\n".join(rankings("Movement methods, fewest false tracks first", *false)))
    print("\n".join(rankings("Movement methods, lowest F1 first", *f1)), flush=True)


def _length(rate_hz: float) -> int:
    """Most frames of a short film, real or simulated: lengths alike, since trackers need time to confirm."""
    return 30 if rate_hz > 1.0 else 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one pair a flight, short films")
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
