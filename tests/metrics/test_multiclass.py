"""Metrics of many classes against scikit-learn, under weights, and at their ends."""

from functools import partial

import numpy as np
import pytest
from sklearn import metrics as reference

from genex_kedro.metrics import multiclass
from genex_kedro.metrics.multiclass import METRICS


def macro(score):
    return partial(score, average="macro", zero_division=0)


REFERENCES = {
    "accuracy": reference.accuracy_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "macro_recall": reference.balanced_accuracy_score,
    "macro_precision": macro(reference.precision_score),
    "macro_f1": macro(reference.f1_score),
    "mcc": reference.matthews_corrcoef,
}


def labels(n=300, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.choice(["BRCA", "LUAD", "LUSC", "CHOL"], n, p=[0.5, 0.3, 0.17, 0.03])
    wrong = rng.random(n) < 0.2
    return truth, np.where(wrong, rng.choice(["BRCA", "LUAD", "LUSC", "CHOL"], n), truth)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_they_agree_with_scikit_learn_with_and_without_weights(metric):
    truth, call = labels()
    assert metric(truth, call) == pytest.approx(REFERENCES[metric.name](truth, call))
    weights = np.random.default_rng(1).integers(0, 3, (5, len(truth))).astype(float)
    values = metric(truth, call, weights)
    for row, value in zip(weights, values, strict=True):
        expected = REFERENCES[metric.name](truth, call, sample_weight=row)
        assert value == pytest.approx(expected)
    low, high = metric.range
    assert low <= metric(truth, call) <= high
    assert metric(truth, truth) == metric.ideal


def test_a_constant_call_is_worth_what_chance_is():
    truth, _ = labels()
    call = np.full(len(truth), "BRCA")
    assert multiclass.balanced_accuracy(truth, call) == 0.25
    assert multiclass.mcc(truth, call) == 0
    assert multiclass.accuracy(truth, call) == (truth == "BRCA").mean()
    assert np.isnan(multiclass.mcc(call, truth))  # one true class: nothing to correlate


def test_a_class_that_is_only_called_does_not_enter_the_means():
    truth, call = np.array(["A", "A", "B", "B"]), np.array(["A", "C", "B", "B"])
    assert multiclass.balanced_accuracy(truth, call) == pytest.approx(0.75)
    assert multiclass.macro_precision(truth, call) == pytest.approx(1.0)
    assert list(multiclass.by_class(truth, call).index) == ["A", "B"]
    table = multiclass.confusion(truth, call)
    assert table.loc["A", "C"] == 1
    assert table.to_numpy().sum() == 4


def test_classes_one_by_one_agree_with_scikit_learn():
    truth, call = labels()
    table = multiclass.by_class(truth, call)
    p, r, f, n = reference.precision_recall_fscore_support(truth, call, zero_division=0)
    np.testing.assert_allclose(table[["precision", "recall", "f1", "n"]].to_numpy().T, [p, r, f, n])


def test_confidence_is_judged():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.3, 1, 5000)
    right = rng.random(5000) < confidence
    assert multiclass.confidence_error(right, confidence) < 0.03
    assert multiclass.confidence_error(right, np.sqrt(confidence)) > 0.1
    assert multiclass.log_loss(np.array([1.0, 0.5])) == pytest.approx(np.log(2) / 2)


def test_unequal_lengths_and_negative_weights_are_refused():
    with pytest.raises(ValueError, match="shapes"):
        multiclass.accuracy(np.array(["A"]), np.array(["A", "B"]))
    with pytest.raises(ValueError, match="negative"):
        multiclass.accuracy(np.array(["A", "B"]), np.array(["A", "B"]), np.array([1, -1]))
