"""A cohort as files that a user takes elsewhere: an expression table and its sample sheet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from anndata import AnnData
from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from genex_kedro.datasets.atomic import staged_file
from genex_kedro.datasets.tables.sample_sheet import read_sample_sheet
from genex_kedro.datasets.tables.table import read_cohort
from genex_kedro.datasets.tables.writers import WRITERS
from genex_kedro.errors import InputError

SHEET = "samples.tsv"


class ExpressionTableDataset(AbstractDataset[dict[str, AnnData], AnnData]):
    """A folder with ``<name>.<format>`` and ``samples.tsv``, which ``--env table`` can read.

    Saved is ``{"parquet": cohort}``, where the key is the format (:data:`WRITERS`): one table at
    a time, in place of an earlier one of any format. The sheet is removed first and written
    last, so that a killed run never leaves a table with the labels of another. Other files in
    the folder are left alone.

    Parameters
    ----------
    filepath : str
        The folder.
    name : str
        Of the table, without its suffix.
    metadata : dict, optional
        For Kedro plugins.
    """

    def __init__(
        self, filepath: str, name: str = "expression", metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath, self._name = Path(filepath), name
        self.metadata = metadata

    def save(self, data: dict[str, AnnData]) -> None:
        """Write the table and its sheet.

        Raises
        ------
        InputError
            An unknown format.
        ValueError
            If it is not one table.
        """
        ((format_, cohort),) = data.items()
        if format_ not in WRITERS:
            raise InputError(
                where="format of the expression table",
                found=repr(format_),
                expected=f"one of {', '.join(WRITERS)}",
                remedy="Name one of these.",
            )
        self._write(format_, cohort)

    def load(self) -> AnnData:
        """The cohort, as the ``table`` reader sees it.

        Raises
        ------
        InputError
            If there is no table, or it cannot be read.
        """
        tables = self._tables()
        if not tables:
            raise InputError(
                where=str(self._filepath),
                found=f"no {self._name} in any of the formats {', '.join(WRITERS)}",
                expected=f"a table beside its {SHEET}",
                remedy="Run the pipeline that writes it.",
            )
        units = read_sample_sheet(self._sheet).get("unit", pd.Series()).unique()
        unit = units[0] if len(units) == 1 else None
        return read_cohort(tables[0], self._sheet, unit=unit)

    def preview(self) -> JSONPreview:
        """Samples of every tissue and condition, for kedro-viz."""
        counts = read_sample_sheet(self._sheet).groupby(["tissue", "condition"]).size()
        shown = {" ".join(labels): int(count) for labels, count in counts.items()}
        return JSONPreview(json.dumps({"files": [p.name for p in self._tables()], **shown}))

    def _write(self, format_: str, cohort: AnnData) -> None:
        path = self._path(format_)
        with staged_file(self._sheet) as sheet:
            cohort.obs.rename_axis("sample_id").to_csv(sheet, sep="\t")
            with staged_file(path) as table:
                WRITERS[format_](cohort, table)
                self._sheet.unlink(missing_ok=True)  # of the table that is about to be replaced
            for other in self._tables():
                if other != path:
                    other.unlink()

    @property
    def _sheet(self) -> Path:
        return self._filepath / SHEET

    def _path(self, format_: str) -> Path:
        return self._filepath / f"{self._name}.{format_}"

    def _tables(self) -> list[Path]:
        return [path for path in map(self._path, WRITERS) if path.exists()]

    def _exists(self) -> bool:
        return bool(self._tables()) and self._sheet.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "name": self._name}
