"""Copies are caught, strangers pass, and what lies between is found."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import euclidean_distances

from genex_kedro.metrics import privacy as ours

N = 400


def normal(n, seed):
    return np.random.default_rng(seed).normal(size=(n, 10))


TRAINING, HELD_OUT, REFERENCE = normal(N, 0), normal(200, 1), normal(300, 2)


def scores(synthetic):
    """All of the file's metrics on one set of synthetic samples."""
    to_training, to_held_out = (euclidean_distances(synthetic, x) for x in (TRAINING, HELD_OUT))
    between = euclidean_distances(HELD_OUT, TRAINING)
    found = {
        "closest": ours.closest_record_ratio(to_training, between),
        "nearest": ours.nearest_in_training(to_training, to_held_out),
        "ratio": ours.neighbour_distance_ratio(to_training, between),
    }
    leaks = [ours.membership_scores_gan_leaks(d.T) for d in (to_training, to_held_out)]
    domias = [
        ours.membership_scores_domias(d.T, euclidean_distances(x, REFERENCE))
        for d, x in ((to_training, TRAINING), (to_held_out, HELD_OUT))
    ]
    for name, attack in (("leaks", leaks), ("domias", domias)):
        found |= {
            f"{name}_auc": ours.membership_auc(*attack),
            f"{name}_tpr": ours.membership_tpr(*attack),
        }
    return found


def test_copies_of_training_samples_are_caught_by_all():
    found = scores(TRAINING)
    assert found["closest"] == found["ratio"] == 0
    assert found["nearest"] == found["leaks_auc"] == found["domias_auc"] == 1
    assert found["leaks_tpr"] == found["domias_tpr"] == 1


def test_independent_samples_pass():
    found = scores(normal(N, 5))
    assert found["closest"] == pytest.approx(1, abs=0.05)
    assert found["ratio"] == pytest.approx(1, abs=0.03)
    assert found["nearest"] == pytest.approx(0, abs=0.15)
    for name in ("leaks", "domias"):
        assert found[f"{name}_auc"] == pytest.approx(0.5, abs=0.05)
        assert found[f"{name}_tpr"] < 0.05


def test_copies_with_noise_are_found_and_more_noise_hides_them():
    noisy = [scores(TRAINING + s * normal(N, 9)) for s in (0.2, 0.8)]
    for name in ("nearest", "leaks_auc", "domias_auc", "domias_tpr"):
        assert noisy[0][name] > noisy[1][name], name
    assert noisy[0]["domias_auc"] > 0.95
    assert noisy[1]["domias_auc"] > 0.55


def test_domias_forgives_a_dense_place_that_gan_leaks_takes_for_memory():
    rng = np.random.default_rng(0)
    dense, rare = 0.1 * rng.normal(size=(300, 5)), 3 * rng.normal(size=(300, 5))
    members, strangers = dense[:100], np.concatenate([dense[100:150], rare[:50]])
    synthetic, reference = (
        np.concatenate([dense[150:225], rare[100:150]]),
        np.concatenate([dense[225:], rare[150:200]]),
    )
    pairs = [
        [euclidean_distances(x, y) for y in (synthetic, reference)] for x in (members, strangers)
    ]
    leaks = ours.membership_auc(*(ours.membership_scores_gan_leaks(to) for to, _ in pairs))
    domias = ours.membership_auc(*(ours.membership_scores_domias(*pair) for pair in pairs))
    assert leaks > 0.7
    assert domias < 0.6


def test_the_true_positive_rate_allows_one_percent_and_no_more():
    strangers = np.arange(200.0)
    members = np.array([197.5, 198.5, 199.5, 250.0])  # above all but 2, 1, 0 and 0 strangers
    assert ours.membership_tpr(members, strangers) == 1
    assert ours.membership_tpr(members - 1, strangers) == 0.75
    assert ours.membership_tpr(members[:3], strangers[150:]) == pytest.approx(1 / 3)


def test_what_each_declares():
    ideal = {metric.name: metric.ideal for metric in ours.METRICS}
    assert ideal["membership_auc"] == 0.5
    assert ideal["closest_record_ratio"] == ideal["neighbour_distance_ratio"] == 1
