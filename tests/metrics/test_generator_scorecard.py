"""The whole scorecard on planted samples: complete, repeatable, and right about the extremes."""

import numpy as np
import pytest
from planted_samples import planted

from genex_kedro.metrics.generator_scorecard import METRICS, score_generator
from genex_kedro.metrics.samples import Samples
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS

ROUNDS = 60  # of trees: a fifth of the default
TRAIN, TEST, REFERENCE = planted(30), planted(15, seed=1), planted(15, seed=2)


@pytest.fixture(scope="module")
def table():
    rows = {"new": score_generator(TRAIN, TEST, planted(30, seed=3), 0, REFERENCE, ROUNDS)}
    for name, kind in SIMPLE_GENERATORS.items():
        fitted = kind().fit(TRAIN.expression, TRAIN.classes)
        made = fitted.sample(TRAIN.classes, np.random.default_rng(0))
        synthetic = Samples(made, TRAIN.tissue, TRAIN.condition)
        rows[name] = score_generator(TRAIN, TEST, synthetic, 0, REFERENCE, ROUNDS)
    return rows


def test_every_score_is_declared_and_in_its_range(table):
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    for scores in table.values():
        assert set(scores) == set(names)
        for metric in METRICS:
            low, high = metric.range
            assert low - 1e-9 <= scores[metric.name] <= high + 1e-9, metric.name
            assert low <= metric.ideal <= high


def test_new_samples_of_the_population_pass(table):
    new = table["new"]
    assert new["gamma_within_class"] > 0.8
    assert new["adversarial_accuracy_test"] == pytest.approx(0.5, abs=0.1)
    assert new["trees_auc_test"] < 0.65
    assert new["domias_auc"] == pytest.approx(0.5, abs=0.1)
    assert new["tstr_over_trtr_tissue_f1"] > 0.95


def test_each_simple_generator_fails_where_it_must(table):
    mean, noise, normal, copies = (table[name] for name in SIMPLE_GENERATORS)
    assert mean["gamma_within_class"] == 0
    assert mean["variance_within_class"] < 1e-9
    assert abs(noise["gamma_within_class"]) < 0.1
    assert mean["recall_test"] < 0.2
    assert mean["trees_auc_test"] > 0.95
    assert noise["variance_ratio"] == pytest.approx(1, abs=0.15)
    assert normal["gamma_within_class"] > 0.8
    assert normal["gan_leaks_auc"] < 0.65
    assert copies["gan_leaks_auc"] > 0.75
    assert copies["nearest_in_training"] == 1
    assert copies["adversarial_accuracy_train"] < 0.25


def test_the_same_seed_gives_the_same_scores(table):
    again = score_generator(TRAIN, TEST, planted(30, seed=3), 0, REFERENCE, ROUNDS)
    assert again == table["new"]


def test_without_a_reference_half_of_the_test_samples_stand_in():
    scores = score_generator(TRAIN, TEST, planted(30, seed=3), 0, rounds=ROUNDS)
    assert scores["domias_auc"] == pytest.approx(0.5, abs=0.15)


def test_training_samples_in_the_place_of_synthetic_ones_are_not_compared_with_themselves(table):
    scores = score_generator(TRAIN, TEST, TRAIN, 0, REFERENCE, rounds=5, against_train=False)
    assert set(scores) == {metric.name for metric in METRICS}
    empty = {name for name, value in scores.items() if np.isnan(value)}
    assert {name for name in scores if name.endswith("_train")} <= empty
    assert {"domias_auc", "closest_record_ratio", "nearest_in_training"} <= empty
    assert not any(name.endswith(("_test", "_all")) or "gamma" in name for name in empty)


def test_a_cohort_of_one_tissue_has_no_transfer_of_tissues():
    one = [part.take(part.tissue == "lung") for part in (TRAIN, TEST, planted(30, seed=3))]
    scores = score_generator(*one, seed=0, rounds=5)
    assert np.isnan(scores["tstr_tissue_f1"])
    assert np.isnan(scores["tstr_over_trtr_tissue_f1"])
    assert scores["tstr_condition_f1"] > 0.9


def test_other_genes_are_refused():
    fewer = Samples(TEST.expression[:, 1:], TEST.tissue, TEST.condition)
    with pytest.raises(ValueError, match="60 real genes and 59"):
        score_generator(TRAIN, fewer, TRAIN, 0)
