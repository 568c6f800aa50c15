"""Standardisation: fitted on training samples, invertible, the same after JSON."""

import json

import numpy as np
import pytest

from genex_kedro.transforms import SCALINGS, Standardiser


@pytest.fixture
def X():
    values = np.random.default_rng(0).normal(5, 2, (40, 7)).astype(np.float32)
    values[:, 3] = 2  # a gene without spread
    return values


@pytest.mark.parametrize("scaling", SCALINGS)
def test_inverts(X, scaling):
    standardiser = Standardiser.fit(X[:30], scaling)
    np.testing.assert_allclose(standardiser.invert(standardiser.apply(X), like=X), X, atol=1e-5)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_survives_json_exactly(X, scaling):
    standardiser = Standardiser.fit(X[:30], scaling)
    again = Standardiser.from_json(json.loads(json.dumps(standardiser.to_json())))
    assert np.array_equal(standardiser.apply(X), again.apply(X))


def test_per_gene_is_fitted_on_what_it_is_given(X):
    Z = Standardiser.fit(X[:30], "per_gene").apply(X[:30])
    np.testing.assert_allclose(Z.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(np.delete(Z.std(0), 3), 1, atol=1e-5)
    assert np.abs(Z[:, 3]).max() < 1e-5


def test_per_sample_is_the_papers(X):
    Z = Standardiser.fit(X, "per_sample").apply(X)
    np.testing.assert_allclose(Z.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(Z.std(1), 1, atol=1e-5)


def test_linear_takes_the_logarithm_away_and_keeps_what_is_below_zero_in_sight():
    standardiser = Standardiser.fit(np.zeros((2, 3), np.float32), "linear")
    X = np.array([[0, 1, 10], [3, 0.001, 33]], np.float32)
    Z = standardiser.apply(X)
    np.testing.assert_allclose(Z, [[0, 1, 1023], [7, 2**0.001 - 1, 2.0**33 - 1]], rtol=1e-5)
    back = standardiser.invert(np.array([[-1, 3, 0]], np.float32), like=X)
    np.testing.assert_allclose(back, [[-1, 2, 0]], rtol=1e-6)


def test_an_unknown_scaling_is_named(X):
    with pytest.raises(ValueError, match="'log'"):
        Standardiser.fit(X, "log")
