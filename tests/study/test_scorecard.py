"""The scorecard separates what a judge knows of tumors from what it knows of laboratories."""

import numpy as np
import pandas as pd
import pytest

from genex_kedro.study.judges.scorecard import (
    ADJACENT,
    COMPARISONS,
    FAR,
    OVERALL,
    PAIRS,
    BootstrapSettings,
    score,
    subsets,
)

SETTINGS = BootstrapSettings(repeats=200)
PROGRAMS = {"TCGA"}


def rows():
    """30 TCGA tumors, 10 with an adjacent normal; 8 TARGET tumors; 20 donors of two tissues."""
    for i in range(30):
        yield f"T{i}", "lung" if i % 2 else "liver", "tumor", "TCGA"
    for i in range(10):
        yield f"T{i}", "lung" if i % 2 else "liver", "normal", "TCGA"
    for i in range(8):
        yield f"K{i}", "kidney", "tumor", "TARGET"
    for i in range(20):
        for tissue in ("lung", "liver"):
            yield f"D{i}", tissue, "normal", "GTEX"


@pytest.fixture
def obs():
    obs = pd.DataFrame(rows(), columns=["patient_id", "tissue", "condition", "program"])
    obs["source"] = obs["program"].map(lambda p: "lab 2" if p == "GTEX" else "lab 1")
    obs.index = [f"S{i}" for i in range(len(obs))]
    return obs.astype("category")  # as read from an h5ad file


def judged(obs, p_tumor, programs=PROGRAMS, settings=SETTINGS, **more):
    """The scorecard of a judge, by subset."""
    scores = pd.DataFrame({"sample_id": obs.index, "p_tumor": np.asarray(p_tumor, dtype=float)})
    found = score(scores=scores, obs=obs, programs=programs, settings=settings, **more)
    return pd.DataFrame(found).set_index("subset")


def knows_all(obs):
    return np.where(obs["condition"] == "tumor", 0.99, 0.01)


def knows_the_program(obs):
    return np.where(obs["program"] == "GTEX", 0.01, 0.99)


def noisy(obs):
    """Right more often than not, and a patient's samples are not alike."""
    noise = np.random.default_rng(0).normal(0, 0.5, len(obs))
    return np.clip(knows_all(obs) + noise, 0, 1)


# --- judges whose score is known -----------------------------------------------------------


def test_a_perfect_judge_is_perfect_everywhere(obs):
    table = judged(obs, knows_all(obs))
    assert set(COMPARISONS) <= set(table.index)
    for metric in ("auc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "mcc"):
        assert (table[metric].dropna() == 1).all()
        assert (table.loc[list(COMPARISONS), metric] == 1).all()
    assert (table["accuracy"] == 1).all()  # defined in every subset


def test_a_judge_of_the_program_is_at_chance_among_adjacent_normals(obs):
    table = judged(obs, knows_the_program(obs))
    for subset in (ADJACENT, PAIRS):
        assert table.loc[subset, "auc"] == 0.5
        assert table.loc[subset, "balanced_accuracy"] == 0.5
        assert table.loc[subset, "specificity"] == 0
    for metric in ("auc", "accuracy", "balanced_accuracy"):
        assert table.loc[FAR, metric] == 1
    assert table.loc[OVERALL, "auc"] == pytest.approx((40 + 10 / 2) / 50)


def test_a_judge_that_is_wrong_about_the_far_normals_is_right_about_adjacent_ones(obs):
    p_tumor = np.where(obs["program"] == "GTEX", 1, knows_all(obs))
    table = judged(obs, p_tumor)
    assert table.loc[ADJACENT, "auc"] == table.loc[PAIRS, "auc"] == 1
    assert table.loc[FAR, "auc"] == 0


def test_the_order_of_the_scores_does_not_matter(obs):
    p_tumor = pd.Series(noisy(obs), index=obs.index).sample(frac=1, random_state=0)
    scores = p_tumor.rename_axis("sample_id").rename("p_tumor").reset_index()
    shuffled = pd.DataFrame(score(scores=scores, obs=obs, programs=PROGRAMS, settings=SETTINGS))
    table = judged(obs, noisy(obs)).reset_index()
    columns = ["subset", "tumors", "auc", "auc_low", "auc_high", "brier"]
    pd.testing.assert_frame_equal(shuffled[columns], table[columns])


# --- subsets -------------------------------------------------------------------------------


def test_samples_and_patients_are_counted(obs):
    table = judged(obs, knows_all(obs))[["tumors", "normals", "patients"]]
    expected = {
        OVERALL: (38, 50, 58),
        ADJACENT: (30, 10, 30),
        FAR: (38, 40, 58),
        PAIRS: (10, 10, 10),
        "tissue: kidney": (8, 0, 8),
        "tissue: lung": (15, 25, 35),
        "source: lab 1": (38, 10, 38),
        "source: lab 2": (0, 40, 20),
    }
    for subset, counts in expected.items():
        assert tuple(table.loc[subset]) == counts, subset


def test_every_sample_is_in_one_tissue_and_one_source(obs):
    masks = dict(subsets(obs=obs, programs=PROGRAMS))
    assert masks[OVERALL].all()
    for label in ("tissue", "source"):
        parts = [mask for name, mask in masks.items() if name.startswith(f"{label}: ")]
        assert (np.sum(parts, axis=0) == 1).all()


def test_the_programs_decide_what_is_adjacent_and_not_what_the_test_part_happens_to_hold(obs):
    test = obs[(obs["program"] != "TCGA") | (obs["condition"] == "tumor")]
    masks = dict(subsets(obs=test, programs=PROGRAMS))
    assert set(test["program"][masks[ADJACENT]]) == {"TCGA"}
    assert dict(subsets(obs=obs, programs=set()))[ADJACENT].sum() == 0
    both = dict(subsets(obs=obs, programs={"TCGA", "TARGET"}))
    assert set(obs["program"][both[ADJACENT]]) == {"TCGA", "TARGET"}


def test_a_comparison_with_one_condition_is_left_out(obs):
    table = judged(obs[obs["program"] == "TARGET"], [0.9] * 8, programs=set())
    assert set(COMPARISONS).isdisjoint(table.index)
    no_adjacent = obs[(obs["program"] != "TCGA") | (obs["condition"] == "tumor")]
    table = judged(no_adjacent, knows_all(no_adjacent))
    assert ADJACENT not in table.index
    assert PAIRS not in table.index
    assert {OVERALL, FAR} <= set(table.index)


def test_a_tissue_with_one_condition_has_no_auc(obs):
    table = judged(obs, noisy(obs))
    assert np.isnan(table.loc[["tissue: kidney", "source: lab 2"], "auc"]).all()
    assert table.loc["tissue: kidney", "accuracy"] == table.loc["tissue: kidney", "sensitivity"]
    assert 0 < table.loc["tissue: lung", "auc"] < 1


# --- intervals -----------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["auc", "accuracy", "balanced_accuracy"])
def test_intervals_hold_the_value(obs, metric):
    table = judged(obs, noisy(obs))
    comparisons = table.loc[list(COMPARISONS)]
    assert (comparisons[f"{metric}_low"] < comparisons[metric]).all()
    assert (comparisons[metric] < comparisons[f"{metric}_high"]).all()
    assert table.drop(index=list(COMPARISONS))[f"{metric}_low"].isna().all()


def test_more_samples_of_the_same_patients_are_no_more_certain(obs):
    """Were samples resampled instead of patients, four copies would halve the interval."""
    often = pd.concat([obs.set_index(obs.index + f"-{copy}") for copy in range(4)])
    one, four = judged(obs, noisy(obs)), judged(often, np.tile(noisy(obs), 4))
    for bound in ("auc_low", "auc_high"):
        comparisons = list(COMPARISONS)
        assert four.loc[comparisons, bound].tolist() == pytest.approx(
            one.loc[comparisons, bound].tolist()
        )


def test_the_seed_decides_the_interval(obs):
    one, again, other = (
        judged(obs, noisy(obs), settings=BootstrapSettings(repeats=200, seed=s)).loc[OVERALL]
        for s in (0, 0, 1)
    )
    assert one["auc_low"] == again["auc_low"] != other["auc_low"]
    assert one["auc"] == other["auc"]


def test_the_gain_over_another_judge_is_the_difference_on_the_same_samples(obs):
    other = pd.DataFrame({"sample_id": obs.index, "p_tumor": knows_the_program(obs)})
    other = other.sample(frac=1, random_state=0)
    table = judged(obs, knows_all(obs), against=other)
    gains = table[["auc_gain", "auc_gain_low", "auc_gain_high"]]
    assert gains.loc[ADJACENT].tolist() == [0.5] * 3
    assert gains.loc[FAR].tolist() == [0] * 3
    low, high = gains.loc[OVERALL, ["auc_gain_low", "auc_gain_high"]]
    assert gains.loc[OVERALL, "auc_gain"] == pytest.approx(0.1)
    assert 0 < low < 0.1 < high
