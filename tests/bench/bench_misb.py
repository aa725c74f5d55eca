"""Packets of MISB ST 0601 a second: this decoder and the libraries that are installed, in alternation.

All get the packets of one real recording from memory. What each does differs: nobody else but tstrans verifies
checksums, and none reads the targets in item 74 within the same call.
``--damage[=FROM-TO]``: what comes back of streams damaged by these seeds.
"""

import contextlib
import importlib
import os
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import av

from pipeline.sources.telemetry.klv_stream import KlvStream
from pipeline.sources.telemetry.misb_columns import WANTED
from tests.sources.misb_packets import damaged, published, targets_agree

DATA = Path(os.environ.get("TRUCEWATCH_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
SAMPLE = DATA / "flights/klv_simulator/sample-stream.ts"
ROUNDS, LEAST_S = 7, 0.3
SEEDS = "300-1300"


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


def damage(seeds):
    """Right and wrong packets out of damaged streams."""

    def table(data):
        decoder = KlvStream()
        decoder.feed(data)
        return decoder.finish()[0], decoder

    packets = recording()
    truth, said = published(*table(b"".join(packets)))
    right, wrong, recordings = [], 0, 0
    for seed in range(*map(int, seeds.split("-"))):
        found, words = published(*table(damaged(b"".join(packets), seed)))
        bad = 0
        for t, (numbers, targets) in found.items():
            true_numbers, true_targets = truth.get(t, ({}, {}))
            bad += not (numbers.items() <= true_numbers.items() and targets_agree(targets, true_targets))
        right.append(len(found) - bad)
        wrong += bad + len(words - said)
        recordings += bad > 0 or bool(words - said)
    print(
        f"{len(right)} streams of {len(packets)} packets, each with 60 wrong bits and 10 cuts: right at least "
        f"{min(right)}, median {statistics.median(right):.0f}; packets with a wrong number or target, and wrong texts "
        f"and marks, in all of them: {wrong}, in {recordings} streams"
    )


if __name__ == "__main__":
    asked = [option for option in sys.argv if option.startswith("--damage")]
    damage(asked[0].partition("=")[2] or SEEDS) if asked else speed()
