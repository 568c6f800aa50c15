"""Wide numeric tables in text: read fast, and every fault named by its place."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from genex_kedro.datasets.file_kind import TABLE_REMEDY
from genex_kedro.datasets.tables.faults import locate_fault, ragged
from genex_kedro.datasets.tables.preamble import Preamble, read_preamble, require_shape
from genex_kedro.datasets.tables.raw_table import ANNOTATIONS, MISSING, RawTable
from genex_kedro.datasets.text_lines import decoded_lines, delimited_rows, is_number
from genex_kedro.errors import InputError
from genex_kedro.genes.table import row_of_symbol

_SNIFFED_ROWS = 50
_XENA = ["sample", "samples"]  # how an export of the Xena browser begins
_BLOCK = 8 << 20  # bytes; a block must hold at least one line


@dataclass(frozen=True)
class Layout:
    """What the first lines of a table say: ``skip`` lines before the first row of values."""

    path: str
    delimiter: str
    header: list[str]
    skip: int
    n_text: int  # leading columns that hold names and annotations
    longest: int  # bytes of the longest line seen
    preamble: Preamble
    labels: dict[str, list[str]]  # of the columns of values, where the preamble has them


def read_delimited(path: str | Path, kind: str) -> RawTable:
    """Read a numeric table with names in its first row and first column.

    Parameters
    ----------
    path : str or Path
    kind : str
        ``text`` or ``gzip``, as :func:`file_kind` says.

    Returns
    -------
    RawTable
        In the file's own orientation, values float32. Peak memory about twice the values.

    Raises
    ------
    InputError
        Not a table; a truncated archive; a row of another length; a cell that is no number;
        text that is not UTF-8.
    """
    layout = sniff(path, kind)
    text: list[list[str]] = [[] for _ in range(layout.n_text)]
    blocks: list[np.ndarray] = []
    try:
        with pa.input_stream(str(path), compression="gzip" if kind == "gzip" else None) as stream:
            for batch in _batches(stream, layout):
                for place, column in enumerate(text):
                    column.extend(batch.column(place).to_pylist())
                numbers = batch.select(range(layout.n_text, len(layout.header)))
                blocks.append(numbers.to_tensor(null_to_nan=True).to_numpy())
    except (pa.ArrowInvalid, OSError, EOFError, zlib.error) as error:
        raise locate_fault(layout, kind, error) from error
    values = _join(blocks, len(layout.header) - layout.n_text)
    _require_rows(values, path)
    require_shape(layout.preamble, values.shape, path)
    columns = layout.header[layout.n_text :]
    return RawTable(
        where=str(path),
        rows=[name.strip() for name in text[0]],
        columns=columns,
        values=values,
        corner=layout.header[0],
        annotations=dict(zip(layout.header[1 : layout.n_text], text[1:], strict=True)),
        obs=pd.DataFrame(layout.labels, index=columns, dtype=object) if layout.labels else None,
    )


def _batches(stream: pa.NativeFile, layout: Layout) -> pacsv.CSVStreamingReader:
    """The table a block of lines at a time, its columns by place: names may repeat."""
    names = [f"f{place}" for place in range(len(layout.header))]
    types = {
        name: pa.string() if place < layout.n_text else pa.float32()
        for place, name in enumerate(names)
    }
    return pacsv.open_csv(
        stream,
        pacsv.ReadOptions(
            column_names=names, skip_rows=layout.skip, block_size=max(_BLOCK, 4 * layout.longest)
        ),
        pacsv.ParseOptions(delimiter=layout.delimiter),
        pacsv.ConvertOptions(column_types=types, null_values=MISSING, strings_can_be_null=False),
    )


def sniff(path: str | Path, kind: str) -> Layout:
    """Read the delimiter, the header and the leading text columns from the first lines."""
    lines = _first_lines(path, kind)
    preamble = read_preamble(lines, path)
    skip = preamble.header
    header_line = lines[skip] if len(lines) > skip else ""
    delimiter = max("\t,;", key=header_line.count)
    if delimiter not in header_line:
        raise InputError(
            where=f"{path}, line {skip + 1}",
            found=repr(header_line[:60]),
            expected="a header with at least two columns, separated by tabs or commas",
            remedy=TABLE_REMEDY,
        )
    (_, header), *numbered = delimited_rows(lines[skip:], delimiter, path, skip + 1)
    rows, n_labels = [row for _, row in numbered if row], preamble.labels
    if rows and len(rows[0]) == len(header) + 1:
        header = ["", *header]  # R's write.table leaves the corner out
    header = [name.strip() for name in header]
    for number, row in numbered:
        if row and len(row) != len(header):
            raise ragged(path, number, row[0], len(row), len(header))
    n_text = preamble.n_text or _count_phenotypes(header) or _count_text(header, rows)
    if n_text >= len(header):
        raise InputError(
            where=f"{path}, line {skip + 1}",
            found=f"{len(header)} columns, none of them of numbers",
            expected="names in the first column, values in all others",
            remedy=TABLE_REMEDY,
        )
    return Layout(
        path=str(path),
        delimiter=delimiter,
        header=header,
        skip=skip + 1 + n_labels,
        n_text=n_text,
        longest=max(map(len, lines)),
        preamble=preamble,
        labels={row[0].strip(): [c.strip() for c in row[n_text:]] for row in rows[:n_labels]},
    )


def _first_lines(path: str | Path, kind: str) -> list[str]:
    lines, enough = [], _SNIFFED_ROWS
    for line in decoded_lines(path, kind):
        lines.append(line.rstrip("\r\n"))
        if len(lines) == 2:
            enough += read_preamble(lines, path).labels
        if len(lines) > enough:
            break
    return lines


def _count_text(header: list[str], rows: list[list[str]]) -> int:
    """How many leading columns hold no values: the names, then annotations.

    A column of annotations is known by its name, or because not one of its cells is a number;
    a single word in a column of numbers is a fault, to be reported and not skipped.
    """
    count = 1
    for place in range(1, len(header)):
        cells = [row[place] for row in rows if row[place].strip() not in MISSING]
        wordy = bool(cells) and not any(map(is_number, cells))
        if not wordy and header[place].lower() not in ANNOTATIONS:
            break
        count += 1
    return count


def _count_phenotypes(header: list[str]) -> int | None:
    """Columns before the first gene in an export of the Xena browser, None for another table.

    Its phenotypes stand between the sample and the genes; those of numbers (an age) look like
    expression, and only the names of the genes tell where it begins.
    """
    if header[:2] != _XENA:
        return None
    genes = (place for place, name in enumerate(header) if name in row_of_symbol())
    return next(genes, None) or next(
        (n for n, name in enumerate(header) if name.startswith("ENSG")), None
    )


def _join(blocks: list[np.ndarray], n_columns: int) -> np.ndarray:
    """The blocks below each other; each is let go as soon as it is copied."""
    values = np.empty((sum(map(len, blocks)), n_columns), np.float32)
    start = 0
    blocks.reverse()
    while blocks:
        block = blocks.pop()
        values[start : start + len(block)] = block
        start += len(block)
    return values


def _require_rows(values: np.ndarray, path: str | Path) -> None:
    if not values.shape[0]:
        raise InputError(
            where=str(path),
            found="a header and no rows",
            expected="one row for every gene or sample",
            remedy="Write the table again; the last attempt probably broke off after the header.",
        )
