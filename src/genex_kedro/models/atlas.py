"""What the training samples look like: which tissue a profile is of, and whether it is like them.

Tissues are told by linear discriminants with a shrunk covariance, on tumors and normals: over
five splits of 479 TCGA pairs .975 of unseen tumors.

How far a profile is from the training samples is its distance to the nearest class mean (tissue
and condition), in units in which samples of a class vary alike in every direction. The limit is
what 99 % of validation samples, of unseen patients, stay below. It is no proof of the contrary:
of TCGA tumor types that training had none of, .5 to 1 were beyond it where their tissue was
unknown too, and 0 to .7 where normals or other tumors of their tissue were known.
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
TEMPERATURES = tuple(2.0**e for e in np.arange(0, 9.1, 0.5))
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
    classes : tuple of str
        ``"lung tumor"``; of three training samples or more.
    class_means : ndarray, shape (n_classes, n_genes)
        Standardised.
    within : ndarray, shape (n_genes,)
        Standard deviation of the standardised genes within classes.
    axes : ndarray, shape (n_axes, n_genes)
        Leading principal axes within classes.
    variances : ndarray, shape (n_axes,)
    rest : ndarray, shape (1,)
        Variance in every other direction.
    limit : ndarray, shape (1,)
    """

    tissues: tuple[str, ...]
    classes: tuple[str, ...]
    centre: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray
    class_means: np.ndarray
    within: np.ndarray
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

    def typical(self, tissue: np.ndarray, condition: str = "tumor") -> np.ndarray:
        """The mean profile of each sample's class, of all samples where there is none.

        log2(x+1), shape (n_samples, n_genes).
        """
        row = {name: i for i, name in enumerate(self.classes)}
        means = np.vstack([self.class_means, np.zeros(len(self.centre))])
        rows = [row.get(f"{name} {condition}", len(self.classes)) for name in tissue]
        return means[rows] * self.scale + self.centre

    def _standardised(self, expression: np.ndarray) -> np.ndarray:
        return (np.asarray(expression, np.float64) - self.centre) / self.scale

    def _squared(self, standardised: np.ndarray) -> np.ndarray:
        nearest = np.full(len(standardised), np.inf)
        for mean in self.class_means:
            residual = (standardised - mean) / self.within
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
    """Fit on training samples; temperature and limit by validation samples.

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
    tissues = sorted(tissues)
    coefficients, intercepts = _tell_tissues(Z, tissue, held_out, validation[1], tissues)
    labels = np.char.add(np.char.add(tissue.astype(str), " "), condition.astype(str))
    classes, *shape = _shape(Z, labels)
    about = (tuple(tissues), classes, centre, scale, coefficients, intercepts, *shape)
    squared = Atlas(*about, limit=np.ones(1))._squared(held_out if len(held_out) else Z)
    return Atlas(*about, limit=np.quantile(squared, [WITHIN]))


def to_trained_model(atlas: Atlas, genes: pd.DataFrame, card: dict[str, Any]) -> TrainedModel:
    """The atlas in the form that is kept on disk."""
    import torch

    names = [f.name for f in fields(Atlas) if f.name not in ("tissues", "classes")]
    arrays = {name: np.ascontiguousarray(getattr(atlas, name)) for name in names}
    weights = {name: torch.from_numpy(np.float32(array)) for name, array in arrays.items()}
    config = {"model": MODEL_NAME, "tissues": list(atlas.tissues), "classes": list(atlas.classes)}
    return TrainedModel(config, weights, genes, {"unit": "log2(x+1)"}, card)


def from_trained_model(trained: TrainedModel) -> Atlas:
    """The inverse of :func:`to_trained_model`; ValueError for another model."""
    config = trained.config_as(MODEL_NAME)
    arrays = {name: tensor.double().numpy() for name, tensor in trained.weights.items()}
    names = {name: tuple(config[name]) for name in ("tissues", "classes")}
    return Atlas(**names, **arrays)


def _tell_tissues(Z, tissue, held_out, held_out_tissue, tissues) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (n_tissues, n_genes) and intercepts of linear discriminants, equal priors.

    The covariance within tissues is shrunk as Ledoit and Wolf 2004 say; it is inverted through
    the samples (Woodbury), so that no gene-by-gene matrix is made. A temperature, chosen by
    cross-entropy on validation samples, takes back the certainty that many genes feign.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage

    means = np.stack([Z[tissue == name].mean(0) for name in tissues])
    residuals = np.concatenate([Z[tissue == n] - m for n, m in zip(tissues, means, strict=True)])
    shrinkage = max(float(ledoit_wolf_shrinkage(residuals, assume_centered=True)), 1e-3)
    alone = shrinkage * float((residuals**2).mean())
    shared = (1 - shrinkage) / len(residuals)
    inner = np.eye(len(residuals)) / max(shared, 1e-12) + residuals @ residuals.T / alone
    solved = np.linalg.solve(inner, residuals @ means.T / alone)
    coefficients = (means - (residuals.T @ solved).T) / alone
    intercepts = -0.5 * (means * coefficients).sum(1)
    asked = np.isin(held_out_tissue, tissues)
    if asked.any():
        logits = held_out[asked] @ coefficients.T + intercepts
        own = np.searchsorted(tissues, held_out_tissue[asked])
        losses = [_cross_entropy(logits / t, own) for t in TEMPERATURES]
        temperature = TEMPERATURES[int(np.argmin(losses))]
        coefficients, intercepts = coefficients / temperature, intercepts / temperature
    return coefficients, intercepts


def _cross_entropy(logits: np.ndarray, own: np.ndarray) -> float:
    highest = logits.max(1)
    total = highest + np.log(np.exp(logits - highest[:, None]).sum(1))
    return float((total - logits[np.arange(len(own)), own]).mean())


def _shape(Z: np.ndarray, classes: np.ndarray) -> tuple:
    """Class names and means, spread within classes, axes, variances along them and elsewhere."""
    names, counts = np.unique(classes, return_counts=True)
    names = names[counts >= _LEAST]
    members = [Z[classes == name] for name in names] or [Z]
    means = np.stack([rows.mean(0) for rows in members])
    residuals = np.concatenate([rows - mean for rows, mean in zip(members, means, strict=True)])
    freedom = max(len(residuals) - len(members), 1)
    within = np.maximum(np.sqrt((residuals**2).sum(0) / freedom), 0.05)
    residuals = residuals / within
    _, scale, axes = np.linalg.svd(residuals, full_matrices=False)
    n = max(min(50, freedom // 5), 1)
    variances = np.maximum(scale**2 / freedom, 1e-6)
    left = max((residuals**2).sum() / freedom - variances[:n].sum(), 1e-6)
    rest = np.array([left / max(Z.shape[1] - n, 1)])
    labels = tuple(map(str, names)) or ("all samples",)
    return labels, means, within, axes[:n], variances[:n], rest
