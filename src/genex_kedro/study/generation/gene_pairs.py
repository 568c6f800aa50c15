"""Correlations of randomly chosen pairs of genes, for a picture; all pairs are in the metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genex_kedro.metrics.correlation import unit_genes, without_class_means
from genex_kedro.metrics.samples import Samples


def sampled_correlations(
    real: Samples, synthetic: Samples, n_pairs: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Pearson correlations of the same pairs on both sides.

    Parameters
    ----------
    real, synthetic : Samples
    n_pairs : int
        Pairs of two different genes; drawn with replacement, so that all may be asked for.
    rng : numpy Generator

    Returns
    -------
    DataFrame
        ``real, synthetic, within``: a row per pair over all samples and one after class means are
        removed.
    """
    n_genes = real.expression.shape[1]
    first = rng.integers(n_genes, size=n_pairs)
    second = (first + rng.integers(1, n_genes, size=n_pairs)) % n_genes
    tables = []
    for within in (False, True):
        r, s = (
            _correlations(
                without_class_means(side.expression, side.classes) if within else side.expression,
                first,
                second,
            )
            for side in (real, synthetic)
        )
        tables.append(pd.DataFrame({"real": r, "synthetic": s, "within": within}))
    return pd.concat(tables, ignore_index=True)


def _correlations(expression: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    z = unit_genes(expression)
    return np.einsum("ij,ij->j", z[:, first], z[:, second])
