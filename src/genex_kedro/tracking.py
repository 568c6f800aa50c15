"""MLflow runs: one per model, by name, continued after a kill."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from genex_kedro.datasets.atomic import staged_file
from genex_kedro.tracking_log import RunLog

_FIT = "genex.fit"
_PARENT = "mlflow.parentRunId"
_NOTE = "mlflow.note.content"
_NESTED = " (nested)"  # in the memory of runs, behind the experiment


class RunBook(RunLog):
    """The MLflow runs of one Kedro session, by name.

    Parameters
    ----------
    uri : str
        Of the tracking store.
    artifacts : Path
        Folder of figures, for a store in a local file; a tracking server has its own.
    memory : Path
        JSON file that remembers, between sessions, which run belongs to which model.
    tags : dict
        For every run: git commit, environment, session.
    notes : dict, optional
        What an experiment is about, by name; MLflow shows it above its runs.
    """

    def __init__(
        self,
        uri: str,
        artifacts: Path,
        memory: Path,
        tags: dict[str, str],
        notes: dict[str, str] | None = None,
    ) -> None:
        super().__init__(uri, tags)
        self._artifacts = artifacts.absolute().as_uri() if uri.startswith("sqlite:") else None
        self._memory = memory
        self._notes = notes or {}
        self._open: dict[tuple[str, str], str] = {}
        self._busy: set[str] = set()

    def run(
        self, experiment: str, name: str, fit: str | None = None, parent: str | None = None
    ) -> str:
        """The id of a model's run.

        Parameters
        ----------
        experiment, name : str
        fit : str, optional
            Fingerprint of the data and settings that the model is trained with. The last run of
            that name goes on if it was of the same fit (one that was cut off, or whose result
            was found still true); otherwise a new one begins. None, for a model that is only
            judged now: the run it was trained in.
        parent : str, optional
            Id of the run that this one is shown under: a trial under its search.
        """
        key = (experiment if parent is None else f"{experiment}{_NESTED}", name)
        if key not in self._open:
            known = self._remembered().get("/".join(key))
            tags = self._tags_of(known)
            if tags is None or (fit is not None and tags.get(_FIT) != fit):
                if tags is not None and self.client.get_run(known).info.status == "RUNNING":
                    self.client.set_terminated(known, "KILLED")
                own = {} if fit is None else {_FIT: fit}
                if parent is not None:
                    own[_PARENT] = parent
                known = self._create(experiment, name, own)
                self._remember("/".join(key), known)
            self._open[key] = known
            self.client.update_run(known, status="RUNNING")
        self._busy.add(self._open[key])
        return self._open[key]

    def is_open(self, experiment: str, name: str) -> bool:
        """Whether this session has written to the run, which is no trial under another."""
        return (experiment, name) in self._open

    def runs_of(self, experiment: str, named: Sequence[str] = ("",)) -> list[str]:
        """Ids of the runs of an experiment: those written to now, else those remembered.

        Runs under another one are not among them.

        Parameters
        ----------
        experiment : str
        named : sequence of str
            What the runs' names begin with, one of these.
        """
        keys = tuple(f"{experiment}/{name}" for name in named)
        now = [run for key, run in self._open.items() if "/".join(key).startswith(keys)]
        known = [run for key, run in self._remembered().items() if key.startswith(keys)]
        return now or [run for run in known if self._tags_of(run) is not None]

    def rest(self, status: str = "FINISHED") -> None:
        """End the runs written to since the last rest; they may be written to again.

        After every node: a session that is killed later would leave them RUNNING for good, since
        what is finished is not made again.
        """
        for run in self._busy:
            self.client.set_terminated(run, status)
        self._busy.clear()

    def close(self, status: str) -> None:
        """End the session with what is under way: FINISHED or FAILED."""
        self.rest(status)
        self._open.clear()

    def _create(self, experiment: str, name: str, tags: dict[str, str]) -> str:
        found = self.client.get_experiment_by_name(experiment)
        number = (
            found.experiment_id
            if found
            else self.client.create_experiment(
                experiment, self._artifacts, {_NOTE: self._notes.get(experiment, "")}
            )
        )
        return self.client.create_run(
            number, run_name=name, tags={**self._tags, **tags}
        ).info.run_id

    def _tags_of(self, run: str | None) -> dict[str, str] | None:
        """A run's tags; None if there is no such run (any more)."""
        from mlflow.exceptions import MlflowException

        if run is None:
            return None
        try:
            found = self.client.get_run(run)
        except MlflowException:  # another or an emptied store
            return None
        return found.data.tags if found.info.lifecycle_stage == "active" else None

    def _remembered(self) -> dict[str, str]:
        return json.loads(self._memory.read_text()) if self._memory.exists() else {}

    def _remember(self, key: str, run: str) -> None:
        with staged_file(self._memory) as staged:
            staged.write_text(json.dumps({**self._remembered(), key: run}, indent=1))
