"""The tree that genes form under complete linkage, for as many genes as a genome has.

scipy's ``linkage`` needs 19 s and 2.6 GB for 18,154 genes, and its ``cophenet`` as much again.
Here the distances stay one float32 square, which shrinks as clusters merge, and cophenetic
distances are never stored: with the genes in the order of the dendrogram's leaves, two of them
join at the highest of the gaps between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genex_kedro.metrics.correlation import sum_of_products, sum_over_pairs, unit_genes

_BLOCK = 512  # genes
_SHRINK = 0.7  # copy the distances once only this share of their rows is in use
_CONSTANT = 1e-12


@dataclass(frozen=True)
class GeneTree:
    """A dendrogram by its leaves and the heights between them.

    Parameters
    ----------
    order : ndarray of int, shape (n_genes,)
        Genes from the first leaf to the last.
    gaps : ndarray, shape (n_genes - 1,)
        Distance at which two neighbouring leaves join.
    mean, variance : float
        Of the cophenetic distances, over pairs of genes.
    fit : float
        Cophenetic correlation coefficient: Pearson of distances and cophenetic distances over
        pairs of genes (Sokal and Rohlf 1962); 0 where either is constant.
    """

    order: np.ndarray
    gaps: np.ndarray
    mean: float
    variance: float
    fit: float

    def heights(self, leaf: int, out: np.ndarray | None = None) -> np.ndarray:
        """Cophenetic distances of one leaf to all leaves, in their order, shape (n_genes,).

        Written to `out` where it is given: fresh memory for every leaf would cost more.
        """
        row = np.empty(len(self.order)) if out is None else out
        row[leaf] = 0
        np.maximum.accumulate(self.gaps[leaf:], out=row[leaf + 1 :])
        np.maximum.accumulate(self.gaps[:leaf][::-1], out=row[:leaf][::-1])
        return row


def gene_distances(expression: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """1 - Pearson(gene i, gene j), infinite on the diagonal.

    In float32, whose rounding (1e-7) is far below the sampling error of a correlation.

    Parameters
    ----------
    expression : ndarray, shape (n_samples, n_genes)
    out : ndarray of float32, shape (n_genes, n_genes), optional
        Memory to use.

    Returns
    -------
    ndarray of float32, shape (n_genes, n_genes)
        Symmetric, within 0 to 2 off the diagonal.
    """
    z = unit_genes(expression).astype(np.float32)
    n_genes = z.shape[1]
    distances = np.empty((n_genes, n_genes), dtype=np.float32) if out is None else out
    for first in range(0, n_genes, _BLOCK):
        last = min(first + _BLOCK, n_genes)
        block = z[:, first:last].T @ z[:, first:]
        np.subtract(1, block, out=block)
        np.clip(block, 0, 2, out=block)
        distances[first:last, first:] = block
        distances[last:, first:last] = block[:, last - first :].T
        square = distances[first:last, first:last]
        square[...] = np.minimum(square, square.T)  # exactly symmetric
    np.fill_diagonal(distances, np.inf)
    return distances


def complete_linkage(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merges of complete linkage by the nearest-neighbour chain (Murtagh 1983).

    Parameters
    ----------
    distances : ndarray, shape (n, n)
        Symmetric, infinite on the diagonal, contiguous. Used up: its values are lost.

    Returns
    -------
    pairs : ndarray of int, shape (n - 1, 2)
        A member of each of the two clusters; the second stands for both from then on.
    heights : ndarray, shape (n - 1,)
        A merge comes after those within its clusters, not after all lower ones.
    """
    n = len(distances)
    pairs, heights = np.empty((n - 1, 2), dtype=int), np.empty(n - 1)
    items, merged = np.arange(n), np.zeros(n, dtype=np.float32)  # infinite once merged away
    chain: list[int] = []
    for step in range(n - 1):
        if n - step < _SHRINK * len(distances):
            kept = np.flatnonzero(merged == 0)
            chain = [int(c) for c in np.searchsorted(kept, chain)]
            distances, items, merged = _packed(distances, kept), items[kept], merged[kept]
        chain = chain or [int(merged.argmin())]
        first, second = _nearest_pair(distances, merged, chain)
        pairs[step], heights[step] = items[[first, second]], distances[first, second]
        np.maximum(distances[first], distances[second], out=distances[second])
        distances[:, second] = distances[second]
        merged[first] = np.inf
    return pairs, heights


def gene_tree(expression: np.ndarray, workspace: np.ndarray | None = None) -> GeneTree:
    """Cluster genes by 1 - Pearson under complete linkage.

    Parameters
    ----------
    expression : ndarray, shape (n_samples, n_genes)
        At least two genes; one without spread lies at distance 1 from all.
    workspace : ndarray of float32, shape (n_genes, n_genes), optional
        Memory to use, for trees one after the other.
    """
    z = unit_genes(expression)
    n_genes = z.shape[1]
    n_pairs = n_genes * (n_genes - 1) / 2
    pairs, heights = complete_linkage(gene_distances(expression, workspace))
    order, gaps, t, tt, rt = _sums(pairs, heights, z)
    r, rr = sum_over_pairs(z), sum_of_products(z, z)
    variance_t = tt / n_pairs - (t / n_pairs) ** 2
    variance_r = rr / n_pairs - (r / n_pairs) ** 2
    fit = 0.0
    if min(variance_t, variance_r) > _CONSTANT:  # distances are 1 - r: the sign turns
        fit = (r * t / n_pairs - rt) / n_pairs / np.sqrt(variance_t * variance_r)
    return GeneTree(order, gaps, t / n_pairs, float(variance_t), float(np.clip(fit, -1, 1)))


def _nearest_pair(distances: np.ndarray, merged: np.ndarray, chain: list[int]) -> tuple[int, int]:
    """Follow nearest neighbours until two are each other's; both leave the chain."""
    while True:
        row = distances[chain[-1]]
        nearest = int((row + merged).argmin())
        if len(chain) > 1 and row[chain[-2]] <= row[nearest]:  # a tie must not run in a ring
            return chain.pop(), chain.pop()
        chain.append(nearest)


def _packed(distances: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Rows and columns in use, moved to the front of the same memory.

    Columns are written faster the nearer they lie together, and fresh memory costs more than
    the move. A row never lands on one that is still to be moved, since kept[i] >= i.
    """
    packed = distances.reshape(-1)[: len(kept) ** 2].reshape(len(kept), len(kept))
    for place, row in enumerate(kept):
        packed[place] = distances[row][kept]
    return packed


def _sums(
    pairs: np.ndarray, heights: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, float, float]:
    """Leaves, gaps, and sums over pairs of genes of T, T^2 and r T; T cophenetic, r Pearson.

    A merge of clusters A and B at height h sets T to h for |A| |B| pairs, whose correlations
    add up to the scalar product of the clusters' summed genes.
    """
    n_genes = z.shape[1]
    summed, size = z.T.copy(), np.ones(n_genes)
    first, last = np.arange(n_genes), np.arange(n_genes)
    following, gap_after = np.full(n_genes, -1), np.zeros(n_genes)
    products, counts = np.empty(n_genes - 1), np.empty(n_genes - 1)
    for step, (a, b) in enumerate(pairs):
        products[step], counts[step] = summed[a] @ summed[b], size[a] * size[b]
        summed[b] += summed[a]
        size[b] += size[a]
        following[last[b]], gap_after[last[b]] = first[a], heights[step]
        last[b] = last[a]
    order = np.empty(n_genes, dtype=int)
    leaf = first[pairs[-1, 1]]
    for place in range(n_genes):
        order[place], leaf = leaf, following[leaf]
    sums = counts @ heights, counts @ heights**2, products @ heights
    return order, gap_after[order[:-1]], *(float(s) for s in sums)
