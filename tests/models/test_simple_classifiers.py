"""The simple classifiers: planted classes found, settings chosen by validation, odd inputs."""

import numpy as np
import pytest

from genex_kedro.models.names import LOGISTIC
from genex_kedro.models.simple.classifiers import SIMPLE_CLASSIFIERS


def planted(n=160, n_genes=40, n_classes=4, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.array(["A", "B", "C", "D"])[np.arange(n) % n_classes]
    X = rng.standard_normal((n, n_genes))
    for at, name in enumerate("ABCD"[:n_classes]):
        X[labels == name, 3 * at : 3 * at + 3] += 2.5
    return X.astype(np.float32), labels


@pytest.mark.parametrize("name", SIMPLE_CLASSIFIERS)
@pytest.mark.parametrize("n_classes", [2, 4])
def test_planted_classes_are_found_with_probabilities(name, n_classes):
    X, labels = planted(n_classes=n_classes)
    parts = X[:100], labels[:100], X[100:130], labels[100:130]
    fitted = SIMPLE_CLASSIFIERS[name](*parts, seed=0)
    p = np.exp(fitted.log_probability(X[130:]))
    assert p.shape == (30, n_classes)
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-4)
    assert (fitted.classes[p.argmax(1)] == labels[130:]).mean() > 0.8
    again = SIMPLE_CLASSIFIERS[name](*parts, seed=0)
    np.testing.assert_array_equal(fitted.log_probability(X), again.log_probability(X))


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_linear_models_weights_are_those_of_the_planted_genes(n_classes):
    X, labels = planted(n_classes=n_classes)
    fitted = SIMPLE_CLASSIFIERS[LOGISTIC](X[:100], labels[:100], X[100:], labels[100:], seed=0)
    assert fitted.weights.shape == (n_classes, 40)
    for at in range(n_classes):
        assert set(np.argsort(-fitted.weights[at])[:3]) == set(range(3 * at, 3 * at + 3))


@pytest.mark.parametrize("name", SIMPLE_CLASSIFIERS)
def test_a_validation_part_with_unknown_classes_does_not_stop_it(name):
    X, labels = planted()
    held_out = labels[100:130].copy()
    held_out[::2] = "never seen"
    fitted = SIMPLE_CLASSIFIERS[name](X[:100], labels[:100], X[100:130], held_out, seed=0)
    assert "never seen" not in fitted.classes
