"""Integrated gradients: exact where the answer is known, complete, and after the planted genes."""

import numpy as np
import torch

from genex_kedro.models.images.attribution import integrated_gradients
from genex_kedro.models.images.classifier import build_image_classifier
from genex_kedro.models.images.config import ImageClassifierConfig
from genex_kedro.models.images.learner import ImageClassifierLearner
from genex_kedro.training import FitSettings, fit

N_GENES, SIDE = 60, 8


def built(**config):
    config = ImageClassifierConfig(trainable="all", **config)
    pixels = np.random.default_rng(0).permutation(SIDE**2)[:N_GENES]
    return build_image_classifier(config, pixels, SIDE, 3, seed=0)


def planted(n=150):
    """Class c raises genes 4 c to 4 c + 3."""
    g = torch.Generator().manual_seed(0)
    x, labels = torch.randn(n, N_GENES, generator=g), torch.arange(n) % 3
    for c in range(3):
        x[labels == c, 4 * c : 4 * c + 4] += 3
    return x, labels


def test_a_linear_network_is_explained_by_its_weights():
    model = built(backbone="mlp").eval()
    x, labels = planted(9)
    baseline = torch.full_like(x, 0.5)
    found = integrated_gradients(model, x, baseline, labels, steps=4)
    weight = model.head.mlp.output.weight
    expected = (x - baseline) * (weight - weight.mean(0))[labels]
    torch.testing.assert_close(found.values, expected, atol=1e-5, rtol=1e-4)
    assert (found.error < 1e-3).all()


def test_attributions_add_up_to_the_change_of_the_score():
    model = built(backbone="small_cnn", size=None).eval()
    x, labels = planted(4)
    nothing = torch.zeros_like(x)
    found = integrated_gradients(model, x, nothing, labels, 16)
    with torch.no_grad():
        scores = [model(value) - model(value).mean(1, keepdim=True) for value in (x, nothing)]
    difference = (scores[0] - scores[1])[torch.arange(4), labels]
    torch.testing.assert_close(found.values.sum(1), difference, rtol=1e-3, atol=1e-5)
    assert (found.error < 1e-3).all()
    coarse = integrated_gradients(model, x, nothing, labels, 2, most_steps=2)
    assert coarse.steps == 2
    assert coarse.error.max() > found.error.max()


def test_the_planted_genes_come_first_whatever_the_order_of_the_samples():
    model = built(backbone="small_cnn", size=None, learning_rate=3e-3)
    x, labels = planted()
    learner = ImageClassifierLearner(model, [50, 50, 50], 8)
    settings = FitSettings(epochs=8, batch_size=32, device="cpu", save_every_s=1e9)
    *_, _ = fit(learner, (x, x, labels), None, settings, seed=0)
    model.eval()
    found = integrated_gradients(model, x[:90], torch.zeros(90, N_GENES), labels[:90], 16, batch=32)
    for c in range(3):
        top = found.values[labels[:90] == c].mean(0).argsort(descending=True)[:4]
        assert set(top.tolist()) == set(range(4 * c, 4 * c + 4))
    alone = integrated_gradients(model, x[7:8], torch.zeros(1, N_GENES), labels[7:8], 16)
    torch.testing.assert_close(alone.values[0], found.values[7], atol=1e-2, rtol=1e-2)
