"""A parsed cohort kept as h5ad, so that the second run starts in seconds.

The cache is one file a reader and its settings, beside it a record of what it was made from. It
is used only while the record fits: the same source files, settings and code, and the same bytes
in the cache. Everything else is parsed again.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, NoReturn

from anndata import AnnData, read_h5ad
from kedro.io import AbstractDataset, DatasetError
from kedro.io.core import parse_dataset_definition

from genex_kedro.datasets.atomic import staged_file
from genex_kedro.errors import InputError
from genex_kedro.fingerprint import code_digest, digest, file_digest

log = logging.getLogger(__name__)


class CachedCohortDataset(AbstractDataset[NoReturn, AnnData]):
    """Any cohort reader, with what it read kept in a folder.

    Parameters
    ----------
    path : str
        The folder of the cached cohorts.
    reader : dict
        The reader as in a catalog, ``{type: ..., folder: ...}``, one of those of public sources:
        ``fetch()`` brings the files that it reads, ``sources()`` names them.
    metadata : dict, optional
        Ignored by Kedro.

    Examples
    --------
    >>> toil = {"type": "genex_kedro.datasets.toil.cohort.ToilCohortDataset", "folder": "toil"}
    >>> CachedCohortDataset(path="parsed", reader=toil).load()
    """

    def __init__(
        self, *, path: str, reader: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        kind, settings = parse_dataset_definition(dict(reader))
        self._reader, self._settings = kind(**settings), settings
        self._folder = Path(path)
        self.metadata = metadata

    def load(self) -> AnnData:
        """The cohort, from the cache where that is true, else read and kept."""
        cached = self._load_cached()
        if cached is not None:
            return cached
        self._reader.fetch()
        made_from = self._made_from()  # before reading: a file that changes meanwhile is told
        cohort = self._reader.load()
        self._keep(cohort, made_from)
        return cohort

    def save(self, data: NoReturn) -> NoReturn:
        """A source is never written to."""
        raise DatasetError("The cache keeps what a reader read: save to another dataset.")

    def fingerprint(self) -> list:
        """The reader's own and its code's: whether the cohort is cached changes nothing."""
        return [self._reader.fingerprint(), code_digest(type(self._reader))]

    @property
    def cache_file(self) -> Path:
        """Where the parsed cohort is kept."""
        kind = type(self._reader).__name__.removesuffix("Dataset")
        return self._folder / f"{kind}-{digest(self._plain_settings())}.h5ad"

    def _made_from(self) -> dict:
        return {
            "settings": self._plain_settings(),
            "code": code_digest(type(self._reader)),
            # of Toil's 1.3 GB a second or two, a fraction of parsing them
            "sources": {str(path): file_digest(path) for path in self._reader.sources()},
        }

    def _plain_settings(self) -> dict:
        """All but what changes nothing in the cohort; a verified download is another source."""
        return {k: str(v) for k, v in self._settings.items() if k not in ("metadata", "offline")}

    def _load_cached(self) -> AnnData | None:
        path, record = self.cache_file, _read_record(self._record_file())
        if record is None or not path.exists():
            return None
        try:
            made_from = self._made_from()
        except InputError:  # files are gone: to be fetched again, or missed by the reader
            return None
        if record["made_from"] != made_from:
            log.info("%s was made from other files, settings or code: reading again", path.name)
            return None
        if record["sha256"] != file_digest(path):
            log.warning("%s is damaged: reading the original files again", path)
            return None
        return read_h5ad(path)

    def _keep(self, cohort: AnnData, made_from: dict) -> None:
        """First the cohort, then its record: between the two the old record does not fit."""
        with staged_file(self.cache_file) as staged:
            # text stays text, as the reader gave it
            cohort.write_h5ad(staged, convert_strings_to_categoricals=False)
            sha256 = file_digest(staged)
        with staged_file(self._record_file()) as staged:
            staged.write_text(json.dumps({"made_from": made_from, "sha256": sha256}, indent=1))

    def _record_file(self) -> Path:
        return self.cache_file.with_suffix(".json")

    def _exists(self) -> bool:
        return self._reader.exists()

    def _describe(self) -> dict[str, Any]:
        return {"path": str(self._folder), "reader": self._reader._describe()}


def _read_record(path: Path) -> dict | None:
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and {"made_from", "sha256"} <= set(record) else None
