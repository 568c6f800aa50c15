"""Whether synthetic genes cluster into the tree that real genes cluster into.

With D the distances 1 - Pearson(gene i, gene j) of a set of samples and T the cophenetic
distances of its tree under complete linkage (the height at which two genes first share a
cluster), X real and Z synthetic, and Gamma the Pearson correlation over pairs i < j (Vinas et
al. 2022, "Adversarial generation of gene expression data", Bioinformatics 38(3), and the
authors' code, ``gamma_coefficients``):

    S_dend = Gamma(T^X, T^Z)
    S_sdcc = (Gamma(D^X, T^X) - Gamma(D^Z, T^Z))^2

S_sdcc is the squared difference of the two *cophenetic correlation coefficients*: whether a tree
describes the synthetic genes as well as it does the real ones. It does not say that the trees
agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import cophenet, linkage

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.correlation import unit_genes
from genex_kedro.metrics.samples import require_same_genes

_BLOCK = 512  # genes


@dataclass(frozen=True)
class TreeAgreement:
    """``s_dend`` and ``s_sdcc`` of the module's text; both are 0 where a tree has one height."""

    s_dend: float
    s_sdcc: float


def gene_distances(expression: np.ndarray) -> np.ndarray:
    """1 - Pearson(gene i, gene j) over pairs i < j, condensed as scipy has it.

    Block by block in float32, whose rounding (1e-7) is far below the sampling error of r.

    Parameters
    ----------
    expression : ndarray, shape (n_samples, n_genes)

    Returns
    -------
    ndarray of float64, shape (n_genes (n_genes - 1) / 2,), within 0 to 2
    """
    z = unit_genes(expression).astype(np.float32)
    n_genes = z.shape[1]
    distances = np.empty(n_genes * (n_genes - 1) // 2)
    end = 0
    for first in range(0, n_genes, _BLOCK):
        block = 1 - z[:, first : first + _BLOCK].T @ z[:, first:]
        np.clip(block, 0, 2, out=block)
        for offset, row in enumerate(block):
            start, end = end, end + len(row) - offset - 1
            distances[start:end] = row[offset + 1 :]
    return distances


def tree_agreement(real: np.ndarray, synthetic: np.ndarray) -> TreeAgreement:
    """Both comparisons of the gene trees at once.

    Parameters
    ----------
    real, synthetic : ndarray, shape (n_samples, n_genes)
        log2(x+1); at least three genes.

    Raises
    ------
    ValueError
        Fewer than two samples or three genes, unequal genes or values that are not finite.
    """
    require_same_genes(real, synthetic)
    if real.shape[1] < 3:
        raise ValueError(f"{real.shape[1]} genes: a tree needs three")
    real_fit, real_tree = _tree(real)
    synthetic_fit, synthetic_tree = _tree(synthetic)
    return TreeAgreement(_pearson(real_tree, synthetic_tree), (real_fit - synthetic_fit) ** 2)


def s_dend(real: np.ndarray, synthetic: np.ndarray) -> float:
    """``s_dend`` of :func:`tree_agreement`."""
    return tree_agreement(real, synthetic).s_dend


def s_sdcc(real: np.ndarray, synthetic: np.ndarray) -> float:
    """``s_sdcc`` of :func:`tree_agreement`."""
    return tree_agreement(real, synthetic).s_sdcc


METRICS = (
    Metric("s_dend", "higher", (-1.0, 1.0), 1.0, s_dend),
    Metric("s_sdcc", "lower", (0.0, 4.0), 0.0, s_sdcc),
)


def _tree(expression: np.ndarray) -> tuple[float, np.ndarray]:
    """Cophenetic correlation coefficient and cophenetic distances, condensed."""
    distances = gene_distances(expression)
    heights = cophenet(linkage(distances, "complete"))
    return _pearson(distances, heights), heights


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson correlation, 0 where one side is constant."""
    mean_a, mean_b = a.mean(), b.mean()
    var_a, var_b = a @ a / len(a) - mean_a**2, b @ b / len(b) - mean_b**2
    if min(var_a, var_b) < 1e-12:
        return 0.0
    return float(np.clip((a @ b / len(a) - mean_a * mean_b) / np.sqrt(var_a * var_b), -1, 1))
