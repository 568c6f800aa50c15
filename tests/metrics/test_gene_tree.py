"""Trees of genes against scipy's."""

import numpy as np
import pytest
from planted_samples import planted
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import pdist, squareform

from genex_kedro.metrics.gene_tree import complete_linkage, gene_distances, gene_tree


def test_distances_are_scipys_block_by_block():
    x = planted(5, n_genes=1100).expression
    found = gene_distances(x)
    assert np.isinf(found.diagonal()).all()
    np.testing.assert_array_equal(found, found.T)
    np.fill_diagonal(found, 0)
    np.testing.assert_allclose(
        found, squareform(pdist(x.T.astype(float), "correlation")), atol=1e-5
    )


@pytest.mark.parametrize("n_genes", [2, 3, 40, 300])
def test_the_tree_is_scipys(n_genes):
    x = planted(6, n_genes=n_genes + 10).expression[:, 10:]
    distances = pdist(x.T.astype(float), "correlation")
    expected_fit, expected = cophenet(linkage(distances, "complete"), distances)
    tree = gene_tree(x)
    found = np.empty((n_genes, n_genes))
    for leaf, gene in enumerate(tree.order):
        found[gene, tree.order] = tree.heights(leaf)
    np.testing.assert_allclose(squareform(found, checks=False), expected, atol=1e-5)
    assert tree.mean == pytest.approx(expected.mean(), abs=1e-5)
    assert tree.variance == pytest.approx(expected.var(), abs=1e-5)
    if n_genes > 2:
        assert tree.fit == pytest.approx(expected_fit, abs=1e-4)


def test_ties_end():
    distances = np.ones((50, 50), dtype=np.float32)
    np.fill_diagonal(distances, np.inf)
    pairs, heights = complete_linkage(distances)
    assert (heights == 1).all()
    assert len(set(pairs[:, 0])) == 49  # each gene but one is merged into another once


def test_genes_that_are_alike_join_first():
    x = planted(6).expression.copy()
    x[:, 20] = 3 * x[:, 40] + 1
    tree = gene_tree(x)
    places = np.flatnonzero(np.isin(tree.order, [20, 40]))
    assert places[1] - places[0] == 1
    assert tree.gaps[places[0]] == pytest.approx(0, abs=1e-5)
