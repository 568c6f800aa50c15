"""A training step of the conditional VAE: our loop against the loop one writes first.

The plain loop has a shuffling DataLoader, Adam as it comes, and ``loss.item()`` in each step; its
network is the paper's as one writes it, the size of ours (969 genes, batch 50). Both run in
turns on the same planted data, so that a busy machine slows both.
The goal is 1.7 times on one CPU thread, 10 times on a GPU.

Usage: ``python benchmarks/bench_cvae_step.py [--full] [--record]``
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator

import common
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.models.cvae.learner import CvaeLearner
from genex_kedro.models.cvae.model import build
from genex_kedro.training import FitSettings, fit

N_SAMPLES, N_GENES, N_CLASSES, BATCH = 650, 969, 21, 50
GOAL = {"cpu": 1.7, "cuda": 10.0}


def planted() -> tuple[torch.Tensor, torch.Tensor, Vocabulary]:
    """Standardised expression, its classes and their vocabulary; the values do not matter."""
    labels = pd.DataFrame({"tissue": [f"tissue {i % N_CLASSES:02}" for i in range(N_SAMPLES)]})
    vocabulary = Vocabulary.fit(labels, ["tissue"])
    expression = torch.randn(N_SAMPLES, N_GENES, generator=torch.Generator().manual_seed(0))
    return expression, torch.from_numpy(vocabulary.index(labels)), vocabulary


class PlainCvae(nn.Module):
    """The paper's layers as one writes them first."""

    def __init__(self) -> None:
        super().__init__()
        encoder = [N_GENES + N_CLASSES, 1000 + N_CLASSES, 512, 256]
        decoder = [50 + N_CLASSES, 256, 512, 1000]
        self.encoder, self.decoder = self._layers(encoder), self._layers(decoder)
        self.mean, self.log_variance = nn.Linear(256, 50), nn.Linear(256, 50)
        self.output = nn.Linear(1000, N_GENES)

    @staticmethod
    def _layers(widths: list[int]) -> nn.Sequential:
        pairs = itertools.pairwise(widths)
        return nn.Sequential(
            *(f for a, b in pairs for f in (nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU()))
        )

    def loss(self, x: torch.Tensor, one_hot: torch.Tensor) -> torch.Tensor:
        """(SSE + KL) / batch."""
        hidden = self.encoder(torch.cat([x, one_hot], dim=1))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        made = self.output(self.decoder(torch.cat([z, one_hot], dim=1)))
        kl = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
        return (((made - x) ** 2).sum() + kl) / len(x)


def plain_loop(expression: torch.Tensor, classes: torch.Tensor, epochs: int, device: str) -> float:
    """Seconds of the loop one writes first."""
    network = PlainCvae().to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    data = TensorDataset(expression, nn.functional.one_hot(classes, N_CLASSES).float())
    start = common.clock()
    for _ in range(epochs):
        total = 0.0
        for x, one_hot in DataLoader(data, BATCH, shuffle=True):
            optimizer.zero_grad()
            loss = network.loss(x.to(device), one_hot.to(device))
            loss.backward()
            optimizer.step()
            total += loss.item()
    return common.clock() - start


def our_loop(data: tuple, epochs: int, device: str) -> float:
    """Seconds of :func:`genex_kedro.training.fit`, from first to last step."""
    expression, classes, vocabulary = data
    cvae = build(CvaeConfig(), vocabulary, N_GENES, 0)
    learner = CvaeLearner(cvae, (expression, classes))
    settings = FitSettings(epochs=epochs, batch_size=BATCH, device=device, save_every_s=1e9)
    start = common.clock()
    list(fit(learner, (expression, classes), None, settings, seed=0))
    return common.clock() - start


def measure(full: bool) -> Iterator[dict]:
    """One row."""
    torch.set_num_threads(1)
    data, device, (epochs, rounds) = planted(), common.device(), (2, 15) if full else (1, 5)
    times = []
    for _ in range(rounds + 1):  # the first warms up
        plain = plain_loop(*data[:2], epochs, device)
        times.append((plain, our_loop(data, epochs, device)))
    plain, ours = zip(*times[1:], strict=True)
    ratios = [a / b for a, b in zip(plain, ours, strict=True)]
    steps = epochs * N_SAMPLES // BATCH
    yield common.row(
        f"{N_GENES} genes",
        1e3 * statistics.median(ours) / steps,
        1e3 * statistics.median(plain) / steps,
        "ms a step",
        statistics.median(ratios),
        ratio_range=[min(ratios), max(ratios)],
    )


if __name__ == "__main__":
    common.main("cvae_step", measure, ("torch",), about={"goal": GOAL, "batch": BATCH})
