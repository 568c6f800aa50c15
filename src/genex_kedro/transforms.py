"""Standardisation as an invertible transform that is saved with every model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SCALINGS = ("per_gene", "per_sample", "per_sample_then_gene", "linear", "none")


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
    def fit(cls, training: np.ndarray, scaling: str) -> Standardiser:
        """Fit on training samples (n_samples, n_genes) in log2(x+1), and on nothing else."""
        if scaling not in SCALINGS:
            raise ValueError(f"scaling is {scaling!r}, expected one of {', '.join(SCALINGS)}")
        if "gene" not in scaling:
            return cls(scaling)
        if scaling == "per_sample_then_gene":
            training = _by_sample(training)
        return cls(scaling, training.mean(0), _spread(training, axis=0))

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
    sd = X.std(**kwargs)
    return np.where(sd > 1e-6, sd, 1).astype(np.float32)
