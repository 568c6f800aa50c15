"""The sample sheet: one row a sample, its labels in columns."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from genex_kedro.cohort import REQUIRED_OBS, SHEET_REMEDY, require_columns, require_unique
from genex_kedro.datasets.file_kind import TABLE_REMEDY, file_kind
from genex_kedro.datasets.tables.columnar import as_labels
from genex_kedro.datasets.tables.faults import ragged
from genex_kedro.datasets.text_lines import decoded_lines, delimited_rows
from genex_kedro.errors import InputError, some

COLUMNS = ("sample_id", *REQUIRED_OBS)


def read_sample_sheet(path: str | Path, needed: Iterable[str] = COLUMNS) -> pd.DataFrame:
    """Read a sample sheet.

    Parameters
    ----------
    path : str or Path
        Tab- or comma-separated text (also .gz) or Parquet with ``sample_id, patient_id, tissue,
        condition``; ``cohort``, ``source`` and further columns are kept.
    needed : iterable of str
        The columns that must be there, ``sample_id`` among them.

    Returns
    -------
    DataFrame, indexed by sample id
        All text, as written (``NA`` is a label, the code of a collection of uterine tumors);
        ``condition`` in lower case.

    Raises
    ------
    InputError
        Missing or damaged file; a missing or repeated column; a row of another length; an empty
        or repeated sample id.
    """
    kind = file_kind(path, "sample sheet")
    if kind == "h5ad":
        raise InputError(
            where=str(path), found="an h5ad file", expected="a sample sheet", remedy=TABLE_REMEDY
        )
    sheet = _from_parquet(path) if kind == "parquet" else read_text_sheet(path, kind)
    return tidy_labels(sheet, f"{path}, sample sheet", needed)


def tidy_labels(sheet: pd.DataFrame, where: str, needed: Iterable[str] = COLUMNS) -> pd.DataFrame:
    """Check the columns, strip the labels and index them by ``sample_id``."""
    require_columns(sheet.columns, needed, where, SHEET_REMEDY)
    sheet = sheet.apply(lambda labels: labels.str.strip())
    if "condition" in sheet:
        sheet["condition"] = sheet["condition"].str.lower()
    blank = [str(place + 2) for place in range(len(sheet)) if not sheet["sample_id"].iloc[place]]
    if blank:
        raise InputError(
            where=f"{where}, column 'sample_id'",
            found=f"no sample id in lines {some(blank)}",
            expected="a sample id in every row",
            remedy="Fill in the sample ids, or delete the empty lines.",
        )
    require_unique(pd.Index(sheet["sample_id"]), "sample id", f"{where}, column 'sample_id'")
    return sheet.set_index("sample_id")


def read_text_sheet(path: str | Path, kind: str) -> pd.DataFrame:
    """All cells of a sheet as they are written, under the names in its first line."""
    lines = list(decoded_lines(path, kind))
    first = next((line for line in lines if line.strip()), "")
    delimiter = max("\t,;", key=first.count)
    numbered = (pair for pair in delimited_rows(lines, delimiter, path) if pair[1])
    _, header = next(numbered, (1, []))
    header = [name.strip() for name in header]
    rows = []
    for number, row in numbered:
        if len(row) != len(header):
            raise ragged(path, number, row[0], len(row), len(header))
        rows.append(row)
    return pd.DataFrame(rows, columns=header, dtype=object)


def _from_parquet(path: str | Path) -> pd.DataFrame:
    try:
        sheet = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise InputError(
            where=str(path),
            found=f"a Parquet file that cannot be read ({error})",
            expected="a sample sheet",
            remedy=TABLE_REMEDY,
        ) from error
    if "sample_id" not in sheet.columns:
        sheet = sheet.rename_axis(sheet.index.name or "sample_id").reset_index()
    return as_labels(sheet)
