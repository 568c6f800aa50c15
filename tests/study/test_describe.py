"""The cohort report counts what was planted and names what is too small."""

import json

import numpy as np
import pandas as pd
import pytest

from genex_kedro.cohort import add_notice, build_cohort
from genex_kedro.genes.panels import PANELS, panel
from genex_kedro.study.describe import (
    count_pairs,
    count_samples,
    describe_study,
    panel_coverage,
    summarise_cohort,
)
from genex_kedro.study.prepare import StudySettings, prepare_study
from genex_kedro.study.split import split_patients
from genex_kedro.units import STUDY_UNIT

FRACTIONS = {"seed_10": np.array([0.6, 0.2, 0.2]), "seed_9": np.array([0.4, 0.3, 0.3])}


def rows():
    """20 lung tumors, 8 with an adjacent normal; 15 donors; 2 samples of one tumor; an eye."""
    for i in range(20):
        yield f"T{i}", "lung", "tumor", "LUAD", "TCGA"
    for i in range(8):
        yield f"T{i}", "lung", "normal", "LUAD", "TCGA"
    for i in range(15):
        for tissue in ("lung", "liver"):
            yield f"D{i}", tissue, "normal", "GTEX", "GTEX"
    yield "T19", "lung", "tumor", "LUAD", "TCGA"
    yield "E0", "eye", "tumor", "UVM", "TCGA"


def cohort_of(genes):
    obs = pd.DataFrame(rows(), columns=["patient_id", "tissue", "condition", "cohort", "source"])
    obs.index = [f"S{i}" for i in range(len(obs))]
    X = np.random.default_rng(0).uniform(3, 9, (len(obs), len(genes)))
    X[0, 0] = X[1, 0] = X[2, 3] = np.nan
    return build_cohort(X, obs, pd.DataFrame(index=genes), STUDY_UNIT, "mine.tsv")


@pytest.fixture
def cohort():
    cohort = cohort_of([f"G{j}" for j in range(10)])
    cohort.obs["program"] = cohort.obs["source"]
    cohort.obs = cohort.obs.astype("category")  # as read from an h5ad file
    return cohort


@pytest.fixture
def report_of(cohort):
    """The report of the cohort, split twice, with its studies read in some order."""

    def report(order=("seed_10", "seed_9")):
        splits = pd.DataFrame(
            {name: split_patients(cohort.obs, f, seed=0) for name, f in FRACTIONS.items()}
        )
        settings = StudySettings(panel="all")
        studies = {
            name: prepare_study(cohort, splits[name], int(name[5:]), settings, "drop_genes")
            for name in order
        }
        return describe_study(summarise_cohort(cohort), splits, studies), studies

    return report


def test_samples_and_patients_are_counted_by_class(cohort):
    table = count_samples(cohort).set_index(["tissue", "condition", "program"])
    assert len(table) == 5  # no row for a class that does not exist
    assert table["samples"].sum() == cohort.n_obs
    for key, samples, patients in (
        (("lung", "tumor", "TCGA"), 21, 20),
        (("lung", "normal", "TCGA"), 8, 8),
        (("lung", "normal", "GTEX"), 15, 15),
        (("liver", "normal", "GTEX"), 15, 15),
        (("eye", "tumor", "TCGA"), 1, 1),
    ):
        assert (table.loc[key, "samples"], table.loc[key, "patients"]) == (samples, patients)


def test_pairs_are_patients_with_a_tumor_and_a_normal(cohort):
    assert count_pairs(cohort.obs) == 8
    assert count_pairs(cohort.obs[cohort.obs["condition"] == "tumor"]) == 0  # T19 has two tumors
    assert count_pairs(cohort.obs[cohort.obs["program"] == "GTEX"]) == 0  # donors of two normals


def test_coverage_names_what_a_panel_lacks():
    symbols = panel("foundation_one_308")["symbol"]
    table = panel_coverage(cohort_of([*symbols[:77], "NO_GENE"])).set_index("panel")
    assert list(table.index) == list(PANELS)
    row = table.loc["foundation_one_308"]
    assert (row["genes"], row["measured"], row["coverage"]) == (308, 77, 0.25)
    assert row["missing"].split() == symbols[77:].tolist()
    assert (table["measured"] + table["missing"].str.split().str.len() == table["genes"]).all()
    assert table.loc["l1000", "genes"] == 978


def test_the_report_is_plain_json(report_of):
    report, _ = report_of()
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_report_counts_what_was_planted(cohort, report_of):
    add_notice(cohort, "check", 3, "detail")
    report, _ = report_of()
    expected = {"samples": 60, "genes": 10, "patients": 36, "pairs": 8, "tissues": 3}
    assert {k: report[k] for k in expected} == expected
    assert report["conditions"] == {"tumor": 22, "normal": 38}
    assert report["programs"] == {"TCGA": 30, "GTEX": 30}
    assert report["unit"] == STUDY_UNIT
    assert report["missing_fraction"] == pytest.approx(3 / 600)
    assert [n["check"] for n in report["notices"]] == ["missing values", "check"]
    assert (report["study"]["samples"], report["study"]["genes"]) == (60, 8)
    assert [n["detail"] for n in report["study"]["notices"]] == ["G0, G3"]
    assert [c["label"] for c in report["controls"]] == ["source", "program"]


def test_classes_too_small_for_every_part_are_named(report_of):
    report, _ = report_of()
    (small,) = report["classes_too_small"]
    assert (small["class"], small["patients"]) == ("eye tumor", 1)
    assert len(small["missing_from"].split(", ")) == 2


def test_the_report_is_about_the_first_split_in_whatever_order_the_studies_were_read(report_of):
    report, studies = report_of(order=("seed_9", "seed_10"))  # as a folder may list them
    counts = {name: study.obs["split"].value_counts().to_dict() for name, study in studies.items()}
    assert counts["seed_10"] != counts["seed_9"]
    assert report["study"]["split"] == counts["seed_10"]
