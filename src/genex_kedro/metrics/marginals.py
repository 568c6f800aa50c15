"""Whether each gene by itself has the distribution it should have."""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.correlation import without_class_means
from genex_kedro.metrics.samples import require_same_genes

_NO_VARIANCE = 1e-12  # (1e-6 log2 units) squared


def ks_per_gene(real: np.ndarray, synthetic: np.ndarray) -> np.ndarray:
    """Kolmogorov-Smirnov statistic of every gene: largest gap of the distribution functions.

    Two draws from one distribution do not reach 0: with n samples on each side the expected
    statistic is about .87 sqrt(2 / n), .08 for 215.

    Parameters
    ----------
    real, synthetic : ndarray, shape (n_samples, n_genes)

    Returns
    -------
    ndarray, shape (n_genes,), within 0 to 1
    """
    require_same_genes(real, synthetic)
    both = np.concatenate([real, synthetic])
    order = np.argsort(both, axis=0)
    ordered = np.take_along_axis(both, order, axis=0)
    step = np.where(order < len(real), 1 / len(real), -1 / len(synthetic))
    gap = np.abs(np.cumsum(step, axis=0))[:-1]
    gap[ordered[1:] == ordered[:-1]] = 0  # between equal values there is no gap
    return gap.max(axis=0)


def variance_ratio_per_gene(real: np.ndarray, synthetic: np.ndarray) -> np.ndarray:
    """Synthetic over real variance of every gene that varies in the real samples.

    Returns
    -------
    ndarray, shape (n_varying_genes,)

    Raises
    ------
    ValueError
        If no gene varies in the real samples.
    """
    require_same_genes(real, synthetic)
    variance = real.var(axis=0, ddof=1, dtype=np.float64)
    varying = variance > _NO_VARIANCE
    if not varying.any():
        raise ValueError("no gene varies in the real samples")
    return synthetic[:, varying].var(axis=0, ddof=1, dtype=np.float64) / variance[varying]


def ks_median(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Median over genes of :func:`ks_per_gene`."""
    return float(np.median(ks_per_gene(real, synthetic)))


def ks_high(real: np.ndarray, synthetic: np.ndarray) -> float:
    """95th percentile over genes of :func:`ks_per_gene`: the genes that fare worst."""
    return float(np.percentile(ks_per_gene(real, synthetic), 95))


def variance_ratio(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Median over genes of :func:`variance_ratio_per_gene`."""
    return float(np.median(variance_ratio_per_gene(real, synthetic)))


def variance_within_class(
    real: np.ndarray, synthetic: np.ndarray, real_class: np.ndarray, synthetic_class: np.ndarray
) -> float:
    """:func:`variance_ratio` after each side's class means are removed.

    A generator that knows the classes keeps most of the variance with a single profile for each
    of them: 0 here, and what a collapsed spread shows in.
    """
    return variance_ratio(
        without_class_means(real, real_class), without_class_means(synthetic, synthetic_class)
    )


def variance_ratio_spread(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Interquartile range over genes of :func:`variance_ratio_per_gene`.

    0 would be every gene off by the same factor; sampling alone gives the ceiling's value.
    """
    low, high = np.percentile(variance_ratio_per_gene(real, synthetic), [25, 75])
    return float(high - low)


METRICS = (
    Metric("ks_median", "lower", (0.0, 1.0), 0.0, ks_median),
    Metric("ks_high", "lower", (0.0, 1.0), 0.0, ks_high),
    Metric("variance_ratio", "target", (0.0, np.inf), 1.0, variance_ratio),
    Metric("variance_ratio_spread", "lower", (0.0, np.inf), 0.0, variance_ratio_spread),
)
# these take the classes too
WITHIN_CLASS = (
    Metric("variance_within_class", "target", (0.0, np.inf), 1.0, variance_within_class),
)
