"""The critic's step of a WGAN-GP: closed gradient penalty against double backward.

Both compute the loss of Vinas et al.'s critic (two ReLU layers of 256, penalty weight 10) and its
gradients, from the same weights, samples and points of interpolation; in turns, so that a busy
machine slows both. ``penalty`` is the penalty alone, ``critic`` the whole loss, ``step`` five
steps of the critic and one of the generator with their RMSprops. With ``--full`` also the
closed form under ``torch.compile``, which refuses double backward.

Usage: ``python benchmarks/bench_gradient_penalty.py [--full] [--record]``
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import common
import torch
from torch import Tensor

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.wgan_gp.config import WganGpConfig
from genex_kedro.models.wgan_gp.model import WganGpLearner, build
from genex_kedro.models.wgan_gp.networks import Critic

N_CLASSES = 21


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
            start = common.clock()
            run()
            times[name].append(common.clock() - start)
    return {name: 1e3 * statistics.median(seconds[1:]) for name, seconds in times.items()}


def compare_at(n_genes: int, batch_size: int, rounds: int, compiled: bool) -> list[dict]:
    """Three rows: times of the penalty, of the loss and of a whole step; ratios; agreement."""
    learner, batch = planted(n_genes, batch_size)
    other, _ = planted(n_genes, batch_size)
    critic = learner.critic
    compares = {"closed": critic.compare, "double": TwiceBackward(critic).compare}
    apart = agreement(critic, compares, batch) | {"batch": batch_size}
    other.critic.compare = TwiceBackward(other.critic).compare
    if compiled:
        compares["compiled"] = torch.compile(critic.compare)
    times = {}
    for part, weight in (("penalty", 0), ("critic's loss", 1)):
        work = {
            name: lambda compare=compare, weight=weight: gradients(
                critic, loss_of(compare, batch, weight)
            )
            for name, compare in compares.items()
        }
        times[part] = timed(work, rounds)
    steps = {
        name: lambda one=one: one.step((batch[0], batch[2]), torch.Generator().manual_seed(0))
        for name, one in (("closed", learner), ("double", other))
    }
    times["whole step"] = timed(steps, rounds)
    return [
        common.row(
            f"{part}, {n_genes} genes",
            ms["closed"],
            ms["double"],
            "ms",
            compiled=ms.get("compiled"),
            **apart,
        )
        for part, ms in times.items()
    ]


def measure(full: bool) -> list[dict]:
    """At the landmark genes; compiling too takes a minute."""
    torch.set_num_threads(1)
    return compare_at(969, 32, 15 if full else 7, compiled=full)


if __name__ == "__main__":
    common.main("gradient_penalty", measure, ("torch",))
