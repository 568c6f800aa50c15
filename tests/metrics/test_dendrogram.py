"""Gene trees against scipy and planted clusters."""

import numpy as np
import pytest
from planted_samples import planted
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import pdist

from genex_kedro.metrics import dendrogram as ours


def clustered(n_samples, seed, order):
    """Genes in four clusters of ten, their numbers in `order`."""
    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.normal(size=(n_samples, 4)), 10, axis=1)
    return (shared + 0.3 * rng.normal(size=shared.shape))[:, order]


def test_both_are_scipys_on_the_full_distances():
    real, synthetic = planted(5).expression, planted(5, seed=1).expression
    distances = [pdist(x.T.astype(float), "correlation") for x in (real, synthetic)]
    trees = [linkage(d, "complete") for d in distances]
    (fit, t), (other_fit, u) = (cophenet(z, d) for z, d in zip(trees, distances, strict=True))
    found = ours.tree_agreement(real, synthetic)
    assert found.s_dend == pytest.approx(np.corrcoef(t, u)[0, 1], abs=1e-4)
    assert found.s_sdcc == pytest.approx((fit - other_fit) ** 2, abs=1e-5)


def test_the_same_clusters_agree_and_shuffled_ones_do_not():
    straight, shuffled = np.arange(40), np.random.default_rng(3).permutation(40)
    real = clustered(200, 0, straight)
    same = ours.tree_agreement(real, clustered(200, 1, straight))
    other = ours.tree_agreement(real, clustered(200, 1, shuffled))
    assert same.s_dend > 0.95
    assert abs(other.s_dend) < 0.2
    assert other.s_sdcc < 0.01  # a tree fits as well: this one does not say which tree


def test_noise_without_clusters_shows_in_s_sdcc():
    real = clustered(200, 0, np.arange(40))
    noise = np.random.default_rng(5).normal(size=(200, 40))
    assert ours.s_sdcc(real, noise) > 0.1


@pytest.mark.parametrize("metric", ours.METRICS, ids=lambda m: m.name)
def test_perfect_agreement_is_the_declared_ideal(metric):
    x = planted(4).expression
    assert metric(x, x) == pytest.approx(metric.ideal, abs=1e-9)


def test_samples_all_alike_have_no_tree():
    x = planted(4).expression
    assert ours.s_dend(x, np.ones_like(x)) == 0
    with pytest.raises(ValueError, match="a tree needs three"):
        ours.s_dend(x[:, :2], x[:, :2])
