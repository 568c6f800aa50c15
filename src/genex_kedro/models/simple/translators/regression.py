"""Translators that start from the tissue's mean normal and add what the tumor says beyond it.

They share one formula: with t the tissue, n and m its mean normal and mean tumor,

    normal = n_t + s * (x - m_t) + (x - m_t) A B

with a slope s per gene and a map of low rank A B, either of which may be zero. Mean shift
(s = 1) and mean normal (s = 0) are its ends.
"""

from __future__ import annotations

import numpy as np

from genex_kedro.models.simple.translators.base import (
    SimpleTranslator,
    TissueMeans,
    TranslationData,
    pairs_known_to,
    rmse,
)
from genex_kedro.models.simple.translators.ridge import Ridge

SLOPES = (0.0, 0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.5)
_SHRINKAGES = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)


class ResidualTranslator(SimpleTranslator):
    """The formula; what inherits says how slopes and map are found.

    Attributes
    ----------
    slopes : ndarray, shape (n_genes,)
    map : tuple of ndarray, shape (n_genes, rank), (rank, n_genes), or None
    """

    slopes: np.ndarray
    map: tuple[np.ndarray, np.ndarray] | None = None

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        residual = expression - self.means.tumor(tissue)
        guess = self.means.normal(tissue) + self.slopes * residual
        return guess if self.map is None else guess + residual @ self.map[0] @ self.map[1]

    def _all_genes(self, slope: float) -> np.ndarray:
        return np.full(self.means.normal_means.shape[1], slope)


class TissueShift(ResidualTranslator):
    """The tumor plus what its tissue's normals differ by from its tumors."""

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        self.slopes = self._all_genes(1.0)


class TissueMeanNormal(ResidualTranslator):
    """The mean normal of the tissue, whoever is asked about: close to everyone, nobody."""

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        self.slopes = self._all_genes(0.0)


class ShrunkenResidual(ResidualTranslator):
    """The tissue's mean normal plus a share of how the tumor departs from its mean tumor.

    One share for all genes, of :data:`SLOPES` the one with the least RMSE on validation pairs;
    .1 where there are none. No pair of training is used.
    """

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        slope = 0.1
        X, Y = residual_pairs(self.means, validation)
        if len(X):
            slope = SLOPES[int(np.argmin([rmse(X * candidate, Y) for candidate in SLOPES]))]
            self.chosen = {"slope": slope}
        self.slopes = self._all_genes(slope)


class ResidualRidge(ResidualTranslator):
    """The tissue's mean normal plus a ridge from the tumor's residual to the normal's."""

    paired = True

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        self.slopes = self._all_genes(0.0)
        self._learn_map(training, validation)

    def _learn_map(self, training: TranslationData, validation: TranslationData) -> None:
        """A ridge from the residuals of tumors to what the slopes leave of the normals'."""
        X, Y = residual_pairs(self.means, training)
        ridge = Ridge(X, Y - X * self.slopes, intercept=False)
        X, Y = residual_pairs(self.means, validation)
        penalty = ridge.choose(X, Y - X * self.slopes)
        self.map = ridge.factors(penalty)
        self.chosen |= {"penalty": penalty}


class GeneSlopes(ResidualTranslator):
    """The tissue's mean normal plus, gene by gene, a share of the tumor's residual.

    The shares are least-squares slopes over the pairs, drawn to their pooled value by as much
    as validation pairs choose.
    """

    paired = True

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        X, Y = residual_pairs(self.means, training)
        held_out, real = residual_pairs(self.means, validation)
        shrinkage = 1.0
        if len(held_out):
            errors = [rmse(held_out * gene_slopes(X, Y, s), real) for s in _SHRINKAGES]
            shrinkage = _SHRINKAGES[int(np.argmin(errors))]
            self.chosen = {"shrinkage": shrinkage}
        self.slopes = gene_slopes(X, Y, shrinkage)


class GeneSlopesRidge(GeneSlopes, ResidualRidge):
    """:class:`GeneSlopes` plus a ridge from the tumor's residual to what the slopes leave."""

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        GeneSlopes._learn(self, training, validation)
        self._learn_map(training, validation)


class WholeProfileRidge(SimpleTranslator):
    """Ridge from the whole tumor profile to the whole normal profile."""

    paired = True

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        tumor, normal = training.require_pairs()
        self._ridge = Ridge(training.tumor[tumor], training.normal[normal], intercept=True)
        rows, own = pairs_known_to(self.means, validation)
        self._penalty = self._ridge.choose(validation.tumor[rows], validation.normal[own])
        self.chosen = {"penalty": self._penalty}

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return self._ridge.predict(expression, self._penalty)


def residual_pairs(means: TissueMeans, data: TranslationData) -> tuple[np.ndarray, np.ndarray]:
    """Tumors and their normals, each minus its tissue's mean; (n_pairs, n_genes) twice."""
    tumor, normal = pairs_known_to(means, data)
    tissue = data.tumor_tissue[tumor]
    return data.tumor[tumor] - means.tumor(tissue), data.normal[normal] - means.normal(tissue)


def gene_slopes(X: np.ndarray, Y: np.ndarray, shrinkage: float) -> np.ndarray:
    """Slope of each gene of Y on the same gene of X, drawn to the slope of all; (n_genes,).

    `shrinkage` counts as that many times the average gene's sum of squares.
    """
    xx, xy = (X**2).sum(0), (X * Y).sum(0)
    pooled = xy.sum() / max(xx.sum(), 1e-12)
    weight = shrinkage * xx.mean()
    return (xy + weight * pooled) / np.maximum(xx + weight, 1e-12)
