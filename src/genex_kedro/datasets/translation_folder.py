"""What `translate` writes: tables and a report that belong together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from genex_kedro.datasets.atomic import staged_folder

_TABLES = ("expression", "draws", "change")
_FILES = {
    **{name: f"{name}.parquet" for name in _TABLES},
    "calls": "calls.tsv",
    "report": "report.md",
}


class TranslationFolderDataset(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """A dict of results as one folder, replaced as a whole.

    ================  ==========================================================
    ``expression``    DataFrame, ``expression.parquet``
    ``draws``         DataFrame, ``draws.parquet``; may be absent
    ``change``        DataFrame, ``change.parquet``
    ``calls``         DataFrame, ``calls.tsv``
    ``report``        text, ``report.md``
    ================  ==========================================================

    Parameters
    ----------
    filepath : str
        The folder.
    metadata : dict, optional
        For Kedro plugins.
    """

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def save(self, data: dict[str, Any]) -> None:
        """Write all files, in place of those of an earlier run.

        Raises
        ------
        ValueError
            A name that has no file.
        """
        if unknown := set(data) - set(_FILES):
            raise ValueError(f"{sorted(unknown)}, expected some of {sorted(_FILES)}")
        with staged_folder(self._filepath) as staged:
            for name, content in data.items():
                _write(content, staged / _FILES[name])

    def load(self) -> dict[str, Any]:
        """What is there, under the same names."""
        there = {name: self._filepath / file for name, file in _FILES.items()}
        return {name: _read(path) for name, path in there.items() if path.exists()}

    def preview(self) -> JSONPreview:
        """The first calls, for kedro-viz."""
        calls = _read(self._filepath / _FILES["calls"]).reset_index().head(8)
        return JSONPreview(json.dumps({"calls": calls.to_dict("records")}, default=str))

    def _exists(self) -> bool:
        return (self._filepath / _FILES["calls"]).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _write(content, path: Path) -> None:
    if path.suffix == ".parquet":
        content.to_parquet(path)
    elif path.suffix == ".tsv":
        content.to_csv(path, sep="\t")
    else:
        path.write_text(content, encoding="utf-8")


def _read(path: Path):
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".tsv":
        return pd.read_csv(path, sep="\t", index_col=0, keep_default_na=False)
    return path.read_text(encoding="utf-8")
