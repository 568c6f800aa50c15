"""What stands above a table: comments, or the first lines of a GCT file.

GCT is the Broad Institute's format: ``#1.2`` or ``#1.3``, the numbers of rows and columns (in
1.3 also of annotations of the rows and of the columns), the header, and in 1.3 one line for each
annotation of the columns before the values begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genex_kedro.errors import InputError

_GCT = {"#1.2": 2, "#1.3": 4}  # the numbers on the second line


@dataclass(frozen=True)
class Preamble:
    """What the first lines say.

    Attributes
    ----------
    header : int
        Lines above the header.
    labels : int
        Lines between the header and the values: annotations of the columns (GCT 1.3).
    n_text : int or None
        Leading columns of text, names included; None where the cells must tell.
    shape : (int, int) or None
        Rows and columns of values, as stated.
    """

    header: int = 0
    labels: int = 0
    n_text: int | None = None
    shape: tuple[int, int] | None = None


def read_preamble(lines: Sequence[str], path: str | Path) -> Preamble:
    """The preamble of a table, from its first lines (two are enough for a GCT file).

    Raises
    ------
    InputError
        A GCT file without its numbers.
    """
    version = lines[0].strip()
    if version in _GCT:
        numbers = _numbers(lines, _GCT[version], path)
        rows, columns, row_fields, column_fields = (*numbers, 1, 0)[:4]
        return Preamble(2, column_fields, 1 + row_fields, (rows, columns))
    comments = 0
    while comments < len(lines) and lines[comments].startswith("# "):
        comments += 1  # a header may begin with #, but no word of one with a blank
    return Preamble(comments)


def require_shape(preamble: Preamble, found: tuple[int, int], path: str | Path) -> None:
    """Refuse a GCT file that holds more or less than it says with an InputError."""
    if preamble.shape not in (None, found):
        raise InputError(
            where=f"{path}, line 2",
            found=f"{found[0]} rows and {found[1]} columns of values",
            expected=f"{preamble.shape[0]} rows and {preamble.shape[1]} columns, as line 2 says",
            remedy="Write the file again; it broke off, or was edited without its second line.",
        )


def _numbers(lines: Sequence[str], count: int, path: str | Path) -> list[int]:
    cells = lines[1].split() if len(lines) > 1 else []
    if len(cells) != count or not all(cell.isdecimal() for cell in cells):
        raise InputError(
            where=f"{path}, line 2",
            found=repr(lines[1].strip()) if len(lines) > 1 else "nothing",
            expected=f"{count} numbers: rows and columns"
            + (", then annotations of rows and of columns" if count > 2 else ""),
            remedy="Write the GCT file again, or take its first two lines away and save it as .tsv.",
        )
    return [int(cell) for cell in cells]
