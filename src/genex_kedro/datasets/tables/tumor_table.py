"""Tumors to be translated: an expression table that may come without any labels."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import NOT_GIVEN
from genex_kedro.datasets.tables.columnar import as_labels
from genex_kedro.datasets.tables.derived_labels import Labels, own_labels
from genex_kedro.datasets.tables.orientation import samples_in_rows
from genex_kedro.datasets.tables.raw_table import RawTable
from genex_kedro.datasets.tables.sample_sheet import read_sample_sheet
from genex_kedro.datasets.tables.table import cohort_of, read_both
from genex_kedro.datasets.tables.user_table import UserTableDataset
from genex_kedro.errors import InputError
from genex_kedro.units import require_unit

_OPTIONAL = ("patient_id", "tissue", "condition")


class TumorTableDataset(UserTableDataset):
    """Read tumors from any file that the ``table`` reader takes.

    Parameters
    ----------
    expression : str
        As :class:`~genex_kedro.datasets.tables.table.TableCohortDataset`; one sample or thousands.
    samples : str, optional
        A sheet of which only ``sample_id`` is needed; ``tissue``, ``patient_id`` and
        ``condition`` are used where they are there. Without it labels are taken from the table
        or its barcodes, and where there are none the tissue is :data:`~genex_kedro.cohort.NOT_GIVEN`.
    unit, tissue, negative : str, optional
        As there; `tissue` is that of the samples of which it is not known.

    Notes
    -----
    Samples are taken for tumors unless a label says otherwise. :meth:`load` raises InputError,
    which Kedro wraps in a DatasetError, for anything that cannot be used.
    """

    group: ClassVar[str] = "translate"

    def _read(self, **settings) -> AnnData:
        return read_tumors(**settings)


def read_tumors(
    expression: str | Path,
    samples: str | Path | None = None,
    unit: str | None = None,
    tissue: str | None = None,
    negative: str | None = None,
) -> AnnData:
    """The parameters are those of the dataset; InputError for anything that cannot be used."""
    raw, samples = read_both(expression, samples)
    labels = _of_sheet(samples) if samples else _of_table(raw)
    return cohort_of(raw, _for_tumors(labels, tissue), unit, negative)


def tumors_in(table: pd.DataFrame, unit: str | None, where: str) -> AnnData:
    """As :func:`read_tumors`, of a table in memory.

    Parameters
    ----------
    table : DataFrame
        Samples in rows, genes in columns; also ``sample_id``, ``tissue``, where they are known.
    unit : str or None
        None tells it from the values.
    where : str
        What to call the table in an error.
    """
    if unit is not None:
        require_unit(unit, where)
    beside = table.columns.intersection(["sample_id", *_OPTIONAL])
    sheet = as_labels(table[beside])
    names = (
        sheet.pop("sample_id")
        if "sample_id" in beside
        else [f"sample {i}" for i in range(1, len(table) + 1)]
    )
    sheet.index = pd.Index(names, name="sample_id").astype(str)
    values = table.drop(columns=beside)
    genes = values.columns.astype(str).tolist()
    raw = RawTable(where, sheet.index.tolist(), genes, values.to_numpy(np.float32))
    return cohort_of(raw, _for_tumors(Labels(sheet), None), unit, None)


def _for_tumors(labels: Labels, tissue: str | None) -> Labels:
    """Labels with what nobody told: a patient a sample, tumors, of a tissue not given."""
    sheet = labels.sheet.copy()
    for column in _OPTIONAL:
        sheet[column] = sheet.get(column, "")
    sheet["patient_id"] = sheet["patient_id"].where(sheet["patient_id"] != "", sheet.index)
    sheet["condition"] = sheet["condition"].replace("", "tumor")
    sheet["tissue"] = sheet["tissue"].replace(["", NOT_GIVEN], tissue or NOT_GIVEN)
    labels.sheet = sheet
    return labels


def _of_sheet(samples: str | Path) -> Labels:
    return Labels(read_sample_sheet(samples, needed=("sample_id",)))


def _of_table(raw: RawTable) -> Labels:
    """What the table or its barcodes say, or samples by name alone."""
    try:
        return own_labels(raw, NOT_GIVEN)
    except InputError:  # neither labels nor barcodes: nothing is lost, nothing was needed
        pass
    nobody = pd.DataFrame(index=pd.Index([], dtype=object))
    in_rows, _ = samples_in_rows(raw, nobody)
    names = pd.Index(raw.rows if in_rows else raw.columns, name="sample_id").astype(str)
    sheet = pd.DataFrame(index=names)
    if raw.obs is not None and list(raw.obs.index) == list(names):
        beside = as_labels(raw.obs)
        sheet = beside[[c for c in _OPTIONAL if c in beside]].set_axis(names)
    return Labels(sheet[~sheet.index.duplicated()], "sample names of the table", derived=True)
