"""Translators that look real normals up."""

from __future__ import annotations

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from genex_kedro.models.simple.translators.base import (
    SimpleTranslator,
    TranslationData,
    pairs_known_to,
    rmse,
)
from genex_kedro.models.simple.translators.shifts import principal_axes


class NearestNormals(SimpleTranslator):
    """The mean of the training normals that correlate best with the tumor.

    As OCTAD chooses its reference tissue (Zeng et al. 2019, "Selecting precise reference normal
    tissue samples for cancer research", Nature Communications): by correlation, here Pearson's
    over the study's genes. A draw is one of them.

    Parameters
    ----------
    k : int
        Normals to average; all of the tissue where it has fewer.
    within_tissue : bool
        Whether only normals of the tissue are looked at.
    """

    def __init__(self, k: int, within_tissue: bool) -> None:
        super().__init__()
        self.k, self.within_tissue = k, within_tissue

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        self._normals, self._tissue = training.normal, training.normal_tissue
        self._directions = _standardised(training.normal)

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        nearest = self._nearest(expression, tissue)
        return np.stack([self._normals[rows].mean(0) for rows in nearest])

    def draw(self, expression, tissue, generator) -> np.ndarray:
        nearest = self._nearest(expression, tissue)
        return self._normals[[generator.choice(rows) for rows in nearest]]

    def _nearest(self, expression: np.ndarray, tissue: np.ndarray) -> list[np.ndarray]:
        correlation = _standardised(expression) @ self._directions.T
        if self.within_tissue:
            other = np.asarray(tissue, str)[:, None] != self._tissue[None, :]
            correlation = np.where(other, -np.inf, correlation)
        return [_first(-row, self.k) for row in correlation]


class NeighboursNormals(SimpleTranslator):
    """The mean normal of the training patients whose tumors are nearest (Euclidean).

    Pairs are used: the neighbours' own normals are looked up. A draw is one of them.

    Parameters
    ----------
    k : int
    """

    paired = True

    def __init__(self, k: int = 10) -> None:
        super().__init__()
        self.k = k

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        tumor, normal = training.require_pairs()
        self._tumors, self._normals = training.tumor[tumor], training.normal[normal]

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return np.stack([self._normals[rows].mean(0) for rows in self._nearest(expression)])

    def draw(self, expression, tissue, generator) -> np.ndarray:
        return self._normals[[generator.choice(rows) for rows in self._nearest(expression)]]

    def _nearest(self, expression: np.ndarray) -> list[np.ndarray]:
        return [_first(row, self.k) for row in euclidean_distances(expression, self._tumors)]


class ClosestNormal(SimpleTranslator):
    """The tumor projected onto the space of normals (bulkDGD's idea, made linear).

    The space is spanned by the leading principal axes of training normals; how many, validation
    pairs choose.
    """

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        self._centre, self._axes = principal_axes(training.normal, 100)
        self.n_components = min(20, len(self._axes))
        tumor, normal = pairs_known_to(self.means, validation)
        if len(tumor):
            sizes = sorted({min(n, len(self._axes)) for n in (2, 5, 10, 20, 50, 100)})
            errors = [
                rmse(self._project(validation.tumor[tumor], size), validation.normal[normal])
                for size in sizes
            ]
            self.n_components = sizes[int(np.argmin(errors))]
            self.chosen = {"n_components": self.n_components}

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return self._project(expression, self.n_components)

    def _project(self, expression: np.ndarray, n_components: int) -> np.ndarray:
        axes = self._axes[:n_components]
        return self._centre + (expression - self._centre) @ axes.T @ axes


class AnotherNormal(SimpleTranslator):
    """The normal of a training patient of the same tissue, whoever: real, and somebody else's.

    Which one follows from the sample's own values, so that the guess can be repeated; a draw
    takes another.
    """

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        self._normals, self._tissue = training.normal, training.normal_tissue

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        values = np.asarray(expression, np.float32)
        seeds = [int(v) for v in np.abs(values.sum(1, dtype=np.float64) * 1e4)]
        return self._any(tissue, [np.random.default_rng(seed) for seed in seeds])

    def draw(self, expression, tissue, generator) -> np.ndarray:
        return self._any(tissue, [generator] * len(expression))

    def _any(self, tissue: np.ndarray, generators: list) -> np.ndarray:
        members = {t: np.flatnonzero(self._tissue == t) for t in np.unique(tissue)}
        rows = [g.choice(members[t]) for g, t in zip(generators, tissue, strict=True)]
        return self._normals[rows]


def _first(badness: np.ndarray, k: int) -> np.ndarray:
    """Positions of the k least values; of those that are finite."""
    order = np.argsort(badness, kind="stable")[:k]
    return order[np.isfinite(badness[order])]


def _standardised(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(length > 0, length, 1)
