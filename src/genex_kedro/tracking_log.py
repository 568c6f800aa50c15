"""What is written to an MLflow run, the same keys for all models.

Everything here goes through :class:`mlflow.MlflowClient`, which names the run it writes to;
there is no active run that two models could share by accident.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from numbers import Real
from pathlib import Path

from genex_kedro.tracking_names import flatten

_BATCH = 900  # MLflow takes at most 1,000 metrics a call


class RunLog:
    """A tracking store, written to and read by the ids of its runs.

    Parameters
    ----------
    uri : str
        Of the tracking store.
    tags : dict
        For every logged model.
    """

    def __init__(self, uri: str, tags: dict[str, str]) -> None:
        # before its first import: conf/logging.yml says what MLflow may print
        os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow import MlflowClient

        self.client = MlflowClient(uri)
        self._tags = tags
        self._logged_step: dict[str, int] = {}

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


def _is_finite(value) -> bool:
    return isinstance(value, Real) and math.isfinite(value)
