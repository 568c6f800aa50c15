"""What the readers of public sources share: a folder, and what is missing in it fetched."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from anndata import AnnData
from kedro.io import AbstractDataset, DatasetError

from genex_kedro.datasets.downloads.download import ensure, expected_state
from genex_kedro.datasets.downloads.sources import Source, choose_files
from genex_kedro.datasets.published.files import copies, require_folder
from genex_kedro.fingerprint import file_state

log = logging.getLogger(__name__)


class PublicCohortDataset(AbstractDataset[NoReturn, AnnData]):
    """The base of the readers: they say which files they want and how these are read.

    Parameters
    ----------
    folder : str or None
        Where the files lie, or are to lie, under their published names.
    path : str or None
        The folder when none is given; Kedro puts it below the project.
    download : bool
        Fetch what is missing and verify what is there.
    offline : str, optional
        A folder to take missing files from instead of the network (``download.folder``).
    metadata : dict, optional
        Ignored by Kedro.
    """

    collection: ClassVar[str]  # of public files, and the first part of the parameters' names

    def __init__(
        self,
        folder: str | None,
        path: str | None,
        download: bool,
        offline: str | None,
        metadata: dict[str, Any] | None,
    ) -> None:
        self._folder, self._download, self._offline = folder or path, download, offline
        self._fetched = False
        self.metadata = metadata

    def load(self) -> AnnData:
        """The cohort; an InputError, which Kedro wraps in a DatasetError, for anything else."""
        self.fetch()
        return self._read(self._home())

    def save(self, data: NoReturn) -> NoReturn:
        """The published files are never written to."""
        raise DatasetError(
            f"{self.collection} is only read: name another dataset for what you want to save."
        )

    def fetch(self) -> None:
        """Have all files in the folder, verified, if that is wanted; once for a dataset."""
        if not self._download or self._fetched:
            return
        home, sources = self._home(), self._published()
        missing = [source for source in sources if not (home / source.name).is_file()]
        if missing:
            size = sum(source.size or 0 for source in missing) / 1e6
            log.info(
                "fetching %d files, %.0f MB as far as is known, to %s", len(missing), size, home
            )
        ensure(sources, home, self._offline_home())
        self._fetched = True

    def sources(self) -> list[Path]:
        """The files that are read, for a cache to tell whether they changed."""
        raise NotImplementedError

    def fingerprint(self) -> list:
        """Of the settings and the files: the runner reads them again when they change.

        With the download on it is the same before and after the files are fetched.
        """
        if not self._download:
            return [self._describe(), self._folder and file_state(Path(self._folder))]
        home = self._home()
        others = [file_state(path) for path in self._in_other_form()]
        return [self._describe(), expected_state(self._published(), home), others]

    def _read(self, home: Path) -> AnnData:
        raise NotImplementedError

    def _wanted(self) -> list[tuple[str, ...]]:
        """The names that each file may have, without ``.gz``; refuses settings that are none."""
        raise NotImplementedError

    def _published(self) -> list[Source]:
        """The public files to have in the folder: none that is there in another form."""
        there = set(self._in_other_form())
        chosen = [
            (self._public_file(names), names)
            for names in self._wanted()
            if not there & set(copies(self._home(), names))
        ]
        return [source for source, _ in chosen if source is not None]

    def _in_other_form(self) -> list[Path]:
        """Files that are there unpacked, in the hub's own folder or the like: read as they are."""
        home = self._home()
        found = []
        for names in self._wanted():
            source = self._public_file(names)
            published = source and home / source.name
            found += [path for path in copies(home, names) if path != published]
        return found

    def _public_file(self, names: tuple[str, ...]) -> Source | None:
        known = {s.name.removesuffix(".gz"): s for s in choose_files(self.collection)}
        return next((known[name] for name in names if name in known), None)

    def _home(self) -> Path:
        return require_folder(self.collection, self._folder)

    def _offline_home(self) -> Path | None:
        return Path(self._offline) if self._offline else None

    def _exists(self) -> bool:
        return bool(self._folder) and (self._download or Path(self._folder).is_dir())

    def _describe(self) -> dict[str, Any]:
        return {"folder": self._folder, "download": self._download}
