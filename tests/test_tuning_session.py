"""Whole sessions: a search, its runs in MLflow, and the setting that it gives to cvae."""

from __future__ import annotations

import json
import logging

import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient

from genex_kedro.errors import InputError

REPORT = "data/08_reporting/cvae_tuning"


@pytest.fixture
def caplog(caplog):
    caplog.set_level(logging.INFO, logger="genex_kedro")
    return caplog


def nodes_run(caplog) -> list[str]:
    return [
        r.args[2]
        for r in caplog.records
        if r.name == "genex_kedro.runner" and r.args and len(r.args) == 3
    ]


def trials_of(project) -> pd.DataFrame:
    return pd.read_csv(project / REPORT / "trials.csv").drop(columns="seconds")


def test_a_search_and_what_becomes_of_it(project, run_session, caplog):
    run_session("cvae")  # nothing was tuned, and nothing is missing
    settings = project / "data/06_models/cvae/settings.yml"
    assert set(yaml.safe_load(settings.read_text())["networks"]) == {"as_published", "corrected", "best"}  # fmt: skip

    run_session("cvae_tuning")
    trials = trials_of(project)
    assert trials.groupby("name").size().to_dict() == {"best_tpe": 4, "paper_grid": 4}
    best = yaml.safe_load((project / "data/06_models/cvae_tuning/best.yml").read_text())
    finished = trials[trials["state"] == "finished"]
    assert best["validation_loss"] == pytest.approx(finished["validation_loss"].min(), rel=1e-12)
    for figure in ("search", "parameters"):
        assert (project / REPORT / f"{figure}.png").stat().st_size > 10_000
    _check_tracking(project, trials)

    caplog.clear()
    run_session("cvae_tuned")
    assert nodes_run(caplog)[0] == "cvae.choose_settings"
    tuned = yaml.safe_load(settings.read_text())["networks"]["tuned"]
    assert tuned["network"] == best["network"]
    assert tuned["fit"]["epochs"] == 2  # as its base, which was searched for three
    card = json.loads((project / "data/06_models/cvae/models/tuned_seed_0/card.json").read_text())
    history = pd.read_csv(project / "data/06_models/cvae_tuning/history.csv")
    same = history[(history["name"] == best["study"]) & (history["trial"] == best["trial"])]
    # the network that was found is trained as it was when it was found: to the bit
    assert card["validation_loss"] == same["validation.loss"][:2].min()
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("synthesis").experiment_id
    (run,) = (r for r in client.search_runs([experiment]) if r.info.run_name == "cvae/tuned seed 0")
    assert run.data.params["network.latent"] == str(best["network"]["latent"])

    caplog.clear()
    run_session("cvae_tuned")
    assert nodes_run(caplog) == []


def _check_tracking(project, trials) -> None:
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("cvae_tuning").experiment_id
    found = {run.info.run_name: run for run in client.search_runs([experiment])}
    assert len(found) == 2 + len(trials)
    parent = found["cvae_tuning/paper_grid seed 0"]
    assert parent.data.params["epochs"] == "2"
    grid = trials[trials["name"] == "paper_grid"]
    so_far = client.get_metric_history(parent.info.run_id, "best.loss")
    assert [m.value for m in so_far] == pytest.approx(grid["validation_loss"].cummin().tolist())
    for _, row in grid.iterrows():
        child = found[row["run"]]
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert float(child.data.params["learning_rate"]) == row["parameter.learning_rate"]
        assert child.data.metrics["best.loss"] == pytest.approx(row["validation_loss"])
        curve = client.get_metric_history(child.info.run_id, "validation.loss")
        assert [m.step for m in curve] == [1, 2]
    figures = {f.path for f in client.list_artifacts(parent.info.run_id, "figures")}
    assert figures == {"figures/search.png", "figures/parameters.png"}
    assert not client.list_artifacts(found[grid["run"].iloc[0]].info.run_id)
    assert {run.info.status for run in found.values()} == {"FINISHED"}


@pytest.mark.parametrize(
    ("params", "pieces"),
    [
        ({"cvae_tuning": {"studies": {"grid": {"base": "best"}}}}, ["parameters", "studies.grid"]),
        ({"cvae_tuning": {"together": "maybe"}}, ["parameters", "together"]),
        ({"cvae_tuning": {"storage": "x"}}, ["cvae_tuning.storage", "did you mean"]),
        ({"tuning": {"storag": "x"}}, ["tuning.storag", "tuning.storage"]),
        (
            {"cvae_tuning": {"studies": {"best_tpe": {"base": "paper"}}}},
            ["studies.best_tpe.base", "'paper'"],
        ),
    ],
)
def test_a_mistake_is_named(run_session, params, pieces):
    with pytest.raises(InputError) as error:
        run_session("cvae_tuning", params=params)
    assert all(piece in str(error.value) for piece in pieces), str(error.value)
