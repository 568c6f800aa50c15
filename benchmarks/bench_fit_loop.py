"""The fit loop against the loop one writes first, on the discriminator of paper 000.

The plain loop has a shuffling DataLoader, Adam as it comes, and ``loss.item()`` in each step. It
trains our network (what the loop alone gains) and the same layers with ``nn.Dropout`` (what loop
and dropout gain). All run in turns on the same planted data, so that a busy machine slows all.
Writes ``benchmarks/results/fit_loop.json``.

Usage: ``OMP_NUM_THREADS=1 python benchmarks/bench_fit_loop.py [--epochs 2] [--rounds 5]``
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import statistics
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from genex_kedro.models.discriminator import DiscriminatorConfig, build_discriminator
from genex_kedro.models.discriminator_learner import DiscriminatorLearner
from genex_kedro.training import FitSettings, fit

N_SAMPLES, BATCH = 2000, 100
RESULT = Path(__file__).parent / "results" / "fit_loop.json"


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
    start = time.perf_counter()
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
    return time.perf_counter() - start


def our_loop(data: tuple[torch.Tensor, ...], n_genes: int, epochs: int, device: str) -> float:
    """Seconds of :func:`genex_kedro.training.fit`, from first to last step."""
    learner = DiscriminatorLearner(build_discriminator(DiscriminatorConfig(), n_genes, 0))
    settings = FitSettings(epochs=epochs, batch_size=BATCH, device=device, save_every_s=1e9)
    *_, last = fit(learner, data, None, settings, seed=0)
    return sum(row["seconds"] for row in last.history)


def compare(n_genes: int, epochs: int, rounds: int, device: str) -> dict[str, float]:
    """Milliseconds a step of all three, and median ratios of neighbouring runs."""
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
    return {
        "n_genes": n_genes,
        "batch": BATCH,
        "plain_ms_per_step": 1e3 * statistics.median(plain) / steps,
        "plain_loop_our_network_ms_per_step": 1e3 * statistics.median(plain_loop_only) / steps,
        "ours_ms_per_step": 1e3 * statistics.median(ours) / steps,
        "plain_over_ours": statistics.median(whole),
        "plain_over_ours_range": [min(whole), max(whole)],
        "loop_alone": statistics.median(a / b for a, b in zip(plain_loop_only, ours, strict=True)),
    }


def main() -> None:
    """Compare at the sizes of papers 000 and 001 and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)
    rows = [compare(n, options.epochs, options.rounds, device) for n in (308, 969)]
    result = {
        "rows": rows,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "machine": platform.machine(),
        "cpu_flags": torch.backends.cpu.get_cpu_capability(),
        "threads": 1,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(
            f"{row['n_genes']} genes: plain {row['plain_ms_per_step']:.1f} ms a step, ours "
            f"{row['ours_ms_per_step']:.1f} ms, {row['plain_over_ours']:.2f} times as fast "
            f"(the loop alone {row['loop_alone']:.2f})"
        )


if __name__ == "__main__":
    main()
