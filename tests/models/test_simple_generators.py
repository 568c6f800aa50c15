"""Simple generators: n of a class asked for gives n of it, with the moments it should have."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf

from genex_kedro.errors import InputError
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS, ClassNoise, ClassNormal

LABELS = np.repeat(["liver tumor", "lung normal", "rare"], [40, 60, 1])


def training(seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(12, 12))
    centre = {"liver tumor": 20.0, "lung normal": 30.0, "rare": 40.0}
    return (
        np.array([centre[name] for name in LABELS])[:, None] + rng.normal(size=(101, 12)) @ mixing
    )


@pytest.fixture(params=SIMPLE_GENERATORS.values(), ids=SIMPLE_GENERATORS)
def fitted(request):
    return request.param().fit(training(), LABELS)


def test_n_of_a_class_gives_n_of_it_in_the_order_asked(fitted):
    asked = np.array(["rare", "lung normal", "rare", "liver tumor", "lung normal"] * 20)
    made = fitted.sample(asked, np.random.default_rng(0))
    assert made.shape == (100, 12)
    assert made.dtype == np.float32
    nearest = np.array([20.0, 30.0, 40.0])[np.abs(made.mean(1)[:, None] - [20, 30, 40]).argmin(1)]
    expected = {"liver tumor": 20.0, "lung normal": 30.0, "rare": 40.0}
    assert (nearest == [expected[name] for name in asked]).mean() > 0.95
    assert fitted.sample(asked[:0], np.random.default_rng(0)).shape == (0, 12)


def test_a_seed_gives_the_same_samples(fitted):
    one, same, other = (fitted.sample(LABELS, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert type(fitted).__name__ == "ClassMean" or (one != other).any()


def test_an_unknown_class_names_the_known_ones(fitted):
    with pytest.raises(InputError, match=r"'brain tumor'[\s\S]*liver tumor, lung normal, rare"):
        fitted.sample(np.array(["rare", "brain tumor"]), np.random.default_rng(0))


def test_a_class_mean_is_close_to_the_mean_of_its_samples(fitted):
    x = training()
    made = fitted.sample(np.full(5000, "lung normal"), np.random.default_rng(0))
    np.testing.assert_allclose(made.mean(0), x[LABELS == "lung normal"].mean(0), atol=0.3)


@pytest.mark.parametrize("kind", SIMPLE_GENERATORS.values(), ids=SIMPLE_GENERATORS)
def test_what_cannot_be_learned_or_made_is_refused(kind):
    with pytest.raises(RuntimeError, match="not fitted"):
        kind().sample(LABELS, np.random.default_rng(0))
    with pytest.raises(ValueError, match="not finite"):
        kind().fit(np.full((101, 2), np.nan), LABELS)
    with pytest.raises(ValueError, match="labels"):
        kind().fit(training(), LABELS[1:])


@pytest.mark.parametrize("kind", [ClassNoise, ClassNormal])
def test_a_prior_of_nothing_is_refused(kind):
    with pytest.raises(ValueError, match="prior is 0"):
        kind(prior=0)


@pytest.mark.parametrize("kind", SIMPLE_GENERATORS.values(), ids=SIMPLE_GENERATORS)
def test_expression_stays_at_or_above_its_floor(kind):
    x = training() - 30
    assert kind().fit(x, LABELS).sample(LABELS, np.random.default_rng(0)).min() == 0
    assert kind(floor=None).fit(x, LABELS).sample(LABELS, np.random.default_rng(0)).min() < -5


def pooled_covariance(x):
    """Ledoit-Wolf on standardised residuals by scikit-learn, back in units."""
    residual = np.concatenate(
        [x[name == LABELS] - x[name == LABELS].mean(0) for name in np.unique(LABELS)]
    )
    freedom = len(x) - 3
    sd = np.sqrt((residual**2).sum(0) / freedom)
    covariance, _ = ledoit_wolf(residual / sd, assume_centered=True)
    return covariance * len(x) / freedom * np.outer(sd, sd)


@pytest.mark.parametrize(("name", "n"), [("lung normal", 60), ("rare", 1)])
def test_the_normal_has_the_mixed_covariance_it_states(name, n):
    x = training()
    own = np.cov(x[name == LABELS], rowvar=False) if n > 1 else 0
    expected = ((n - 1) * own + 10 * pooled_covariance(x)) / (n - 1 + 10)
    made = (
        ClassNormal(floor=None)
        .fit(x, LABELS)
        .sample(np.full(200_000, name), np.random.default_rng(0))
    )
    np.testing.assert_allclose(np.cov(made, rowvar=False), expected, atol=0.02 * expected.max())


def test_noise_has_the_variance_but_no_correlation():
    x = training()
    made = (
        ClassNoise(floor=None, prior=1e-9)
        .fit(x, LABELS)
        .sample(np.full(50_000, "lung normal"), np.random.default_rng(0))
    )
    np.testing.assert_allclose(made.var(0), x[LABELS == "lung normal"].var(0, ddof=1), rtol=0.05)
    assert np.abs(np.corrcoef(made, rowvar=False) - np.eye(12)).max() < 0.03


def test_copies_are_training_samples():
    x = training().astype(np.float32)
    made = (
        SIMPLE_GENERATORS["training_copies"]()
        .fit(x, LABELS)
        .sample(LABELS, np.random.default_rng(0))
    )
    assert set(map(bytes, made)) <= set(map(bytes, x))
