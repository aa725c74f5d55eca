"""Packets of MISB ST 0601 a second: this decoder and the libraries that are installed, in alternation.

All get the packets of one real recording from memory. What each does differs: nobody else but tstrans verifies
checksums, and none reads the targets in item 74 within the same call. ``[--damage]``: what comes back of damaged ones.
"""

import contextlib
import importlib
import os
import random
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import av
import numpy as np

from pipeline.sources.telemetry.klv_stream import KlvStream
from pipeline.sources.telemetry.misb_columns import WANTED

DATA = Path(os.environ.get("TRUCEWATCH_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
SAMPLE = DATA / "flights/klv_simulator/sample-stream.ts"
ROUNDS, LEAST_S, SEEDS = 7, 0.3, 300


def recording():
    """Packets of the sample."""
    with av.open(str(SAMPLE), format="mpegts") as file:
        return [bytes(packet) for packet in file.demux(file.streams.data[0]) if packet.size]


def ours(packets, wanted):
    """A stream's whole way: resynchronised, summed, numbers, texts, security marks, targets."""
    decoder = KlvStream(wanted)
    decoder.feed(b"".join(packets))
    return len(decoder.finish()[0])


def one_by_one(decode, packets):
    """Packets that a library decodes; its exceptions are its own."""
    done = 0
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):  # one of them prints
        for packet in packets:
            with contextlib.suppress(Exception):  # whatever it raises, the packet is lost to it
                done += decode(packet) is not None
    return done


def contestants():
    """Name and function of everybody who is here."""
    found = {
        "ours, all numbers": lambda packets: ours(packets, None),
        "ours, as the reader": lambda packets: ours(packets, WANTED),
    }
    libraries = {
        "tstrans": lambda m: lambda packet: m.decode_uas_datalink(packet, strict=True),
        "klvdata": lambda m: lambda packet: next(m.StreamParser(packet)).MetadataList(),
        "klv_parser": lambda m: lambda packet: next(m.StreamParser(packet)).MetadataList(),
        "pymisb": lambda m: lambda packet: m.decode_packets(packet)[0].MetadataList(),
        "stanag4609": lambda m: m.decode_uas_local_set,
        "stanag4609, preserve": lambda m: (
            lambda packet: m.decode_uas_local_set(packet, field_decoding=m.FieldDecodingMode.PRESERVE)
        ),
    }
    modules = {"tstrans": "tstrans.klv", "pymisb": "pymisb.demux"}
    for name, make in libraries.items():
        try:
            module = importlib.import_module(modules.get(name, name.partition(",")[0]))
        except ImportError:
            print(f"{name}: not installed")
            continue
        found[name] = partial(one_by_one, make(module))
    return found


def rate(function, packets):
    """Packets a second over at least `LEAST_S`."""
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < LEAST_S:
        function(packets)
        count += len(packets)
    return count / (time.perf_counter() - start)


def speed():
    """The table of speeds."""
    packets = recording()
    bare = [packet for packet in packets if len(packet) < 220]
    found = contestants()
    print(f"{'':22} decoded of {len(packets)}   packets/s (of {len(bare)} without targets)")
    rates = {name: ([], []) for name in found}
    for _ in range(ROUNDS):
        for name, function in found.items():
            rates[name][0].append(rate(function, packets))
            rates[name][1].append(rate(function, bare))
    for name, function in found.items():
        every, some = (statistics.median(part) for part in rates[name])
        print(f"{name:22} {function(packets):6d}          {every:9,.0f} ({some:,.0f})")


def damaged(data, seed):
    """60 wrong bits and 10 cuts of up to 50 bytes."""
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets
    spoilt = bytearray(data)
    for _ in range(60):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    for _ in range(10):
        at = chance.randrange(len(spoilt) - 60)
        del spoilt[at : at + chance.randint(1, 50)]
    return bytes(spoilt)


def damage():
    """Right and wrong packets out of damaged streams."""

    def table(data):
        decoder = KlvStream()
        decoder.feed(data)
        return decoder.finish()[0]

    packets = recording()
    truth = table(b"".join(packets))
    rows = {int(t): n for n, t in enumerate(truth.columns["time_us"])}
    right, wrong = [], 0
    for seed in range(SEEDS):
        found = table(damaged(b"".join(packets), seed))
        bad = 0
        for n, t in enumerate(found.columns["time_us"]):
            row = rows.get(int(t) if np.isfinite(t) else -1)
            bad += row is None or any(
                np.isfinite(column[n]) and not (name in truth.columns and column[n] == truth.columns[name][row])
                for name, column in found.columns.items()
            )
        right.append(len(found) - bad)
        wrong += bad
    print(
        f"{SEEDS} streams of {len(packets)} packets, each with 60 wrong bits and 10 cuts: right at least {min(right)}, "
        f"median {statistics.median(right):.0f}; packets with a wrong value in all of them: {wrong}"
    )


if __name__ == "__main__":
    damage() if "--damage" in sys.argv else speed()
