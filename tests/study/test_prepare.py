"""A study sees the panel's genes without holes, and learns nothing from its test samples."""

import numpy as np
import pandas as pd
import pytest

from genex_kedro.cohort import build_cohort, notices
from genex_kedro.errors import InputError
from genex_kedro.genes.panels import panel
from genex_kedro.study.prepare import StudySettings, choose_genes, prepare_study
from genex_kedro.units import STUDY_UNIT

PARTS = np.array(["train"] * 6 + ["validation"] * 3 + ["test"] * 3)
TRAINING = PARTS == "train"
ALL = StudySettings(panel="all")
PANEL = "foundation_one_308"


def cohort_of(X, genes=None):
    """A cohort of 12 lung samples."""
    genes = [f"G{j}" for j in range(X.shape[1])] if genes is None else genes
    obs = pd.DataFrame(
        {"patient_id": [f"P{i}" for i in range(12)], "tissue": "lung", "condition": "tumor"},
        index=[f"S{i}" for i in range(12)],
    )
    return build_cohort(X, obs, pd.DataFrame(index=genes), STUDY_UNIT, "mine.tsv")


def split_of(cohort):
    return pd.Series(PARTS, index=cohort.obs_names)


def flat(n_genes=8):
    """Expression that hardly varies, 12 samples."""
    return 5 + np.random.default_rng(0).uniform(0, 0.1, (12, n_genes)).astype(np.float32)


def with_panel_genes(n, seed=0):
    """A cohort with the first `n` genes of the panel, shuffled, among ten unknown ones."""
    genes = [*panel(PANEL)["symbol"][:n], *(f"NO_GENE_{i}" for i in range(10))]
    return cohort_of(flat(len(genes)), np.random.default_rng(seed).permutation(genes))


# --- genes ---------------------------------------------------------------------------------


def varying():
    """G6 varies most in training, then G2, then G5; G0 in test only, G7 in validation only."""
    X = flat()
    for gene, spread in ((2, 2), (5, 1), (6, 3)):
        X[TRAINING, gene] = 5 + spread * np.array([-1, 1, -1, 1, -1, 1])
    X[PARTS == "test", 0] = [0, 9, 18]
    X[PARTS == "validation", 7] = [0, 9, 18]
    return X


@pytest.mark.parametrize(("n_variable", "expected"), [(2, ["G2", "G6"]), (3, ["G2", "G5", "G6"])])
def test_variable_genes_are_those_that_vary_in_training(n_variable, expected):
    cohort = cohort_of(varying())
    settings = StudySettings(panel="variable", n_variable=n_variable)
    assert cohort.var_names[choose_genes(cohort, TRAINING, settings)].tolist() == expected
    study = prepare_study(cohort, split_of(cohort), 0, settings, "refuse")
    assert study.var_names.tolist() == expected


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_holes_do_not_make_a_gene_vary():
    X = varying()
    X[TRAINING, 0] = np.nan  # only test and validation know it
    X[0, 6] = np.nan  # the rest of it still varies most
    cohort = cohort_of(X)
    chosen = choose_genes(cohort, TRAINING, StudySettings(panel="variable", n_variable=3))
    assert cohort.var_names[chosen].tolist() == ["G2", "G5", "G6"]


def test_more_variable_genes_than_there_are_is_all_of_them():
    cohort = cohort_of(varying())
    chosen = choose_genes(cohort, TRAINING, StudySettings(panel="variable", n_variable=5000))
    assert chosen.tolist() == list(range(8))


def test_panel_all_keeps_every_gene_in_the_order_of_the_file():
    cohort = with_panel_genes(20)
    study = prepare_study(cohort, split_of(cohort), 0, ALL, "refuse")
    assert study.var_names.tolist() == cohort.var_names.tolist()


def test_a_named_panel_comes_in_its_own_order():
    cohort = with_panel_genes(300)
    study = prepare_study(cohort, split_of(cohort), 0, StudySettings(panel=PANEL), "refuse")
    assert study.var_names.tolist() == panel(PANEL)["symbol"][:300].tolist()
    assert np.array_equal(study.X, cohort[:, study.var_names].X)


def test_an_unknown_panel_is_refused():
    cohort = cohort_of(flat())
    with pytest.raises(InputError, match="foundation_two") as refused:
        choose_genes(cohort, TRAINING, StudySettings(panel="foundation_two"))
    assert PANEL in refused.value.expected


def test_a_panel_covered_too_little_is_refused_by_the_names_it_lacks():
    cohort = with_panel_genes(154)
    lacking = panel(PANEL)["symbol"][154:]
    with pytest.raises(InputError) as refused:
        choose_genes(cohort, TRAINING, StudySettings(panel=PANEL, min_coverage=0.51))
    assert "154 of 308" in refused.value.found
    assert ", ".join(lacking[:5]) in refused.value.found
    enough = choose_genes(cohort, TRAINING, StudySettings(panel=PANEL, min_coverage=0.5))
    assert len(enough) == 154


# --- the study -----------------------------------------------------------------------------


def test_a_study_knows_its_split_seed_and_unit():
    cohort = cohort_of(flat())
    before = cohort.X.copy()
    shuffled = split_of(cohort).sample(frac=1, random_state=0)
    study = prepare_study(cohort, shuffled, 7, ALL, "refuse")
    assert study.obs["split"].tolist() == PARTS.tolist()
    assert (study.uns["seed"], study.uns["unit"]) == (7, STUDY_UNIT)
    study.X[:] = 0
    assert np.array_equal(cohort.X, before)
    assert "split" not in cohort.obs


@pytest.mark.parametrize("missing", ["refuse", "drop_genes", "drop_samples", "impute"])
def test_without_holes_nothing_is_dropped_marked_or_noted(missing):
    cohort = cohort_of(flat())
    study = prepare_study(cohort, split_of(cohort), 0, ALL, missing)
    assert np.array_equal(study.X, cohort.X)
    assert not list(study.layers)
    assert notices(study).empty


# --- holes ---------------------------------------------------------------------------------


def holey():
    """Four holes in G1 and G3; the training medians are 3 and 4, those of all samples not."""
    X = flat()
    X[:, 1] = [np.nan, 1, 2, 3, 4, 8, 18, 18, 18, np.nan, 18, 18]
    X[:, 3] = [2, 3, 4, 4, 5, 9, np.nan, 0, 0, 0, np.nan, 0]
    return X


HOLES = np.isnan(holey())


def study_of(X, missing):
    cohort = cohort_of(X)
    return prepare_study(cohort, split_of(cohort), 0, ALL, missing)


def test_holes_are_refused_with_counts_and_what_each_choice_would_keep():
    with pytest.raises(InputError) as refused:
        study_of(holey(), "refuse")
    assert "4 missing values" in refused.value.found
    assert "in 2 genes" in refused.value.found
    assert "G1, G3" in refused.value.found
    assert "6 of 8 genes stay" in refused.value.remedy
    assert "8 of 12 samples stay" in refused.value.remedy


def test_only_holes_in_the_panel_matter():
    cohort = with_panel_genes(300)
    cohort.X[0, cohort.var_names.get_loc("NO_GENE_3")] = np.nan
    study = prepare_study(cohort, split_of(cohort), 0, StudySettings(panel=PANEL), "refuse")
    assert study.shape == (12, 300)


def test_genes_with_holes_are_dropped_and_noted():
    study = study_of(holey(), "drop_genes")
    assert study.var_names.tolist() == ["G0", "G2", "G4", "G5", "G6", "G7"]
    assert np.array_equal(study.X, holey()[:, ~HOLES.any(0)])
    (note,) = notices(study).itertuples()
    assert (note.check, note.count, note.detail) == ("missing values: genes dropped", 2, "G1, G3")


def test_samples_with_holes_are_dropped_and_noted():
    study = study_of(holey(), "drop_samples")
    assert study.obs_names.tolist() == [f"S{i}" for i in range(12) if i not in (0, 6, 9, 10)]
    assert study.obs["split"].tolist() == PARTS[~HOLES.any(1)].tolist()
    (note,) = notices(study).itertuples()
    assert (note.check, note.count) == ("missing values: samples dropped", 4)
    assert note.detail == "S0, S6, S9, S10"


def test_holes_are_filled_with_training_medians_and_marked():
    study = study_of(holey(), "impute")
    assert study.X[HOLES[:, 1], 1].tolist() == [3, 3]
    assert study.X[HOLES[:, 3], 3].tolist() == [4, 4]
    assert np.array_equal(study.layers["imputed"], HOLES)
    assert np.array_equal(study.X[~HOLES], holey()[~HOLES])
    assert study.X.dtype == np.float32
    assert notices(study)["count"].tolist() == [4]


def test_test_and_validation_values_do_not_move_what_is_filled_in():
    other = holey()
    other[6:] = np.where(HOLES[6:], np.nan, 12)
    assert np.array_equal(study_of(holey(), "impute").X[HOLES], study_of(other, "impute").X[HOLES])


def test_a_gene_that_no_training_sample_measures_is_dropped_with_a_notice():
    X = holey()
    X[TRAINING, 0] = np.nan
    study = study_of(X, "impute")
    assert study.var_names.tolist() == [f"G{j}" for j in range(1, 8)]
    assert np.array_equal(study.layers["imputed"], HOLES[:, 1:])
    assert study.X[HOLES[:, 1:]].tolist() == [3, 4, 3, 4]
    dropped, filled = notices(study).itertuples()
    assert (dropped.count, dropped.detail) == (1, "G0")
    assert "training samples" in dropped.check
    assert filled.count == 4


def test_too_little_left_is_refused():
    X = flat()
    X[:5, 0] = np.nan
    with pytest.raises(InputError, match="1 train"):
        study_of(X, "drop_samples")
    X[6, 1:7] = np.nan
    with pytest.raises(InputError, match="1 genes"):
        study_of(X, "drop_genes")
