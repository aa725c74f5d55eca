"""Telemetry as a table in text: comma, semicolon or tab between columns that are known by their names."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path

from pipeline.errors import InputError
from pipeline.records.samples import TelemetrySamples
from pipeline.sources.regular_file import open_regular
from pipeline.sources.telemetry.columns import Column, columns_of, is_telemetry
from pipeline.sources.telemetry.table_samples import TableRows

MAX_BYTES = 512 * 1024 * 1024
MAX_LINE = 64 * 1024
_ROWS_AT_ONCE = 10_000
_FEWEST_COLUMNS, _SHOWN = 3, 8
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class CsvReader:
    """Reads telemetry tables. Recognised by a header that names a position or an attitude, and a time or a frame."""

    name = "csv"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the first line names such columns."""
        del path
        header = next(iter(_first_lines(head)), "")
        return is_telemetry(_columns(header, _delimiter(header)))

    def read(self, path: Path) -> tuple[TelemetrySamples, ...]:
        """Read a whole file. Rows that cannot be read are counted.

        Raises:
            InputError: Too large, or no row can be read.
        """
        with open_regular(path) as raw:
            size = raw.seek(0, io.SEEK_END)
            raw.seek(0)
            if size > MAX_BYTES:
                raise InputError(f"{path.name}: a table of more than {MAX_BYTES >> 20} MiB; split it into flights")
            head = raw.read(4)
            raw.seek(0)
            errors = "surrogateescape" if _is_text8(head) else "replace"
            lines = _lines(io.TextIOWrapper(raw, _encoding(head), errors, newline=""))
            header = _plain(next(lines, ""))
            delimiter = _delimiter(header)
            table = TableRows(_columns(header, delimiter), decimal_comma=delimiter != ",")
            rows = _rows(csv.reader(lines, delimiter=delimiter), table)
            wanted = [at for at, column in enumerate(table.columns) if column]
            while part := list(islice(rows, _ROWS_AT_ONCE)):
                columns = list(zip_longest(*part, fillvalue=""))
                missing = ("",) * len(part)
                cells = {at: _plain_cells(columns[at]) if at < len(columns) else missing for at in wanted}
                table.add(cells, len(part))
        return (table.samples(path, self.name),)


def why_no_telemetry(head: bytes) -> str:
    """What is missing from a table that `CsvReader` does not recognise; empty where the bytes are no table.

    Args:
        head: First bytes of a file.
    """
    header, row = [*_first_lines(head), "", ""][:2]
    delimiter = _delimiter(header)
    names = [name.strip() for name in header.split(delimiter)]
    worded = all(name.isprintable() and any(map(str.isalpha, name)) for name in names)
    if not worded or len(names) < _FEWEST_COLUMNS or row.count(delimiter) != header.count(delimiter):
        return ""
    known = [name for name, column in zip(names, _columns(header, delimiter), strict=False) if column]
    return (
        f"a table whose first line does not name telemetry: of {', '.join(names[:_SHOWN])} "
        f"{'only ' + ', '.join(known[:_SHOWN]) if known else 'none'} is known; it needs lon and lat (or yaw_deg and "
        "pitch_deg), and time_utc, video_s or file; name the columns so, see docs/input.md"
    )


def _first_lines(head: bytes) -> list[str]:
    """The first two lines that say something; none where the bytes are no text."""
    if b"\0" in head[:4096] and _is_text8(head):
        return []
    lines = io.StringIO(_plain(head.decode(_encoding(head), "surrogateescape" if _is_text8(head) else "replace")))
    return list(islice(_lines(lines), 2))


def _lines(file: io.TextIOBase) -> Iterator[str]:
    """Lines that say something; ``sep=,`` of spreadsheets does not."""
    for line in iter(lambda: file.readline(MAX_LINE), ""):
        if line.strip() and not line.startswith(("#", "sep=")):
            yield line


def _rows(rows: Iterator[list[str]], table: TableRows) -> Iterator[list[str]]:
    """Rows that the csv module can split; the others are counted."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            table.bad += 1


def _is_text8(head: bytes) -> bool:
    return not head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _encoding(head: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "utf-8")


def _plain(text: str) -> str:
    """Bytes that are no UTF-8 as Latin-1."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(chr(ord(c) - 0xDC00) if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)
    return text


def _plain_cells(column: Sequence[str]) -> Sequence[str]:
    return column if "".join(column).isascii() else [_plain(cell) for cell in column]


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _columns(header: str, delimiter: str) -> list[Column | None]:
    try:
        names = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return []
    return columns_of(names)
