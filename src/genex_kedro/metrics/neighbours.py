"""Distances between samples, computed once and shared by all that look at neighbours.

Distances are Euclidean in the space that the samples come in. The scorecard standardises genes
by the training samples first, so that no gene counts for more by being expressed more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from genex_kedro.metrics.samples import require_same_genes


@dataclass(frozen=True)
class PairDistances:
    """Distances within and between real and synthetic samples.

    Parameters
    ----------
    within_real : ndarray, shape (n_real, n_real)
    within_synthetic : ndarray, shape (n_synthetic, n_synthetic)
    between : ndarray, shape (n_real, n_synthetic)
    """

    within_real: np.ndarray
    within_synthetic: np.ndarray
    between: np.ndarray


def pair_distances(real: np.ndarray, synthetic: np.ndarray) -> PairDistances:
    """All three matrices of Euclidean distances.

    Parameters
    ----------
    real, synthetic : ndarray, shape (n_samples, n_genes)
        At least two samples each.
    """
    require_same_genes(real, synthetic)
    real, synthetic = np.asarray(real, np.float64), np.asarray(synthetic, np.float64)
    return PairDistances(
        euclidean_distances(real),
        euclidean_distances(synthetic),
        euclidean_distances(real, synthetic),
    )


def mean_off_diagonal(within: np.ndarray) -> float:
    """Mean over pairs of different samples: the unbiased mean within a set, (n, n) -> 0-d."""
    n = len(within)
    return float((within.sum() - np.trace(within)) / (n * (n - 1)))


def to_neighbour(within: np.ndarray, k: int = 1) -> np.ndarray:
    """Distance of each sample to its k-th nearest other sample, shape (n_samples,).

    Parameters
    ----------
    within : ndarray, shape (n_samples, n_samples)
        The diagonal, a sample to itself, is left out.

    Raises
    ------
    ValueError
        If there are not more than `k` samples.
    """
    if not 1 <= k < len(within):
        raise ValueError(f"neighbour {k} among {len(within)} samples")
    others = within.copy()
    np.fill_diagonal(others, np.inf)
    return np.partition(others, k - 1, axis=1)[:, k - 1]
