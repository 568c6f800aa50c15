"""MLflow, as a side effect of a run. The catalog's metadata says what is tracked.

An entry with ``metadata: {mlflow: {experiment: ..., kind: ...}}`` is logged when it is saved:

=============  ==========================================================================
``history``    a table with ``run, model, seed, fit, device, epoch`` and metrics: opens the run,
               logs all parameters, the machine, the data, and curves
``trials``     a table with ``run, parent, model, seed, fit, device, state`` and parameters: a run
               for each search, with the best loss so far, and under it one for each trial
``curves``     their losses by ``epoch``
``scorecard``  a table with ``run, model, seed, subset`` and metrics: logs ``eval.<metric>``
               for the subset ``overall`` and ``eval.<name>.<metric>`` for those in ``subsets``,
               to the run and to its entry in the Models tab (see ``logged_models.py``)
``figure``     a picture, to the experiment's runs; with ``runs: [cvae/]`` to those whose names
               begin so
=============  ==========================================================================
"""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd
from kedro.framework.hooks import hook_impl

from genex_kedro.fingerprint import data_digest
from genex_kedro.logged_models import FilesSettings, LoggedModels, ScoredModels
from genex_kedro.run_parameters import of_model, plain, system
from genex_kedro.tracking import RunBook
from genex_kedro.tracking_names import git_tags, store_uri, without_passwords

log = logging.getLogger(__name__)

_ENDED = {  # of a trial, under the keys of every training
    "validation_loss": "best.loss",
    "best_epoch": "best.epoch",
    "epochs": "train.epochs",
    "seconds": "train.seconds",
}


class TrackingHooks:
    """MLflow: one run per model and seed, opened when its first value is saved."""

    def __init__(self) -> None:
        self._settings: dict = {"enabled": False}

    @hook_impl
    def after_context_created(self, context) -> None:
        self._settings = context.config_loader["tracking"]
        self._project = Path(context.project_path)
        self._env = context.env or "base"
        self._parameters = context.params
        self._book: RunBook | None = None
        self._monitor = None
        self._node_inputs: dict = {}
        self._told: set[str] = set()  # trials whose parameters are logged

    @hook_impl
    def before_pipeline_run(self, run_params, catalog) -> None:
        self._catalog = catalog
        self._session = run_params["run_id"]

    @hook_impl
    def before_node_run(self, inputs) -> None:
        self._node_inputs = inputs
        self._stop_watching()
        if self._book:  # the node before has saved all that it made
            self._book.rest()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data) -> None:
        wanted = (getattr(self._catalog.get(dataset_name), "metadata", None) or {}).get("mlflow")
        if wanted and self._settings["enabled"]:
            getattr(self, f"_log_{wanted['kind']}")(wanted, dataset_name, data)

    @hook_impl
    def after_pipeline_run(self) -> None:
        self._close("FINISHED")

    @hook_impl
    def on_pipeline_error(self) -> None:
        self._close("FAILED")

    def _log_history(self, wanted: dict, name: str, history: pd.DataFrame) -> None:
        for (run_name, fit), rows in history.groupby(["run", "fit"], sort=False):
            is_new = not self._runs().is_open(wanted["experiment"], run_name)
            run = self._runs().run(wanted["experiment"], run_name, fit)
            if is_new:
                self._describe(run, rows.iloc[0], name.rpartition(".")[0])
                if rows["epoch"].max() > 0:  # trained by epochs, not fitted at once
                    self._watch(run)
            metrics = rows.select_dtypes("number").drop(columns="seed")
            metrics = metrics.rename(
                columns=lambda c: c if c == "epoch" or "." in c else f"train.{c}"
            )
            self._runs().log_history(run, metrics.to_dict("records"))

    def _log_trials(self, wanted: dict, name: str, trials: pd.DataFrame) -> None:
        for parent_name, of_one in trials.groupby("parent", sort=False):
            best = of_one["validation_loss"].astype(float).cummin()
            for _, row in of_one.iterrows():
                self._log_trial(self._trial(wanted, name, row), row)
            parent = self._runs().run(wanted["experiment"], parent_name, of_one["fit"].iloc[0])
            so_far = enumerate(best, 1)
            self._runs().log_history(parent, [{"epoch": n, "best.loss": v} for n, v in so_far])

    def _log_trial(self, run: str, row: pd.Series) -> None:
        if run in self._told:
            return
        own = {
            k.removeprefix("parameter."): v for k, v in row.items() if k.startswith("parameter.")
        }
        own = {k: v for k, v in own.items() if pd.notna(v)}
        self._runs().log_params(run, {**own, **row[["model", "seed", "device", "state"]]})
        ended = row[list(_ENDED)].rename(_ENDED)
        self._runs().log_history(run, [{"epoch": 0, **ended}])  # before the curve: written once
        self._told.add(run)

    def _log_curves(self, wanted: dict, name: str, history: pd.DataFrame) -> None:
        for _, rows in history.groupby("run", sort=False):
            run = self._trial(wanted, name, rows.iloc[0])
            self._runs().log_history(run, rows[["epoch", "validation.loss"]].to_dict("records"))

    def _trial(self, wanted: dict, name: str, row: pd.Series) -> str:
        """The run of a trial, under that of its search."""
        is_new = not self._runs().is_open(wanted["experiment"], row["parent"])
        parent = self._runs().run(wanted["experiment"], row["parent"], row["fit"])
        if is_new:
            self._describe(
                parent,
                row[["run", "fit", "model", "seed", "device", "name"]],
                name.rpartition(".")[0],
            )
        return self._runs().run(wanted["experiment"], row["run"], row["fit"], parent)

    def _log_scorecard(self, wanted: dict, name: str, table: pd.DataFrame) -> None:
        prefixes = {
            "overall": "eval.",
            **{s: f"eval.{n}." for s, n in wanted.get("subsets", {}).items()},
        }
        models = self._models(wanted, table)
        table = table[table["subset"].isin(prefixes)]
        runs = {n: self._runs().run(wanted["experiment"], n) for n in table["run"].unique()}
        data = self._runs().data_of(runs.values())  # one study, whatever a model learned from
        entries: dict[str, str] = {}
        for _, row in table.iterrows():
            name, run = row["run"], runs[row["run"]]
            if name not in entries:
                entries[name] = models.entry(run, name, _shown(row))
            values = row[[c for c in table.select_dtypes("number") if c != "seed"]]
            metrics = {prefixes[row["subset"]] + k: v for k, v in values.items()}
            self._runs().log_metrics(run, metrics, model=entries[name], data=data)

    def _models(self, wanted: dict, table: pd.DataFrame) -> LoggedModels:
        scored, files = ScoredModels(**wanted["models"]), FilesSettings(**self._settings["models"])
        shelf = self._catalog.get("trained_models").load()
        first = int(table["seed"].min()) if table["seed"].notna().any() else 0
        return LoggedModels(self._runs(), shelf, scored, files, first)

    def _log_figure(self, wanted: dict, name: str, figure) -> None:
        for run in self._runs().runs_of(wanted["experiment"], wanted.get("runs", ("",))):
            self._runs().log_figure(run, Path(self._catalog.get(name)._filepath))

    def _describe(self, run: str, first: pd.Series, namespace: str) -> None:
        """Parameters, machine and data of a model, from the first row of its history."""
        own = {k: v for k, v in first.items() if isinstance(v, str) and k not in ("run", "fit")}
        parameters = plain(self._parameters)
        if chosen := self._node_inputs.get(f"{namespace}.settings"):  # by a node before
            parameters[namespace] = plain(chosen)
        setting = own.get("name", own["model"].rpartition("/")[2])
        studies = [n.removesuffix(".studies") for n in self._node_inputs if n.endswith(".studies")]
        params = {
            "seed": first["seed"],
            **of_model(parameters, namespace, setting),
            **{shared: parameters[shared] for shared in ("split", "cohort", *studies)},
            **own,  # the device as it was chosen, over "auto"
            "system": system(),
        }
        self._runs().log_params(run, without_passwords(params))
        self._runs().log_json(run, without_passwords(parameters), "parameters.json")
        for name, value in self._node_inputs.items():
            digest = data_digest(value)
            if digest:
                self._runs().log_input(run, name, digest, Path(self._catalog.get(name)._filepath))

    def _watch(self, run: str) -> None:
        """CPU, memory and GPU of the machine, logged to the run being trained."""
        if not self._settings["system_metrics"]:
            return
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        self._stop_watching()
        self._monitor = SystemMetricsMonitor(run, resume_logging=True, tracking_uri=self._uri())
        self._monitor.start()

    def _stop_watching(self) -> None:
        if self._monitor:
            self._monitor.finish()
        self._monitor = None

    def _runs(self) -> RunBook:
        if self._book is None:
            tags = {
                "genex.env": self._env,
                "genex.session": self._session,
                **git_tags(self._project),
            }
            memory = self._project / "data" / ".ledger" / "mlflow_runs.json"
            notes = self._settings["notes"]
            self._book = RunBook(self._uri(), self._project / "mlruns", memory, tags, notes)
        return self._book

    def _uri(self) -> str:
        return store_uri(self._settings["uri"], self._project)

    def _close(self, status: str) -> None:
        if self._settings["enabled"]:
            self._stop_watching()
        if self._book:
            self._book.close(status)
        self._book = None


def _shown(row: pd.Series) -> dict[str, str]:
    """What a scorecard says of a model in words, and its seed."""
    words = {k: v for k, v in row.items() if isinstance(v, str) and k not in ("run", "subset")}
    return {**words, **({"seed": str(int(row["seed"]))} if pd.notna(row["seed"]) else {})}
