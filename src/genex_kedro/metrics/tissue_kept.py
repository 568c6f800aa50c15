"""Whether a predicted normal lies among the normals of its own tissue."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import pairwise_distances_argmin

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.samples import require_same_genes


def nearest_tissue(
    predicted: np.ndarray, normals: np.ndarray, normal_tissue: np.ndarray
) -> np.ndarray:
    """The tissue of the nearest real normal (Euclidean); str, shape (n_samples,).

    Parameters
    ----------
    predicted : ndarray, shape (n_samples, n_genes)
        log2(x+1).
    normals : ndarray, shape (n_normals, n_genes)
        Real normals of other patients: those of training.
    normal_tissue : ndarray of str, shape (n_normals,)
    """
    require_same_genes(normals, predicted, least=1)
    nearest = pairwise_distances_argmin(np.asarray(predicted, float), np.asarray(normals, float))
    return np.asarray(normal_tissue, dtype=str)[nearest]


def tissue_kept(
    predicted: np.ndarray, tissue: np.ndarray, normals: np.ndarray, normal_tissue: np.ndarray
) -> float:
    """Share of the predictions whose nearest real normal is of the sample's tissue."""
    found = nearest_tissue(predicted, normals, normal_tissue)
    return float((found == np.asarray(tissue, dtype=str)).mean())


METRICS = (Metric("tissue_kept", "higher", (0.0, 1.0), 1.0, tissue_kept),)
