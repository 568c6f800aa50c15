"""Balls around samples against the definitions, element by element, and planted defects."""

import numpy as np
import pytest

from genex_kedro.metrics import manifold as ours
from genex_kedro.metrics.neighbours import pair_distances, to_neighbour


def normal(n, seed, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).normal(size=(n, 8))


def radius(x, i, k):
    return sorted(np.linalg.norm(x[j] - x[i]) for j in range(len(x)) if j != i)[k - 1]


def test_all_four_are_their_definitions():
    real, synthetic, k = normal(14, 0), normal(11, 1, shift=0.5), 3
    real_ball = [radius(real, i, k) for i in range(14)]
    synthetic_ball = [radius(synthetic, j, k) for j in range(11)]
    inside = np.array(
        [
            [np.linalg.norm(r - s) < b for s in synthetic]
            for r, b in zip(real, real_ball, strict=True)
        ]
    )
    found = [
        any(np.linalg.norm(r - s) < b for s, b in zip(synthetic, synthetic_ball, strict=True))
        for r in real
    ]
    distances = pair_distances(real, synthetic)
    assert ours.precision(distances, k) == pytest.approx(inside.any(0).mean())
    assert ours.recall(distances, k) == pytest.approx(np.mean(found))
    assert ours.density(distances, k) == pytest.approx(inside.sum() / (k * 11))
    assert ours.coverage(distances, k) == pytest.approx(inside.any(1).mean())


def test_samples_of_one_population_reach_the_ideals():
    distances = pair_distances(normal(500, 0), normal(500, 1))
    for metric in ours.METRICS:
        assert metric(distances) == pytest.approx(metric.ideal, abs=0.06), metric.name


def test_each_defect_shows_where_it_should():
    real = normal(300, 0)
    narrow = pair_distances(real, normal(300, 1, scale=0.3))
    assert ours.precision(narrow) == 1
    assert ours.recall(narrow) < 0.1
    assert ours.density(narrow) > 1.5
    wide = pair_distances(real, normal(300, 1, scale=3))
    assert ours.precision(wide) < 0.2
    assert ours.density(wide) < 0.1
    far = pair_distances(real, normal(300, 1, shift=9))
    assert all(metric(far) == 0 for metric in ours.METRICS)


def test_neighbours_leave_the_sample_itself_out():
    distances = pair_distances(np.array([[0.0], [1.0], [3.0]]), normal(2, 0)[:, :1]).within_real
    np.testing.assert_allclose(to_neighbour(distances, 1), [1, 1, 2])
    np.testing.assert_allclose(to_neighbour(distances, 2), [3, 2, 3])
    with pytest.raises(ValueError, match="neighbour 3 among 3 samples"):
        to_neighbour(distances, 3)
