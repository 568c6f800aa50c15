"""Whether translated samples differ from each other as much as real ones do."""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.correlation import without_class_means
from genex_kedro.metrics.samples import require_same_genes


def spread(
    real: np.ndarray, translated: np.ndarray, real_class: np.ndarray, translated_class: np.ndarray
) -> float:
    """Standard deviation within classes, translated over real; median over genes.

    0 for one profile a class, 1 for the variety of real samples. Genes that do not vary in the
    real samples are left out.

    Parameters
    ----------
    real, translated : ndarray, shape (n_samples, n_genes)
        log2(x+1); numbers of samples may differ.
    real_class, translated_class : ndarray of str, shape (n_samples,)
        Cohorts or tissues, whose means are taken off.

    Raises
    ------
    ValueError
        If no gene varies, or no class has two samples on either side.
    """
    require_same_genes(real, translated)
    sds = [_sd(real, real_class), _sd(translated, translated_class)]
    varies = sds[0] > 1e-6
    if not varies.any():
        raise ValueError("no gene varies in the real samples")
    return float(np.median(sds[1][varies] / sds[0][varies]))


METRICS = (Metric("spread", "target", (0.0, np.inf), 1.0, spread),)


def _sd(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    freedom = len(values) - len(np.unique(classes))
    if freedom < 1:
        raise ValueError("no class of two samples")
    return np.sqrt((without_class_means(values, classes) ** 2).sum(0) / freedom)
