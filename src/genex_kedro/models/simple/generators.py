"""Generators without a network: what every trained generator has to beat.

All have the same two verbs: ``fit(expression, labels)`` and ``sample(labels, generator)``, which
gives one profile for each label asked for. A label is the name of a class (``"lung tumor"``).

===================  ==========================================================================
``ClassMean``        the class's mean, each time: what a gamma alone rewards
``ClassNoise``       its mean with independent noise per gene: right marginals, no correlation
``ClassNormal``      its mean with a shrunk covariance: the baseline to beat
``TrainingCopies``   its training samples, drawn with replacement: what privacy metrics must catch
===================  ==========================================================================
"""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.covariance import ledoit_wolf_shrinkage

from genex_kedro.errors import InputError, some


class ClassGenerator:
    """What the generators of this file share: classes known by name.

    Parameters
    ----------
    floor : float or None
        Least possible value: 0 for expression in log2(x+1); None for standardised values.
    """

    def __init__(self, floor: float | None = 0.0) -> None:
        self.floor = floor
        self._means: dict[str, np.ndarray] = {}

    def fit(self, expression: np.ndarray, labels: np.ndarray) -> Self:
        """Learn from training samples.

        Parameters
        ----------
        expression : ndarray, shape (n_samples, n_genes)
        labels : ndarray of str, shape (n_samples,)
            The class of each sample.

        Raises
        ------
        ValueError
            No samples, values that are not finite, or not one label per sample.
        """
        expression, labels = np.asarray(expression, np.float64), np.asarray(labels, dtype=str)
        if expression.ndim != 2 or not len(expression) or labels.shape != expression.shape[:1]:
            raise ValueError(f"expression of shape {expression.shape}, labels {labels.shape}")
        if not np.isfinite(expression).all():
            raise ValueError(f"{(~np.isfinite(expression)).sum()} values are not finite")
        members = {str(name): expression[labels == name] for name in np.unique(labels)}
        self._means = {name: rows.mean(axis=0) for name, rows in members.items()}
        self._learn(members)
        return self

    def sample(self, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """One profile of the class asked for, for every label.

        Parameters
        ----------
        labels : ndarray of str, shape (n_samples,)
        generator : numpy Generator

        Returns
        -------
        ndarray of float32, shape (n_samples, n_genes)

        Raises
        ------
        InputError
            A class that was not among the training samples.
        RuntimeError
            Before :meth:`fit`.
        """
        labels = np.asarray(labels, dtype=str)
        if not self._means:
            raise RuntimeError(f"{type(self).__name__} was not fitted")
        asked = np.unique(labels)
        self._refuse_unknown(asked)
        n_genes = len(next(iter(self._means.values())))
        drawn = np.empty((len(labels), n_genes), dtype=np.float32)
        for name in asked:
            rows = np.flatnonzero(labels == name)
            drawn[rows] = self._draw(str(name), len(rows), generator)
        return drawn if self.floor is None else np.maximum(drawn, np.float32(self.floor))

    def _learn(self, members: dict[str, np.ndarray]) -> None:
        """Learn what goes beyond the means from the samples of each class."""

    def _draw(self, name: str, n: int, generator: np.random.Generator) -> np.ndarray:
        raise NotImplementedError

    def _refuse_unknown(self, asked: np.ndarray) -> None:
        unknown = [name for name in asked if name not in self._means]
        if unknown:
            raise InputError(
                where="classes asked of the generator",
                found=some(repr(str(name)) for name in unknown),
                expected=f"one of {some(sorted(self._means), 40)}",
                remedy="Ask for a class that the generator was trained on, or train it on samples of that class.",
            )


class ClassMean(ClassGenerator):
    """The mean profile of the class, without any noise."""

    def _draw(self, name: str, n: int, generator: np.random.Generator) -> np.ndarray:
        return np.broadcast_to(self._means[name], (n, len(self._means[name])))


class ClassNoise(ClassGenerator):
    """The class's mean plus normal noise, independent between genes.

    The variance of a gene is ``((n - 1) own + prior pooled) / (n - 1 + prior)`` with `own` its
    variance within the class and `pooled` that within all classes, so that a class of one
    sample has noise too.

    Parameters
    ----------
    floor : float or None
    prior : float
        Samples that what is pooled over classes counts for; above 0.
    """

    def __init__(self, floor: float | None = 0.0, prior: float = 10.0) -> None:
        super().__init__(floor)
        _require_prior(prior)
        self.prior = prior
        self._sd: dict[str, np.ndarray] = {}

    def _learn(self, members: dict[str, np.ndarray]) -> None:
        squares = {name: ((rows - rows.mean(0)) ** 2).sum(0) for name, rows in members.items()}
        pooled = sum(squares.values()) / _freedom(members)
        self._sd = {
            name: np.sqrt((squares[name] + self.prior * pooled) / (len(rows) - 1 + self.prior))
            for name, rows in members.items()
        }

    def _draw(self, name: str, n: int, generator: np.random.Generator) -> np.ndarray:
        mean = self._means[name]
        return mean + self._sd[name] * generator.standard_normal((n, len(mean)))


class ClassNormal(ClassGenerator):
    """Multivariate normal per class, with a covariance that is shrunk twice.

    The residuals of all classes, each gene in units of its pooled standard deviation, give a
    pooled covariance P, shrunk towards independence by Ledoit and Wolf 2004, "A
    well-conditioned estimator for large-dimensional covariance matrices". The covariance S of
    a class of n samples is mixed with it, ``((n - 1) S + prior P) / (n - 1 + prior)``: small
    classes live on what is pooled, large ones on their own.

    No gene-by-gene matrix is made. With residuals R = U D V', a draw ``g D V' / sqrt(n - 1)``
    with standard normal g has the covariance S; independent draws for S, for the shared part of
    P and for its diagonal add up.

    Parameters
    ----------
    floor : float or None
    prior : float
        Samples that the pooled covariance counts for; above 0. Ten gave the best density and
        coverage on RNAseqDB; gamma hardly depends on it between 10 and 100.
    """

    def __init__(self, floor: float | None = 0.0, prior: float = 10.0) -> None:
        super().__init__(floor)
        _require_prior(prior)
        self.prior = prior
        self._own: dict[str, tuple[np.ndarray, float]] = {}

    def _learn(self, members: dict[str, np.ndarray]) -> None:
        residuals = {name: rows - self._means[name] for name, rows in members.items()}
        pooled, freedom = np.concatenate(list(residuals.values())), _freedom(members)
        self._sd = np.sqrt((pooled**2).sum(axis=0) / freedom)
        standardised = pooled / np.where(self._sd > 0, self._sd, 1)
        shrinkage = ledoit_wolf_shrinkage(standardised, assume_centered=True)
        self._shared = np.sqrt((1 - shrinkage) / freedom) * _factor(standardised) * self._sd
        self._alone = np.sqrt(shrinkage) * self._sd
        for name, rows in residuals.items():
            weight = (len(rows) - 1) / (len(rows) - 1 + self.prior)
            self._own[name] = _factor(rows) / np.sqrt(max(len(rows) - 1, 1)), weight

    def _draw(self, name: str, n: int, generator: np.random.Generator) -> np.ndarray:
        own, weight = self._own[name]
        draws = [generator.standard_normal((n, len(f))) @ f for f in (own, self._shared)]
        alone = generator.standard_normal((n, len(self._alone))) * self._alone
        return (
            self._means[name]
            + np.sqrt(weight) * draws[0]
            + np.sqrt(1 - weight) * (draws[1] + alone)
        )


class TrainingCopies(ClassGenerator):
    """Training samples of the class, drawn with replacement: a perfect score and no privacy."""

    def _learn(self, members: dict[str, np.ndarray]) -> None:
        self._members = members

    def _draw(self, name: str, n: int, generator: np.random.Generator) -> np.ndarray:
        members = self._members[name]
        return members[generator.integers(len(members), size=n)]


SIMPLE_GENERATORS: dict[str, type[ClassGenerator]] = {
    "class_mean": ClassMean,
    "class_noise": ClassNoise,
    "class_normal": ClassNormal,
    "training_copies": TrainingCopies,
}


def _require_prior(prior: float) -> None:
    """A class of one sample has no spread of its own: without a prior it would have none."""
    if not prior > 0:
        raise ValueError(f"prior is {prior}, expected a number of samples above 0")


def _freedom(members: dict[str, np.ndarray]) -> int:
    """Degrees of freedom that the samples have left after every class's mean; at least 1."""
    return max(sum(len(rows) - 1 for rows in members.values()), 1)


def _factor(residuals: np.ndarray) -> np.ndarray:
    """F of shape (rank, n_genes) with F'F = R'R: the covariance without the samples."""
    _, scale, axes = np.linalg.svd(residuals, full_matrices=False)
    return scale[:, None] * axes
