"""`classify`: calls of samples that no model saw, by what image_transfer kept; training nothing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from genex_kedro.errors import InputError
from genex_kedro.simulation import SimulationSettings, simulate

SMALL = {"image_transfer": {"train": "small_cnn", "explain": {"network": "small_cnn"}, "networks": {"small_cnn": {"fit": {"epochs": 8}}}}}  # fmt: skip


@pytest.fixture
def trained(project, run_session):
    run_session("image_transfer", params=SMALL, to_nodes=["image_transfer.keep"])
    return project


def unseen(**change):
    """Tumors of the types of the test cohort, drawn with another seed."""
    size = {"n_genes": 400, "tumors_per_type": 6, "pairs_per_type": 1, "gtex_per_tissue": 1}
    cohort, _ = simulate(SimulationSettings(tissues=("lung", "kidney", "liver"), seed=0, **size))
    return cohort[cohort.obs["condition"] == "tumor"]


def classify(run_session, path, **settings):
    params = {"classify": {"expression": str(path), "model": "images/small_cnn", **settings}}
    run_session("classify", env="table", params=params)


def calls_of(project):
    return pd.read_csv(project / "data/07_model_output/classify/calls.tsv", sep="\t", keep_default_na=False)  # fmt: skip


def test_samples_without_labels_are_called(trained, run_session, tmp_path):
    tumors = unseen()
    table = tumors.to_df().set_axis([f"mine {i}" for i in range(tumors.n_obs)])
    table.iloc[3:5, 7] = np.nan  # not measured
    table.T.to_csv(tmp_path / "mine.tsv", sep="\t")  # genes in rows
    classify(run_session, tmp_path / "mine.tsv")
    calls = calls_of(trained)
    assert list(calls["sample_id"]) == list(table.index)
    truth = tumors.obs["tumor_type"].to_numpy(str)
    assert (calls["call"] == truth).mean() > 0.7  # chance is a fifth
    probabilities = calls.filter(regex="^p_")
    assert set(probabilities.columns) == {f"p_{t}" for t in np.unique(truth)}
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(calls["probability"], probabilities.max(axis=1))
    assert calls["genes_measured"].lt(1).sum() == 2
    named = calls["top_genes"].str.split(", ")
    assert named.str.len().max() == 10
    assert set(named.iloc[0][0].split()[:1]) <= set(tumors.var_names)
    report = json.loads((trained / "data/07_model_output/classify/report.json").read_text())
    assert (report["model"], report["trained_seed"]) == ("images/small_cnn", 0)
    assert report["samples"] == len(calls)

    one = tmp_path / "one.csv"
    table.iloc[:1].to_csv(one)
    classify(run_session, one, top=0)
    again = calls_of(trained)
    assert again["call"].tolist() == calls["call"].tolist()[:1]
    assert "top_genes" not in again

    noise = 8 + 4 * np.abs(np.random.default_rng(0).standard_normal(table.iloc[:4].shape))
    pd.DataFrame(noise, ["a", "b", "c", "d"], table.columns).to_csv(tmp_path / "noise.csv")
    classify(run_session, tmp_path / "noise.csv", top=3)
    strange = calls_of(trained)
    assert strange["rejected"].all()
    assert strange["why"].str.contains("unlike the training samples").all()

    _refusals(run_session, table, tmp_path)
    about = {"expression": str(one), "unit": "log2(x+1)"}
    small = {"classify": {"model": "images/small_cnn"}}
    in_globals = trained / "conf/table/globals.yml"
    in_globals.write_text(json.dumps({"reader": "table", "classify": about}))
    run_session("classify", env="table", params=small)
    assert calls_of(trained)["call"].tolist() == again["call"].tolist(), "of the table named there"
    in_globals.write_text(json.dumps({"reader": "table", "classify": about | {"unit": "furlong"}}))
    with pytest.raises(InputError, match="furlong"):
        run_session("classify", env="table", params=small)


def _refusals(run_session, table, tmp_path) -> None:
    table.iloc[:, :100].to_csv(tmp_path / "few.csv")
    with pytest.raises(InputError, match=r"(?s)25%.*at least 80%.*classify.min_coverage"):
        classify(run_session, tmp_path / "few.csv")
    with pytest.raises(InputError, match=r"(?s)images/best.*one of images/small_cnn"):
        classify(run_session, tmp_path / "mine.tsv", model="images/best")
    with pytest.raises(InputError, match=r"(?s)images/small_cnn.*no training with seed 9"):
        classify(run_session, tmp_path / "mine.tsv", trained_seed=9)
    with pytest.raises(InputError, match=r"nowhere\.tsv"):
        classify(run_session, tmp_path / "nowhere.tsv")
    with pytest.raises(InputError, match=r"(?s)classify.expression.*nothing"):
        run_session("classify", env="table")


def test_without_a_trained_model_the_remedy_is_named(run_session, tmp_path):
    unseen().to_df().to_csv(tmp_path / "mine.csv")
    with pytest.raises(InputError, match=r"(?s)no trained classifier.*--pipelines image_transfer"):
        classify(run_session, tmp_path / "mine.csv")
