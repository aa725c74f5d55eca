"""False tracks a minute, and F1, of plain ways to find movers: the same registration, blobs and tracker for all."""

from tests.bench.movement_baselines import METHODS as PLAIN
from tests.bench.movement_baselines import watch
from tests.bench.realism.samples import Sequence
from tests.bench.realism.track_score import TrackScore, score

METHODS: tuple[str, ...] = tuple(PLAIN)


def measure(sequence: Sequence, method: str) -> TrackScore:
    """Run one plain method over a sequence."""
    tracks = watch(PLAIN[method], sequence.images, sequence.rate_hz)
    return score(tracks, sequence.truth, len(sequence.images), sequence.rate_hz)
