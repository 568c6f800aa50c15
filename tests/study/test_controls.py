"""The controls find a planted laboratory, and find none where there is none."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from genex_kedro.study.controls import condition_from_source, source_control

N_GENES = 60


def study_of(groups, shift=None, seed=0):
    """Noise for samples of `groups`: (source, condition, split, number); some genes shifted.

    `shift` takes the obs and says which samples lie 2 log2 units higher in ten genes.
    """
    rows = [g[:3] for g in groups for _ in range(g[3])]
    obs = pd.DataFrame(rows, columns=["source", "condition", "split"])
    obs.index = [f"s{i}" for i in range(len(obs))]
    obs["program"] = obs["source"]
    X = np.random.default_rng(seed).normal(5, 1, (len(obs), N_GENES)).astype(np.float32)
    if shift is not None:
        X[shift(obs).to_numpy(), :10] += 2
    return AnnData(X, obs=obs)


def both_conditions(*sources, train=40, test=100):
    return [
        (source, condition, split, n)
        for source in sources
        for condition in ("tumor", "normal")
        for split, n in (("train", train), ("test", test), ("validation", 5))
    ]


@pytest.mark.parametrize("label", ["source", "program"])
def test_a_planted_batch_is_found(label):
    study = study_of(both_conditions("A", "B"), shift=lambda obs: obs["source"] == "B")
    control = source_control(study, label)
    assert control["label"] == label
    for subset, n_test in (("all", 400), ("normals", 200)):
        assert control[subset]["balanced_accuracy"] > 0.97
        assert control[subset]["n_classes"] == 2
        assert control[subset]["n_test"] == n_test
        assert control[subset]["chance"] == 0.5


@pytest.mark.parametrize("sources", ["AB", "ABC"])
def test_without_a_batch_it_is_chance(sources):
    control = source_control(study_of(both_conditions(*sources)), "source")
    for subset in ("all", "normals"):
        assert control[subset]["chance"] == pytest.approx(1 / len(sources))
        assert abs(control[subset]["balanced_accuracy"] - 1 / len(sources)) < 0.1


def test_normals_alone_get_no_help_from_tumors():
    kinds = [("A", "tumor", 2), ("A", "normal", 1), ("B", "normal", 2)]
    groups = [(*k[:2], part, 40 * k[2]) for k in kinds for part in ("train", "test")]
    study = study_of(groups, shift=lambda obs: obs["condition"] == "tumor")
    control = source_control(study, "source")
    assert control["all"]["balanced_accuracy"] > 0.65
    assert abs(control["normals"]["balanced_accuracy"] - 0.5) < 0.1


def test_one_class_gives_nothing_to_tell_apart():
    one = source_control(study_of(both_conditions("A")), "source")
    assert one == {"label": "source", "all": None, "normals": None}
    groups = [g for g in both_conditions("A", "B") if g[:2] != ("B", "normal")]
    control = source_control(study_of(groups), "source")
    assert control["all"] is not None
    assert control["normals"] is None


def test_a_source_that_is_not_learned_is_not_tested():
    new = [("C", "normal", "test", 30)]
    study = study_of([*both_conditions("A", "B"), *new], shift=lambda obs: obs["source"] == "B")
    found = source_control(study, "source")["all"]
    assert (found["n_classes"], found["n_test"]) == (2, 400)
    assert found["balanced_accuracy"] > 0.97


def test_a_source_that_is_not_tested_is_no_class():
    learned_only = [("C", "normal", "train", 30)]
    found = source_control(study_of([*both_conditions("A"), *learned_only]), "source")
    assert found["all"] is None


# --- condition_from_source -----------------------------------------------------------------


def obs_of(test_condition="normal"):
    """A: 3 of 4 tumors in training; B: 0 of 2; C is new; 3 of 6 overall."""
    rows = [("A", "tumor", "train")] * 3 + [("A", "normal", "train")]
    rows += [("B", "normal", "train")] * 2
    rows += [(source, test_condition, "test") for source in "ABC"]
    rows += [("B", "tumor", "validation")]
    obs = pd.DataFrame(rows, columns=["source", "condition", "split"])
    return obs.assign(program=obs["source"].map({"A": "X", "B": "Y", "C": "Z"}))


@pytest.mark.parametrize("label", ["source", "program"])
@pytest.mark.parametrize("dtype", ["object", "category"])
def test_a_source_says_tumor_as_often_as_its_training_samples(label, dtype):
    p_tumor = condition_from_source(obs_of().astype(dtype), label)
    assert p_tumor.dtype == float
    assert p_tumor.tolist() == [0.75] * 4 + [0] * 2 + [0.75, 0, 0.5] + [0]


def test_test_labels_do_not_leak():
    one, other = (condition_from_source(obs_of(c), "source") for c in ("tumor", "normal"))
    assert np.array_equal(one, other)
