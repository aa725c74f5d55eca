"""What once made a reader fail, and the harness itself: every file is named TARGET-what."""

import random
import time
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, InputError
from tests.fuzz import mending
from tests.fuzz.guard import MOST_BYTES, forget_peak, status_bytes
from tests.fuzz.mutation import KINDS, Edit, mutated
from tests.fuzz.session import drawn, run_one
from tests.fuzz.targets import TARGETS
from tests.sources.misb_packets import packet, position

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_what_once_failed_is_read_or_refused(path, tmp_path):
    name = path.name.partition("-")[0]
    copy = tmp_path / f"x{TARGETS[name].suffix}"
    copy.write_bytes(path.read_bytes())
    before, start = forget_peak(), time.process_time()

    run_one(TARGETS[name], copy)

    assert status_bytes("VmHWM") - before < MOST_BYTES
    assert time.process_time() - start < 10


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_sound_and_damage_reaches_the_reader(name, tmp_path):
    """A target whose seeds are refused would fuzz nothing but its first check."""
    target = TARGETS[name]
    path = tmp_path / f"x{target.suffix}"
    for number, data in enumerate(target.seeds()):
        path.write_bytes(data)
        assert not run_one(target, path), f"seed {number} is refused"
        for seed in range(3):
            rng = random.Random(seed)  # noqa: S311 - a repeatable choice
            path.write_bytes(mutated(data, drawn(rng), target.seeds(), target.tokens))
            run_one(target, path)


def test_edits_are_repeatable_and_bounded():
    data = bytes(range(256)) * 8
    for kind in range(len(KINDS)):
        for at, reach, value in ((0, 0, 0), (65_535, 65_535, 255), (30_000, 40_000, 77)):
            edit = Edit(kind, at, reach, value)
            once = mutated(data, [edit] * 3, [data], [b"token"])
            assert once == mutated(data, [edit] * 3, [data], [b"token"])
            assert len(once) <= 1 << 20
            mutated(b"", [edit], [data], [])


def test_sums_are_put_right():
    sound = packet(*position())
    assert mending.misb(sound[:-1] + bytes([sound[-1] ^ 1])) == sound
    for name, mend in (("tlog", mending.mavlink), ("png", mending.png)):
        for data in TARGETS[name].seeds():
            assert mend(data) == data
            broken = bytearray(data)
            broken[-1] ^= 0xFF
            assert mend(bytes(broken)) == data


def test_an_error_of_no_kind_is_a_failure(tmp_path):
    """The harness must not take every exception for a refusal."""
    from dataclasses import replace

    def broken(_: Path) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        run_one(replace(TARGETS["csv"], run=broken), tmp_path)
    for kind in (InputError, ConfigError):

        def refusing(_: Path, kind: type[Exception] = kind) -> None:
            raise kind("what, why")

        assert run_one(replace(TARGETS["csv"], run=refusing), tmp_path)
