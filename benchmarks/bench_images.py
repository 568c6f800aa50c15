"""Image networks: an epoch on activations computed once against the plain loop; calls a second.

Both loops train the same network (last block and head) from the same weights on the same batches;
they end with the same weights, up to rounding. Processor time, the two in turns. Planted data, no
ImageNet weights: neither changes the time.

Usage: ``python benchmarks/bench_images.py [--full] [--record]``
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import common
import numpy as np
import torch

from genex_kedro.models.images.attribution import integrated_gradients
from genex_kedro.models.images.backbones import BACKBONES
from genex_kedro.models.images.classifier import build_image_classifier
from genex_kedro.models.images.config import ImageClassifierConfig
from genex_kedro.models.images.learner import (
    ImageClassifierLearner,
    activations,
    logits_of,
)
from genex_kedro.training import FitSettings, fit

N_GENES, SIDE, CLASSES, BATCH, EPOCHS = 1210, 35, 22, 32, 2
GOAL = 3.0


def planted(n_samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Standardised expression and its classes; the values do not matter."""
    draw = torch.Generator().manual_seed(0)
    return torch.randn(n_samples, N_GENES, generator=draw), torch.arange(n_samples) % CLASSES


def classifier(backbone: str, size: int):
    """Untrained, last block and head to learn."""
    config = ImageClassifierConfig(backbone=backbone, size=size, trainable="last_block")
    return build_image_classifier(config, np.arange(N_GENES), SIDE, CLASSES, seed=0)


def train(backbone: str, size: int, data, once: bool) -> tuple[float, float, dict]:
    """Processor seconds before the first epoch and of an epoch, and the weights at the end."""
    x, labels = data
    model = classifier(backbone, size)
    start = time.process_time()
    seen = activations(model, x, torch.device("cpu")) if once else x
    before = time.process_time() - start
    learner = ImageClassifierLearner(model, np.bincount(labels), EPOCHS, from_expression=not once)
    settings = FitSettings(epochs=EPOCHS, batch_size=BATCH, device="cpu", save_every_s=1e9)
    start = time.process_time()
    *_, last = fit(learner, (seen, x, labels), None, settings, seed=0)
    return before, (time.process_time() - start) / EPOCHS, last.tensors


def compare(backbone: str, size: int, data) -> dict:
    """A row: the two loops, and how far their weights are apart."""
    before, once, weights = train(backbone, size, data, once=True)
    _, plain, others = train(backbone, size, data, once=False)
    apart = max(float((t - others[key]).abs().max()) for key, t in weights.items() if t.is_floating_point())  # fmt: skip
    return common.row(
        f"{backbone}, an epoch at {size} pixels",
        round(once, 3),
        round(plain, 3),
        "s of CPU",
        activations_s=round(before, 2),
        ratio_of_30_epochs=round(30 * plain / (before + 30 * once), 2),
        weights_apart=apart,
        samples=len(data[0]),
    )


def calls(backbone: str, size: int | None) -> Iterator[dict]:
    """Samples called in a second of processor, without and with the genes of each call."""
    own = {"trainable": "all"} if backbone == "small_cnn" else {}
    config = ImageClassifierConfig(backbone=backbone, size=size, **own)
    model = build_image_classifier(config, np.arange(N_GENES), SIDE, CLASSES, seed=0).eval()
    x, _ = planted(64)
    start = time.process_time()
    logits = logits_of(model, x.numpy())
    plain = len(x) / (time.process_time() - start)
    integrated_gradients(
        model, x[:1], x[:1] * 0, torch.tensor([0]), steps=2, most_steps=2
    )  # imports
    few, target = x[:4], torch.as_tensor(logits[:4].argmax(1))
    start = time.process_time()
    integrated_gradients(model, few, torch.zeros_like(few), target, steps=16, most_steps=16)
    named = len(few) / (time.process_time() - start)
    unit, where = "samples a second of CPU", f", {size} pixels" if size else ""
    yield common.row(f"{backbone}, calls{where}", round(plain, 1), None, unit)
    yield common.row(f"{backbone}, calls with their genes{where}", round(named, 2), None, unit)


def measure(full: bool) -> Iterator[dict]:
    """Epochs of every backbone at both sizes and calls at the smaller; or two small backbones."""
    torch.set_num_threads(1)
    backbones = list(BACKBONES) if full else ["resnet18", "efficientnet_lite0"]
    for size, n_samples in ((64, 48), (224, 32)) if full else ((64, 48),):
        data = planted(n_samples)
        for name in backbones:
            yield compare(name, size, data)
    yield from calls("small_cnn", None)
    for name in backbones if full else ():
        yield from calls(name, 64)


if __name__ == "__main__":
    common.main("images", measure, ("torch",), about={"goal": GOAL})
