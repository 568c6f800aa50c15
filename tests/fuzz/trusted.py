"""Slow readings that do nothing clever: what the project's readers are held to."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd

from genex_kedro.datasets.tables.raw_table import ANNOTATIONS, MISSING

_LONG = 1 << 24


class UnreadableError(Exception):
    """No table by any reading: the reader under test must refuse it."""


def text_of(path: Path, encoding: str = "utf-8-sig") -> str:
    """The text of a file, by Python's own gzip and codec."""
    content = path.read_bytes()
    try:
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        return content.decode(encoding)
    except (UnicodeDecodeError, OSError, EOFError, gzip.zlib.error) as error:
        raise UnreadableError(str(error)) from error


def cells_of(text: str, delimiter: str, quoting: int = 0) -> pd.DataFrame:
    """All cells as text, the header in row 0, by pandas; ragged rows are no table."""
    own = csv.field_size_limit(_LONG)  # of pandas' Python engine; the readers' limit stays
    try:
        table = pd.read_csv(
            io.StringIO(text, newline=""), sep=delimiter, header=None, dtype=str, quoting=quoting,
            keep_default_na=False, na_filter=False, skip_blank_lines=True, engine="python",
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise UnreadableError(str(error)) from error
    finally:
        csv.field_size_limit(own)
    if table.isna().any(axis=None) or (table.map(lambda cell: not isinstance(cell, str))).any(
        axis=None
    ):
        raise UnreadableError("rows of unequal length")
    return table


def grid_of(path: Path, encoding: str = "latin-1") -> pd.DataFrame:
    """All cells of a file without quotation marks, split at tabs and line feeds; no blank lines."""
    lines = text_of(path, encoding).split("\n")
    rows = [line.removesuffix("\r").split("\t") for line in lines if line.strip()]
    if not rows or {len(row) for row in rows} != {len(rows[0])}:
        raise UnreadableError("rows of unequal length")
    return pd.DataFrame(rows, dtype=object)


def numbers_of(cells: pd.DataFrame, missing=MISSING) -> np.ndarray:
    """float32, NaN where nothing was measured."""

    def number(cell: str) -> float:
        cell = cell.strip()
        if cell in missing:
            return np.nan
        if "_" in cell or not cell.isascii():
            raise UnreadableError(f"{cell!r} is no number")
        try:
            return float(cell)
        except ValueError as error:
            raise UnreadableError(str(error)) from error

    with np.errstate(over="ignore"):
        return cells.map(number).to_numpy(np.float64).astype(np.float32)


def table_of(path: Path, n_text: int) -> tuple[list[str], list[str], pd.DataFrame, np.ndarray]:
    """Rows, columns, annotations and values of an expression table in text."""
    text = text_of(path)
    lines = text.split("\n")
    gct = {"#1.2": 0, "#1.3": None}.get(lines[0].strip(), -1)
    labels = 0
    if gct != -1:
        numbers = lines[1].split()
        labels = int(numbers[3]) if gct is None else 0
        lines = lines[2:]
    else:
        while lines and lines[0].startswith("# "):
            lines = lines[1:]
    delimiter = max("\t,;", key=lines[0].count)
    second = next((line for line in lines[1:] if line.strip("\r")), "")
    if second.count(delimiter) == lines[0].count(delimiter) + 1:
        lines[0] = delimiter + lines[0]
    cells = cells_of("\n".join(lines), delimiter)
    header, body = cells.iloc[0].str.strip(), cells.iloc[1 + labels :]
    beside = body.iloc[:, 1:n_text]
    for place, column in beside.items():
        named = header[place].lower() in ANNOTATIONS
        if not named and gct == -1 and not np.isnan(_numbers_or_nan(column)).all():
            raise UnreadableError(f"the column {header[place]!r} holds numbers")
    return (
        body[0].str.strip().tolist(), header.tolist()[n_text:], beside, numbers_of(body.iloc[:, n_text:])
    )  # fmt: skip


def _numbers_or_nan(column: pd.Series) -> np.ndarray:
    return pd.to_numeric(column.str.strip(), errors="coerce").to_numpy(float)
