"""Samples on request: n of every class asked for, in the unit asked for, and honest notices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from genex_kedro.cohort import check_cohort, given_unit, to_study_unit
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.study.generation.fulfilment import fulfil
from genex_kedro.study.generation.request import GenerateSettings, ask
from refusals import assert_refused
from trained_generators import GENES, N_GENES, PLANTED, trained

MODEL = trained()
VOCABULARY = Vocabulary.from_json(MODEL.config["vocabulary"])


def counts(labels: pd.DataFrame, *by: str) -> dict:
    return labels.groupby(list(by)).size().to_dict()


def made(model=MODEL, **asked):
    return fulfil(model, "cvae/best", GenerateSettings(**asked))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({}, {("lung", "tumor"), ("lung", "normal"), ("liver", "tumor"), ("liver", "normal")}),
        ({"tissue": "lung"}, {("lung", "tumor"), ("lung", "normal")}),
        ({"condition": "tumor"}, {("lung", "tumor"), ("liver", "tumor")}),
        ({"source": "GTEX"}, {("lung", "normal"), ("liver", "normal")}),
        ({"tissue": "liver", "condition": "tumor"}, {("liver", "tumor")}),
    ],
)
def test_n_of_every_class_that_fits(levels, expected):
    labels = ask(VOCABULARY, 8, levels, N_GENES)
    assert counts(labels, "tissue", "condition") == dict.fromkeys(expected, 8)
    for factor, level in levels.items():
        assert set(labels[factor]) == {level}


def test_a_factor_not_named_takes_its_shares():
    labels = ask(VOCABULARY, 8, {"tissue": "lung", "condition": "normal"}, N_GENES)
    assert counts(labels, "source") == {"GTEX": 6, "TCGA": 2}  # 30 and 10 in training


def test_a_model_without_tissue_and_condition_is_asked_as_a_whole():
    labels = pd.DataFrame({"source": ["A"] * 3 + ["B"]})
    asked = ask(Vocabulary.fit(labels, ["source"]), 8, {}, N_GENES)
    assert counts(asked, "source") == {"A": 6, "B": 2}


def test_the_samples_are_of_the_class_asked_for_and_follow_the_seed():
    cohort, _ = made(n=300)
    for (tissue, condition), rows in cohort.obs.groupby(["tissue", "condition"]).groups.items():
        levels = {m for key, (_, m) in PLANTED.items() if key[:2] == (tissue, condition)}
        assert abs(cohort[rows, GENES[0]].X.mean() - levels.pop()) < 0.5
    same, other = made(n=300)[0], made(n=300, seed=1)[0]
    np.testing.assert_array_equal(cohort.X, same.X)
    assert (cohort.X != other.X).any(axis=1).all()
    assert not set(cohort.obs_names) & set(other.obs_names)  # two requests can be put together


def test_the_sheet_says_that_nobody_is_real():
    cohort, _ = made(n=2, tissue="liver", condition="normal", seed=3)
    check_cohort(cohort, "made")
    first = cohort.obs.iloc[0].to_dict()
    assert first.pop("patient_id") == cohort.obs_names[0] == "cvae-best-3-000000"
    assert first == {
        "tissue": "liver",
        "condition": "normal",
        "source": "GTEX",
        "cohort": "synthetic",
        "program": "synthetic",
        "unit": "log2(x+1)",
        "generated_by": "cvae/best seed 0, drawn with seed 3",
    }


def test_values_below_zero_are_set_to_zero_and_counted():
    cohort, report = made(n=200)
    assert cohort.X.min() == 0
    assert report["clipped_fraction"] == pytest.approx((cohort.X == 0).mean())
    (clipped,) = [n for n in report["notices"] if "below zero" in n["check"]]
    assert clipped["count"] == (cohort.X == 0).sum() > 0


def test_small_classes_and_a_diverged_training_are_told():
    _, report = made(n=5)
    (small,) = [n for n in report["notices"] if "fewer than 5" in n["check"]]
    assert small["count"] == 1 and small["detail"] == "liver tumor TCGA (3)"
    assert not [n for n in made(n=5, tissue="lung")[1]["notices"] if "fewer" in n["check"]]
    _, report = made(trained(status="diverged"), n=1)
    assert any("diverged" in notice["check"] for notice in report["notices"])


@pytest.mark.parametrize(
    ("given", "asked", "unit"),
    [
        ("log2(x+1)", "as trained", "log2(x+1)"),
        ("linear", "as trained", "linear"),
        ("log2(tpm+0.001)", "as trained", "log2(tpm+0.001)"),
        ("linear", "log2(x+1)", "log2(x+1)"),
        ("log2(x+1)", "linear", "linear"),
    ],
)
def test_the_unit_is_that_of_the_training_cohort_or_the_one_asked_for(given, asked, unit):
    reference, _ = made(n=4)
    cohort, report = made(trained(given_unit=given), n=4, unit=asked)
    assert cohort.uns["unit"] == report["unit"] == unit
    check_cohort(cohort, "made")
    back = to_study_unit(cohort)
    assert given_unit(back) == unit
    np.testing.assert_allclose(back.X, reference.X, atol=2e-3 if "tpm" in unit else 1e-5)


def test_tpm_is_not_made_of_what_is_not_known_to_be_tpm():
    assert_refused(lambda: made(unit="log2(tpm+0.001)"), ["generate.unit", "trained on log2(x+1)"])


@pytest.mark.parametrize(
    ("asked", "pieces"),
    [
        ({"tissue": "lungs"}, ["tissue asked for", "'lungs'", "liver, lung"]),
        ({"condition": "cancer"}, ["condition asked for", "'cancer'", "normal, tumor"]),
        ({"tissue": "liver", "condition": "tumor", "source": "GTEX"}, ["combination", "liver tumor TCGA"]),
        ({"also": {"cohort": "BRCA"}}, ["cohort", "tissue, condition, source"]),
        ({"n": 10**9}, ["generate.n", "GB of memory"]),
    ],
)  # fmt: skip
def test_what_the_model_does_not_know_is_refused_by_name(asked, pieces):
    assert_refused(lambda: made(**asked), pieces)


@pytest.mark.parametrize(
    "asked",
    [{"n": 0}, {"n": -5}, {"n": "many"}, {"n": 2.5}, {"seed": -1}, {"format": "xlsx"},
     {"unit": "counts"}, {"tisue": "lung"}, {"also": "BRCA"}],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused(asked):
    with pytest.raises(ValidationError, match=next(iter(asked))):
        GenerateSettings(**asked)


def spoiled(**changes):
    model = trained()
    for key, value in changes.items():
        setattr(model, key, value)
    return model


@pytest.mark.parametrize(
    ("model", "pieces"),
    [
        (spoiled(genes=MODEL.genes.iloc[:-1]), ["do not belong together", "size mismatch"]),
        (spoiled(weights={**MODEL.weights, "means": MODEL.weights["means"][:2]}), ["do not belong"]),
        (spoiled(transform={}), ["do not belong together"]),
        (spoiled(config={**MODEL.config, "vocabulary": {}}), ["do not belong together"]),
        (spoiled(config={**MODEL.config, "model": "gan"}), ["'gan'", "cvae"]),
        (spoiled(config={**MODEL.config, "network": {"layers": 3}}), ["do not belong together"]),
    ],
)  # fmt: skip
def test_a_model_whose_files_contradict_each_other_is_refused(model, pieces):
    assert_refused(lambda: made(model, n=2), pieces)
