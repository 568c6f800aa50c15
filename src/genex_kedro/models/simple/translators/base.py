"""What the simple translators share: what they may see, and their two verbs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from genex_kedro.models.simple.translators.noise import TissueNoise


@dataclass(frozen=True)
class TranslationData:
    """Tumors and normals that a translator learns from.

    Parameters
    ----------
    tumor, normal : ndarray, shape (n_tumors, n_genes), (n_normals, n_genes)
        log2(x+1).
    tumor_tissue, normal_tissue : ndarray of str
        Tissues of which there are no normals may be among the tumors'.
    pairs : tuple of ndarray of int, shape (n_pairs,) each, or None
        Which tumor and which normal belong to one patient. None where that is not to be known.
    """

    tumor: np.ndarray
    tumor_tissue: np.ndarray
    normal: np.ndarray
    normal_tissue: np.ndarray
    pairs: tuple[np.ndarray, np.ndarray] | None = None

    def __post_init__(self) -> None:
        for name in ("tumor", "normal"):
            values, tissue = getattr(self, name), getattr(self, f"{name}_tissue")
            if np.ndim(values) != 2 or np.shape(tissue) != np.shape(values)[:1]:
                raise ValueError(f"{name}s of shape {np.shape(values)}, tissues {np.shape(tissue)}")
            if not np.isfinite(values).all():
                raise ValueError(f"{(~np.isfinite(values)).sum()} values of {name}s are not finite")

    def unpaired(self) -> TranslationData:
        """The same samples without the pairs."""
        return replace(self, pairs=None)

    def swapped(self) -> TranslationData:
        """Tumors and normals in each other's place, for a translator the other way."""
        pairs = None if self.pairs is None else self.pairs[::-1]
        return TranslationData(
            self.normal, self.normal_tissue, self.tumor, self.tumor_tissue, pairs
        )

    def require_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """The pairs; ValueError where there are none."""
        if self.pairs is None or not len(self.pairs[0]):
            raise ValueError("no pairs of a tumor and its patient's normal")
        return self.pairs


@dataclass(frozen=True)
class TissueMeans:
    """Mean tumor and mean normal of every tissue that normals are known of.

    Parameters
    ----------
    tissues : list of str
    normal_means, tumor_means : ndarray, shape (n_tissues, n_genes)
    change : ndarray, shape (n_genes,)
        Mean normal minus mean tumor, averaged over the tissues that have both.
    """

    tissues: list[str]
    normal_means: np.ndarray
    tumor_means: np.ndarray
    change: np.ndarray

    @classmethod
    def of(cls, data: TranslationData) -> TissueMeans:
        """Of training samples.

        A tissue without tumors gets as mean tumor its mean normal with the average change; a
        tissue without normals is not known.

        Raises
        ------
        ValueError
            If no tissue has both tumors and normals.
        """
        tissues = sorted({str(t) for t in data.normal_tissue})
        normal = {t: data.normal[data.normal_tissue == t].mean(0) for t in tissues}
        both = sorted(set(tissues) & {str(t) for t in data.tumor_tissue})
        if not both:
            raise ValueError("no tissue with both tumors and normals")
        tumor = {t: data.tumor[data.tumor_tissue == t].mean(0) for t in both}
        change = np.mean([normal[t] - tumor[t] for t in both], axis=0)
        tumor_means = np.stack([tumor.get(t, normal[t] - change) for t in tissues])
        return cls(tissues, np.stack([normal[t] for t in tissues]), tumor_means, change)

    @classmethod
    def from_means(
        cls, tissues: Iterable[str], normal: np.ndarray, tumor: np.ndarray
    ) -> TissueMeans:
        """From the means alone, (n_tissues, n_genes) each."""
        return cls(list(tissues), normal, tumor, (normal - tumor).mean(0))

    def normal(self, tissue: Iterable[str]) -> np.ndarray:
        """The mean normal of each sample's tissue, shape (n_samples, n_genes)."""
        return self.normal_means[self.rows(tissue)]

    def tumor(self, tissue: Iterable[str]) -> np.ndarray:
        """The mean tumor of each sample's tissue, shape (n_samples, n_genes)."""
        return self.tumor_means[self.rows(tissue)]

    def rows(self, tissue: Iterable[str]) -> list[int]:
        """The place of each sample's tissue in :attr:`tissues`; ValueError for one unknown."""
        at = {name: row for row, name in enumerate(self.tissues)}
        unknown = {str(t) for t in tissue} - set(at)
        if unknown:
            raise ValueError(f"tissues without normals in training: {', '.join(sorted(unknown))}")
        return [at[str(t)] for t in tissue]


class SimpleTranslator:
    """A translator without a network.

    It takes every sample for a tumor: what it makes of a normal is its false change.

    Attributes
    ----------
    paired : bool
        Whether it learns from pairs of training patients.
    chosen : dict of str to float
        Numbers that were chosen on validation pairs.
    asked_pairs : bool
        Whether there were any to choose by.
    means : TissueMeans
    noise : TissueNoise
    missing_spread : ndarray, shape (n_genes,)
        The share of the normals' standard deviation that the guesses lack.
    """

    paired: ClassVar[bool] = False

    def __init__(self) -> None:
        self.chosen: dict[str, float] = {}

    def fit(self, training: TranslationData, validation: TranslationData) -> Self:
        """Learn from training samples; choose numbers by RMSE on validation pairs.

        Parameters
        ----------
        training : TranslationData
            With ``pairs`` only for a translator that is ``paired``.
        validation : TranslationData
            With ``pairs``, if there are any; without, numbers keep their defaults.
        """
        if self.paired:
            training.require_pairs()
        else:
            training = training.unpaired()
        known = np.isin(training.tumor_tissue, training.normal_tissue)
        self.means = TissueMeans.of(training)
        rows = self.means.rows(training.normal_tissue)
        residuals = training.normal - self.means.normal_means[rows]
        self.noise = TissueNoise.fit(residuals, np.array(rows), len(self.tissues))
        self._learn(training, validation)
        self.asked_pairs = bool(self.chosen) and len(pairs_known_to(self.means, validation)[0]) > 0
        guesses = self.point(training.tumor[known], training.tumor_tissue[known])
        of_guess = variance_within(guesses, training.tumor_tissue[known])
        of_normal = variance_within(training.normal, training.normal_tissue)
        share = of_guess / np.where(of_normal > 0, of_normal, np.inf)
        self.missing_spread = np.sqrt(np.clip(1 - share, 0, 1))
        return self

    @property
    def tissues(self) -> list[str]:
        """The tissues that can be given: those with normals in training."""
        return self.means.tissues

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        """The best single guess of each sample's normal profile.

        Parameters
        ----------
        expression : ndarray, shape (n_samples, n_genes)
            log2(x+1).
        tissue : ndarray of str, shape (n_samples,)
            Some of :attr:`tissues`, given or inferred.

        Returns
        -------
        ndarray, shape (n_samples, n_genes)
            log2(x+1); may fall below zero, which the caller clips.
        """
        raise NotImplementedError

    def draw(
        self, expression: np.ndarray, tissue: np.ndarray, generator: np.random.Generator
    ) -> np.ndarray:
        """One draw of each sample's normal profile: the guess and what it leaves open.

        To the guess comes a draw of how normals of the tissue differ (:class:`TissueNoise`),
        scaled gene by gene so that the guesses on training tumors reach the variance of training
        normals. A translator whose guesses vary as much as normals do has nothing to add: its
        draw is its guess.
        """
        noise = self.noise.draw(np.array(self.means.rows(tissue)), generator)
        return self.point(expression, tissue) + self.missing_spread * noise

    def _learn(self, training: TranslationData, validation: TranslationData) -> None:
        """Learn what goes beyond the means."""


def variance_within(values: np.ndarray, tissue: np.ndarray) -> np.ndarray:
    """Variance of every gene around the means of the tissues, pooled; shape (n_genes,)."""
    squares, freedom = np.zeros(values.shape[1]), 0
    for name in np.unique(tissue):
        rows = values[np.asarray(tissue) == name]
        squares += ((rows - rows.mean(0, dtype=np.float64)) ** 2).sum(0)
        freedom += len(rows) - 1
    return squares / max(freedom, 1)


def rmse(predicted: np.ndarray, real: np.ndarray) -> float:
    """Root mean squared error over all values; what numbers are chosen by."""
    return float(np.sqrt(np.mean((predicted - real) ** 2)))


def pairs_known_to(means: TissueMeans, data: TranslationData) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of `data` whose tissue is known; empty where there are none."""
    if data.pairs is None:
        return np.empty(0, int), np.empty(0, int)
    tumor, normal = data.pairs
    known = np.isin(data.tumor_tissue[tumor], means.tissues)
    return tumor[known], normal[known]
