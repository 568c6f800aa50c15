"""Gamma and its companions against numpy and planted truths."""

import numpy as np
import pytest
from planted_samples import planted

from genex_kedro.metrics import correlation as ours


def by_numpy(real, synthetic):
    """Gamma, slope and RMSE the plain way."""
    pairs = np.triu_indices(real.shape[1], 1)
    r, s = (np.corrcoef(x, rowvar=False)[pairs] for x in (real, synthetic))
    slope = np.polyfit(r, s, 1)[0]
    return np.corrcoef(1 - r, 1 - s)[0, 1], slope, np.sqrt(((r - s) ** 2).mean())


@pytest.mark.parametrize("n_genes", [8, 60])  # fewer and more genes than samples
def test_all_three_are_those_of_the_full_matrices(n_genes):
    real, synthetic = (
        planted(3, n_genes + 10).expression,
        planted(4, n_genes + 10, seed=1).expression,
    )
    real, synthetic = real[:, -n_genes:], synthetic[:, -n_genes:]
    found = ours.correlation_agreement(real, synthetic)
    np.testing.assert_allclose(
        [found.gamma, found.slope, found.rmse], by_numpy(real, synthetic), rtol=1e-9
    )


def test_the_same_samples_are_perfect_in_any_unit():
    x = planted(5).expression
    for same in (x, 3 * x - 1, x[::-1]):
        found = ours.correlation_agreement(x, same)
        assert found.gamma == pytest.approx(1, abs=1e-9)
        assert found.slope == pytest.approx(1, abs=1e-6)
        assert found.rmse == pytest.approx(0, abs=1e-6)


def test_a_class_mean_has_a_high_gamma_and_none_within_its_class():
    real, mean = planted(30), planted(30)
    for name in np.unique(mean.classes):
        rows = mean.classes == name
        mean.expression[rows] = real.expression[rows].mean(axis=0)
    assert ours.gamma(real.expression, mean.expression) > 0.7
    args = real.expression, mean.expression, real.classes, mean.classes
    assert ours.gamma_within_class(*args) == 0
    assert ours.correlation_slope(real.expression, mean.expression) > 1


def test_within_class_correlations_are_recovered_whatever_the_classes_do():
    real, other = planted(200), planted(200, seed=1)
    shifted = other.expression + 5 * (other.tissue == "lung")[:, None]
    args = real.expression, shifted, real.classes, other.classes
    assert ours.gamma_within_class(*args) > 0.98
    assert ours.gamma(real.expression, shifted) < 0.9


def test_a_gene_without_spread_correlates_with_none():
    x = planted(5).expression.copy()
    x[:, 3] = 7.123
    unit = ours.unit_genes(x)
    assert not unit[:, 3].any()
    np.testing.assert_allclose((np.delete(unit, 3, axis=1) ** 2).sum(0), 1)
    assert np.isfinite(ours.gamma(x, x))


def test_what_cannot_be_compared_is_refused():
    x = planted(3).expression
    with pytest.raises(ValueError, match="60 real genes and 59"):
        ours.gamma(x, x[:, 1:])
    with pytest.raises(ValueError, match="at least 2 samples"):
        ours.gamma(x, x[:1])
    with pytest.raises(ValueError, match="one gene"):
        ours.gamma(x[:, :1], x[:, :1])
    with pytest.raises(ValueError, match="classes of shape"):
        ours.gamma_within_class(x, x, np.zeros(3), np.zeros(3))


@pytest.mark.parametrize("metric", ours.METRICS, ids=lambda m: m.name)
def test_perfect_agreement_is_the_declared_ideal(metric):
    real = planted(4)
    args = [real.expression] * 2
    if metric.name == "gamma_within_class":
        args += [real.classes] * 2
    assert metric(*args) == pytest.approx(metric.ideal, abs=1e-6)
