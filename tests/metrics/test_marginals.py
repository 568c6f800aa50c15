"""Genes one by one against scipy and planted changes."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from genex_kedro.metrics import marginals as ours


def genes(n, seed):
    """Normal genes with many zeros, as expression has."""
    return np.maximum(np.random.default_rng(seed).normal(1, 1, size=(n, 40)), 0)


def test_each_gene_is_scipys_with_ties():
    real, synthetic = genes(50, 0), genes(80, 1)
    expected = [ks_2samp(a, b).statistic for a, b in zip(real.T, synthetic.T, strict=True)]
    np.testing.assert_allclose(ours.ks_per_gene(real, synthetic), expected)


def test_planted_changes_are_found_where_they_are():
    real, synthetic = genes(400, 0), genes(400, 1)
    assert ours.ks_median(real, synthetic) < 0.1
    synthetic[:, :4] += 5
    assert ours.ks_median(real, synthetic) < 0.1
    assert ours.ks_high(real, synthetic) > 0.9
    np.testing.assert_array_less(0.9, ours.ks_per_gene(real, synthetic)[:4])


def test_the_variance_ratio_is_the_planted_one_and_its_spread_tells_mixtures():
    real, synthetic = genes(2000, 0), genes(2000, 1)
    assert ours.variance_ratio(real, 2 * synthetic) == pytest.approx(4, rel=0.05)
    even = ours.variance_ratio_spread(real, synthetic)
    synthetic[:, ::2] *= 1.5
    assert ours.variance_ratio_spread(real, synthetic) > 1 > 5 * even


def test_a_profile_for_each_class_keeps_variance_and_has_none_within_classes():
    classes = np.repeat(["a", "b"], 200)
    real = genes(400, 0) + 3 * (classes == "b")[:, None]
    means = np.stack([real[classes == name].mean(axis=0) for name in classes])
    assert ours.variance_ratio(real, means) > 0.6
    assert ours.variance_within_class(real, means, classes, classes) < 1e-20
    other = genes(400, 1) + 3 * (classes == "b")[:, None]
    assert ours.variance_within_class(real, other, classes, classes) == pytest.approx(1, abs=0.1)


def test_constant_genes_are_left_out_of_the_ratio():
    real, synthetic = genes(50, 0), genes(50, 1)
    real[:, 3] = 0
    assert ours.variance_ratio_per_gene(real, synthetic).shape == (39,)
    with pytest.raises(ValueError, match="no gene varies"):
        ours.variance_ratio(np.ones((3, 2)), np.ones((3, 2)))


@pytest.mark.parametrize("metric", ours.METRICS, ids=lambda m: m.name)
def test_the_same_samples_reach_the_declared_ideal(metric):
    x = genes(30, 0)
    expected = metric.ideal
    assert metric(x, x) == pytest.approx(expected)
