"""Tables of explanations, baselines and checks, on answers that are known."""

import numpy as np
import pandas as pd
import pytest

from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.split import SplitSettings
from genex_kedro.study.tumor_types import explain
from genex_kedro.study.tumor_types.data import TumorTypeSettings, prepare_tumor_types, types_of
from genex_kedro.study.tumor_types.fits import type_data

GENES = pd.Index(["KLK3", "AR", "X1", "X2"])


@pytest.fixture(scope="module")
def cohort():
    size = {"n_genes": 120, "tumors_per_type": 15, "pairs_per_type": 3, "gtex_per_tissue": 4}
    return simulate(SimulationSettings(tissues=("lung", "kidney"), **size))[0]


@pytest.fixture(scope="module")
def study(cohort):
    return prepare_tumor_types(cohort, SplitSettings(), TumorTypeSettings(), "refuse")["seed_0"]


def of(study, cohort, name, rows, **change):
    given = {"draws": 2, "seed": 0, **change}
    return list(explain.baselines(name, study, rows, cohort, type_data(study).standardiser, **given))  # fmt: skip


def test_samples_to_explain_are_test_samples_of_each_type(study):
    rows = explain.explained_samples(study, ["KIRC", "LUAD"], 2, seed=0)
    assert list(types_of(study)[rows]) == ["KIRC", "KIRC", "LUAD", "LUAD"]
    assert set(study.obs["split"].iloc[rows]) == {"test"}
    assert list(rows) == list(explain.explained_samples(study, ["KIRC", "LUAD"], 2, seed=0))
    many = explain.explained_samples(study, ["KIRC"], 99, seed=0)
    assert len(many) == 3  # all there are


def test_baselines_are_what_they_are_called(study, cohort):
    rows = explain.explained_samples(study, ["KIRC", "LUAD"], 2, seed=0)
    standardiser = type_data(study).standardiser
    assert (of(study, cohort, "training_mean", rows)[0] == 0).all()
    zero = of(study, cohort, "zero_expression", rows)[0]
    np.testing.assert_allclose(standardiser.invert(zero, zero), 0, atol=1e-4)
    drawn = of(study, cohort, "random_training", rows)
    assert len(drawn) == 2
    training = standardiser.apply(study.X[(study.obs["split"] == "train").to_numpy()])
    assert all((np.abs(training - row).max(1) < 1e-5).any() for one in drawn for row in one)
    (normal,) = of(study, cohort, "tissue_normal", rows)
    held_out = study.obs["patient_id"][study.obs["split"] != "train"]
    mine = (cohort.obs["condition"] == "normal") & (cohort.obs["tissue"] == "lung") & ~cohort.obs["patient_id"].isin(held_out)  # fmt: skip
    expected = standardiser.apply(cohort.X[mine.to_numpy()].mean(0, keepdims=True))
    np.testing.assert_allclose(normal[-1:], expected, atol=1e-4)
    with pytest.raises(ValueError, match="black"):
        of(study, cohort, "black", rows)


def test_without_normals_of_a_tissue_there_is_no_such_baseline(study, cohort):
    rows = explain.explained_samples(study, ["KIRC", "LUAD"], 2, seed=0)
    lung_only = cohort[(cohort.obs["condition"] == "tumor") | (cohort.obs["tissue"] == "lung")]
    assert of(study, lung_only, "tissue_normal", rows) == []


def test_summaries_rank_by_what_speaks_for_the_class():
    values = np.array([[2.0, 1.0, -1.0, 0.1], [4.0, -0.5, -1.0, 0.1], [0.0, 0.0, 0.0, 1.0]])
    table = explain.summarise(values, np.array(["PRAD", "PRAD", "LUAD"]), GENES)
    prad = table[table["class"] == "PRAD"].set_index("gene")
    assert list(prad.loc[GENES, "rank"]) == [1, 2, 4, 3]
    assert list(prad.loc[GENES, "mean"]) == [3.0, 0.25, -1.0, 0.1]
    assert prad.loc["AR", "mean_abs"] == 0.75
    assert prad.loc["AR", "sign_consistency"] == 0.5
    assert prad.loc["KLK3", "sign_consistency"] == 1
    markers = explain.marker_ranks(table)
    assert list(markers["gene"]) == ["KLK3", "AR"]
    assert list(markers["rank"]) == [1, 2]
    assert set(markers["genes"]) == {4}


def test_agreement_is_one_with_itself_and_near_zero_with_noise():
    rng = np.random.default_rng(0)
    genes = pd.Index([f"G{i}" for i in range(500)])
    classes = np.repeat(["A", "B"], 3)
    one = explain.summarise(rng.normal(size=(6, 500)), classes, genes)
    noise = explain.summarise(rng.normal(size=(6, 500)), classes, genes)
    assert list(explain.agreement(one, one)) == pytest.approx([1, 1])
    assert explain.agreement(one, noise).abs().max() < 0.15
    shuffled_rows = one.sample(frac=1, random_state=0)
    assert list(explain.agreement(one, shuffled_rows)) == pytest.approx([1, 1])


def test_a_linear_models_attributions_are_weight_times_deviation():
    weights = pd.DataFrame([("A", "g", 1.0), ("A", "h", 0.0), ("B", "g", -1.0), ("B", "h", 2.0)], columns=["class", "gene", "weight"])  # fmt: skip
    Z = np.array([[2.0, 3.0], [1.0, 1.0]])
    table = explain.linear_attributions(weights, Z, np.array(["A", "B"]), pd.Index(["g", "h"]))
    assert list(table["mean"]) == [2.0, -3.0, -1.0, 1.0]


def test_deletion_and_insertion_meet_in_the_middle():
    Z, baseline = np.array([[1.0, 2.0, 3.0, 4.0]]), np.zeros((1, 4))
    order = np.array([[3, 0, 1, 2]])
    deleted = explain.perturbed(Z, baseline, order, 0.5, "deletion")
    inserted = explain.perturbed(Z, baseline, order, 0.5, "insertion")
    assert deleted.tolist() == [[0, 2, 3, 0]]
    assert inserted.tolist() == [[1, 0, 0, 4]]
    assert (explain.perturbed(Z, baseline, order, 1.0, "deletion") == baseline).all()
    assert (explain.perturbed(Z, baseline, order, 0.0, "deletion") == Z).all()
