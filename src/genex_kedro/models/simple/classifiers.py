"""Classifiers of tumor types without an image, which every network has to beat.

Each sees standardised genes, is fitted on the training part, and chooses its one setting by the
validation part's cross-entropy (linear SVM: its margins have no scale, so they are first brought
to the temperature that suits them best).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_softmax

from genex_kedro.models.names import LOGISTIC

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # inverse, of logistic regression
SVM_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
NEIGHBOURS = (1, 3, 5, 15)
TREES = (80,)  # rounds; more change little and cost most of all rows
_FLOOR = np.log(1e-7)


@dataclass(frozen=True)
class Fitted:
    """A fitted classifier.

    Attributes
    ----------
    classes : ndarray of str
        In the order of the columns of probabilities.
    log_probability : callable
        Standardised expression (n, n_genes) to log-probabilities (n, n_classes).
    setting : float
        The one that validation chose.
    weights : ndarray, shape (n_classes, n_genes), or None
        Of a linear model on standardised genes.
    """

    classes: np.ndarray
    log_probability: Callable[[np.ndarray], np.ndarray]
    setting: float
    weights: np.ndarray | None = None


def logistic_regression(train, labels, validation, held_out, seed: int) -> Fitted:
    """Multinomial, L2."""
    from sklearn.linear_model import LogisticRegression

    def fit(C: float):
        return LogisticRegression(C=C, max_iter=500).fit(train, labels)

    return _choose(fit, PENALTIES, _log_proba, validation, held_out)


def pca_logistic_regression(train, labels, validation, held_out, seed: int) -> Fitted:
    """Logistic regression on the first 100 principal components."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    components = min(100, *(n - 1 for n in train.shape))

    def fit(C: float):
        pca = PCA(max(components, 1), svd_solver="randomized", random_state=seed)
        return make_pipeline(pca, LogisticRegression(C=C, max_iter=500)).fit(train, labels)

    return _choose(fit, PENALTIES, _log_proba, validation, held_out)


def linear_svm(train, labels, validation, held_out, seed: int) -> Fitted:
    """One against the rest (Hsu and Si 2018: .958 on the 33 types)."""
    from sklearn.svm import LinearSVC

    def fit(C: float):
        return LinearSVC(C=C, tol=1e-2, random_state=seed).fit(train, labels)

    def margins(model):
        temperature = _temperature(model, validation, held_out)
        return lambda X: log_softmax(_decision(model, X) / temperature, axis=1)

    return _choose(fit, SVM_PENALTIES, margins, validation, held_out)


def nearest_neighbours(train, labels, validation, held_out, seed: int) -> Fitted:
    """By Euclidean distance on standardised genes, weighed by its inverse."""
    from sklearn.neighbors import KNeighborsClassifier

    def fit(k: int):
        neighbours = KNeighborsClassifier(min(k, len(train)), weights="distance")
        return neighbours.fit(train, labels)

    return _choose(fit, NEIGHBOURS, _log_proba, validation, held_out)


def boosted_trees(train, labels, validation, held_out, seed: int) -> Fitted:
    """Histogram gradient boosting; each split looks at a tenth of the genes."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    def fit(rounds: int):
        return HistGradientBoostingClassifier(
            max_iter=rounds, max_leaf_nodes=8, min_samples_leaf=5, max_features=0.1,
            early_stopping=False, random_state=seed,
        ).fit(train, labels)  # fmt: skip

    return _choose(fit, TREES, _log_proba, validation, held_out)


SIMPLE_CLASSIFIERS: dict[str, Callable[..., Fitted]] = {
    LOGISTIC: logistic_regression,
    "linear SVM": linear_svm,
    "PCA-100 + logistic regression": pca_logistic_regression,
    "nearest neighbours": nearest_neighbours,
    "boosted trees": boosted_trees,
}


def _choose(fit, settings: Sequence, read: Callable, validation, held_out) -> Fitted:
    """The setting under which the validation samples are likeliest; the first of equals."""
    fits = []
    for setting in settings:
        model = fit(setting)
        log_probability = read(model)
        cost = _cost(log_probability(validation), held_out, model.classes_)
        fits.append((cost, setting, model, log_probability))
    _, setting, model, log_probability = min(fits, key=lambda one: one[0])
    return Fitted(np.asarray(model.classes_), log_probability, float(setting), _weights(model))


def _weights(model: Any) -> np.ndarray | None:
    weights = getattr(model, "coef_", None)
    if weights is None or len(weights) == len(model.classes_):
        return weights
    return np.concatenate([-weights, weights])  # two classes share one row


def _log_proba(model):
    return lambda X: np.maximum(np.log(np.maximum(model.predict_proba(X), 1e-300)), _FLOOR)


def _decision(model, X: np.ndarray) -> np.ndarray:
    margins = model.decision_function(X)
    return np.stack([-margins, margins], axis=1) if margins.ndim == 1 else margins


def _cost(log_probability: np.ndarray, labels: np.ndarray, classes: np.ndarray) -> float:
    """Mean cross-entropy over the samples whose class is known."""
    column = {name: at for at, name in enumerate(classes)}
    known = np.array([label in column for label in labels], dtype=bool)
    if not known.any():
        return 0.0
    at = np.array([column[label] for label in labels[known]])
    return float(-log_probability[known][np.arange(known.sum()), at].mean())


def _temperature(model, validation, held_out) -> float:
    from scipy.optimize import minimize_scalar

    margins = _decision(model, validation)

    def cost(log_temperature: float) -> float:
        scaled = log_softmax(margins / np.exp(log_temperature), axis=1)
        return _cost(scaled, held_out, model.classes_)

    limit = np.log(100.0)
    return float(np.exp(minimize_scalar(cost, bounds=(-limit, limit), method="bounded").x))
