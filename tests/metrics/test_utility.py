"""Train on synthetic, test on real: planted labels that serve and labels that do not."""

import numpy as np
import pytest
from planted_samples import planted

from genex_kedro.metrics import utility as ours
from genex_kedro.metrics.samples import Samples


@pytest.mark.parametrize("label", ours.LABELS)
@pytest.mark.parametrize("metric", ours.METRICS, ids=lambda m: m.name)
def test_samples_of_the_population_serve_and_shuffled_labels_do_not(metric, label):
    train, test = planted(20), planted(10, seed=1)
    assert metric(train, test, label) > 0.95
    mixed = np.random.default_rng(0).permutation(len(train))
    wrong = Samples(train.expression, train.tissue[mixed], train.condition[mixed])
    assert metric(wrong, test, label) < 0.75
    assert metric.ideal == metric.range[1] == 1


def test_a_tissue_that_is_never_made_costs_its_share():
    train, test = planted(20), planted(10, seed=1)
    without = train.take(train.tissue != "lung")
    assert ours.transfer_balanced_accuracy(without, test, "tissue") == pytest.approx(
        2 / 3, abs=0.02
    )
    assert ours.transfer_f1(without, test, "tissue") < 0.7
    with pytest.raises(ValueError, match="one tissue only: lung"):
        ours.classify(train.take(train.tissue == "lung"), test, "tissue")


def test_both_scores_of_one_classifier_are_the_metrics():
    train, test = planted(4), planted(10, seed=1)
    scores = ours.transfer_scores(train, test, "tissue")
    assert scores["macro_f1"] == ours.transfer_f1(train, test, "tissue")
    assert scores["balanced_accuracy"] == ours.transfer_balanced_accuracy(train, test, "tissue")


def test_the_shares_of_the_classes_are_kept():
    classes = np.repeat(["a", "b", "c"], [60, 30, 10])
    order = ours.spread_order(classes, np.random.default_rng(0))
    assert sorted(order) == list(range(100))
    counts = [(classes[order[:50]] == name).sum() for name in "abc"]
    np.testing.assert_allclose(counts, [30, 15, 5], atol=1.5)
    assert set(classes[order[:3]]) == set("abc")  # the first of each class come first
