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

Complete linkage is unstable: two sets of 215 real RNAseqDB samples reach an S_dend of about .3 on
969 genes, no more than a class mean does. Read it beside its ceiling only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.gene_tree import GeneTree, gene_tree
from genex_kedro.metrics.samples import require_same_genes


@dataclass(frozen=True)
class TreeAgreement:
    """``s_dend`` and ``s_sdcc`` of the module's text; both are 0 where a tree has one height."""

    s_dend: float
    s_sdcc: float


def tree_agreement(real: np.ndarray, synthetic: np.ndarray) -> TreeAgreement:
    """Both comparisons of the gene trees at once.

    One tree after the other: two threads wait for each other's interpreter lock more than they
    gain. 18,154 genes need 1.3 GB.

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
    workspace = np.empty((real.shape[1], real.shape[1]), dtype=np.float32)
    first, second = gene_tree(real, workspace), gene_tree(synthetic, workspace)
    return TreeAgreement(_correlation(first, second), (first.fit - second.fit) ** 2)


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


def _correlation(first: GeneTree, second: GeneTree) -> float:
    """Pearson correlation of cophenetic distances, leaf by leaf; 0 where one side is constant."""
    if min(first.variance, second.variance) < 1e-12:
        return 0.0
    n_genes = len(first.order)
    leaf = np.argsort(second.order)[first.order]  # where the first tree's leaves are in the second
    own, others, total = np.empty(n_genes), np.empty(n_genes), 0.0
    for i in range(n_genes - 1):
        later = np.maximum.accumulate(first.gaps[i:], out=own[i + 1 :])
        total += later @ second.heights(leaf[i], others)[leaf[i + 1 :]]
    covariance = total * 2 / (n_genes * (n_genes - 1)) - first.mean * second.mean
    return float(np.clip(covariance / np.sqrt(first.variance * second.variance), -1, 1))
