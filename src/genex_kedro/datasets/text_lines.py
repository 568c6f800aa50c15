"""Lines of text, plain or gzip, in UTF-8 and nothing else."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from genex_kedro.datasets.file_kind import broken_gzip
from genex_kedro.errors import InputError

_NUMBER = re.compile(r"\s*[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf(inity)?|nan)\s*", re.IGNORECASE)


def is_number(cell: str) -> bool:
    """Whether a cell holds a number."""
    return _NUMBER.fullmatch(cell) is not None


def open_text(path: str | Path, kind: str):
    """The file opened for bytes, decompressed if it is gzip."""
    return gzip.open(path, "rb") if kind == "gzip" else Path(path).open("rb")


def whole_bytes(path: str | Path, kind: str) -> bytes:
    """All bytes of a file, decompressed if it is gzip; an InputError for a damaged archive."""
    try:
        with open_text(path, kind) as handle:
            return handle.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise broken_gzip(path, error) from error


def decoded_lines(path: str | Path, kind: str) -> Iterator[str]:
    """The lines of a UTF-8 text, without a byte order mark.

    Raises
    ------
    InputError
        For a byte that is not UTF-8, naming the line; for a damaged archive.
    """
    try:
        with open_text(path, kind) as handle:
            for number, line in enumerate(handle, 1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise not_utf8(path, number, error) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise broken_gzip(path, error) from error


def delimited_rows(
    lines: Iterable[str], delimiter: str, path: str | Path, first: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """The number of each line, counted from `first`, and its cells; none for a blank line.

    A cell stays on its line: a quotation mark that nobody closed would take the lines behind it
    into one cell, and their samples would be gone without a word.

    Raises
    ------
    InputError
        For a cell that goes over several lines or is no cell of a table, naming the line.
    """
    rows = csv.reader(lines, delimiter=delimiter)
    number = first
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise _no_cells(
                path, number, str(error), "lines that end in a line feed, cells of text"
            ) from error
        if row is None:
            return
        if rows.line_num > number - first + 1:
            raise _no_cells(
                path,
                number,
                "a cell in quotation marks that goes over several lines",
                "every row on one line",
            )
        yield number, row
        number += 1


def _no_cells(path: str | Path, line: int, found: str, expected: str) -> InputError:
    return InputError(
        where=f"{path}, line {line}",
        found=found,
        expected=expected,
        remedy="Take stray quotation marks, carriage returns and line breaks out of the cells.",
    )


def not_utf8(path: str | Path, line: int, error: UnicodeDecodeError) -> InputError:
    """The error for text in another encoding."""
    return InputError(
        where=f"{path}, line {line}",
        found=f"the byte 0x{error.object[error.start]:02X} at position {error.start + 1}",
        expected="UTF-8 text",
        remedy="Save the file as UTF-8: iconv -f latin1 -t utf-8 OLD > NEW.",
    )
