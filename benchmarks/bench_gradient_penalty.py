"""The critic's step of a WGAN-GP: closed gradient penalty against double backward.

Both compute the loss of Vinas et al.'s critic (two ReLU layers of 256, penalty weight 10) and its
gradients, from the same weights, samples and points of interpolation; in turns, so that a busy
machine slows both. ``penalty`` is the penalty alone, ``critic`` the whole loss, ``step`` five
steps of the critic and one of the generator with their RMSprops. With ``--compile`` also the
closed form under ``torch.compile``, which refuses double backward.
Writes ``benchmarks/results/gradient_penalty.json``.

Usage: ``OMP_NUM_THREADS=1 python benchmarks/bench_gradient_penalty.py [--compile]``
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.wgan_gp import WganGpLearner, build
from genex_kedro.models.wgan_gp_config import WganGpConfig
from genex_kedro.models.wgan_gp_networks import Critic

N_CLASSES = 21
RESULT = Path(__file__).parent / "results" / "gradient_penalty.json"


class TwiceBackward:
    """The critic's comparison as one writes it first."""

    def __init__(self, critic: Critic) -> None:
        self.critic = critic

    def compare(self, real: Tensor, made: Tensor, classes: Tensor, share: Tensor) -> tuple:
        """As :meth:`Critic.compare`."""
        between = (real + share * (made - real)).requires_grad_()
        score = self.critic(between, classes).sum()
        (gradient,) = torch.autograd.grad(score, between, create_graph=True)
        penalty = (gradient.norm(dim=1) - 1).square().mean()
        distance = self.critic(real, classes).mean() - self.critic(made, classes).mean()
        return distance, penalty


def planted(n_genes: int, batch: int) -> tuple[WganGpLearner, tuple[Tensor, ...]]:
    """A learner, and real and made samples, classes and shares; the values do not matter."""
    combinations = tuple((f"tissue {i:02}",) for i in range(N_CLASSES))
    vocabulary = Vocabulary(("tissue",), combinations, (10,) * N_CLASSES)
    learner = WganGpLearner(build(WganGpConfig(), vocabulary, n_genes, 0))
    g = torch.Generator().manual_seed(0)
    real, made = torch.randn(2, batch, n_genes, generator=g)
    share = torch.rand((batch, 1), generator=g)
    return learner, (real, made, torch.arange(batch) % N_CLASSES, share)


def loss_of(compare: Callable, batch: tuple, weight: float) -> Tensor:
    """The critic's loss; with weight 0 on the distance the penalty alone."""
    distance, penalty = compare(*batch)
    return 10 * penalty - weight * distance


def gradients(critic: Critic, loss: Tensor) -> dict[str, Tensor]:
    """By name; zeros where the loss does not reach."""
    found = torch.autograd.grad(loss, list(critic.parameters()), materialize_grads=True)
    return dict(zip((name for name, _ in critic.named_parameters()), found, strict=True))


def agreement(critic: Critic, compares: dict[str, Callable], batch: tuple) -> dict[str, float]:
    """Largest differences of the loss and, relative to its largest entry, of any gradient."""
    ours, theirs = (loss_of(compare, batch, 1) for compare in compares.values())
    pairs = zip(gradients(critic, ours).values(), gradients(critic, theirs).values(), strict=True)
    return {
        "loss": float(ours.detach()),
        "loss_difference": float((ours - theirs).detach().abs()),
        "gradient_difference": max(
            float((a - b).abs().max() / b.abs().max().clamp_min(1e-12)) for a, b in pairs
        ),
    }


def timed(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each, in turns; the first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: 1e3 * statistics.median(seconds[1:]) for name, seconds in times.items()}


def compare_at(n_genes: int, batch_size: int, rounds: int, compiled: bool) -> dict:
    """One row: times of the penalty, of the loss and of a whole step; ratios; agreement."""
    learner, batch = planted(n_genes, batch_size)
    other, _ = planted(n_genes, batch_size)
    critic = learner.critic
    compares = {"closed": critic.compare, "double": TwiceBackward(critic).compare}
    row: dict = {"n_genes": n_genes, "batch": batch_size}
    row |= agreement(critic, compares, batch)
    other.critic.compare = TwiceBackward(other.critic).compare
    if compiled:
        compares["compiled"] = torch.compile(critic.compare)
    for part, weight in (("penalty", 0), ("critic", 1)):
        work = {
            name: lambda compare=compare, weight=weight: gradients(
                critic, loss_of(compare, batch, weight)
            )
            for name, compare in compares.items()
        }
        row |= {f"{part}_{name}_ms": ms for name, ms in timed(work, rounds).items()}
    steps = {
        name: lambda one=one: one.step((batch[0], batch[2]), torch.Generator().manual_seed(0))
        for name, one in (("closed", learner), ("double", other))
    }
    row |= {f"step_{name}_ms": ms for name, ms in timed(steps, rounds).items()}
    for part in ("penalty", "critic", "step"):
        row[f"{part}_ratio"] = row[f"{part}_double_ms"] / row[f"{part}_closed_ms"]
    return row


def main() -> None:
    """Compare at two sizes and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, nargs="+", default=[969, 18_154])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [compare_at(n, options.batch, options.rounds, options.compile) for n in options.genes]
    result = {
        "rows": rows,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "threads": 1,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(
            f"{row['n_genes']:>6} genes: closed against double backward, penalty "
            f"{row['penalty_ratio']:.2f} x, critic's loss {row['critic_ratio']:.2f} x, whole step "
            f"{row['step_ratio']:.2f} x as fast; gradients differ by {row['gradient_difference']:.1e}"
        )


if __name__ == "__main__":
    main()
