"""generate and share as a user runs them: files come out, mistakes come back as one error."""

from __future__ import annotations

import json
import logging

import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad

from genex_kedro.datasets.model_folder import ModelFolderDataset
from genex_kedro.datasets.tables.table import read_cohort
from genex_kedro.study.cards import card_key, scored_card
from refusals import assert_refused
from trained_generators import GENES, trained


@pytest.fixture
def generate(project, run_session):
    """Runs `generate` with these parameters in a project with three trained models."""
    models = {"best_seed_1": trained(1), "best_seed_4": trained(4), "t_seed_1": trained(1, "t", given_unit="linear")}  # fmt: skip
    ModelFolderDataset(str(project / "data/06_models/cvae/models")).save(models)

    def run(**asked):
        run_session("generate", params={"generate": asked})
        return project / "data/07_model_output/generate"

    return run


def test_samples_of_a_class_come_out_as_files(generate, caplog):
    caplog.set_level(logging.INFO, logger="genex_kedro")
    out = generate(tissue="lung", condition="tumor", n=50, seed=1)
    assert {p.name for p in out.iterdir()} == {"expression.parquet", "samples.tsv", "report.json"}
    table = pd.read_parquet(out / "expression.parquet")
    sheet = pd.read_csv(out / "samples.tsv", sep="\t", index_col=0)
    assert table.shape == (50, len(GENES)) and table.columns.tolist() == GENES
    assert table.index.tolist() == sheet.index.tolist()
    assert (sheet[["tissue", "condition"]] == ["lung", "tumor"]).all(axis=None)
    report = json.loads((out / "report.json").read_text())
    assert report["trained_seed"] == 1 and report["samples"] == 50
    assert report["clipped_fraction"] == pytest.approx((table == 0).mean(axis=None))
    assert "noticed: values below zero set to zero" in caplog.text
    out = generate(tissue="lung", condition="tumor", n=50, seed=1, format="gct")
    assert {p.name for p in out.iterdir()} == {"expression.gct", "samples.tsv", "report.json"}
    again = read_cohort(out / "expression.gct")
    np.testing.assert_array_equal(again.X, table.to_numpy())
    assert again.obs["tissue"].tolist() == sheet["tissue"].tolist()


def test_what_comes_out_can_be_used_as_a_cohort(generate, run_session, project):
    out = generate(format="gct", n=12)
    mine = {"expression": str(out / "expression.gct"), "samples": str(out / "samples.tsv")}
    steps = ["data_processing.check_cohort", "data_processing.split_patients"]
    run_session("synthesis", env="table", params={"cohort": mine}, node_names=steps)
    cohort = read_h5ad(project / "data/02_intermediate/cohort.h5ad")
    assert cohort.n_obs == 4 * 12 and set(cohort.obs["program"]) == {"synthetic"}
    assert pd.read_parquet(project / "data/03_primary/splits.parquet").notna().all(axis=None)


def test_a_cohort_that_came_in_linear_units_goes_out_so(generate):
    linear = pd.read_parquet(generate(model="cvae/t", n=3) / "expression.parquet")
    study = pd.read_parquet(generate(model="cvae/t", n=3, unit="log2(x+1)") / "expression.parquet")
    np.testing.assert_allclose(np.log2(linear + 1), study, atol=1e-5)
    assert linear.max(axis=None) > 100


def test_a_folder_from_elsewhere_needs_no_project(generate, project, tmp_path):
    ModelFolderDataset(str(tmp_path / "mail")).save({"m": trained(7, "theirs")})
    out = generate(folder=str(tmp_path / "mail/m"), n=2, tissue="liver")
    assert json.loads((out / "report.json").read_text())["model"] == "cvae/theirs"


def spoil(project, what):
    folder = project / "data/06_models/cvae/models/best_seed_1"
    if what == "truncated":
        content = (folder / "weights.safetensors").read_bytes()
        (folder / "weights.safetensors").write_bytes(content[:-100])
    if what == "unwritable":
        (project / "data/07_model_output").mkdir(exist_ok=True)
        (project / "data/07_model_output/generate").write_text("a file in the way")


@pytest.mark.parametrize(
    ("what", "asked", "pieces"),
    [
        ("", {"tissue": "pancreas"}, ["'pancreas'", "liver, lung"]),
        ("", {"n": 0}, ["parameters", "generate", "n", "greater than or equal to 1"]),
        ("", {"format": "xlsx"}, ["parameters", "format", "'parquet', 'h5ad'"]),
        ("", {"tisue": "lung"}, ["generate.tisue", "did you mean generate.tissue"]),
        ("", {"model": "cvae/bets"}, ["'cvae/bets'", "cvae/best", "kedro run --pipelines cvae"]),
        ("", {"folder": "nowhere"}, ["nowhere", "no such folder"]),
        ("truncated", {}, ["weights.safetensors", "sha256"]),
        ("unwritable", {}, ["generate", "a file in the place of a folder"]),
    ],
)
def test_a_mistake_is_one_clear_error(generate, project, what, asked, pieces):
    spoil(project, what)
    assert_refused(lambda: generate(**asked), pieces)
    assert not (project / "data/07_model_output/generate/expression.parquet").exists()


def test_nothing_trained_says_what_to_run(run_session):
    assert_refused(lambda: run_session("generate"), ["no trained generator", "--pipelines cvae"])


def test_a_shared_model_carries_the_scores_of_its_own_weights(generate, project, run_session):
    table = pd.DataFrame({"model": ["cvae/best", "real/training samples"], "seed": 4, "gamma": [0.9, 0.95]})  # fmt: skip
    model = trained(4)
    cards = project / "data/08_reporting/evaluation/cards/generators"
    cards.mkdir(parents=True)
    card = scored_card(table, model)
    (cards / f"{card_key(model)}.md").write_text(card["text"])
    (cards / f"{card_key(model)}.json").write_text(json.dumps(card["scores"]))
    asked = {"model": "cvae/best", "trained_seed": 4}
    run_session("share", params={"generate": asked})
    shared = project / "data/07_model_output/share/cvae-best_seed_4"
    assert "| gamma | 0.900 | 0.950 | higher | 1 |" in (shared / "README.md").read_text()
    out = generate(folder=str(shared), n=3)
    theirs = pd.read_parquet(out / "expression.parquet")
    pd.testing.assert_frame_equal(theirs, pd.read_parquet(generate(n=3, **asked) / "expression.parquet"))  # fmt: skip

    retrained = trained(4)
    retrained.weights["means"] = retrained.weights["means"] + 1e-3
    ModelFolderDataset(str(project / "data/06_models/cvae/models")).save({"best_seed_4": retrained})
    run_session("share", params={"generate": asked})
    assert "None in this folder" in (shared / "README.md").read_text()
