"""The kedro-datasets that the catalog uses, writing in one step.

kedro-datasets write straight to the final name: a process killed in between leaves half a
file. These subclasses write beside it and rename; loading, arguments and kedro-viz previews
are those of kedro-datasets.
"""

from __future__ import annotations

from json import dumps
from pathlib import Path

from kedro_datasets import json, matplotlib, pandas, text, yaml
from kedro_datasets._typing import JSONPreview

from genex_kedro.datasets.atomic import staged_file


class _Staged:
    """Lets ``super().save`` write to a staged path."""

    _staged: Path | None = None

    def save(self, data) -> None:
        with staged_file(super()._get_save_path()) as self._staged:
            try:
                super().save.__wrapped__(self, data)
            finally:
                self._staged = None

    def _get_save_path(self):
        return self._staged or super()._get_save_path()


class CSVDataset(_Staged, pandas.CSVDataset):
    """A table as CSV."""


class ParquetDataset(_Staged, pandas.ParquetDataset):
    """A table as Parquet."""


class JSONDataset(_Staged, json.JSONDataset):
    """Plain data as JSON."""


class YAMLDataset(_Staged, yaml.YAMLDataset):
    """Plain data as YAML."""


class _Optional:
    """Gives an empty dict where there is no file: what may not have been made."""

    def load(self) -> dict:
        """The data, or ``{}``."""
        return super().load() if self._exists() else {}


class OptionalYAMLDataset(_Optional, YAMLDataset):
    """Plain data as YAML, if there is any."""


class OptionalJSONDataset(_Optional, JSONDataset):
    """Plain data as JSON, if there is any."""


class TextDataset(_Staged, text.TextDataset):
    """A page of text."""

    def preview(self) -> JSONPreview:
        """Where the page is, for kedro-viz, which shows no pages."""
        path = Path(self._get_load_path())
        return JSONPreview(dumps({"page": path.name, "bytes": path.stat().st_size}))


class FigureDataset(_Staged, matplotlib.MatplotlibDataset):
    """A figure as PNG; loading it gives the file's bytes, for a page to show."""

    def load(self) -> bytes:
        """The PNG."""
        return Path(self._get_load_path()).read_bytes()
