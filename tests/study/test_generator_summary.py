"""The summary over seeds: status, means, spread, ranks."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from genex_kedro.study.generation.ceilings import TRAINING
from genex_kedro.study.generation.summary import RankingSettings, status_of, summarise

SETTINGS = RankingSettings(
    families={"fidelity": ["gamma", "variance_ratio"], "privacy": ["domias_auc"]}, repeats=100
)


def row(model, seed, gamma, ratio=1.0, domias=0.5, status="finished"):
    return {
        "run": f"{model} seed {seed}", "model": model, "seed": seed, "subset": "overall",
        "status": status, "gamma": gamma, "variance_ratio": ratio, "domias_auc": domias,
    }  # fmt: skip


def test_the_leader_leads_and_real_samples_are_not_ranked():
    rows = [row("cvae/best", s, 0.9 + s / 100, 1.02, 0.52) for s in (0, 1)]
    rows += [row("simple/copies", s, 0.88, 0.9, 0.9) for s in (0, 1)]
    rows += [row(TRAINING, s, 0.99) for s in (0, 1)]
    summary = summarise(pd.DataFrame(rows), SETTINGS).set_index("model")
    assert list(summary.index) == ["cvae/best", "simple/copies", TRAINING]
    assert list(summary["rank"][:2]) == [1, 2]
    assert np.isnan(summary.loc[TRAINING, "rank"])
    assert summary.loc["cvae/best", ["rank_low", "rank_high", "first"]].tolist() == [1, 1, 1]
    assert summary.loc["cvae/best", "rank_privacy"] == 1
    assert summary.loc["cvae/best", "gamma"] == pytest.approx(0.905)
    assert summary.loc["cvae/best", "gamma_sd"] == pytest.approx(np.std([0.9, 0.91], ddof=1))
    assert set(summary["status"]) == {"finished"}
    assert set(summary["seeds"]) == {2}


def test_failures_count_and_are_said():
    rows = [row("cvae/best", s, 0.8, 0.8, 0.6) for s in (0, 1)]
    rows += [row("simple/class_mean", s, 0.95, 1.0, 0.5, "collapsed") for s in (0, 1)]
    rows += [row("gan/x", 0, np.nan, np.nan, np.nan, "diverged"), row("gan/x", 1, 0.7, 0.7, 0.7)]
    summary = summarise(pd.DataFrame(rows), SETTINGS).set_index("model")
    assert summary.loc["gan/x", "status"] == "1 of 2 diverged, 1 of 2 finished"
    assert summary.loc["simple/class_mean", "status"] == "collapsed"
    assert summary.index[0] == "cvae/best"  # although a single profile scores higher
    assert summary.loc["simple/class_mean", "rank"] > 2
    assert summary.loc["gan/x", "gamma"] == 0.7  # mean of what there is


def test_one_seed_has_no_spread_and_has_ranks():
    summary = summarise(pd.DataFrame([row("a/x", 0, 0.9), row("b/y", 0, 0.8)]), SETTINGS)
    assert summary["gamma_sd"].isna().all()
    assert summary["rank"].tolist() == [pytest.approx(1.25 + 0.125), pytest.approx(1.625)]


@pytest.mark.parametrize(
    ("training", "variance", "expected"),
    [
        ("finished", 0.9, "finished"),
        ("finished", 0.05, "collapsed"),
        ("diverged", 0.9, "diverged"),
        ("diverged", 0.0, "diverged"),
    ],
)
def test_the_status_is_the_trainings_or_collapsed(training, variance, expected):
    assert status_of({"variance_within_class": variance}, training, 0.1) == expected


@pytest.mark.parametrize("families", [{}, {"fidelity": []}, {"fidelity": ["gama"]}])
def test_families_of_unknown_metrics_are_refused(families):
    with pytest.raises(ValidationError):
        RankingSettings(families=families)
