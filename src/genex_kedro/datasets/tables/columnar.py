"""Tables in Parquet and AnnData files."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from genex_kedro.cohort import require_unique
from genex_kedro.datasets.file_kind import TABLE_REMEDY
from genex_kedro.datasets.tables.faults import not_a_number
from genex_kedro.datasets.tables.raw_table import ANNOTATIONS, MISSING, RawTable
from genex_kedro.datasets.text_lines import is_number
from genex_kedro.errors import InputError

_MOST_ANNOTATIONS = 50  # further columns of text hold numbers, or a faulty cell
_COLUMNS_AT_ONCE = 1_000  # of a wide table: memory for these, beside the values


def read_parquet(path: str | Path) -> RawTable:
    """Read a Parquet table whose index, or first text column, names the rows.

    Raises
    ------
    InputError
        Damaged file; no names; a column that holds other than numbers, naming the cell.
    """
    try:
        file = pq.ParquetFile(path)
        text = _text_columns(file, path)
        columns = [name for name in file.schema_arrow.names if name not in set(text)]
        beside = file.read(columns=text)
        names = _as_text(beside.column(text[0]))
        values = np.empty((len(names), len(columns)), np.float32)
        for start in range(0, len(columns), _COLUMNS_AT_ONCE):
            group = columns[start : start + _COLUMNS_AT_ONCE]
            # by name: asked for `A`, pyarrow brings a column `A.1` as well
            block = file.read(columns=group)
            for place, name in enumerate(group, start):
                values[:, place] = _numbers(block.column(name), name, names, path)
    except InputError:
        raise
    except Exception as error:  # pyarrow passes on whatever damaged bytes lead it to
        raise _damaged(path, "Parquet", error) from error
    return RawTable(
        where=str(path),
        rows=names,
        columns=[name.strip() for name in columns],
        values=values,
        corner=text[0],
        annotations={name: _as_text(beside.column(name)) for name in text[1:]},
    )


def read_h5ad(path: str | Path) -> RawTable:
    """Read ``X`` of an AnnData file, with the labels, gene ids and unit it carries.

    Raises
    ------
    InputError
        Damaged file, or one without ``X``.
    """
    try:
        data = anndata.read_h5ad(path)
    except Exception as error:  # anndata passes on whatever HDF5 and its own readers raise
        raise _damaged(path, "h5ad", error) from error
    if data.X is None:
        raise InputError(
            where=f"{path}, X",
            found="nothing",
            expected="expression in X, samples in rows",
            remedy="Put the expression into X (adata.X = adata.layers[...]) and save it again.",
        )
    values = data.X.toarray() if sparse.issparse(data.X) else np.asarray(data.X)
    unit = data.uns.get("unit")
    data.obs.index = data.obs_names.astype(str).str.strip()
    return RawTable(
        where=str(path),
        rows=data.obs_names.tolist(),
        columns=[name.strip() for name in data.var_names.astype(str)],
        values=values.astype(np.float32, copy=False),
        corner="obs_names",
        obs=data.obs,
        var=data.var,
        unit=unit if isinstance(unit, str) else None,
    )


def _text_columns(file: pq.ParquetFile, path: str | Path) -> list[str]:
    """The columns that hold no values: the names of the rows first, then annotations."""
    schema = file.schema_arrow
    require_unique(pd.Index(schema.names), "column", str(path))
    stored = (schema.pandas_metadata or {}).get("index_columns", [])
    index = [name for name in stored if isinstance(name, str)]
    wordy = [field.name for field in schema if _is_text(field.type) and field.name not in index]
    wordy = wordy[:_MOST_ANNOTATIONS]
    cells = file.read(columns=wordy)
    text = [name for name in wordy if _annotates(cells.column(name), name)]
    numbered = [name for name in schema.names if name.lower() in ANNOTATIONS]
    text = list(dict.fromkeys([*index, *text, *numbered]))
    if not index and not any(name in wordy for name in text):
        raise InputError(
            where=str(path),
            found=f"numbers only, in {len(schema)} columns without row names",
            expected="the names of the rows in the index or in a first column of text",
            remedy="Set the index before writing: table.set_index('gene').to_parquet(...).",
        )
    return text


def _annotates(column: pa.ChunkedArray, name: str) -> bool:
    """A column of words only; one that holds numbers as text is expression, or a faulty cell."""
    if name.lower() in ANNOTATIONS:
        return True
    cells = [cell for cell in _as_text(column[:50]) if cell not in MISSING]
    return bool(cells) and not any(map(is_number, cells))


def _numbers(column: pa.ChunkedArray, name: str, rows: list[str], path: str | Path) -> np.ndarray:
    if not _is_text(column.type):
        try:
            return column.cast(pa.float32(), safe=False).to_numpy()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise not_a_number(path, rows[0], name, f"a column of {column.type}") from error
    cells = _as_text(column)
    for row, cell in zip(rows, cells, strict=True):
        if cell not in MISSING and not is_number(cell):
            raise not_a_number(path, row, name, cell)
    return np.array([np.nan if cell in MISSING else float(cell) for cell in cells], np.float32)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _as_text(column: pa.ChunkedArray) -> list[str]:
    return ["" if value is None else str(value).strip() for value in column.to_pylist()]


def _damaged(path: str | Path, kind: str, error: Exception) -> InputError:
    return InputError(
        where=str(path),
        found=f"a {kind} file that cannot be read ({str(error).splitlines()[0][:120]})",
        expected=f"a whole {kind} file",
        remedy=f"Write or download the file again. {TABLE_REMEDY}",
    )


def as_labels(obs: pd.DataFrame) -> pd.DataFrame:
    """Labels as text, empty where missing, from whatever types a file kept them in."""
    return obs.apply(lambda labels: labels.astype(object).where(labels.notna(), "").astype(str))
