"""The patient bootstrap: weights are copies, intervals cover, pairs cancel."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from genex_kedro.metrics.bootstrap import bootstrap, bootstrap_difference, patient_weights
from genex_kedro.metrics.classification import accuracy, auc


def planted(n_patients=60, seed=0):
    """Tumor and normal of each patient; scores one standard deviation apart: AUC .76."""
    rng = np.random.default_rng(seed)
    patient = np.repeat([f"P{i}" for i in range(n_patients)], 2)
    y = np.tile([0, 1], n_patients)
    return y, 1 / (1 + np.exp(-rng.normal(loc=y))), patient


def test_a_patients_samples_share_their_weight():
    _, _, patient = planted()
    weights = patient_weights(patient, 50, seed=1)
    assert weights.shape == (50, 120)
    assert (weights.sum(axis=1) == 120).all()
    assert (weights[:, ::2] == weights[:, 1::2]).all()
    assert not (weights == 1).all(axis=1).any()


def test_it_equals_resampling_by_copies():
    y, p, patient = planted()
    weights = patient_weights(patient, 200, seed=3).astype(int)
    copies = [roc_auc_score(np.repeat(y, w), np.repeat(p, w)) for w in weights]
    interval = bootstrap(auc, y, p, patient, n_resamples=200, seed=3)
    assert (interval.low, interval.high) == pytest.approx(
        tuple(np.quantile(copies, [0.025, 0.975]))
    )
    assert interval.value == pytest.approx(roc_auc_score(y, p))
    assert bootstrap(auc, y, p, patient, n_resamples=200, seed=3) == interval


def test_intervals_cover_the_planted_value():
    truth = 0.7602  # normal distribution function at 1 / sqrt(2)
    covered = []
    for seed in range(200):
        y, p, patient = planted(seed=seed)
        interval = bootstrap(auc, y, p, patient, n_resamples=200, level=0.9, seed=seed)
        covered.append(interval.low <= truth <= interval.high)
    assert 0.83 <= np.mean(covered) <= 0.96


def test_samples_of_one_patient_are_not_independent():
    y, p, _ = planted(30)
    copies = 4
    y, p = np.tile(y, copies), np.tile(p, copies)
    patient = np.tile(np.repeat(np.arange(30), 2), copies)
    by_patient = bootstrap(auc, y, p, patient)
    by_sample = bootstrap(auc, y, p, np.arange(len(y)))
    assert by_patient.high - by_patient.low > 1.5 * (by_sample.high - by_sample.low)


def test_a_difference_is_paired():
    y, p, patient = planted()
    same = bootstrap_difference(auc, y, p, p, patient)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    worse = np.where(np.arange(len(p)) % 20 == 0, 1 - p, p)
    difference = bootstrap_difference(accuracy, y, p, worse, patient)
    alone = bootstrap(accuracy, y, p, patient)
    assert difference.high - difference.low < alone.high - alone.low
    assert difference.value == pytest.approx(accuracy(y, p) - accuracy(y, worse))


def test_resamplings_without_one_condition_are_counted_out():
    y, p = np.array([0, 1, 1]), np.array([0.2, 0.6, 0.9])
    interval = bootstrap(auc, y, p, np.array(["a", "b", "c"]), n_resamples=300)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1  # none is NaN
    only = bootstrap(auc, np.ones(3), p, np.array(["a", "b", "c"]), n_resamples=10)
    assert np.isnan([only.value, only.low, only.high]).all()
