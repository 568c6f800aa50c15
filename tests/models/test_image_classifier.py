"""The image classifier: gradients by gene, one pass of the frozen part, a planted class found."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from genex_kedro.models.images.backbones import BACKBONES, build_backbone, create_network
from genex_kedro.models.images.classifier import (
    build_image_classifier,
    from_trained_model,
    to_trained_model,
)
from genex_kedro.models.images.config import ImageClassifierConfig
from genex_kedro.models.images.expression_image import ExpressionImage
from genex_kedro.models.images.learner import (
    ImageClassifierLearner,
    activations,
    class_weights,
    finished_classifier,
    logits_of,
    temperature_of,
)
from genex_kedro.training import FitSettings, fit

SMALL = {"backbone": "resnet18", "size": 32}
CPU = torch.device("cpu")
N_GENES, SIDE = 90, 10


def planted(n=120, n_classes=3, seed=0):
    """Class c raises genes 10 c to 10 c + 9 by four standard deviations."""
    g = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % n_classes
    x = torch.randn(n, N_GENES, generator=g)
    for c in range(n_classes):
        x[labels == c, 10 * c : 10 * c + 10] += 4
    return x, labels


def classifier(n_classes=3, seed=0, **config):
    pixels = np.arange(N_GENES)  # the genes of a class side by side
    config = ImageClassifierConfig(**{**SMALL, **config})
    return build_image_classifier(config, pixels, SIDE, n_classes, seed)


def trained(model, data, validation=None, epochs=3, **kwargs):
    x, labels = data
    learner = ImageClassifierLearner(model, torch.bincount(labels), epochs, **kwargs)
    seen = x if learner.from_expression else activations(model, x, CPU)
    settings = FitSettings(epochs=epochs, batch_size=32, device="cpu", save_every_s=1e9)
    *_, last = fit(learner, (seen, x, labels), validation, settings, seed=0)
    return last


@pytest.mark.parametrize("size", [None, 25, 6])
def test_an_image_shows_each_gene_in_its_place_and_gives_its_gradient_back(size):
    pixels = [3, 0, 8]
    image = ExpressionImage(pixels, 3, size, (0.5, 0.5, 0.5), (0.225, 0.225, 0.225))
    x = torch.tensor([[1.0, -2.0, 0.5]], requires_grad=True)
    shown = image(x)
    assert shown.shape == (1, 3, size or 3, size or 3)
    assert torch.equal(shown[:, 0], shown[:, 2])
    if size is None:
        expected = torch.zeros(9)
        expected[torch.tensor(pixels)] = x[0].detach()
        torch.testing.assert_close(shown[0, 1].flatten(), expected)
    (gradient,) = torch.autograd.grad(shown.sum(), x)
    assert (gradient > 0).all()
    # linear: the image of a sum is the sum of the images
    other = image(torch.tensor([[0.0, 1.0, 3.0]]))
    both = image(x.detach() + torch.tensor([[0.0, 1.0, 3.0]]))
    torch.testing.assert_close(both, shown.detach() + other, atol=1e-5, rtol=0)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_cut_backbone_computes_what_timm_computes(backbone):
    cut, whole = build_backbone(backbone, None, seed=3), create_network(backbone, seed=3)
    x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours = cut.block.eval()(cut.trunk.eval()(x))
        torch.testing.assert_close(ours, whole.eval().forward_features(x))
    assert len(cut.block) >= 1
    assert sum(p.numel() for p in cut.trunk.parameters()) > 0


@pytest.mark.parametrize(
    ("trainable", "learns"),
    [("head", {"head"}), ("last_block", {"head", "learned"}), ("all", {"head", "learned"})],
)
def test_training_changes_what_learns_and_nothing_else(trainable, learns):
    model = classifier(trainable=trainable)
    before = {key: t.clone() for key, t in model.state_dict().items()}
    last = trained(model, planted(), epochs=1)
    changed = {
        key.split(".")[0]
        for key, t in model.state_dict().items()
        if not torch.equal(t, before[key])
    }
    assert changed == learns
    saved = {key.split("/")[1] for key in last.tensors if key.startswith("modules/")}
    assert saved == learns
    assert model.has_frozen_part == (trainable != "all")


@pytest.mark.parametrize("trainable", ["head", "last_block"])
def test_activations_computed_once_give_the_weights_of_the_plain_loop(trainable):
    data = planted()
    once, plain = classifier(trainable=trainable), classifier(trainable=trainable)
    trained(once, data)
    trained(plain, data, from_expression=True)
    for (key, a), (_, b) in zip(once.state_dict().items(), plain.state_dict().items(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5, msg=key)
    fresh = classifier(trainable=trainable).state_dict()
    assert any(not torch.equal(a, fresh[key]) for key, a in once.state_dict().items())


@pytest.mark.parametrize(
    "config",
    [
        {"trainable": "last_block", "learning_rate": 1e-3},
        {"backbone": "small_cnn", "size": None, "trainable": "all", "learning_rate": 1e-3},
        {"backbone": "mlp", "trainable": "all", "hidden": (32, 16)},
        {"backbone": "small_cnn", "size": None, "trainable": "all", "shortcut": True},
        {"learning_rate": 1e-3, "precision": "bfloat16", "channels_last": True},
    ],
)
def test_it_finds_the_planted_classes_and_survives_saving(config):
    model = classifier(**config)
    x, labels = planted(n=240)
    last = trained(model, (x[:160], labels[:160]), epochs=6)
    model = finished_classifier(model, last)
    logits = logits_of(model, x[160:].numpy())
    assert (logits.argmax(1) == labels[160:].numpy()).mean() > 0.8
    genes = pd.DataFrame(index=[f"G{i}" for i in range(N_GENES)])
    about = {
        "classes": ["A", "B", "C"],
        "side": SIDE,
        "layout": "random",
        "keras_v1": False,
        "temperature": 1.0,
        "reject": {},
    }
    again = from_trained_model(to_trained_model(model, about, genes, {}, {}))
    np.testing.assert_array_equal(logits_of(again, x[160:].numpy()), logits)


def test_with_a_shortcut_it_starts_at_even_odds_and_is_linear_without_the_image():
    model = classifier(shortcut=True).eval()
    x, _ = planted(n=5)
    assert (model(x) == 0).all()
    with torch.no_grad():
        model.shortcut.weight[1, 3] = 2.0
    torch.testing.assert_close(model(x)[:, 1], 2 * x[:, 3])
    assert (model(x)[:, [0, 2]] == 0).all()


def test_weights_follow_from_the_seed_alone():
    one, same, other = (classifier(seed=s).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(t, same[key]) for key, t in one.items())
    for part in ("frozen", "learned", "head"):
        keys = [key for key in one if key.startswith(part) and one[key].ndim > 1]
        assert any(not torch.equal(one[key], other[key]) for key in keys)


def test_a_fit_that_was_interrupted_ends_with_the_same_weights():
    data = planted(n=64)
    settings = FitSettings(epochs=3, batch_size=32, device="cpu", save_every_s=0)

    def begin():
        model = classifier(dropout=0.3, trainable="head", hidden=(16,))
        learner = ImageClassifierLearner(model, [1, 1, 1], 3)
        return learner, (activations(model, data[0], CPU), *data)

    learner, seen = begin()
    *_, whole = fit(learner, seen, None, settings, seed=5)
    learner, seen = begin()
    *_, half = itertools.islice(fit(learner, seen, None, settings, seed=5), 2)
    learner, seen = begin()
    *_, resumed = fit(learner, seen, None, settings, seed=5, resume=half)
    assert all(torch.equal(t, resumed.tensors[key]) for key, t in whole.tensors.items())


def test_class_weights_balance_the_classes():
    torch.testing.assert_close(class_weights([10, 30], "none"), torch.ones(2))
    balanced = class_weights([10, 30], "balanced")
    torch.testing.assert_close(balanced * torch.tensor([10.0, 30.0]), torch.tensor([20.0, 20.0]))
    root = class_weights([10, 30], "root")
    assert balanced[0] > root[0] > 1


def test_the_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 5))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([rng.choice(5, p=row) for row in p])
    assert temperature_of(logits, labels) == pytest.approx(1, abs=0.1)
    assert temperature_of(3 * logits, labels) == pytest.approx(3, abs=0.3)


def test_impossible_settings_are_refused():
    with pytest.raises(ValidationError, match="trainable"):
        ImageClassifierConfig(backbone="small_cnn", trainable="head")
    with pytest.raises(ValidationError):
        ImageClassifierConfig(backbone="resnet51")
    with pytest.raises(ValueError, match="not 'ImageClassifier'"):
        from_trained_model(to_other())


def to_other():
    from genex_kedro.models.base import TrainedModel

    return TrainedModel({"model": "Cvae"}, {}, pd.DataFrame())
