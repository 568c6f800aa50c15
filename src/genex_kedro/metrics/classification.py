"""How well tumor and normal are told apart.

Every function takes ``is_tumor`` (n_samples,) with 1 for tumor, ``probability`` (n_samples,) of
tumor, and optional ``weight``: how often each sample counts, (n_samples,), or
(n_resamples, n_samples) for as many values at once. A sample is called tumor at a probability
of one half or more. Where a metric is not defined (one condition only) it is NaN.
"""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.weighted import by_score, checked, probabilities, ratio, shaped

THRESHOLD = 0.5

Value = float | np.ndarray


def auc(is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None) -> Value:
    """Area under the ROC curve: chance that a tumor scores above a normal; any score will do.

    Ties count one half (Mann and Whitney 1947).
    """
    labels, score, rows = checked(is_tumor, probability, weight)
    tumor, normal = by_score(score, rows * labels, rows * ~labels)
    below = normal.cumsum(axis=1) - normal / 2
    pairs = tumor.sum(axis=1) * normal.sum(axis=1)
    return shaped(ratio((tumor * below).sum(axis=1), pairs), weight)


def average_precision(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None
) -> Value:
    """Mean precision over the recalls of the tumors; chance is the share of tumors."""
    labels, score, rows = checked(is_tumor, probability, weight)
    tumor, every = by_score(-score, rows * labels, rows)
    found, called = tumor.cumsum(axis=1), every.cumsum(axis=1)
    precision = np.nan_to_num(ratio(found, called))  # nobody called yet: adds nothing
    value = ratio((tumor * precision).sum(axis=1), found[:, -1])
    one_condition = found[:, -1] == called[:, -1]
    return shaped(np.where(one_condition, np.nan, value), weight)


def accuracy(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None
) -> Value:
    """Share of samples called right."""
    tp, fp, fn, tn = _confusion(is_tumor, probability, weight)
    return shaped(ratio(tp + tn, tp + fp + fn + tn), weight)


def sensitivity(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None
) -> Value:
    """Share of tumors called tumor."""
    tp, _, fn, _ = _confusion(is_tumor, probability, weight)
    return shaped(ratio(tp, tp + fn), weight)


def specificity(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None
) -> Value:
    """Share of normals called normal."""
    _, fp, _, tn = _confusion(is_tumor, probability, weight)
    return shaped(ratio(tn, tn + fp), weight)


def balanced_accuracy(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None
) -> Value:
    """Mean of sensitivity and specificity; .5 for a constant, whatever the share of tumors."""
    tp, fp, fn, tn = _confusion(is_tumor, probability, weight)
    return shaped((ratio(tp, tp + fn) + ratio(tn, tn + fp)) / 2, weight)


def mcc(is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None) -> Value:
    """Matthews correlation between condition and call; 0 where all are called alike."""
    tp, fp, fn, tn = _confusion(is_tumor, probability, weight)
    called = (tp + fp) * (tn + fn)
    present = (tp + fn) * (tn + fp)
    value = np.where(called == 0, 0.0, ratio(tp * tn - fp * fn, np.sqrt(called * present)))
    return shaped(np.where(present == 0, np.nan, value), weight)


METRICS = (
    Metric("auc", "higher", (0.0, 1.0), 1.0, auc),
    Metric("accuracy", "higher", (0.0, 1.0), 1.0, accuracy),
    Metric("balanced_accuracy", "higher", (0.0, 1.0), 1.0, balanced_accuracy),
    Metric("sensitivity", "higher", (0.0, 1.0), 1.0, sensitivity),
    Metric("specificity", "higher", (0.0, 1.0), 1.0, specificity),
    Metric("mcc", "higher", (-1.0, 1.0), 1.0, mcc),
    Metric("average_precision", "higher", (0.0, 1.0), 1.0, average_precision),
)


def _confusion(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weight of true and false positives, false and true negatives, each (n_resamples,)."""
    labels, score, rows = checked(is_tumor, probability, weight)
    called = probabilities(score) >= THRESHOLD
    cells = (labels & called, ~labels & called, labels & ~called, ~labels & ~called)
    return tuple(rows @ cell.astype(float) for cell in cells)
