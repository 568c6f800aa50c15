"""Whether synthetic samples serve to train a classifier that meets real ones.

TSTR: train on synthetic, test on real (Esteban et al. 2017); TRTR, train on real, is its
ceiling. The classifier is a multinomial logistic regression (L2, C = 1) on genes standardised
by what it is trained on.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.samples import Samples

LABELS = ("tissue", "condition")


def classify(training: Samples, test: Samples, label: str) -> np.ndarray:
    """Labels of the test samples as a classifier trained on `training` predicts them.

    Parameters
    ----------
    training, test : Samples
    label : {"tissue", "condition"}

    Raises
    ------
    ValueError
        If the training samples hold one label only.
    """
    labels = getattr(training, label)
    if len(np.unique(labels)) < 2:
        raise ValueError(f"training samples with one {label} only: {labels[0]}")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    return model.fit(training.expression, labels).predict(test.expression)


def transfer_f1(training: Samples, test: Samples, label: str) -> float:
    """Macro F1 on the test samples, over the labels that they hold."""
    truth = getattr(test, label)
    return _macro_f1(truth, classify(training, test, label))


def transfer_balanced_accuracy(training: Samples, test: Samples, label: str) -> float:
    """Mean recall over the labels of the test samples."""
    return float(balanced_accuracy_score(getattr(test, label), classify(training, test, label)))


METRICS = (
    Metric("transfer_f1", "higher", (0.0, 1.0), 1.0, transfer_f1),
    Metric("transfer_balanced_accuracy", "higher", (0.0, 1.0), 1.0, transfer_balanced_accuracy),
)


def transfer_scores(training: Samples, test: Samples, label: str) -> dict[str, float]:
    """``macro_f1`` and ``balanced_accuracy`` of one classifier."""
    truth, found = getattr(test, label), classify(training, test, label)
    return {
        "macro_f1": _macro_f1(truth, found),
        "balanced_accuracy": float(balanced_accuracy_score(truth, found)),
    }


def spread_order(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An order whose every beginning holds the classes by their shares, each class early.

    Few samples to learn from are the first of it: a smaller choice lies within a larger one. The
    i-th of a class with n samples comes at (i + u) / n for i > 0, and its first one first.

    Parameters
    ----------
    classes : ndarray of str, shape (n_samples,)
    rng : numpy Generator

    Returns
    -------
    ndarray of int, shape (n_samples,)
    """
    place = np.empty(len(classes))
    for name in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == name))
        place[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
        place[rows[0]] = -1
    return np.argsort(place, kind="stable")


def _macro_f1(truth: np.ndarray, found: np.ndarray) -> float:
    return float(f1_score(truth, found, labels=np.unique(truth), average="macro", zero_division=0))
