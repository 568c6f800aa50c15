"""Where the trials of Optuna's studies are kept: a journal in a file, or a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview

from genex_kedro.errors import InputError

if TYPE_CHECKING:  # a second to import
    from optuna.storages import BaseStorage


_PAUSE = 0.002  # seconds between two looks at a lock that is held, for a write of a millisecond


class TrialStorageDataset(AbstractDataset["BaseStorage", None]):
    """Opens the storage, or creates it; trials write themselves, so that it cannot be saved.

    Parameters
    ----------
    filepath : str
        The journal of this project.
    shared : str, optional
        In its place, what several processes share: the path of another journal, for one
        machine or a shared disk, or the URL of a database (``postgresql+psycopg://...``) for several.
    metadata : dict, optional
        For Kedro plugins.
    """

    is_resume_state = True  # where a search goes on from, and no input of its result

    def __init__(
        self, filepath: str, shared: str | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self._shared = shared
        self._is_url = bool(shared) and "://" in shared
        self._filepath = None if self._is_url else Path(shared or filepath)
        self.metadata = metadata

    def load(self) -> BaseStorage:
        """The storage.

        Raises
        ------
        InputError
            If the journal is damaged, or the database cannot be reached. What the disk refuses
            is an OSError, as everywhere.
        """
        return _database(self._shared) if self._is_url else _journal(self._filepath)

    def save(self, data: None) -> None:
        """Refuse.

        Raises
        ------
        DatasetError
        """
        raise DatasetError("trials are written as they are told; a storage cannot be saved")

    def discard(self) -> None:
        """Forget the trials of this project; shared ones stay."""
        if self._shared is None:
            self._filepath.unlink(missing_ok=True)

    def preview(self) -> JSONPreview:
        """Trials and best value of each study, for kedro-viz."""
        studies = {}
        if self._exists():
            import optuna

            for summary in optuna.get_all_study_summaries(self.load()):
                best = summary.best_trial
                shown = {"trials": summary.n_trials}
                if best:
                    shown |= {"best value": best.value, "parameters": best.params}
                studies[summary.study_name] = shown
        return JSONPreview(json.dumps(studies))

    def _exists(self) -> bool:
        return self._is_url or self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "shared": self._shared}


def _journal(path: Path) -> BaseStorage:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    # Optuna's own locks outlive a killed holder by half a minute; .lock is the name of theirs
    lock = FileLock(f"{path}.held", poll_interval=_PAUSE)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with lock:
            _mend(path)
        return JournalStorage(JournalFileBackend(str(path), lock))
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # OSError: the disk's
        raise InputError(
            where=str(path),
            found=f"no journal of trials that can be read ({error})",
            expected="a file that Optuna's JournalFileBackend wrote",
            remedy="Move the file away; the searches then start afresh. Or name another with --params tuning.storage=PATH.",
        ) from error


def _mend(path: Path) -> None:
    """Drop what a process that was killed while writing left: Optuna would write on behind it.

    Raises
    ------
    ValueError
        If the last line is not JSON, which Optuna only finds once there is another; if what
        follows is no beginning of a line: somebody else's file, which must not be shortened.
    """
    if not path.exists():
        return
    text = path.read_bytes()
    whole = text.rfind(b"\n") + 1
    json.loads(text[:whole].splitlines()[-1] if whole else "{}")
    if whole < len(text):
        if not text[whole:].startswith(b"{"):
            raise ValueError(f"{text[whole:][:20]!r} is no line of a journal")
        with path.open("rb+") as file:
            file.truncate(whole)


def _database(url: str) -> BaseStorage:
    import sqlalchemy
    from optuna.storages import RDBStorage

    try:
        return RDBStorage(url)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, RuntimeError) as error:
        raise InputError(
            where="parameter tuning.storage",
            found=f"a database that cannot be used ({str(error).splitlines()[0]})",
            expected="an SQLAlchemy URL, such as postgresql+psycopg://user@host/name, and its driver",
            remedy="Correct the URL, start the database, or install the driver (pip install 'psycopg[binary]').",
        ) from error
