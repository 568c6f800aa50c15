"""The fit loop against the loop one writes first, on the discriminator of paper 000.

The plain loop has a shuffling DataLoader, Adam as it comes, and ``loss.item()`` in each step;
both train the same network on the same planted data, in turns, so that a busy machine slows
both. Writes ``benchmarks/results/fit_loop.json``.

Usage: ``OMP_NUM_THREADS=1 python benchmarks/bench_fit_loop.py [--epochs 2] [--rounds 5]``
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import torch
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


def plain_loop(data: tuple[torch.Tensor, ...], n_genes: int, epochs: int, device: str) -> float:
    """Seconds of the loop one writes first."""
    network = build_discriminator(DiscriminatorConfig(), n_genes, 0).to(device)
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
    """Milliseconds a step of both, and the median ratio of neighbouring runs."""
    data = planted(n_genes)
    plain_loop(data, n_genes, 1, device), our_loop(data, n_genes, 1, device)  # warm up
    pairs = [
        (plain_loop(data, n_genes, epochs, device), our_loop(data, n_genes, epochs, device))
        for _ in range(rounds)
    ]
    steps = epochs * N_SAMPLES // BATCH
    return {
        "n_genes": n_genes,
        "batch": BATCH,
        "plain_ms_per_step": 1e3 * statistics.median(plain for plain, _ in pairs) / steps,
        "ours_ms_per_step": 1e3 * statistics.median(ours for _, ours in pairs) / steps,
        "plain_over_ours": statistics.median(plain / ours for plain, ours in pairs),
        "least_ratio": min(plain / ours for plain, ours in pairs),
        "greatest_ratio": max(plain / ours for plain, ours in pairs),
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
            f"{row['n_genes']} genes: plain {row['plain_ms_per_step']:.1f} ms a step, "
            f"ours {row['ours_ms_per_step']:.1f} ms, {row['plain_over_ours']:.2f} times as fast "
            f"({row['least_ratio']:.2f} to {row['greatest_ratio']:.2f})"
        )


if __name__ == "__main__":
    main()
