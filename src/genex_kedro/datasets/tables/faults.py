"""Where a text table is faulty: slow, exact, and read only after the fast way has failed."""

from __future__ import annotations

import re
from pathlib import Path

from genex_kedro.datasets.file_kind import TABLE_REMEDY, broken_gzip
from genex_kedro.datasets.tables.raw_table import MISSING
from genex_kedro.datasets.text_lines import decoded_lines, delimited_rows, is_number
from genex_kedro.errors import InputError


def locate_fault(layout, kind: str, error: Exception) -> InputError:
    """The InputError that names the file, row, column and text behind pyarrow's `error`."""
    column = re.search(r"CSV column #(\d+)", str(error))
    places = [int(column[1])] if column else range(layout.n_text, len(layout.header))
    lines = decoded_lines(layout.path, kind)
    try:
        for number, row in delimited_rows(lines, layout.delimiter, layout.path):
            if number <= layout.skip or not row:
                continue
            if len(row) != len(layout.header):
                return ragged(layout.path, number, row[0], len(row), len(layout.header))
            for place in places:
                cell = row[place]
                if cell.strip() not in MISSING and not is_number(cell):
                    return not_a_number(layout.path, row[0], layout.header[place], cell, number)
    except InputError as found:
        return found
    if isinstance(error, OSError | EOFError):
        return broken_gzip(layout.path, error)
    return InputError(
        where=layout.path, found=str(error), expected="a table of numbers", remedy=TABLE_REMEDY
    )


def ragged(path: str | Path, line: int, name: str, found: int, expected: int) -> InputError:
    """The error for a row of another length than the header."""
    return InputError(
        where=f"{path}, line {line}, row {name!r}",
        found=f"{found} columns",
        expected=f"{expected} columns, as in the header",
        remedy="Mend the line: a separator is missing or too many, or the file broke off there.",
    )


def not_a_number(
    path: str | Path, row: str, column: str, cell: object, line: int | None = None
) -> InputError:
    """The error for a cell that should hold expression and does not."""
    line_text = f", line {line}" if line else ""
    return InputError(
        where=f"{path}{line_text}, row {row!r}, column {column!r}",
        found=repr(cell),
        expected="a number with a decimal point, or an empty cell or NA where nothing was measured",
        remedy="Correct the cell, or leave its row or column out of the table.",
    )
