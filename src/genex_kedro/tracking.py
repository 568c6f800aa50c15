"""MLflow runs: one per model, the same keys for all, continued after a kill.

Everything here goes through :class:`mlflow.MlflowClient`, which names the run it writes to;
there is no active run that two models could share by accident.
"""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from numbers import Real
from pathlib import Path

from genex_kedro.datasets.atomic import staged_file
from genex_kedro.tracking_names import flatten

log = logging.getLogger(__name__)

_BATCH = 900  # MLflow takes at most 1,000 metrics a call
_FIT = "genex.fit"
_PARENT = "mlflow.parentRunId"
_NOTE = "mlflow.note.content"
_NESTED = " (nested)"  # in the memory of runs, behind the experiment


class RunBook:
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
        # before its first import: conf/logging.yml says what MLflow may print
        os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow import MlflowClient

        self.client = MlflowClient(uri)
        self._artifacts = artifacts.absolute().as_uri() if uri.startswith("sqlite:") else None
        self._memory = memory
        self._tags, self._notes = tags, notes or {}
        self._open: dict[tuple[str, str], str] = {}
        self._busy: set[str] = set()
        self._logged_step: dict[str, int] = {}

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

    def log_params(self, run: str, params: dict) -> None:
        """Nested parameters as flat keys, ``train.epochs``; a value once logged stays."""
        from mlflow.entities import Param

        known = self.client.get_run(run).data.params
        rows = [Param(k, str(v)[:6000]) for k, v in flatten(params) if k not in known]
        for start in range(0, len(rows), 100):
            self.client.log_batch(run, params=rows[start : start + 100])

    def log_metrics(
        self,
        run: str,
        metrics: dict[str, float],
        step: int = 0,
        model: str | None = None,
        data: tuple[str, str] | None = None,
    ) -> None:
        """One value per key, of a logged model too; what is no finite number is left out.

        `data` is the name and the digest of what it was measured on.
        """
        self._log(run, [(k, v, step) for k, v in metrics.items()], model, data)

    def data_of(self, runs: Iterable[str]) -> tuple[str, str] | None:
        """Name and digest of the data set of the first of these runs that has one."""
        for run in runs:
            for used in self.client.get_run(run).inputs.dataset_inputs:
                return used.dataset.name, used.dataset.digest
        return None

    def log_history(self, run: str, rows: Iterable[dict]) -> None:
        """Metrics by epoch; epochs that the run has already are not written twice."""
        last = self._last_step(run)
        points = [
            (key, value, row["epoch"])
            for row in rows
            if row["epoch"] > last
            for key, value in row.items()
            if key != "epoch"
        ]
        self._log(run, points)
        if points:
            self._logged_step[run] = max(step for _, _, step in points)

    def log_figure(self, run: str, path: Path) -> None:
        """A picture under ``figures/``."""
        self.client.log_artifact(run, str(path), "figures")

    def log_json(self, run: str, content: dict, name: str) -> None:
        """Plain data as a file."""
        self.client.log_dict(run, content, name)

    def log_input(self, run: str, name: str, digest: str, path: Path) -> None:
        """The data set a model was trained on."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = Dataset(name, digest, "local", json.dumps({"uri": str(path)}))
        tag = InputTag("mlflow.data.context", "training")
        self.client.log_inputs(run, [DatasetInput(data, [tag])])

    def logged_models(self, run: str) -> list:
        """Of a run, as MLflow's LoggedModel; those deleted are none."""
        from mlflow.exceptions import MlflowException

        found = []
        for output in self.client.get_run(run).outputs.model_outputs:
            with suppress(MlflowException):  # deleted
                found.append(self.client.get_logged_model(output.model_id))
        return found

    def create_model(
        self, run: str, name: str, kind: str, params: dict[str, str], tags: dict[str, str]
    ) -> str:
        """The id of a new logged model of a run, to be finalized when its files are there."""
        from mlflow.entities import LoggedModelOutput

        experiment = self.client.get_run(run).info.experiment_id
        model = self.client.create_logged_model(
            experiment, name, run, {**self._tags, **tags}, params, kind
        ).model_id
        self.client.log_outputs(run, [LoggedModelOutput(model, step=0)])
        return model

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

    def _log(
        self,
        run: str,
        points: list[tuple[str, float, int]],
        model: str | None = None,
        data: tuple[str, str] | None = None,
    ) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        of = (model, *(data or ()))
        rows = [Metric(k, float(v), now, int(s), *of) for k, v, s in points if _is_finite(v)]
        for start in range(0, len(rows), _BATCH):
            self.client.log_batch(run, metrics=rows[start : start + _BATCH])

    def _last_step(self, run: str) -> int:
        if run not in self._logged_step:
            other = ("system/", "eval.")
            keys = [k for k in self.client.get_run(run).data.metrics if not k.startswith(other)]
            steps = [m.step for k in keys for m in self.client.get_metric_history(run, k)]
            self._logged_step[run] = max(steps, default=-1)
        return self._logged_step[run]

    def _remembered(self) -> dict[str, str]:
        return json.loads(self._memory.read_text()) if self._memory.exists() else {}

    def _remember(self, key: str, run: str) -> None:
        with staged_file(self._memory) as staged:
            staged.write_text(json.dumps({**self._remembered(), key: run}, indent=1))


def _is_finite(value) -> bool:
    return isinstance(value, Real) and math.isfinite(value)
