"""The node that searches: the same trials in one go, in parts, shared, and trained together."""

import numpy as np
import optuna
import pandas as pd
import pytest

from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.pipelines.cvae_tuning.nodes import tune
from genex_kedro.pipelines.cvae_tuning.settings import TuningSettings
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.generation.settings import GeneratorSettings

FIT = {"epochs": 99, "batch_size": 50, "patience": None, "device": "cpu"}
SETTINGS = GeneratorSettings[CvaeConfig].model_validate(
    {
        "networks": {
            "paper": {"network": {"latent": 4}, "fit": FIT},
            "best": {"network": {"core": True, "encoder_hidden": [8], "decoder_hidden": [8], "average": 0.9}, "fit": FIT},
        }
    }
)  # fmt: skip
GRID = {
    "base": "paper",
    "epochs": 3,
    "sampler": "grid",
    "widths": [16, 8],
    "space": {"learning_rate": [0.001, 0.005, 0.0001], "hidden_layers": [1, 2]},
}
TPE = {
    "base": "best",
    "epochs": 3,
    "n_trials": 5,
    "startup": 2,
    "pruner": {"startup": 2},
    "space": {
        "learning_rate": {"low": 0.00001, "high": 0.1, "log": True},
        "latent": {"low": 2, "high": 5},
    },
}


@pytest.fixture(scope="module")
def studies():
    cohort, _ = simulate(SimulationSettings(tissues=("lung", "liver"), n_genes=150))
    parts = np.random.default_rng(0).choice(["train", "validation", "test"], cohort.n_obs, p=[0.6, 0.2, 0.2])  # fmt: skip
    cohort.obs["split"] = parts
    cohort.uns["seed"] = 0
    return {"seed_0": cohort}


def tuned(studies, storage=None, together=False, **named):
    """The last tables, without times."""
    storage = storage or optuna.storages.InMemoryStorage()
    tuning = TuningSettings(studies=named, together=together)
    *_, (trials, history) = tune(studies, storage, SETTINGS, tuning)
    return trials.drop(columns="seconds"), history


def assert_same(tables, others):
    for one, other in zip(tables, others, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_the_tables_hold_every_trial_and_epoch_and_only_validation_decides(studies):
    trials, history = tuned(studies, grid=GRID, tpe=TPE)
    assert trials.groupby("name").size().to_dict() == {"grid": 6, "tpe": 5}
    assert history.groupby("name").size()["grid"] == 6 * 3
    best = history.groupby(["name", "trial"])["validation.loss"].min()
    ended = trials[trials["state"] != "diverged"].set_index(["name", "trial"])["validation_loss"]
    assert best[ended.index].to_list() == ended.to_list()
    spoiled = studies["seed_0"].copy()
    spoiled.X[(spoiled.obs["split"] == "test").to_numpy()] = 0  # what is tested on is not looked at
    without_test = tuned({"seed_0": spoiled}, grid=GRID)[0]["validation_loss"]
    assert without_test.to_list() == trials["validation_loss"][:6].to_list()


def test_more_trials_go_on_where_fewer_ended(studies):
    whole = tuned(studies, tpe=TPE)
    storage = optuna.storages.InMemoryStorage()
    first = tuned(studies, storage, tpe=TPE | {"n_trials": 2})
    assert len(first[0]) == 2
    assert_same(tuned(studies, storage, tpe=TPE), whole)
    assert len(storage.get_all_studies()) == 1
    assert_same(tuned(studies, storage, tpe=TPE), whole)  # nothing is trained again


def test_other_data_or_settings_are_another_study(studies):
    storage = optuna.storages.InMemoryStorage()
    tuned(studies, storage, tpe=TPE)
    other = {"seed_0": studies["seed_0"].copy()}
    other["seed_0"].X[0, 0] += 1
    tuned(other, storage, tpe=TPE)
    tuned(studies, storage, tpe=TPE | {"epochs": 2})
    assert [len(storage.get_all_trials(s._study_id)) for s in storage.get_all_studies()] == [5] * 3


def test_trials_that_train_together_have_the_losses_of_trials_one_by_one(studies):
    alone, together = (tuned(studies, together=how, grid=GRID, tpe=TPE | {"at_once": 5, "pruner": None})[0] for how in (False, True))  # fmt: skip
    alone, together = (t.sort_values(["name", "trial"], ignore_index=True) for t in (alone, together))  # fmt: skip
    assert (alone["state"] == "finished").sum() >= 9
    loss, expected = together.pop("validation_loss"), alone.pop("validation_loss")
    assert loss.to_list() == pytest.approx(expected.to_list(), rel=1e-3, nan_ok=True)
    exact = ["name", "trial", "state", "epochs", "parameter.learning_rate", "parameter.latent"]
    pd.testing.assert_frame_equal(together[exact], alone[exact])
