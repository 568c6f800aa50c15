"""Standardisation as an invertible transform that is saved with every model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SCALINGS = ("per_gene", "per_sample", "per_sample_then_gene", "linear", "none")
_BLOCK = 8192  # samples read at a time


@dataclass(frozen=True)
class Standardiser:
    """How profiles in log2(x+1) are scaled before a model sees them.

    Attributes
    ----------
    scaling : {"per_gene", "per_sample", "per_sample_then_gene", "linear", "none"}
        ``per_sample`` is paper 000's: each sample by its own mean and standard deviation.
        ``linear`` takes the logarithm away, 2^x - 1: what paper 001 fed to CTGAN and TVAE.
    mean, sd : ndarray, shape (n_genes,), or None
        Of the training samples, where genes are standardised; a gene without spread has sd 1.
    """

    scaling: str
    mean: np.ndarray | None = None
    sd: np.ndarray | None = None

    @classmethod
    def fit(cls, X: np.ndarray, scaling: str, training: np.ndarray | None = None) -> Standardiser:
        """Fit on training samples, and on nothing else.

        Parameters
        ----------
        X : ndarray, shape (n_samples, n_genes)
            In log2(x+1). Read in blocks: it may be mapped from a file larger than memory.
        scaling : str
        training : ndarray of bool, shape (n_samples,), optional
            Which of the samples; by default all.
        """
        if scaling not in SCALINGS:
            raise ValueError(f"scaling is {scaling!r}, expected one of {', '.join(SCALINGS)}")
        if "gene" not in scaling:
            return cls(scaling)
        rows = np.arange(len(X)) if training is None else np.flatnonzero(training)
        by_sample = scaling == "per_sample_then_gene"

        def total(of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
            # in double: sums of a million float32 lose their fourth digit
            blocks = (np.asarray(X[at]) for at in np.split(rows, range(_BLOCK, len(rows), _BLOCK)))
            return sum(of(_by_sample(b) if by_sample else b).sum(0, np.float64) for b in blocks)

        mean = total(lambda block: block) / len(rows)
        variance = total(lambda block: np.square(block - mean)) / len(rows)
        return cls(scaling, mean.astype(np.float32), _no_zero(np.sqrt(variance)))

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Standardise profiles (n_samples, n_genes)."""
        if self.scaling == "linear":
            X = np.sign(X) * np.expm1(np.log(2) * np.abs(X))
        if "sample" in self.scaling:
            X = _by_sample(X)
        if "gene" in self.scaling:
            X = (X - self.mean) / self.sd
        return X.astype(np.float32)

    def invert(self, Z: np.ndarray, like: np.ndarray) -> np.ndarray:
        """Back to log2(x+1).

        Linear values below zero, which no expression has but a network may give, come back as
        the negative of their positive: below zero, where they can be counted and clipped.

        Parameters
        ----------
        Z : ndarray, shape (n_samples, n_genes)
        like : ndarray, shape (n_samples, n_genes)
            The profiles that Z was made from: they carry the samples' own means and standard
            deviations, which standardising by sample took away.
        """
        if self.scaling == "linear":
            Z = np.sign(Z) * np.log1p(np.abs(Z)) / np.log(2)
        if "gene" in self.scaling:
            Z = Z * self.sd + self.mean
        if "sample" in self.scaling:
            Z = Z * _spread(like, axis=1, keepdims=True) + like.mean(1, keepdims=True)
        return Z.astype(np.float32)

    def to_json(self) -> dict:
        """A plain dict; float32 values survive the way through JSON exactly."""
        return {
            "scaling": self.scaling,
            "mean": None if self.mean is None else [float(v) for v in self.mean],
            "sd": None if self.sd is None else [float(v) for v in self.sd],
        }

    @classmethod
    def from_json(cls, data: dict) -> Standardiser:
        """The inverse of :meth:`to_json`."""
        moments = (None if data[k] is None else np.float32(data[k]) for k in ("mean", "sd"))
        return cls(data["scaling"], *moments)


def _by_sample(X: np.ndarray) -> np.ndarray:
    return (X - X.mean(1, keepdims=True)) / _spread(X, axis=1, keepdims=True)


def _spread(X: np.ndarray, **kwargs) -> np.ndarray:
    return _no_zero(X.std(**kwargs))


def _no_zero(sd: np.ndarray) -> np.ndarray:
    return np.where(sd > 1e-6, sd, 1).astype(np.float32)
