"""MMD against its definition, the Frechet distance against POT and its closed form."""

import numpy as np
import pytest
from scipy.stats import ortho_group
from sklearn.metrics.pairwise import rbf_kernel

from genex_kedro.metrics import discrepancy as ours
from genex_kedro.metrics.neighbours import pair_distances


def normal(n, seed, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).normal(size=(n, 6))


def test_mmd_is_its_definition_with_scikit_learns_kernel():
    real, synthetic = normal(12, 0), normal(9, 1, shift=0.5)
    distances = pair_distances(real, synthetic)
    bandwidth = np.median(distances.within_real[np.triu_indices(12, 1)])
    g = 1 / (2 * bandwidth**2)
    within = [
        (rbf_kernel(x, gamma=g).sum() - len(x)) / (len(x) * (len(x) - 1)) for x in (real, synthetic)
    ]
    expected = sum(within) - 2 * rbf_kernel(real, synthetic, gamma=g).mean()
    assert ours.mmd(distances) == pytest.approx(expected)


def test_mmd_is_unbiased_and_finds_a_shift():
    same = [ours.mmd(pair_distances(normal(40, s), normal(40, s + 100))) for s in range(60)]
    assert abs(np.mean(same)) < 2 * np.std(same) / np.sqrt(60)
    assert min(same) < 0
    assert ours.mmd(pair_distances(normal(40, 0), normal(40, 1, shift=1))) > max(same)
    with pytest.raises(ValueError, match="no bandwidth"):
        ours.mmd(pair_distances(np.ones((5, 2)), normal(5, 0)[:, :2]))


def test_frechet_is_that_of_pot():
    ot = pytest.importorskip("ot")
    turn = ortho_group.rvs(6, random_state=0) * np.arange(1, 7)
    real, synthetic = normal(50, 0), normal(60, 1, shift=0.3) @ turn
    moments = [(x.mean(0), np.cov(x, rowvar=False)) for x in (real, synthetic)]
    (m, c), (n, d) = moments
    expected = ot.gaussian.bures_wasserstein_distance(m, n, c, d) ** 2
    assert ours.frechet(real, synthetic) == pytest.approx(expected, rel=1e-6)


def test_frechet_recovers_a_planted_distance():
    real, synthetic = normal(100_000, 0), normal(100_000, 1, shift=2, scale=3)
    assert ours.frechet(real, synthetic) == pytest.approx(6 * (2**2 + (3 - 1) ** 2), rel=0.01)
    assert ours.frechet(real, real) == pytest.approx(0, abs=1e-8)
    collapsed = np.repeat(real[:1], 50, axis=0)
    assert np.isfinite(ours.frechet(real[:50], collapsed))


def test_the_space_is_no_larger_than_the_training_samples_allow():
    assert ours.principal_space(normal(50, 0)).n_components == 6
    assert ours.principal_space(normal(4, 0)).n_components == 3
    assert [metric.direction for metric in ours.METRICS] == ["lower", "lower"]
