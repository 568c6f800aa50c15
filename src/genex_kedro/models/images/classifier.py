"""Tumor types from profiles: image, frozen part, learned part (paper 002)."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from genex_kedro.models.base import TrainedModel, seeded_weights, weights_of
from genex_kedro.models.images.backbones import build_backbone
from genex_kedro.models.images.config import OWN, ImageClassifierConfig
from genex_kedro.models.images.expression_image import ExpressionImage
from genex_kedro.models.images.pretrained import Pretrained
from genex_kedro.models.layers import MLP

MODEL_NAME = "ImageClassifier"
_PLAIN = (0.5, 0.5, 0.5), (0.225, 0.225, 0.225)  # our own network sees the standardised values


class ImageClassifier(nn.Module):
    """Standardised expression to the logits of the classes; see :func:`build_image_classifier`.

    Attributes
    ----------
    image : Module
        Expression to image; the identity for an MLP.
    frozen : Sequential
        What does not learn. It stays in evaluation mode, so that its activations of a sample
        never change and are computed once.
    learned : Sequential
        From those activations to the feature map.
    head : Head
    shortcut : Module
        A linear path from the genes to the logits, without weights where there is none.
    exact : bool
        Compute in float32 whatever the configuration says: for use, once trained.
    familiar : Tensor, shape (n_components, n_genes)
        Orthonormal directions that training samples vary in (:meth:`unfamiliarity`).
    """

    def __init__(
        self, config: ImageClassifierConfig, image, frozen, learned, head, shortcut
    ) -> None:
        super().__init__()
        self.config, self.exact = config, False
        self.image, self.frozen, self.learned, self.head = image, frozen, learned, head
        self.shortcut = shortcut
        self.frozen.requires_grad_(False)
        self.register_buffer("familiar", torch.zeros(0, 0))
        if config.channels_last:
            self.to(memory_format=torch.channels_last)

    def forward(self, expression: Tensor, draw: torch.Generator | None = None) -> Tensor:
        """Logits (n_samples, n_classes) of expression (n_samples, n_genes)."""
        return self.finish(self.activate(expression), expression, draw)

    def activate(self, expression: Tensor) -> Tensor:
        """What the learned part sees of each sample: the frozen part's activations."""
        with self._precision(expression):
            return self.frozen(self._ordered(self.image(expression)))

    def finish(
        self, activations: Tensor, expression: Tensor, draw: torch.Generator | None = None
    ) -> Tensor:
        """Logits of activations, and of the expression they were made of."""
        with self._precision(activations):
            logits = self.head(self.learned(self._ordered(activations)), draw).float()
        return logits + self.shortcut(expression) if self.config.shortcut else logits

    def unfamiliarity(self, expression: Tensor) -> Tensor:
        """Mean square of what no direction of the training samples explains, (n_samples,).

        Softmax is sure of what lies far from all it has seen; this is not.
        """
        inside = expression @ self.familiar.T @ self.familiar
        return (expression - inside).square().mean(1)

    @property
    def has_frozen_part(self) -> bool:
        """Whether there is anything to compute once."""
        return len(self.frozen) > 0

    def train(self, mode: bool = True) -> ImageClassifier:
        """Training mode for what learns; the frozen part has none."""
        super().train(mode)
        self.frozen.eval()
        return self

    def _ordered(self, x: Tensor) -> Tensor:
        if self.config.channels_last and x.ndim == 4:
            return x.contiguous(memory_format=torch.channels_last)
        return x

    def _precision(self, x: Tensor):
        on = self.config.precision == "bfloat16" and not self.exact
        return torch.autocast(x.device.type, torch.bfloat16, enabled=on)


class Head(nn.Module):
    """Pooling, dropout and linear layers on the last feature map."""

    def __init__(self, config: ImageClassifierConfig, shape: torch.Size, n_classes: int) -> None:
        super().__init__()
        self.average = config.pool == "average" and len(shape) == 3
        n_in = shape[0] if self.average else shape.numel()
        self.mlp = MLP(n_in, config.hidden, n_classes, config.dropout)

    def forward(self, features: Tensor, draw: torch.Generator | None = None) -> Tensor:
        """Logits of features (n, channels, height, width) or (n, n_features)."""
        features = features.mean((2, 3)) if self.average else features.flatten(1)
        if not len(self.mlp.hidden):  # the MLP drops after hidden layers; here there is none
            features = self.mlp.dropout(features, draw)
        return self.mlp(features, draw)


def build_image_classifier(
    config: ImageClassifierConfig,
    pixels,
    side: int,
    n_classes: int,
    seed: int,
    pretrained: Pretrained | None = None,
    keras_v1: bool = False,
) -> ImageClassifier:
    """A classifier; all that is not pretrained has weights drawn from `seed`.

    Parameters
    ----------
    config : ImageClassifierConfig
    pixels : sequence of int, n_genes
        Of :attr:`genex_kedro.imaging.GeneImageLayout.pixels`.
    side : int
        Edge of the layout.
    n_classes, seed : int
    pretrained : Pretrained, optional
        None: the backbone's weights are random as well.
    keras_v1 : bool
        See :func:`~genex_kedro.models.images.backbones.build_backbone`.
    """
    if config.backbone in OWN:
        with seeded_weights(seed):
            image, learned = _own_network(config, pixels, side)
        frozen = nn.Sequential()
    else:
        backbone = build_backbone(config.backbone, pretrained, seed, keras_v1)
        image = ExpressionImage(pixels, side, config.size, backbone.mean, backbone.std)
        parts = [backbone.trunk, backbone.block]
        split = {"all": 0, "last_block": 1, "head": 2}[config.trainable]
        frozen, learned = nn.Sequential(*parts[:split]), nn.Sequential(*parts[split:])
    with torch.no_grad():
        nothing = torch.zeros(1, len(pixels))
        shape = learned.eval()(frozen.eval()(image(nothing))).shape[1:]
    with seeded_weights(seed + 1):
        head, shortcut = Head(config, shape, n_classes), nn.Sequential()
    if config.shortcut:
        shortcut = nn.Linear(len(pixels), n_classes)
        for layer in (head.mlp.output, shortcut):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
    return ImageClassifier(config, image, frozen, learned, head, shortcut)


def _own_network(config: ImageClassifierConfig, pixels, side: int):
    if config.backbone == "mlp":
        return nn.Identity(), nn.Sequential()
    layers = [
        nn.Sequential(
            nn.Conv2d(a, b, 3, padding=1, bias=False),
            nn.BatchNorm2d(b),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
        )
        for a, b in itertools.pairwise((3, 16, 32))
    ]
    learned = nn.Sequential(*layers)
    return ExpressionImage(pixels, side, config.size, *_PLAIN), learned


def to_trained_model(
    classifier: ImageClassifier,
    about: dict[str, Any],
    genes: pd.DataFrame,
    transform: dict[str, Any],
    card: dict[str, Any],
) -> TrainedModel:
    """A classifier in the form that is kept on disk, its frozen part included.

    Parameters
    ----------
    classifier : ImageClassifier
    about : dict
        Plain JSON that its use needs: ``classes``, ``side``, ``keras_v1``, ``temperature``,
        ``reject``.
    genes, transform, card
        See :class:`~genex_kedro.models.base.TrainedModel`.
    """
    config = {"model": MODEL_NAME, **classifier.config.model_dump(mode="json"), **about}
    return TrainedModel(config, weights_of(classifier), genes, transform, card)


_ABOUT = ("classes", "side", "layout", "keras_v1", "temperature", "reject")


def from_trained_model(trained: TrainedModel) -> ImageClassifier:
    """The classifier in evaluation mode, and in float32.

    Raises
    ------
    ValueError
        If it is another model.
    """
    config = trained.config_as(MODEL_NAME)
    about = {key: config.pop(key) for key in _ABOUT}
    pixels = trained.weights.get("image.pixels", torch.arange(len(trained.genes)))
    classifier = build_image_classifier(
        ImageClassifierConfig(**config),
        pixels,
        about["side"],
        len(about["classes"]),
        0,
        keras_v1=about["keras_v1"],
    )
    classifier.familiar = torch.empty_like(trained.weights["familiar"])
    classifier.load_state_dict(trained.weights)
    classifier.exact = True
    return classifier.eval()
