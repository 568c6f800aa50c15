"""The search for settings of the conditional VAE, by validation loss."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.cvae.config import CVAE, CvaeConfig
from genex_kedro.models.names import full_name
from genex_kedro.pipelines.cvae_tuning.fits import start_fits
from genex_kedro.pipelines.cvae_tuning.settings import (
    TuningSettings,
    TuningStudySettings,
    check,
    check_samples,
)
from genex_kedro.study.fits import part_of, run_name, seed_of
from genex_kedro.study.generation import fitting
from genex_kedro.study.generation.settings import GeneratorNetworkSettings, GeneratorSettings
from genex_kedro.training_status import FINISHED

log = logging.getLogger(__name__)


def tune(
    studies: dict[str, AnnData],
    storage: Any,
    settings: GeneratorSettings[CvaeConfig],
    tuning: TuningSettings,
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Run every named study to its last trial, on the split of the lowest seed.

    Parameters
    ----------
    studies : dict of AnnData
    storage : optuna.storages.BaseStorage
        Which holds the trials that were run before, or are run by other processes.
    settings : GeneratorSettings
    tuning : TuningSettings

    Yields
    ------
    trials : DataFrame
        A row per trial that has ended, see :func:`genex_kedro.tuning.tables.trials_table`;
        after each trial, those of all studies so far.
    history : DataFrame
        Their validation losses by epoch.

    Raises
    ------
    InputError
        If the settings cannot be, see :func:`check` and :func:`check_samples`.
    """
    check(tuning, settings)
    study = min(studies.values(), key=seed_of)
    training = study.obs[part_of(study, "train")]
    n_classes = len(Vocabulary.fit(training, settings.factors))
    check_samples(tuning, settings, len(training), n_classes)
    done: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
    for name, one in tuning.chosen.items():
        for tables in _Study(name, one, study, settings, tuning.together).run(storage):
            done[name] = tables
            yield tuple(_stacked(kind) for kind in zip(*done.values(), strict=True))


class _Study:
    """One named study: what its trials are, and how they are called in tables."""

    def __init__(
        self,
        name: str,
        one: TuningStudySettings,
        study: AnnData,
        settings: GeneratorSettings,
        together,
    ) -> None:
        self.name, self.one, self.study, self.settings = name, one, study, settings
        base = settings.networks[one.base]
        fit = {"epochs": one.epochs, "save_every_s": 0}
        self.base = base.model_copy(update={"fit": base.fit.model_copy(update=fit)})
        self.device, self.together = _device(base, together)

    @property
    def title(self) -> str:
        """The name with a digest of all that a trial's result depends on."""
        how = self.one.model_dump(mode="json", exclude={"n_trials", "at_once"})
        code = code_digest(partial(fitting.train, family=CVAE))
        seen = [data_digest(self.study), self.base, self.settings.factors, how, code]
        return f"{self.name} {digest(seen)[:8]}"

    def run(self, storage) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """The tables, before the first and after each trial."""
        from genex_kedro.tuning.search import search
        from genex_kedro.tuning.trials import Trials, open_study

        opened = open_study(storage, self.title, self.one)
        whole_grid = self.one.total if self.together and self.one.sampler == "grid" else 1
        yield self._tables(opened)
        for _ in search(Trials(opened, self.one), self.one.at_once or whole_grid, self._start):
            tables = self._tables(opened)
            self._say(tables[0])
            yield tables

    def _start(self, chosen: list[dict[str, Any]]):
        networks = [self.one.setting(self.base, parameters) for parameters in chosen]
        return start_fits(self.study, networks, self.settings, self.together)

    def _tables(self, opened) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Those of the study, with the names of runs and what else is constant."""
        from genex_kedro.tuning.tables import history_table, trials_table

        seed = seed_of(self.study)
        parent = run_name(full_name("cvae_tuning", self.name), seed)
        tables = []
        for table in (trials_table(opened), history_table(opened)):
            first = {
                "run": [f"{parent} trial {number:03}" for number in table["trial"]],
                "parent": parent,
                "model": full_name("cvae", self.one.base),
                "seed": seed,
                "fit": self.title,
                "device": self.device,
                "name": self.name,
                "sampler": self.one.sampler,
            }
            tables.append(pd.concat([pd.DataFrame(first, index=table.index), table.drop(columns="study")], axis=1))  # fmt: skip
        return tuple(tables)

    def _say(self, trials: pd.DataFrame) -> None:
        last, best = trials.iloc[-1], trials["validation_loss"].min()
        log.info(
            "%s: %d of %d trials, the last %s at %.4g, best %.6g",
            self.name, len(trials), self.one.total, last["state"], last["validation_loss"], best,
        )  # fmt: skip


def choose_best(
    studies: dict[str, AnnData],
    trials: pd.DataFrame,
    settings: GeneratorSettings[CvaeConfig],
    tuning: TuningSettings,
) -> dict[str, Any]:
    """The trial with the smallest validation loss; empty if none was finished.

    Returns
    -------
    dict
        Plain data: the study and trial, base and parameters, the loss, a digest of the data
        that chose it, and the network and batch size that follow.
    """
    from genex_kedro.tuning.tables import parameters_of

    finished = trials[trials["state"] == FINISHED]
    if finished.empty:
        log.warning("no trial was finished: nothing is chosen")
        return {}
    row = finished.loc[finished["validation_loss"].astype(float).idxmin()]
    one = tuning.chosen[row["name"]]
    chosen = parameters_of(row, one)
    setting = one.setting(settings.networks[one.base], chosen)
    return {
        "study": row["name"],
        "trial": int(row["trial"]),
        "base": one.base,
        "parameters": chosen,
        "validation_loss": float(row["validation_loss"]),
        "best_epoch": int(row["best_epoch"]),
        "seed": int(row["seed"]),
        "data": data_digest(min(studies.values(), key=seed_of)),
        "batch_size": setting.fit.batch_size,
        "network": setting.network.model_dump(mode="json"),
    }


def weigh_parameters(trials: pd.DataFrame, tuning: TuningSettings) -> pd.DataFrame:
    """How much of the spread of validation losses each parameter explains, study by study.

    Returns
    -------
    DataFrame
        ``name, parameter, importance``, see :func:`genex_kedro.tuning.importance.importances`.
    """
    from genex_kedro.tuning.importance import importances

    rows = []
    for name, one in tuning.chosen.items():
        found = importances(trials[trials["name"] == name], one)
        rows += [{"name": name, "parameter": k, "importance": v} for k, v in found.items()]
    return pd.DataFrame(rows, columns=["name", "parameter", "importance"])


def draw_search(trials: pd.DataFrame, history: pd.DataFrame) -> Figure:
    """How each study went on."""
    from genex_kedro.plots.tuning import plot_search

    return plot_search(trials, history)


def draw_parameters(trials: pd.DataFrame, importances: pd.DataFrame) -> Figure:
    """What each parameter does to the validation loss."""
    from genex_kedro.plots.tuning import plot_parameters

    return plot_parameters(trials, importances)


def _stacked(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """One under the other; of empty ones the columns alone."""
    first, *others = tables
    filled = [table for table in (first, *others) if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else first


def _device(base: GeneratorNetworkSettings, together: bool | str) -> tuple[str, bool]:
    """Where trials train, and whether in stacks there."""
    from genex_kedro.training.settings import choose_device

    device = choose_device(base.fit.device).type
    return device, device == "cuda" if together == "auto" else together
