"""How well tumor types are told apart.

Every function takes ``truth`` and ``call`` (n_samples,), labels of any kind, and optional
``weight``: how often each sample counts, (n_samples,), or (n_resamples, n_samples) for as many
values at once. The classes are those of `truth` and `call` together; means over classes are over
those that `truth` holds, so that a class nobody can be tested on costs nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.weighted import ratio, shaped

Value = float | np.ndarray


def confusion(truth: np.ndarray, call: np.ndarray) -> pd.DataFrame:
    """Samples by true type (rows) and called type (columns), shape (n_classes, n_classes)."""
    classes, _, counts = _counted(truth, call, None)
    return pd.DataFrame(counts[0].astype(int), classes, classes)


def accuracy(truth: np.ndarray, call: np.ndarray, weight: np.ndarray | None = None) -> Value:
    """Share of samples called right."""
    _, _, counts = _counted(truth, call, weight)
    return shaped(ratio(_right(counts).sum(1), counts.sum((1, 2))), weight)


def balanced_accuracy(
    truth: np.ndarray, call: np.ndarray, weight: np.ndarray | None = None
) -> Value:
    """Mean over classes of the share called right; 1 / n_classes for a constant."""
    _, _, counts = _counted(truth, call, weight)
    return shaped(_mean(ratio(_right(counts), counts.sum(2))), weight)


def macro_precision(truth: np.ndarray, call: np.ndarray, weight: np.ndarray | None = None) -> Value:
    """Mean over classes of the share of its calls that are right; 0 for a class never called."""
    _, _, counts = _counted(truth, call, weight)
    precision = np.nan_to_num(ratio(_right(counts), counts.sum(1)))
    return shaped(_mean(np.where(counts.sum(2) > 0, precision, np.nan)), weight)


def macro_f1(truth: np.ndarray, call: np.ndarray, weight: np.ndarray | None = None) -> Value:
    """Mean over classes of 2 TP / (2 TP + FP + FN)."""
    _, _, counts = _counted(truth, call, weight)
    f1 = ratio(2 * _right(counts), counts.sum(1) + counts.sum(2))
    return shaped(_mean(np.where(counts.sum(2) > 0, f1, np.nan)), weight)


def mcc(truth: np.ndarray, call: np.ndarray, weight: np.ndarray | None = None) -> Value:
    """Correlation of truth and call over all classes (Gorodkin 2004); 0 for a constant call."""
    _, _, counts = _counted(truth, call, weight)
    true, called, n = counts.sum(2), counts.sum(1), counts.sum((1, 2))
    shared = _right(counts).sum(1) * n - (true * called).sum(1)
    spread = (n**2 - (called**2).sum(1)) * (n**2 - (true**2).sum(1))
    value = np.where(n**2 == (called**2).sum(1), 0.0, ratio(shared, np.sqrt(spread)))
    return shaped(np.where(n**2 == (true**2).sum(1), np.nan, value), weight)


def by_class(truth: np.ndarray, call: np.ndarray) -> pd.DataFrame:
    """Each class of `truth` against the rest: ``n, precision, recall, f1``."""
    table = confusion(truth, call)
    right, true, called = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    found = pd.DataFrame(
        {
            "n": true,
            "precision": np.nan_to_num(ratio(right.astype(float), called.to_numpy(float))),
            "recall": ratio(right.astype(float), true.to_numpy(float)),
            "f1": ratio(2.0 * right, (called + true).to_numpy(float)),
        }
    )
    return found[found["n"] > 0]


def log_loss(probability_of_truth: np.ndarray) -> float:
    """Mean of -log of the probability given to the true class; one never seen counts 1e-7."""
    return float(-np.log(np.clip(probability_of_truth, 1e-7, 1)).mean())


def confidence_error(right: np.ndarray, confidence: np.ndarray, n_bins: int = 10) -> float:
    """Expected calibration error of the call: mean gap of confidence and share right.

    Over bins of equal mass (:mod:`genex_kedro.metrics.calibration`).
    """
    from genex_kedro.metrics.calibration import expected_calibration_error

    return float(expected_calibration_error(right, confidence, n_bins=n_bins))


METRICS = (
    Metric("accuracy", "higher", (0.0, 1.0), 1.0, accuracy),
    Metric("balanced_accuracy", "higher", (0.0, 1.0), 1.0, balanced_accuracy),
    Metric("macro_precision", "higher", (0.0, 1.0), 1.0, macro_precision),
    Metric("macro_recall", "higher", (0.0, 1.0), 1.0, balanced_accuracy),
    Metric("macro_f1", "higher", (0.0, 1.0), 1.0, macro_f1),
    Metric("mcc", "higher", (-1.0, 1.0), 1.0, mcc),
)
PROBABILITY_METRICS = (
    Metric("log_loss", "lower", (0.0, np.inf), 0.0, log_loss),
    Metric("confidence_error", "lower", (0.0, 1.0), 0.0, confidence_error),
)


def _counted(truth, call, weight) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes, and weighted counts (n_resamples, true class, called class)."""
    truth, call = np.asarray(truth), np.asarray(call)
    if truth.shape != call.shape or truth.ndim != 1 or not len(truth):
        raise ValueError(f"labels of shapes {truth.shape} and {call.shape}")
    classes, codes = np.unique(np.concatenate([truth, call]), return_inverse=True)
    n, k = len(truth), len(classes)
    rows = np.ones((1, n)) if weight is None else np.atleast_2d(weight).astype(float)
    if rows.shape[1] != n or (rows < 0).any():
        raise ValueError(f"weights of shape {rows.shape} for {n} samples, or negative")
    cell = codes[:n] * k + codes[n:]
    order = np.argsort(cell, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(cell[order]) > 0])
    counts = np.zeros((len(rows), k * k))
    counts[:, cell[order][first]] = np.add.reduceat(rows[:, order], first, axis=1)
    return classes, codes, counts.reshape(-1, k, k)


def _right(counts: np.ndarray) -> np.ndarray:
    return np.diagonal(counts, axis1=1, axis2=2)


def _mean(by_class: np.ndarray) -> np.ndarray:
    """Mean over the classes that are there, NaN where none is."""
    there = ~np.isnan(by_class)
    return ratio(np.where(there, by_class, 0).sum(1), there.sum(1).astype(float))
