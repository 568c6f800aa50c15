"""Metrics against planted truths and against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as sk

from genex_kedro.metrics import classification as ours
from genex_kedro.metrics.calibration import METRICS as CALIBRATION

SKLEARN = {
    "auc": lambda y, p, w: sk.roc_auc_score(y, p, sample_weight=w),
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p >= 0.5, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.balanced_accuracy_score(y, p >= 0.5, sample_weight=w),
    "sensitivity": lambda y, p, w: sk.recall_score(y, p >= 0.5, sample_weight=w),
    "specificity": lambda y, p, w: sk.recall_score(y, p >= 0.5, pos_label=0, sample_weight=w),
    "mcc": lambda y, p, w: sk.matthews_corrcoef(y, p >= 0.5, sample_weight=w),
    "average_precision": lambda y, p, w: sk.average_precision_score(y, p, sample_weight=w),
}


def planted(n=200, seed=0):
    """Labels drawn with the stated probabilities; rounded, so that there are ties."""
    rng = np.random.default_rng(seed)
    probability = rng.uniform(size=n).round(2)
    return rng.random(n) < probability, probability, rng.integers(0, 4, size=(5, n))


@pytest.mark.parametrize("metric", ours.METRICS, ids=lambda metric: metric.name)
def test_each_metric_is_scikit_learns_with_and_without_weights(metric):
    y, p, weights = planted()
    assert metric(y, p) == pytest.approx(SKLEARN[metric.name](y, p, None))
    expected = [SKLEARN[metric.name](y, p, w) for w in weights]
    np.testing.assert_allclose(metric(y, p, weights), expected)
    assert metric(y, p, weights[2]) == pytest.approx(expected[2])


@pytest.mark.parametrize("metric", ours.METRICS, ids=lambda metric: metric.name)
def test_a_perfect_model_reaches_the_declared_ideal(metric):
    y = np.array([0, 1, 1, 0, 1])
    assert metric(y, y.astype(float)) == metric.ideal == metric.range[1]
    assert metric.direction == "higher"


def test_planted_values():
    y, p = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.6, 0.9])
    assert ours.auc(y, p) == pytest.approx((2 + 0.5 + 1) / 4)
    assert ours.sensitivity(y, p) == 1.0
    assert ours.specificity(y, p) == 0.5
    assert ours.mcc(y, np.full(4, 0.7)) == 0.0
    assert ours.balanced_accuracy(np.array([0, 1, 1, 1]), np.full(4, 0.7)) == 0.5


def test_one_condition_only_is_not_defined():
    y, p = np.ones(4), np.full(4, 0.7)
    for metric in (ours.auc, ours.specificity, ours.balanced_accuracy, ours.mcc):
        assert np.isnan(metric(y, p))
    assert np.isnan(ours.average_precision(y, p))
    weights = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    values = ours.auc(np.array([1, 1, 0]), np.array([0.9, 0.8, 0.1]), weights)
    assert np.isnan(values[0])
    assert values[1] == 1.0


@pytest.mark.parametrize(
    ("y", "p", "message"),
    [
        ([0, 1], [0.1], "shape"),
        ([], [], "shape"),
        ([0, 2], [0.1, 0.2], "labels"),
        ([0, 1], [0.1, np.nan], "1 scores are not finite"),
        ([0, 1], [-3.0, 4.0], "sigmoid"),
    ],
)
def test_what_no_metric_can_use_is_refused(y, p, message):
    for metric in (ours.accuracy, *CALIBRATION):
        with pytest.raises(ValueError, match=message):
            metric(np.array(y), np.array(p))
    with pytest.raises(ValueError, match="negative"):
        ours.accuracy(np.array([0, 1]), np.array([0.1, 0.2]), np.array([1, -1]))
