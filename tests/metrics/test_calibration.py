"""Calibration against planted distortions and against scikit-learn."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from genex_kedro.metrics import calibration


def planted(slope=1.0, intercept=0.0, n=40_000, seed=0):
    """Labels whose true log odds are ``intercept + slope * logit`` of the stated probability."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(scale=2, size=n)
    return rng.random(n) < expit(intercept + slope * logit), expit(logit)


def test_brier_is_scikit_learns():
    y, p = planted(n=300)
    weights = np.random.default_rng(1).integers(0, 3, size=(4, 300))
    assert calibration.brier(y, p) == pytest.approx(brier_score_loss(y, p))
    expected = [brier_score_loss(y, p, sample_weight=w) for w in weights]
    np.testing.assert_allclose(calibration.brier(y, p, weights), expected)


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, 0.0), (2.0, -0.7)])
def test_a_planted_distortion_is_recovered(slope, intercept):
    y, p = planted(slope, intercept)
    found = calibration.calibration_line(y, p)
    assert found == pytest.approx((intercept, slope), abs=0.06)
    assert found == (calibration.calibration_intercept(y, p), calibration.calibration_slope(y, p))


def test_the_line_is_that_of_unpenalised_logistic_regression():
    y, p = planted(0.7, 0.3, n=400)
    weight = np.random.default_rng(2).integers(0, 3, size=400)
    model = LogisticRegression(C=1e10, tol=1e-8, max_iter=1000)
    model.fit(np.log(p / (1 - p))[:, None], y, sample_weight=weight)
    found = calibration.calibration_line(y, p, weight)
    assert found == pytest.approx((model.intercept_[0], model.coef_[0, 0]), abs=1e-3)
    rows = calibration.calibration_line(y, p, np.stack([weight, weight]))
    np.testing.assert_allclose(np.array(rows)[:, 1], found)


def test_no_line_where_conditions_are_separated_or_missing():
    p = np.array([0.1, 0.2, 0.8, 0.9])
    for y in ([0, 0, 1, 1], [1, 1, 1, 1]):
        assert np.isnan(calibration.calibration_slope(np.array(y), p))


def test_expected_calibration_error_of_planted_gaps():
    y = np.repeat([0, 1, 1, 1, 0, 0, 0, 1], 25)  # .75 of the first 100 are tumors, .25 of the rest
    p = np.repeat([0.9, 0.2], 100)
    assert calibration.expected_calibration_error(y, p) == pytest.approx((0.15 + 0.05) / 2)
    y, p = planted()
    assert calibration.expected_calibration_error(y, p) < 0.01
    y, p = planted(slope=0.3)
    assert calibration.expected_calibration_error(y, p) > 0.1


def test_bins_hold_equal_mass_and_weights_count_as_copies():
    rng = np.random.default_rng(3)
    p = rng.permutation(np.linspace(0.01, 0.99, 100))
    y = rng.random(100) < p
    order = np.argsort(p).reshape(10, 10)
    expected = np.abs((y - p)[order].mean(axis=1)).mean()
    assert calibration.expected_calibration_error(y, p) == pytest.approx(expected)
    weight = rng.integers(0, 3, size=100)
    copied = calibration.expected_calibration_error(np.repeat(y, weight), np.repeat(p, weight))
    assert calibration.expected_calibration_error(y, p, weight) == pytest.approx(copied)
