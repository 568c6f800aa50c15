"""Whole sessions: everything from a fresh clone, reuse, tracking, a user's mistakes."""

from __future__ import annotations

import json
import logging

import pandas as pd
import pytest
from mlflow import MlflowClient

from genex_kedro.errors import InputError
from genex_kedro.report.page import PARTS


def nodes_run(caplog) -> list[str]:
    return [
        r.args[2]
        for r in caplog.records
        if r.name == "genex_kedro.runner" and r.args and len(r.args) == 3
    ]


def runs(project) -> dict:
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("reversion")
    return {r.info.run_name: r for r in client.search_runs([experiment.experiment_id])}


@pytest.fixture
def caplog(caplog):
    caplog.set_level(logging.INFO, logger="genex_kedro")
    return caplog


def test_everything_runs_from_nothing_and_is_reused(whole_run, run_in, caplog):
    project = whole_run
    table = pd.read_csv(project / "data/08_reporting/evaluation/discriminators.csv")
    models = {
        "paper",
        "best",
        "logistic regression",
        "source alone",
        "program alone",
        "share of tumors",
    }
    assert set(table["model"]) == models
    assert set(table["judge"]) == {"pooled", "adjacent", "across"}
    overall = table[table["subset"] == "overall"].set_index(["judge", "model"])["auc"]
    assert overall["pooled", "logistic regression"] > 0.95
    assert overall["pooled", "share of tumors"] == 0.5
    report = json.loads((project / "data/08_reporting/cohort/report.json").read_text())
    assert report["samples"] == 5 * (24 + 12) + 3 * 16  # five tumor types in three tissues
    assert report["pairs"] == 5 * 12
    _check_tracking(project, table)
    _check_generators(project)
    _check_cards(project)
    _check_lineage(project)
    _check_report(project)

    caplog.clear()
    run_in(project)
    assert nodes_run(caplog) == []


def _check_lineage(project) -> None:
    """What kedro-viz builds of the run: pipelines that fold, and a preview of every result."""
    import fsspec
    from kedro_viz.api.rest.responses.save_responses import save_api_responses_to_fs
    from kedro_viz.server import load_and_populate_data

    load_and_populate_data(project, env="test", pipeline_name="__default__")
    save_api_responses_to_fs(str(project / "viz"), fsspec.filesystem("file"), True)
    graph = json.loads((project / "viz/api/pipelines/__default__").read_text())
    folded = {node["name"] for node in graph["nodes"] if node["type"] == "modularPipeline"}
    assert {"data_processing", "cyclegan", "cvae", "baselines", "evaluation"} < folded
    assert graph["layers"][0] == "raw" and graph["layers"][-1] == "reporting"
    results = {
        n["name"]: n["id"] for n in graph["nodes"] if n.get("layer") in ("models", "reporting")
    }
    shown = {k: json.loads((project / f"viz/api/nodes/{i}").read_text()) for k, i in results.items()}  # fmt: skip
    unseen = {name for name, node in shown.items() if not node.get("preview")}
    assert all(name.startswith("report.") for name in unseen)  # its sections, pictures and all
    assert "best" in json.dumps(shown["cvae.models"]["preview"])


def _check_report(project) -> None:
    """One page with all studies, every trained model's card, and the command that made it."""
    path = project / "data/08_reporting/report.html"
    page = path.read_text()
    assert path.stat().st_size < 6e6
    for part in PARTS:
        assert f'<section id="{part}">' in page
    assert "was not run" not in page and "another cohort" not in page
    assert "kedro run --env test --pipelines synthesis" in page
    trained = {p.parent for p in project.glob("data/06_models/**/models/*/card.json")}
    trained = {p for p in trained if not p.name.startswith("atlas")}
    cards = list(project.glob("data/08_reporting/evaluation/cards/*/*.md"))
    assert len(cards) == len(trained) and len({c.parent.name for c in cards}) == 4
    assert page.count('<details class="card">') == len(cards)  # one seed


def _check_cards(project) -> None:
    """Every trained generator has a scored card, holds no training sample, and does as asked."""
    from genex_kedro.datasets.model_shelf import open_model
    from genex_kedro.models.memorised import HELD
    from genex_kedro.study.generation.fulfilment import fulfil
    from genex_kedro.study.generation.request import GenerateSettings

    found = [*project.glob("data/06_models/cvae/models/*"), *project.glob("data/06_models/baselines/*/models/*")]  # fmt: skip
    cards = [json.loads((folder / "card.json").read_text()) for folder in found]
    assert len(cards) >= 3
    for folder, card in zip(found, cards, strict=True):
        nearest = card["nearest_to_training"]  # None: no weight is as wide as a sample
        assert nearest is None or nearest > HELD, folder
        assert card["given_unit"] == "log2(x+1)" and card["training_patients"] > 50
        asked = GenerateSettings(n=2, tissue="lung", format="gct")
        made, _ = fulfil(open_model(str(folder)), folder.name, asked)
        assert made.obs["condition"].value_counts().to_dict() == {"tumor": 2, "normal": 2}
        assert made.X.min() >= 0
    scored = list((project / "data/08_reporting/evaluation/cards/generators").glob("*.md"))
    assert len(scored) == len(found)
    for path in scored:
        assert "| gan_leaks_auc |" in path.read_text()


def _check_tracking(project, table) -> None:
    everything = runs(project)
    tracked = {name: run for name, run in everything.items() if " judge/" in name}
    assert len(tracked) == 18
    _check_translators(project, everything)
    best = tracked["pooled judge/best seed 0"].data
    paper = tracked["pooled judge/paper seed 0"].data
    logistic = tracked["pooled judge/logistic regression seed 0"].data
    assert {k for k in best.metrics if k.startswith("eval.")} == {
        k for k in logistic.metrics if k.startswith("eval.")
    }
    row = table.query("run == 'pooled judge/best seed 0' and subset == 'overall'").iloc[0]
    assert best.metrics["eval.auc"] == pytest.approx(row["auc"])
    assert "eval.adjacent.auc" in best.metrics
    # two networks lie side by side under the same keys, each with its own values
    assert best.params["fit.epochs"] == "6"
    assert paper.params["fit.epochs"] == "4"
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    run = tracked["pooled judge/best seed 0"]
    curve = client.get_metric_history(run.info.run_id, "validation.loss")
    assert [m.step for m in curve] == [1, 2, 3, 4, 5, 6]
    assert run.inputs.dataset_inputs[0].dataset.name == "reversion.studies"
    assert {r.info.status for r in tracked.values()} == {"FINISHED"}
    (model,) = [m for m in _models(project, "reversion") if m.source_run_id == run.info.run_id]
    assert model.name == "pooled judge-best seed 0" and model.params["judge"] == "pooled"
    assert {m.key: m.value for m in model.metrics}["eval.auc"] == pytest.approx(row["auc"])
    assert [a.path for a in client.list_artifacts(run.info.run_id, "figures")] == [
        "figures/discriminators.png"
    ]


def _models(project, experiment: str) -> list:
    """Of an experiment's Models tab."""
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    found = client.get_experiment_by_name(experiment).experiment_id
    return client.search_logged_models([found])


def _check_generators(project) -> None:
    folder = project / "data/08_reporting/evaluation"
    table = pd.read_csv(folder / "generators.csv")
    assert {"cvae/best", "simple/class_normal", "real/held-out samples"} <= set(table["model"])
    summary = pd.read_csv(folder / "generators_summary.csv").set_index("model")
    assert summary.loc["cvae/best", "rank_low"] <= summary.loc["cvae/best", "rank"]
    augmentation = pd.read_csv(folder / "augmentation.csv")
    refitted = augmentation[augmentation["protocol"] == "generator fitted to the same n samples"]
    assert "cvae/best" in set(refitted["model"])
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("synthesis").experiment_id
    runs = {r.info.run_name: r for r in client.search_runs([experiment])}
    best, real = runs["cvae/best seed 0"], runs["real/training samples seed 0"]
    row = table.query("run == 'cvae/best seed 0'").iloc[0]
    assert best.data.metrics["eval.gamma"] == pytest.approx(row["gamma"])
    assert "eval.gamma" in real.data.metrics
    # all side by side in the Models tab too, with the same keys
    scored = table.loc[table["subset"] == "overall", "run"]
    models = {m.source_run_id: m for m in _models(project, "synthesis")}
    assert {runs[name].info.run_id for name in scored} == set(models)
    keys = {m.key for m in models[real.info.run_id].metrics}
    assert keys <= {m.key for m in models[best.info.run_id].metrics} and "eval.gamma" in keys
    assert "eval.domias_auc" not in real.data.metrics  # training samples have no privacy to score
    figures = {a.path for a in client.list_artifacts(best.info.run_id, "figures")}
    names = ("ranks", "planes", "correlations", "precision_recall")
    assert figures >= {"figures/augmentation.png", *(f"figures/generators_{n}.png" for n in names)}


def _check_translators(project, tracked: dict) -> None:
    """Each simple translator and each ceiling is a run with the numbers of its row."""
    table = pd.read_csv(project / "data/08_reporting/evaluation/translators.csv")
    names = set(table.loc[table["model"].str.startswith(("simple/", "ceiling/")), "run"])
    assert names <= set(tracked) and {"simple/identity seed 0", "ceiling/own_normal seed 0"} < names
    row = table.query("run == 'simple/shrunken_residual seed 0' and subset == 'overall'").iloc[0]
    run = tracked[row["run"]]
    assert run.data.metrics["eval.rmse_point"] == pytest.approx(row["rmse_point"])
    assert "slope" in run.data.metrics or "train.slope" in run.data.metrics
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    figures = {a.path for a in client.list_artifacts(run.info.run_id, "figures")}
    assert figures == {"figures/translators_frontier.png", "figures/translators_neighbours.png"}


def test_a_named_pipeline_brings_its_upstream_and_a_changed_parameter_only_its_downstream(
    run_session, caplog
):
    run_session(
        "discriminator", params={"discriminator": {"networks": {"paper": {"fit": {"epochs": 2}}}}}
    )
    first = nodes_run(caplog)
    assert first[0] == "data_processing.check_cohort"
    assert not [n for n in first if n.startswith("evaluation")]
    caplog.clear()
    run_session("reversion")
    again = nodes_run(caplog)
    assert not [n for n in again if n.startswith("data_processing")]
    assert "discriminator.pooled.train" in again
    assert "evaluation.score_discriminators" in again


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(project, run_session):
    path = project / "data/07_model_output/discriminator/pooled/scores.parquet"
    run_session("discriminator")
    one = pd.read_parquet(path)
    run_session("discriminator", params={"reuse": False})
    pd.testing.assert_frame_equal(one, pd.read_parquet(path))
    run_session("discriminator", params={"split": {"seeds": [1]}})
    assert set(pd.read_parquet(path)["seed"]) == {1}


def test_several_seeds_are_several_splits(project, run_session):
    run_session("reversion", params={"split": {"seeds": [0, 1]}})
    splits = pd.read_parquet(project / "data/03_primary/splits.parquet")
    assert (splits["seed_0"] != splits["seed_1"]).any()
    summary = pd.read_csv(project / "data/08_reporting/evaluation/discriminators_summary.csv")
    assert set(summary["seeds"]) == {2}
    assert summary["auc_sd"].notna().all()


def test_a_cohort_without_other_programs_has_no_across_judge_and_says_so(
    project, run_session, caplog
):
    from genex_kedro.simulation import SimulationSettings, simulate

    cohort, _ = simulate(SimulationSettings(tissues=("lung",), n_genes=150, gtex_per_tissue=0))
    cohort.to_df().to_csv(project / "mine.tsv", sep="\t")
    cohort.obs.to_csv(project / "labels.tsv", sep="\t")
    params = {"cohort": {"expression": str(project / "mine.tsv"), "samples": str(project / "labels.tsv")},
              "reversion": {"panel": "all"}, "discriminator": {"least": 5}}  # fmt: skip
    run_session("reversion", env="table", params=params)
    table = pd.read_csv(project / "data/08_reporting/evaluation/discriminators.csv")
    assert set(table["judge"]) == {"pooled", "adjacent"}
    assert "judge 'across' is left out: 0 normal samples in train" in caplog.text


def test_models_of_another_cohort_do_not_stay_behind(project, run_session, caplog):
    run_session("discriminator")
    assert (project / "data/06_models/discriminator/across/models/best_seed_0").is_dir()
    run_session("discriminator", params={"split": {"seeds": [3]}})
    kept = sorted(
        p.name for p in (project / "data/06_models/discriminator/across/models").iterdir()
    )
    assert kept == ["best_seed_3", "paper_seed_3"]


@pytest.mark.parametrize(
    ("params", "pieces"),
    [
        ({}, ["cohort.expression", "--params cohort.expression="]),
        ({"cohort": {"expression": "nowhere.tsv"}}, ["nowhere.tsv"]),
        ({"cohort": {"mising": "impute"}}, ["cohort.mising", "did you mean cohort.missing"]),
        ({"rnaseqdb": {"folder": "x"}}, ["rnaseqdb.folder", "'table'", "--env rnaseqdb"]),
        ({"split": {"seeds": -1}}, ["parameters", "1 or more"]),
        ({"split": {"seeds": "abc"}}, ["parameters", "valid list"]),
        ({"reversion": {"pannel": "l1000"}}, ["reversion.pannel", "did you mean reversion.panel"]),
        ({"discriminator": {"networks": {"best": {"scaling": "foo"}}}}, ["parameters", "per_gene"]),
    ],
)
def test_a_mistake_reaches_the_user_as_one_error(run_session, params, pieces):
    with pytest.raises(InputError) as error:
        run_session(env="table", params=params)
    assert all(piece in str(error.value) for piece in pieces), str(error.value)


@pytest.mark.parametrize(
    ("asked", "pieces"),
    [
        ({"env": "tabel"}, ["--env", "'tabel'", "did you mean table"]),
        ({"params": {"cohort": {"expression": "mine.tsv"}}}, ["'simulated'", "--env table"]),
        ({"params": {"cohort": {"missing": "ignore"}}}, ["cohort.missing", "'ignore'", "impute"]),
        (
            {"params": {"reversion": {"panel": "l10000"}}},
            ["reversion.panel", "'l10000'", "variable"],
        ),
    ],
)
def test_a_wrong_choice_is_refused_before_anything_runs(run_session, asked, pieces):
    with pytest.raises(InputError) as error:
        run_session(**asked)
    assert all(piece in str(error.value) for piece in pieces), str(error.value)


def test_a_pipeline_that_does_not_exist_is_named(run_session):
    with pytest.raises(InputError, match=r"(?s)--pipelines.*'discriminators'"):
        run_session("discriminators")


def test_a_cohort_without_normals_says_why_no_judge_can_be_trained(project, run_session):
    from genex_kedro.simulation import SimulationSettings, simulate

    cohort, _ = simulate(SimulationSettings(tissues=("lung",), n_genes=150, gtex_per_tissue=0))
    cohort = cohort[cohort.obs["condition"] == "tumor"]
    cohort.to_df().to_csv(project / "mine.tsv", sep="\t")
    cohort.obs.to_csv(project / "labels.tsv", sep="\t")
    mine = {"expression": str(project / "mine.tsv"), "samples": str(project / "labels.tsv")}
    with pytest.raises(InputError, match=r"(?s)pooled: 0 normal samples.*discriminator\.least"):
        run_session(
            "reversion", env="table", params={"cohort": mine, "reversion": {"panel": "all"}}
        )


def test_two_runs_in_one_folder_do_not_mix(project, run_session):
    import fcntl

    ledger = project / "data/.ledger"
    ledger.mkdir()
    with (ledger / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another run at work"):
            run_session("data_processing")


def test_a_training_with_other_settings_is_another_mlflow_run(project, run_session):
    def other(epochs):
        return {"discriminator": {"networks": {"best": {"fit": {"epochs": epochs}}}}}

    run_session("discriminator", params=other(3))
    run_session("discriminator", params=other(5))
    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    experiment = client.get_experiment_by_name("reversion").experiment_id
    found = client.search_runs([experiment])
    best = [r for r in found if r.info.run_name == "pooled judge/best seed 0"]
    paper = [r for r in found if r.info.run_name == "pooled judge/paper seed 0"]
    assert sorted(r.data.params["fit.epochs"] for r in best) == ["3", "5"]
    assert len(paper) == 1  # its settings are what they were: not trained again
    for run, epochs in ((r, int(r.data.params["fit.epochs"])) for r in best):
        curve = client.get_metric_history(run.info.run_id, "validation.loss")
        assert [m.step for m in curve] == list(range(1, epochs + 1))
        assert run.data.params["reversion.panel"] == "all"
        assert run.data.params["device"] == "cpu"


def test_missing_values_need_a_choice_and_each_choice_says_what_it_costs(project, run_session):
    from genex_kedro.simulation import SimulationSettings, simulate

    cohort, _ = simulate(SimulationSettings(tissues=("lung",), n_genes=150))
    table = cohort.to_df()
    table.iloc[:5, :30] = float("nan")
    table.to_csv(project / "mine.tsv", sep="\t")
    cohort.obs.to_csv(project / "labels.tsv", sep="\t")
    mine = {"expression": str(project / "mine.tsv"), "samples": str(project / "labels.tsv")}
    params = {"cohort": mine, "reversion": {"panel": "all"}}
    with pytest.raises(InputError, match=r"150 missing values .*30 genes") as error:
        run_session("discriminator", env="table", params=params)
    assert f"({table.shape[1] - 30} of {table.shape[1]} genes stay)" in str(error.value)
    sizes = {}
    for choice in ("drop_genes", "drop_samples", "impute"):
        run_session(
            "discriminator", env="table", params={**params, "cohort": {**mine, "missing": choice}}
        )
        report = json.loads((project / "data/08_reporting/cohort/report.json").read_text())["study"]
        sizes[choice] = (report["samples"], report["genes"])
        assert any("missing values" in n["check"] for n in report["notices"])
    n, p = table.shape
    assert sizes == {"drop_genes": (n, p - 30), "drop_samples": (n - 5, p), "impute": (n, p)}
