"""Subtitles in SubRip text, in blocks of bounded size: where each cue's words begin, its number and its times.

SubRip has no standard. Recorders leave out blank lines, times or the last half of a cue; editors add byte order marks,
other encodings and other line ends. A line that is a number, or a line of times, begins a cue.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from pipeline.records.arrays import Int

BLOCK_BYTES = 512 * 1024
"""Small, since matches take some hundred times the bytes that they found."""

MAX_CUE = 64 * 1024
"""Characters after which a cue without an end is given up."""

NO_TIME = np.iinfo(np.int64).min
"""Start and end of a cue whose times are not given or not readable."""

_TIME = r"\d{1,3}:\d{1,2}:\d{1,2}[,.:]\d{1,3}"
_TIMED = rf"\n[ \t]*(?:(\d{{1,9}})(?:[ \t]*\n){{1,2}}[ \t]*)?({_TIME})[ \t]*-->[ \t]*({_TIME})"
_UNTIMED = r"\n[ \t]*(\d{1,9})[ \t]*(?=\n)"
_CUE = re.compile(f"{_TIMED}|{_UNTIMED}", re.ASCII)
_TIME_WEIGHTS_MS = np.array([36_000_000, 3_600_000, 0, 600_000, 60_000, 0, 10_000, 1000, 0, 100, 10, 1], np.int64)
_MARKS = (
    (b"\xef\xbb\xbf", "latin-1"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


@dataclass(frozen=True, slots=True, eq=False)
class CueBlock:
    """Some successive cues.

    Attributes:
        text: Their words, and what stands between.
        at: ``(N,)`` where the words of each begin in `text`; they end where the next cue begins.
        number: ``(N,)`` as written, -1 for none.
        start_ns, end_ns: ``(N,)`` when each is shown; `NO_TIME` where that is not said.
    """

    text: str
    at: Int
    number: Int
    start_ns: Int
    end_ns: Int

    @classmethod
    def of_texts(cls, texts: Sequence[str], start_ns: Int, end_ns: Int) -> "CueBlock":
        """Cues whose words are known one by one, as a track of subtitles gives them."""
        lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
        at = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(texts) else np.zeros(0)
        return cls("\n".join(texts) + "\n", at.astype(np.int64), np.full(len(texts), -1), start_ns, end_ns)


def read_cues(file: BinaryIO) -> Iterator[CueBlock]:
    """Cues of a file from its beginning, half a megabyte at a time."""
    rest = "\n"
    for text in _texts(file):
        rest += text
        found = list(_CUE.finditer(rest))
        keep = found[-1].start() if found else max(len(rest) - MAX_CUE, 0)
        if len(rest) - keep > MAX_CUE:
            keep = len(rest)
        else:
            found = found[:-1]
        if found:
            yield _block(rest[:keep], found)
        rest = rest[keep:]
    last = list(_CUE.finditer(rest))
    if last:
        yield _block(rest, last)


def _block(text: str, found: "list[re.Match[str]]") -> CueBlock:
    at = np.fromiter((cue.end() for cue in found), np.int64, len(found))
    number = np.fromiter((int(cue[1] or cue[4] or -1) for cue in found), np.int64, len(found))
    return CueBlock(text, at, number, _times_ns([cue[2] for cue in found]), _times_ns([cue[3] for cue in found]))


def _times_ns(words: Sequence[str | None]) -> Int:
    """Times of day in the usual twelve characters at once, others one by one."""
    times = np.full(len(words), NO_TIME, np.int64)
    usual = np.fromiter((word is not None and len(word) == 12 for word in words), np.bool_, len(words))
    if usual.any():
        joined = "".join(word for word in words if word is not None and len(word) == 12)
        codes = np.frombuffer(joined.encode("latin-1"), np.uint8).reshape(-1, 12).astype(np.int64) - ord("0")
        plain = ((codes[:, [0, 1, 3, 4, 6, 7, 9, 10, 11]] >= 0) & (codes[:, [0, 1, 3, 4, 6, 7, 9, 10, 11]] <= 9)).all(1)
        rows = np.flatnonzero(usual)
        times[rows[plain]] = codes[plain] @ _TIME_WEIGHTS_MS * 1_000_000
        usual[rows[~plain]] = False
    for row in np.flatnonzero(~usual).tolist():
        word = words[row]
        if word is not None:
            hours, minutes, seconds, part = re.split("[:,.]", word)
            whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
            times[row] = whole * 10**9 + int(part.ljust(3, "0")) * 10**6
    return times


def _texts(file: BinaryIO) -> Iterator[str]:
    """The file as text with plain line ends. All that is read from it is ASCII, so that any superset will do."""
    decoder = None
    while raw := file.read(BLOCK_BYTES):
        if decoder is None:
            mark, encoding = encoding_of(raw)
            raw = raw[len(mark) :]
            decoder = codecs.getincrementaldecoder(encoding)("replace")
        text = decoder.decode(raw)
        if "\r" in text:
            text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
        yield text


def encoding_of(head: bytes) -> tuple[bytes, str]:
    """Byte order mark and encoding; anything of one byte a character is read as Latin-1, UTF-8 too."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return mark, encoding
    pairs = head[:2000]
    if len(pairs) >= 4 and pairs[1::2].count(0) > len(pairs) // 3:
        return b"", "utf-16-le"
    if len(pairs) >= 4 and pairs[0::2].count(0) > len(pairs) // 3:
        return b"", "utf-16-be"
    return b"", "latin-1"


def decode_head(head: bytes) -> str:
    """The beginning of a file as text with plain line ends."""
    mark, encoding = encoding_of(head)
    return head[len(mark) :].decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")


def begins_with_cue(text: str) -> bool:
    """Whether the first line that is not empty is a cue's number or its times."""
    first = next((line.strip() for line in text[:4096].split("\n") if line.strip()), "")
    return first.isdigit() or " --> " in first


def in_blocks(cues: Iterable[tuple[str, int, int]], size: int = 4000) -> Iterator[CueBlock]:
    """Cues that come one by one (words, start and end in nanoseconds), gathered."""
    texts: list[str] = []
    times: list[tuple[int, int]] = []
    for text, start_ns, end_ns in cues:
        texts.append(text)
        times.append((start_ns, end_ns))
        if len(texts) == size:
            yield CueBlock.of_texts(texts, *np.array(times, np.int64).T)
            texts, times = [], []
    if texts:
        yield CueBlock.of_texts(texts, *np.array(times, np.int64).T)
