"""A user's own expression table and sample sheet, as a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import add_notice, build_cohort, require_unique
from genex_kedro.datasets.file_kind import file_kind
from genex_kedro.datasets.tables.columnar import read_h5ad, read_parquet
from genex_kedro.datasets.tables.delimited import read_delimited
from genex_kedro.datasets.tables.derived_labels import HOW_TO_PASS, Labels, own_labels
from genex_kedro.datasets.tables.gdc_star import is_gdc_sheet, is_star_file, read_star
from genex_kedro.datasets.tables.gene_columns import merge_repeated, name_genes
from genex_kedro.datasets.tables.orientation import match_samples, samples_in_rows
from genex_kedro.datasets.tables.raw_table import RawTable
from genex_kedro.datasets.tables.sample_sheet import read_sample_sheet
from genex_kedro.datasets.tables.user_table import UserTableDataset
from genex_kedro.errors import InputError, some
from genex_kedro.units import UNITS, are_counts, check_values, guess_unit


class TableCohortDataset(UserTableDataset):
    """Read a cohort from an expression table and a sample sheet.

    Parameters
    ----------
    expression : str
        Tab- or comma-separated text (also .gz), GCT 1.2 or 1.3, Parquet or h5ad; genes x samples
        or samples x genes. Genes are symbols of any year, Entrez or Ensembl ids. Or STAR gene
        counts of the GDC, one file or a folder of them, of which TPM is taken.
    samples : str, optional
        Text or Parquet with ``sample_id, patient_id, tissue, condition`` (tumor or normal), and
        optionally ``cohort, source`` and further columns; for STAR counts also the GDC's sample
        sheet. The table may carry these columns itself (``obs`` of h5ad, GCT 1.3, text columns
        beside samples in rows); without any, barcodes of TCGA, TARGET and GTEx are read.
    unit : str, optional
        One of :data:`genex_kedro.units.UNITS`; else told from the values where they allow it.
    tissue : str, optional
        Of the samples whose tissue nothing tells, as in a table of GTEx without a sheet.
    negative : ``zero``, optional
        Set values below zero, which batch correction leaves in linear and log2(x+1) tables, to
        zero and count them; else they are refused.

    Notes
    -----
    Missing values stay NaN. What was decided or left out on the way is in
    :func:`genex_kedro.cohort.notices`. :meth:`load` raises InputError, which Kedro wraps in a
    DatasetError, for anything that cannot be used.
    """

    group: ClassVar[str] = "cohort"
    how_to_pass: ClassVar[str] = HOW_TO_PASS

    def _read(self, **settings) -> AnnData:
        return read_cohort(**settings)


def read_cohort(
    expression: str | Path,
    samples: str | Path | None = None,
    unit: str | None = None,
    tissue: str | None = None,
    negative: str | None = None,
) -> AnnData:
    """Read, orient, match, name and check; the parameters are those of the dataset.

    Raises
    ------
    InputError
        For anything that cannot be used; the message says where and what to do.
    """
    raw, samples = read_both(expression, samples)
    labels = Labels(read_sample_sheet(samples)) if samples else own_labels(raw, tissue)
    return cohort_of(raw, labels, unit, negative)


def cohort_of(raw: RawTable, labels: Labels, unit: str | None, negative: str | None) -> AnnData:
    """A table and its labels as a cohort in the table's unit; `unit` and `negative` as above."""
    sheet, said = labels.sheet, list(labels.notices)
    in_rows, why = samples_in_rows(raw, sheet, labels.ids_are)
    said.append(("orientation of the table", 1, why))
    names, changed = match_samples(raw.rows if in_rows else raw.columns, sheet, raw.where)
    if changed:
        said.append(("sample ids repaired", len(names), changed))
    require_unique(pd.Index(names), "sample id", f"{raw.where}, {'rows' if in_rows else 'header'}")
    genes = name_genes(*_gene_names(raw, in_rows), raw.where)
    said += [] if labels.derived else _only_in_one(names, sheet)

    rows = np.flatnonzero(pd.Index(names).isin(sheet.index))
    kept = [names[row] for row in rows]
    values = _select(raw, in_rows, rows)
    said += _mend_negative(values, negative)
    unit, how = _unit(raw, unit, values)
    said.append(("unit of the values", 1, f"{unit}, {how}"))
    check_values(values, unit, kept, genes.var["given"].tolist(), raw.where)
    values, var = merge_repeated(values, genes, unit)
    cohort = build_cohort(values, sheet.loc[kept], var, unit, raw.where)
    for notice in said + genes.notices:
        add_notice(cohort, *notice)
    return cohort


def read_both(
    expression: str | Path, samples: str | Path | None
) -> tuple[RawTable, str | Path | None]:
    """The table, and the sheet if it is still to be read: the GDC's goes with its STAR counts."""
    if samples and is_gdc_sheet(samples):
        return read_star(expression, samples), None
    return read_table(expression), samples


def read_table(path: str | Path) -> RawTable:
    """An expression file of any kind, or a folder of STAR counts, in its own orientation."""
    if Path(path).is_dir():
        return read_star(path)
    kind = file_kind(path, "expression table")
    if kind == "parquet":
        return read_parquet(path)
    if kind == "h5ad":
        return read_h5ad(path)
    return read_star(path) if is_star_file(path, kind) else read_delimited(path, kind)


def _gene_names(raw: RawTable, in_rows: bool) -> tuple[list[str], pd.DataFrame]:
    if not in_rows:
        return raw.rows, pd.DataFrame(raw.annotations)
    return raw.columns, pd.DataFrame() if raw.var is None else raw.var.reset_index(drop=True)


def _select(raw: RawTable, in_rows: bool, rows: np.ndarray) -> np.ndarray:
    """The chosen samples x genes; lets go of the table, so that it is not held twice."""
    values, raw.values = raw.values, np.empty((0, 0), np.float32)
    if not in_rows:
        return np.ascontiguousarray(values.T if len(rows) == values.shape[1] else values.T[rows])
    return values if len(rows) == len(values) else values[rows]


def _only_in_one(names: list[str], sheet: pd.DataFrame) -> list[tuple[str, int, str]]:
    unlabelled = [name for name in names if name not in sheet.index]
    unmeasured = sheet.index[~sheet.index.isin(names)].tolist()
    checks = (
        ("samples left out: not in the sample sheet", unlabelled),
        ("rows of the sample sheet without expression", unmeasured),
    )
    return [(check, len(those), some(those)) for check, those in checks if those]


def _mend_negative(values: np.ndarray, how: str | None) -> list[tuple[str, int, str]]:
    """Set values below zero to zero, in place, if that was asked for."""
    if how not in (None, "zero"):
        raise InputError(
            where="parameter cohort.negative",
            found=repr(how),
            expected="'zero', or nothing to refuse negative values",
            remedy="Correct the parameter, or leave it out.",
        )
    below = values < 0
    if how is None or not below.any():
        return []
    lowest = values[below].min()
    values[below] = 0
    return [("negative values set to zero, as asked", int(below.sum()), f"down to {lowest:g}")]


def _unit(raw: RawTable, stated: str | None, values: np.ndarray) -> tuple[str, str]:
    """The unit and how it is known: by the user, by the file, or by the values."""
    if stated:
        return stated, "as stated"
    return (raw.unit, raw.unit_known_by) if raw.unit else _tell_unit(values, raw.where)


def _tell_unit(values: np.ndarray, where: str) -> tuple[str, str]:
    if np.isinf(values).any():
        return UNITS[0], "not told"  # the check of the values says where the infinities are
    unit = guess_unit(values)
    low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0, 0)
    if are_counts(values):
        raise InputError(
            where=f"{where}, unit",
            found=f"whole numbers up to {high:g}: read counts",
            expected="expression that is comparable between samples (TPM, FPKM)",
            remedy="Normalise for library size and gene length first. If the values are rounded "
            "expression, state it: --params cohort.unit=linear.",
        )
    if unit is None and np.isfinite(values).any():
        raise InputError(
            where=f"{where}, unit",
            found=f"values from {low:g} to {high:g}, which no single unit explains",
            expected=" or ".join(UNITS),
            remedy="State the unit: --params \"cohort.unit='log2(x+1)'\" (or another). Negative values "
            "from centring, scaling or batch correction cannot be used: bring expression from before "
            "it, or have the few negative ones set to zero (cohort.negative=zero).",
        )
    return unit or UNITS[0], f"told by its range, {low:g} to {high:g}"
