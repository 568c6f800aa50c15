"""One number for how far two distributions of samples are apart."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigvalsh, sqrtm
from sklearn.decomposition import PCA

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.neighbours import PairDistances, mean_off_diagonal
from genex_kedro.metrics.samples import require_same_genes

N_COMPONENTS = 50


def mmd(distances: PairDistances) -> float:
    """Squared maximum mean discrepancy, unbiased (Gretton et al. 2012, JMLR 13, equation 3).

    Kernel exp(-d^2 / (2 s^2)) with s the median distance between two *real* samples, so that
    no generator chooses its own bandwidth. Being unbiased it falls below 0 about half the time
    when the distributions are the same.

    Raises
    ------
    ValueError
        If more than half of the real samples are alike, which leaves no bandwidth.
    """
    off_diagonal = ~np.eye(len(distances.within_real), dtype=bool)
    bandwidth = np.median(distances.within_real[off_diagonal])
    if bandwidth == 0:
        raise ValueError("more than half of the real samples are alike: no bandwidth")
    within = [
        mean_off_diagonal(_rbf(distance, bandwidth))
        for distance in (distances.within_real, distances.within_synthetic)
    ]
    return float(sum(within) - 2 * _rbf(distances.between, bandwidth).mean())


def principal_space(training: np.ndarray, n_components: int = N_COMPONENTS) -> PCA:
    """The space of :func:`frechet`: principal components of real *training* samples.

    At most `n_components`, fewer where there are fewer samples or genes. Fitted on training
    samples alone, so that it is the same for every generator and knows no test sample.
    """
    n = min(n_components, len(training) - 1, training.shape[1])
    return PCA(n, svd_solver="full").fit(np.asarray(training, np.float64))


def frechet(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Squared Frechet distance of the two Gaussians with the samples' moments.

    ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2)`` (Dowson and Landau 1982; as a
    score of generators Heusel et al. 2017). It grows with few samples: compare equal numbers.

    Parameters
    ----------
    real, synthetic : ndarray, shape (n_samples, n_components)
        In the same space, such as that of :func:`principal_space`.
    """
    require_same_genes(real, synthetic)
    shift = real.mean(axis=0) - synthetic.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (real, synthetic))
    root = np.real(sqrtm(first))
    overlap = np.sqrt(np.clip(eigvalsh(root @ second @ root), 0, None)).sum()
    return float(shift @ shift + np.trace(first) + np.trace(second) - 2 * overlap)


METRICS = (
    Metric("mmd", "lower", (-2.0, 2.0), 0.0, mmd),
    Metric("frechet", "lower", (0.0, np.inf), 0.0, frechet),
)


def _rbf(distance: np.ndarray, bandwidth: float) -> np.ndarray:
    return np.exp(-(distance**2) / (2 * bandwidth**2))
