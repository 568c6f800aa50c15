"""The study of tumor types: tumors alone, patients whole, every type in every part."""

import numpy as np
import pandas as pd
import pytest

from genex_kedro.cohort import notices
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.split import SplitSettings
from genex_kedro.study.tumor_types.data import (
    TumorTypeSettings,
    merged,
    prepare_tumor_types,
    select_tumors,
    types_of,
)
from refusals import assert_refused

SPLIT = SplitSettings(seeds=2)


@pytest.fixture(scope="module")
def cohort():
    settings = SimulationSettings(
        tissues=("lung", "kidney"),
        n_genes=150,
        tumors_per_type=12,
        pairs_per_type=4,
        gtex_per_tissue=5,
    )
    return simulate(settings)[0]


def test_only_tumors_and_each_type_in_each_part_of_each_seed(cohort):
    studies = prepare_tumor_types(cohort, SPLIT, TumorTypeSettings(), "refuse")
    assert list(studies) == ["seed_0", "seed_1"]
    for study in studies.values():
        assert set(study.obs["condition"]) == {"tumor"}
        assert study.n_obs == 48
        counts = pd.crosstab(study.obs["type"], study.obs["split"])
        assert (counts.loc[["KIRC", "KIRP", "LUAD", "LUSC"], ["train", "validation", "test"]] > 0).all(axis=None)  # fmt: skip
        assert study.obs.groupby("patient_id")["split"].nunique().max() == 1
    one, other = studies.values()
    assert (one.obs["split"] != other.obs["split"].loc[one.obs_names]).any()


def test_samples_of_a_patient_stay_together(cohort):
    twice = cohort.copy()
    rows = np.flatnonzero(twice.obs["tumor_type"] == "LUAD")
    twice.obs["patient_id"] = twice.obs["patient_id"].astype(str)
    twice.obs.iloc[rows[:6], twice.obs.columns.get_loc("patient_id")] = "one patient"
    study = prepare_tumor_types(twice, SPLIT, TumorTypeSettings(), "refuse")["seed_0"]
    assert len(set(study.obs.loc[study.obs["patient_id"] == "one patient", "split"])) == 1


def test_small_types_are_left_out_and_counted(cohort):
    rows = np.flatnonzero(cohort.obs["tumor_type"] == "LUAD")[2:]
    few = cohort[np.setdiff1d(np.arange(cohort.n_obs), rows)]
    tumors = select_tumors(few, TumorTypeSettings())
    assert set(types_of(tumors)) == {"KIRC", "KIRP", "LUSC"}
    notice = notices(tumors).set_index("check").loc["tumor types left out: too few patients"]
    assert notice["count"] == 2
    assert notice["detail"] == "LUAD"


def test_genes_are_chosen_by_the_training_part_alone(cohort):
    whole = prepare_tumor_types(cohort, SPLIT, TumorTypeSettings(), "refuse")["seed_0"]
    test = whole.obs_names[whole.obs["split"] == "test"]
    spoiled = cohort.copy()
    gene = whole.var_names[np.argmin(whole[whole.obs["split"] == "train"].X.var(0))]
    rows, column = spoiled.obs_names.get_indexer(test), spoiled.var_names.get_loc(gene)
    spoiled.X[rows, column] = np.linspace(0, 15, len(test))
    assert spoiled.X[:, column].var() > 1
    for settings in (
        TumorTypeSettings(panel="variable", n_variable=40),
        TumorTypeSettings(min_variance=0.5),
    ):
        chosen = prepare_tumor_types(spoiled, SPLIT, settings, "refuse")["seed_0"]
        before = prepare_tumor_types(cohort, SPLIT, settings, "refuse")["seed_0"]
        assert list(chosen.var_names) == list(before.var_names)
        assert gene not in chosen.var_names
        assert 2 <= chosen.n_vars < cohort.n_vars


@pytest.mark.parametrize(
    ("settings", "pieces"),
    [
        ({"label": "subtype"}, ["no column 'subtype'", "tumor_types.label"]),
        ({"least": 13}, ["48 tumors of 4 types, 0 with 13 patients", "--pipelines reversion"]),
        ({"min_variance": 1e6}, ["tumor_types.min_variance", "0 of 150 genes"]),
        ({"panel": "l10000"}, ["l10000"]),
    ],
)
def test_what_gives_no_study_is_refused(cohort, settings, pieces):
    settings = TumorTypeSettings(**settings)
    assert_refused(lambda: prepare_tumor_types(cohort, SPLIT, settings, "refuse"), pieces)


def test_colon_and_rectum_merge():
    assert list(merged(np.array(["COAD", "READ", "LUAD"]))) == ["COADREAD", "COADREAD", "LUAD"]


def test_without_a_column_of_types_the_cohort_or_the_tissue_names_them(cohort):
    sheet = cohort.copy()
    sheet.obs = sheet.obs.drop(columns=["tumor_type", "cohort"], errors="ignore")
    tumors = select_tumors(sheet, TumorTypeSettings())
    assert set(types_of(tumors)) == {"lung", "kidney"}
    assert notices(tumors)["check"].str.contains("'tissue'").any()
    study = prepare_tumor_types(sheet, SPLIT, TumorTypeSettings(), "refuse")["seed_0"]
    assert notices(study)["check"].str.contains("'tissue'").any(), (
        "the study keeps what was noticed"
    )
    sheet.obs["cohort"] = ""
    assert set(types_of(select_tumors(sheet, TumorTypeSettings()))) == {"lung", "kidney"}
    sheet.obs["tumor_type"] = np.where(sheet.obs["tissue"] == "lung", "A", "B")
    assert set(types_of(select_tumors(sheet, TumorTypeSettings()))) == {"A", "B"}
