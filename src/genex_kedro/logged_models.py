"""MLflow's Models tab: every judged model beside its rivals, some with files to be served."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from textwrap import shorten
from typing import Literal

from pydantic import BaseModel, ConfigDict

from genex_kedro.errors import InputError
from genex_kedro.fingerprint import digest
from genex_kedro.models.names import ModelName
from genex_kedro.models.shelf import ModelShelf
from genex_kedro.tracking import RunBook

log = logging.getLogger(__name__)

_FILES = "genex.files"  # tag: digest of the files that were logged, empty if none
_NOT_IN_A_NAME = str.maketrans(dict.fromkeys("/:.%\"'", "-"))  # MLflow's rule


class ScoredModels(BaseModel):
    """What a scorecard is of: the catalog's ``metadata.mlflow.models``.

    Parameters
    ----------
    kind : str
        ``generator``, ``translator``, ``classifier``; ``judge`` is served with translators only.
    """

    model_config = ConfigDict(extra="forbid")
    kind: Literal["generator", "translator", "classifier", "judge"]


class FilesSettings(BaseModel):
    """Which models are logged with their files: ``models`` in tracking.yml.

    Parameters
    ----------
    named : list of str
        As in tables, ``*`` for anything: ``*/best``.
    seeds : str
        Of the first seed, or of all.
    """

    model_config = ConfigDict(extra="forbid")
    named: list[str]
    seeds: Literal["first", "all"]


@dataclass(frozen=True)
class LoggedModels:
    """The logged models of one scorecard.

    Parameters
    ----------
    book : RunBook
    shelf : ModelShelf
        Of the project.
    scored : ScoredModels
    files : FilesSettings
    first : int
        Of the seeds.
    """

    book: RunBook
    shelf: ModelShelf
    scored: ScoredModels
    files: FilesSettings
    first: int

    def entry(self, run: str, name: str, params: dict[str, str]) -> str:
        """The id of a run's logged model: the one it has, unless its files have changed.

        Parameters
        ----------
        run : str
            Its id.
        name : str
            Its name: ``"cvae/best seed 0"``.
        params : dict
            What is shown beside it.
        """
        kept = self._kept(name)
        parts = self._parts(kept)
        state = digest([(self.shelf.path(part) / "config.json").read_text() for part in parts]) if parts else ""  # fmt: skip
        for known in self.book.logged_models(run):
            if known.tags.get(_FILES) == state and known.status == "READY":
                return known.model_id  # else its run was killed before all files were there
            self.book.client.delete_logged_model(known.model_id)
        client, mlflow_name = self.book.client, name.translate(_NOT_IN_A_NAME)
        model = self.book.create_model(run, mlflow_name, self.scored.kind, params, {_FILES: state})
        served = bool(parts) and self._log_files(model, kept)
        client.set_logged_model_tags(model, {"served": str(served).lower()})
        client.finalize_logged_model(model, "READY")
        return model

    def _kept(self, name: str) -> ModelName | None:
        """The trained model of that name, if its files are to be logged."""
        full, _, seed = name.rpartition(" seed ")
        wanted = (
            self.scored.kind != "judge"
            and (self.files.seeds == "all" or seed == str(self.first))
            and any(fnmatch(full, pattern) for pattern in self.files.named)
        )
        same = [n for n in self.shelf.names if n.full == full and str(n.seed) == seed]
        return same[0] if wanted and same else None

    def _parts(self, kept: ModelName | None) -> list[ModelName]:
        from genex_kedro.serving.package import parts_of

        return [] if kept is None else parts_of(self.scored.kind, self.shelf, kept)

    def _log_files(self, model: str, kept: ModelName) -> bool:
        """Whether it can be served; a run does not fail over a model that cannot."""
        from mlflow.exceptions import MlflowException

        from genex_kedro.serving.package import package

        with tempfile.TemporaryDirectory() as folder:
            try:
                package(self.scored.kind, self.shelf, kept, Path(folder) / "model")
            except (InputError, MlflowException) as error:
                log.warning("noticed: %s cannot be served: %s", kept.full, shorten(str(error), 300))
                return False
            self.book.client.log_model_artifacts(model, f"{folder}/model")
        return True
