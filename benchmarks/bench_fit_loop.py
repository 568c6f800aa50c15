"""The fit loop against the loop one writes first, on the discriminator of paper 000.

The plain loop has a shuffling DataLoader, Adam as it comes, and ``loss.item()`` in each step. It
trains our network (what the loop alone gains) and the same layers with ``nn.Dropout`` (what loop
and dropout gain). All run in turns on the same planted data, so that a busy machine slows all.

Usage: ``python benchmarks/bench_fit_loop.py [--full] [--record]``
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator

import common
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from genex_kedro.models.discriminator.learner import DiscriminatorLearner
from genex_kedro.models.discriminator.model import DiscriminatorConfig, build_discriminator
from genex_kedro.training import FitSettings, fit

N_SAMPLES, BATCH = 2000, 100


def planted(n_genes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Expression and a condition that ten genes decide."""
    g = torch.Generator().manual_seed(0)
    expression = torch.randn(N_SAMPLES, n_genes, generator=g) + 5
    return expression, (expression[:, :10].sum(dim=1) > 50).float()


class PlainNetwork(nn.Sequential):
    """The paper's layers as one writes them first."""

    def __init__(self, n_genes: int) -> None:
        widths = [n_genes, *DiscriminatorConfig().hidden]
        layers = [
            layer
            for a, b in itertools.pairwise(widths)
            for layer in (nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.5))
        ]
        super().__init__(*layers, nn.Linear(widths[-1], 1), nn.Flatten(0))

    def forward(self, expression: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
        """The logit; nn.Dropout knows no generator."""
        return super().forward(expression)


def plain_loop(
    network: nn.Module, data: tuple[torch.Tensor, ...], epochs: int, device: str
) -> float:
    """Seconds of the loop one writes first."""
    network = network.to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    draw = torch.Generator(device).manual_seed(0)
    start = common.clock()
    for _ in range(epochs):
        total = 0.0
        for expression, is_tumor in DataLoader(TensorDataset(*data), BATCH, shuffle=True):
            expression, is_tumor = expression.to(device), is_tumor.to(device)
            optimizer.zero_grad()
            logit = network(expression, draw)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, is_tumor)
            loss.backward()
            optimizer.step()
            total += loss.item()
    return common.clock() - start


def our_loop(data: tuple[torch.Tensor, ...], n_genes: int, epochs: int, device: str) -> float:
    """Seconds of :func:`genex_kedro.training.fit`, from first to last step."""
    learner = DiscriminatorLearner(build_discriminator(DiscriminatorConfig(), n_genes, 0))
    settings = FitSettings(epochs=epochs, batch_size=BATCH, device=device, save_every_s=1e9)
    start = common.clock()
    list(fit(learner, data, None, settings, seed=0))
    return common.clock() - start


def compare(n_genes: int, epochs: int, rounds: int, device: str) -> dict:
    """A row: milliseconds a step of all three, and median ratios of neighbouring runs."""
    data = planted(n_genes)

    def one_round(epochs: int) -> tuple[float, float, float]:
        ours = build_discriminator(DiscriminatorConfig(), n_genes, 0)
        return (
            plain_loop(PlainNetwork(n_genes), data, epochs, device),
            plain_loop(ours, data, epochs, device),
            our_loop(data, n_genes, epochs, device),
        )

    one_round(1)  # warm up
    plain, plain_loop_only, ours = zip(*(one_round(epochs) for _ in range(rounds)), strict=True)
    steps = epochs * N_SAMPLES // BATCH
    whole = [a / b for a, b in zip(plain, ours, strict=True)]
    return common.row(
        f"{n_genes} genes",
        1e3 * statistics.median(ours) / steps,
        1e3 * statistics.median(plain) / steps,
        "ms a step",
        statistics.median(whole),
        batch=BATCH,
        ratio_range=[min(whole), max(whole)],
        loop_alone=statistics.median(a / b for a, b in zip(plain_loop_only, ours, strict=True)),
        plain_loop_our_network=1e3 * statistics.median(plain_loop_only) / steps,
    )


def measure(full: bool) -> Iterator[dict]:
    """At the sizes of papers 000 and 001."""
    torch.set_num_threads(1)
    for n_genes in (308, 969):
        yield compare(n_genes, *((2, 5) if full else (1, 3)), common.device())


if __name__ == "__main__":
    common.main("fit_loop", measure, ("torch",))
