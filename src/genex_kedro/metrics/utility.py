"""Whether synthetic samples serve to train a classifier that meets real ones.

TSTR: train on synthetic, test on real (Esteban et al. 2017); TRTR, train on real, is its
ceiling. The classifier is a multinomial logistic regression (L2, C = 1) on genes standardised
by what it is trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def augmentation_curve(
    real: Samples,
    test: Samples,
    synthesise: Callable[[Samples, int, int], Samples],
    n_real: Sequence[int],
    n_synthetic: int,
    label: str = "tissue",
    seed: int = 0,
) -> list[dict[str, float]]:
    """What synthetic samples add to few real ones.

    Parameters
    ----------
    real, test : Samples
        Training samples to choose from, and unseen ones.
    synthesise : callable
        ``synthesise(few, n_synthetic, seed)`` trains a generator on the few real samples *and
        on nothing else*, and returns its samples.
    n_real : sequence of int
        How many real samples: 50, 100, 500. Chosen at random with the classes' shares kept and
        every class at least once; the smaller choices lie within the larger ones.
    n_synthetic : int
    label : {"tissue", "condition"}
    seed : int

    Returns
    -------
    list of dict
        ``n_real, n_synthetic, macro_f1, balanced_accuracy``, without synthetic samples and
        with them, for each of `n_real`.
    """
    order = _spread_order(real.classes, np.random.default_rng(seed))
    rows = []
    for n in n_real:
        if not 2 <= n <= len(real):
            raise ValueError(f"{n} real samples of {len(real)}")
        few = real.take(order[:n])
        made = synthesise(few, n_synthetic, seed)
        for training, count in ((few, 0), (_both(few, made), len(made))):
            found, truth = classify(training, test, label), getattr(test, label)
            rows.append(
                {
                    "n_real": int(n),
                    "n_synthetic": count,
                    "macro_f1": _macro_f1(truth, found),
                    "balanced_accuracy": float(balanced_accuracy_score(truth, found)),
                }
            )
    return rows


def _macro_f1(truth: np.ndarray, found: np.ndarray) -> float:
    return float(f1_score(truth, found, labels=np.unique(truth), average="macro", zero_division=0))


def _both(few: Samples, made: Samples) -> Samples:
    return Samples(
        *(np.concatenate([getattr(few, name), getattr(made, name)]) for name in ("expression", *LABELS))
    )  # fmt: skip


def _spread_order(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An order whose every beginning holds the classes by their shares, each class early.

    The i-th of a class with n samples comes at (i + u) / n for i > 0, and its first one first.
    """
    place = np.empty(len(classes))
    for name in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == name))
        place[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
        place[rows[0]] = -1
    return np.argsort(place, kind="stable")
