"""Real against synthetic: what cannot be told apart is .5, what can is near 1."""

import numpy as np
import pytest

from genex_kedro.metrics import detectability as ours
from genex_kedro.metrics.neighbours import pair_distances


def normal(n, seed, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).normal(size=(n, 8))


def both_aucs(real, synthetic):
    return ours.logistic_auc(real, synthetic), ours.trees_auc(real, synthetic)


def test_one_population_cannot_be_told_apart():
    real, synthetic = normal(300, 0), normal(300, 1)
    assert ours.adversarial_accuracy(pair_distances(real, synthetic)) == pytest.approx(
        0.5, abs=0.05
    )
    for auc in both_aucs(real, synthetic):
        assert auc == pytest.approx(0.5, abs=0.08)


def test_a_shift_is_found_by_all():
    real, synthetic = normal(200, 0), normal(200, 1, shift=3)
    assert ours.adversarial_accuracy(pair_distances(real, synthetic)) > 0.95
    assert min(both_aucs(real, synthetic)) > 0.99


def test_only_trees_find_a_narrower_spread():
    linear, trees = both_aucs(normal(200, 0), normal(200, 1, scale=0.3))
    assert linear < 0.65
    assert trees > 0.9


def test_copies_push_the_adversarial_accuracy_to_zero():
    real = normal(100, 0)
    assert ours.adversarial_accuracy(pair_distances(real, real)) == 0
    with pytest.raises(ValueError, match="100 real and 99 synthetic"):
        ours.adversarial_accuracy(pair_distances(real, real[1:]))


def test_two_errors_that_cancel_out_in_the_mean_show_in_the_halves():
    rng = np.random.default_rng(0)
    real, wide = rng.normal(size=(50, 500)), 1.2 * rng.normal(size=(50, 500))
    distances = pair_distances(real, wide)
    assert ours.adversarial_accuracy(distances) == pytest.approx(0.5, abs=0.05)
    assert ours.adversarial_real(distances) > 0.95
    assert ours.adversarial_synthetic(distances) < 0.05
    with pytest.raises(ValueError, match="50 real and 49"):
        ours.adversarial_real(pair_distances(real, wide[1:]))


def test_adversarial_accuracy_is_its_definition():
    real, synthetic = normal(12, 0), normal(12, 1, shift=0.7)

    def share(x, y):
        nearer = [
            min(np.linalg.norm(a - b) for b in y)
            > min(np.linalg.norm(a - x[j]) for j in range(len(x)) if j != i)
            for i, a in enumerate(x)
        ]
        return np.mean(nearer)

    expected = (share(real, synthetic) + share(synthetic, real)) / 2
    assert ours.adversarial_accuracy(pair_distances(real, synthetic)) == pytest.approx(expected)


def test_a_seed_gives_the_same_value():
    real, synthetic = normal(60, 0), normal(60, 1, shift=0.2)
    assert both_aucs(real, synthetic) == both_aucs(real, synthetic)
    with pytest.raises(ValueError, match="at least 5 samples"):
        ours.logistic_auc(real, synthetic[:4])
    assert {metric.ideal for metric in ours.METRICS} == {0.5}
