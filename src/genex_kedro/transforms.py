"""Standardisation as an invertible transform that is saved with every model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SCALINGS = ("per_gene", "per_sample", "none")


@dataclass(frozen=True)
class Standardiser:
    """Per-gene (fitted), per-sample (paper 000) or no standardisation.

    Attributes
    ----------
    scaling : {"per_gene", "per_sample", "none"}
    mean, sd : ndarray, shape (n_genes,), or None
        Of the training samples, for ``per_gene``; a gene without spread has sd 1.
    """

    scaling: str
    mean: np.ndarray | None = None
    sd: np.ndarray | None = None

    @classmethod
    def fit(cls, training: np.ndarray, scaling: str) -> Standardiser:
        """Fit on training samples (n_samples, n_genes) in log2(x+1), and on nothing else."""
        if scaling not in SCALINGS:
            raise ValueError(f"scaling is {scaling!r}, expected one of {', '.join(SCALINGS)}")
        if scaling != "per_gene":
            return cls(scaling)
        return cls(scaling, training.mean(0), _spread(training, axis=0))

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Standardise profiles (n_samples, n_genes)."""
        mean, sd = self._moments(X)
        return ((X - mean) / sd).astype(np.float32)

    def invert(self, Z: np.ndarray, like: np.ndarray) -> np.ndarray:
        """Back to log2(x+1).

        Parameters
        ----------
        Z : ndarray, shape (n_samples, n_genes)
        like : ndarray, shape (n_samples, n_genes)
            The profiles that Z was made from: they carry the sample's own mean and standard
            deviation, which ``per_sample`` took away.
        """
        mean, sd = self._moments(like)
        return (Z * sd + mean).astype(np.float32)

    def _moments(self, X: np.ndarray):
        if self.scaling == "per_gene":
            return self.mean, self.sd
        if self.scaling == "per_sample":
            return X.mean(1, keepdims=True), _spread(X, axis=1, keepdims=True)
        return np.float32(0), np.float32(1)

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


def _spread(X: np.ndarray, **kwargs) -> np.ndarray:
    sd = X.std(**kwargs)
    return np.where(sd > 1e-6, sd, 1).astype(np.float32)
