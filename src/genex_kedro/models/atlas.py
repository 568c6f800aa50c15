"""What the training samples look like: which tissue a profile is of, and whether it is like them.

Tissues are told by a multinomial logistic regression on tumors and normals. How far a profile
is from the training samples is its distance to the nearest class mean (tissue and condition),
in units in which samples of a class vary alike in every direction; the limit is what 99 % of
validation samples, of unseen patients, stay below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from genex_kedro.models.base import TrainedModel

MODEL_NAME = "atlas"
WITHIN = 0.99  # of validation samples, by definition not far
_INVERSE_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
_LEAST = 3  # samples of a class: the mean of fewer is too much the samples themselves


@dataclass(frozen=True)
class Atlas:
    """A fitted atlas; see :func:`fit_atlas`.

    Parameters
    ----------
    tissues : tuple of str
    centre, scale : ndarray, shape (n_genes,)
        Mean and standard deviation of the genes in training, log2 units.
    coefficients : ndarray, shape (n_tissues, n_genes)
    intercepts : ndarray, shape (n_tissues,)
    class_means : ndarray, shape (n_classes, n_genes)
        Standardised.
    axes : ndarray, shape (n_axes, n_genes)
        Leading principal axes within classes.
    variances : ndarray, shape (n_axes,)
    rest : ndarray, shape (1,)
        Variance in every other direction.
    limit : ndarray, shape (1,)
    """

    tissues: tuple[str, ...]
    centre: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray
    class_means: np.ndarray
    axes: np.ndarray
    variances: np.ndarray
    rest: np.ndarray
    limit: np.ndarray

    def probabilities(self, expression: np.ndarray) -> np.ndarray:
        """P(tissue) of profiles in log2(x+1), shape (n_samples, n_tissues)."""
        logits = self._standardised(expression) @ self.coefficients.T + self.intercepts
        weight = np.exp(logits - logits.max(1, keepdims=True))
        return weight / weight.sum(1, keepdims=True)

    def infer(self, expression: np.ndarray, among: Sequence[str] | None = None) -> np.ndarray:
        """The most likely tissue of each profile, of those `among`; str, shape (n_samples,).

        Raises
        ------
        ValueError
            If none of `among` is known.
        """
        names = np.array(self.tissues, dtype=str)
        asked = np.ones(len(names), dtype=bool) if among is None else np.isin(names, list(among))
        if not asked.any():
            raise ValueError(f"none of {list(among or ())} is among {list(self.tissues)}")
        return names[asked][self.probabilities(expression)[:, asked].argmax(1)]

    def distance(self, expression: np.ndarray) -> np.ndarray:
        """How far each profile is from training; above 1 it is farther than 99 % of unseen ones."""
        return np.sqrt(self._squared(self._standardised(expression)) / self.limit[0])

    def _standardised(self, expression: np.ndarray) -> np.ndarray:
        return (np.asarray(expression, np.float64) - self.centre) / self.scale

    def _squared(self, standardised: np.ndarray) -> np.ndarray:
        nearest = np.full(len(standardised), np.inf)
        for mean in self.class_means:
            residual = standardised - mean
            inside = residual @ self.axes.T
            outside = (residual**2).sum(1) - (inside**2).sum(1)
            squared = (inside**2 / self.variances).sum(1) + outside / self.rest[0]
            nearest = np.minimum(nearest, squared)
        return nearest / standardised.shape[1]


def fit_atlas(
    training: tuple[np.ndarray, np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray, np.ndarray],
    tissues: Sequence[str],
) -> Atlas:
    """Fit on training samples; penalty and limit by validation samples.

    Parameters
    ----------
    training, validation : tuple
        Expression (n_samples, n_genes) in log2(x+1), tissue (n_samples,), condition (n_samples,).
    tissues : sequence of str
        Those to tell apart; samples of others only count as like the training samples.
    """
    expression, tissue, condition = training
    centre, sd = expression.mean(0, dtype=np.float64), expression.std(0, dtype=np.float64)
    scale = np.where(sd > 1e-6, sd, 1.0)
    Z, held_out = (
        (np.asarray(part[0], np.float64) - centre) / scale for part in (training, validation)
    )
    coefficients, intercepts = _tell_tissues(Z, tissue, held_out, validation[1], sorted(tissues))
    shape = _shape(Z, np.char.add(np.char.add(tissue.astype(str), " "), condition.astype(str)))
    one = np.ones(1)
    atlas = Atlas(
        tuple(sorted(tissues)), centre, scale, coefficients, intercepts, *shape, limit=one
    )
    limit = np.quantile(atlas._squared(held_out if len(held_out) else Z), WITHIN)
    return Atlas(*(getattr(atlas, f.name) for f in fields(Atlas)[:-1]), limit=limit * one)


def to_trained_model(atlas: Atlas, genes: pd.DataFrame, card: dict[str, Any]) -> TrainedModel:
    """The atlas in the form that is kept on disk."""
    import torch

    arrays = {f.name: getattr(atlas, f.name) for f in fields(Atlas) if f.name != "tissues"}
    weights = {name: torch.from_numpy(np.float32(array)) for name, array in arrays.items()}
    config = {"model": MODEL_NAME, "tissues": list(atlas.tissues)}
    return TrainedModel(config, weights, genes, {"unit": "log2(x+1)"}, card)


def from_trained_model(trained: TrainedModel) -> Atlas:
    """The inverse of :func:`to_trained_model`; ValueError for another model."""
    if trained.config.get("model") != MODEL_NAME:
        raise ValueError(f"the trained model is {trained.config.get('model')!r}, not an atlas")
    arrays = {name: tensor.double().numpy() for name, tensor in trained.weights.items()}
    return Atlas(tissues=tuple(trained.config["tissues"]), **arrays)


def _tell_tissues(Z, tissue, held_out, held_out_tissue, tissues) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and intercepts in genes; fitted in the leading principal components."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    if len(tissues) == 1:
        return np.zeros((1, Z.shape[1])), np.zeros(1)
    known, asked = np.isin(tissue, tissues), np.isin(held_out_tissue, tissues)
    _, _, axes = np.linalg.svd(Z[known], full_matrices=False)
    axes = axes[:100]
    fits = []
    for C in _INVERSE_PENALTIES:
        model = LogisticRegression(C=C, max_iter=1000).fit(Z[known] @ axes.T, tissue[known])
        loss = 0.0
        if asked.any():
            p = model.predict_proba(held_out[asked] @ axes.T)
            loss = log_loss(held_out_tissue[asked], p, labels=model.classes_)
        fits.append((loss, model))
    model = min(fits, key=lambda fit: fit[0])[1]
    coefficients, intercepts = model.coef_, model.intercept_
    if len(tissues) == 2:  # scikit-learn gives one row for two classes
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    return coefficients @ axes, intercepts


def _shape(Z: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Class means, axes, variances along them, and the variance elsewhere."""
    members = [Z[classes == name] for name in np.unique(classes)]
    members = [rows for rows in members if len(rows) >= _LEAST] or [Z]
    means = np.stack([rows.mean(0) for rows in members])
    residuals = np.concatenate([rows - mean for rows, mean in zip(members, means, strict=True)])
    freedom = max(len(residuals) - len(members), 1)
    _, scale, axes = np.linalg.svd(residuals, full_matrices=False)
    n = max(min(50, freedom // 5), 1)
    variances = np.maximum(scale**2 / freedom, 1e-6)
    left = max((residuals**2).sum() / freedom - variances[:n].sum(), 1e-6)
    return means, axes[:n], variances[:n], np.array([left / max(Z.shape[1] - n, 1)])
