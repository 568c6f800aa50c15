"""Ranks with a planted order, with ties, failures and models that were not trained."""

import numpy as np
import pytest

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.ranking import rank_models, standing

FAMILIES = {"fidelity": np.array([0, 1, 2]), "privacy": np.array([3])}


def losses(noise, n_seeds=5, seed=0):
    """Model 0 leads by 1 a metric, model 3 comes last."""
    rng = np.random.default_rng(seed)
    return np.arange(4.0)[None, :, None] + noise * rng.normal(size=(n_seeds, 4, 4))


def all_scored(loss):
    return np.ones(loss.shape[:2], dtype=bool)


@pytest.mark.parametrize(
    ("direction", "ideal", "better", "worse"),
    [("higher", 1.0, 0.9, 0.2), ("lower", 0.0, 0.1, 0.3), ("target", 0.5, 0.45, 0.6)],
)
def test_a_loss_is_smaller_for_what_is_better(direction, ideal, better, worse):
    metric = Metric("m", direction, (0.0, 1.0), ideal, float)
    assert metric.loss(better) < metric.loss(worse)
    assert (metric.loss(np.array([better])) < metric.loss(np.array([worse]))).all()


def test_a_target_missed_by_as_much_on_either_side_is_missed_alike():
    metric = Metric("m", "target", (0.0, 1.0), 0.5, float)
    assert metric.loss(0.4) == pytest.approx(metric.loss(0.6))


def test_the_planted_order_is_found_and_is_sure():
    loss = losses(noise=0.01)
    found = standing(rank_models(loss, all_scored(loss)), FAMILIES, 200, 0)
    np.testing.assert_array_equal(found.mean, [1, 2, 3, 4])
    np.testing.assert_array_equal(found.low, found.high)
    np.testing.assert_array_equal(found.first, [1, 0, 0, 0])
    np.testing.assert_array_equal(found.by_family["privacy"], [1, 2, 3, 4])


def test_noise_is_said_to_be_noise():
    loss = losses(noise=50)
    found = standing(rank_models(loss, all_scored(loss)), FAMILIES, 400, 0)
    assert (found.high - found.low > 0.5).all()
    assert found.first.sum() == pytest.approx(1)
    assert found.first.max() < 0.9
    assert ((found.low <= found.mean) & (found.mean <= found.high)).all()


def test_families_count_alike_however_many_metrics_they_have():
    """First by three metrics of fidelity and last by one of privacy is the middle."""
    loss = np.zeros((1, 3, 4))
    loss[0, :, :3] = np.array([[0.0], [1.0], [2.0]])
    loss[0, :, 3] = [2, 1, 0]
    found = standing(rank_models(loss, all_scored(loss)), FAMILIES, 100, 0)
    np.testing.assert_array_equal(found.mean, [2, 2, 2])


def test_ties_share_their_rank_and_what_is_no_number_comes_last():
    loss = np.array([[[0.0], [0.0], [np.nan], [5.0]]])
    np.testing.assert_array_equal(rank_models(loss, all_scored(loss))[0, :, 0], [1.5, 1.5, 4, 3])


def test_a_model_trained_on_some_seeds_is_ranked_on_those():
    loss = losses(noise=0.01, n_seeds=2)
    scored = all_scored(loss)
    scored[1, 0] = False
    ranks = rank_models(loss, scored)
    assert np.isnan(ranks[1, 0]).all()
    np.testing.assert_array_equal(ranks[1, 1:], np.broadcast_to([[1], [2], [3]], (3, 4)))
    found = standing(ranks, FAMILIES, 100, 0)
    assert found.mean[0] == 1
    assert found.mean[1] == 1.5
    assert np.isfinite(found.high).all()


def test_the_same_seed_resamples_alike():
    loss = losses(noise=2)
    one, two = (standing(rank_models(loss, all_scored(loss)), FAMILIES, 100, 7) for _ in range(2))
    np.testing.assert_array_equal(one.low, two.low)
