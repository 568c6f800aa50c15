"""Paper 001's grid of twelve trials against one trial: one by one, and stacked by depth.

One trial is the paper's network (three hidden layers, 969 genes, batch 50) in our fit loop, on a
GPU with its step recorded as a CUDA graph. The three run in turns on the same planted data, so
that a busy machine slows all. The goal, twelve trials within twice one, is for a GPU: there a
small network's step costs its launches; on a CPU it costs arithmetic, and stacking cannot help.

Usage: ``python benchmarks/bench_tuning.py [--full] [--record]``
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import common
import torch
from bench_cvae_step import BATCH, N_GENES, N_SAMPLES, planted

from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.models.cvae.learner import CvaeLearner
from genex_kedro.models.cvae.model import build
from genex_kedro.models.cvae.stack import CvaeStack
from genex_kedro.training import FitSettings, fit
from genex_kedro.training.epochs import Epochs
from genex_kedro.training.together import Together

RATES, DEPTHS, WIDTHS = (0.001, 0.005, 0.0001, 0.00001), (2, 3, 4), (1000, 512, 256, 128)
GOAL = 2.0  # on a GPU: the grid's time over one trial's


class Bench:
    """The data, and the ways to train."""

    def __init__(self, epochs: int, device: str) -> None:
        expression, classes, self.vocabulary = planted()
        held_out = N_SAMPLES // 4
        self.train = (expression[held_out:].to(device), classes[held_out:].to(device))
        self.validation = (expression[:held_out].to(device), classes[:held_out].to(device))
        self.settings = FitSettings(
            epochs=epochs, batch_size=BATCH, patience=None, device=device, save_every_s=1e9
        )

    def learner(self, depth: int, rate: float) -> CvaeLearner:
        """Of one point of the grid."""
        hidden = WIDTHS[:depth]
        config = CvaeConfig(encoder_hidden=hidden, decoder_hidden=hidden[::-1], learning_rate=rate)
        return CvaeLearner(build(config, self.vocabulary, N_GENES, 0), self.train)

    def alone(self, depth: int = 3, rate: float = 0.0001) -> float:
        """Seconds of the epochs of one trial."""
        learner = self.learner(depth, rate)
        start = common.clock()
        list(fit(learner, self.train, self.validation, self.settings, seed=0))
        return common.clock() - start

    def one_by_one(self) -> float:
        """Seconds of the epochs of twelve trials."""
        return sum(self.alone(depth, rate) for depth in DEPTHS for rate in RATES)

    def stacked(self) -> float:
        """Seconds of the epochs of twelve trials in three stacks."""
        stacks = []
        for depth in DEPTHS:
            stack = CvaeStack([self.learner(depth, rate) for rate in RATES])
            stacks.append(Epochs(stack, self.train, self.validation, self.settings, 0))
        n = len(RATES)
        fits = Together(stacks, [range(n * k, n * (k + 1)) for k in range(len(DEPTHS))])
        start = common.clock()
        while fits.running():
            fits.advance()
        return common.clock() - start


def measure(full: bool) -> Iterator[dict]:
    """One row."""
    device = common.device()
    torch.set_num_threads(1)
    bench = Bench(50 if device == "cuda" else 1, device)
    bench.alone()  # warms up
    rounds = 5 if full else 1
    times = [(bench.alone(), bench.stacked(), bench.one_by_one()) for _ in range(rounds)]
    alone, stacked, one_by_one = zip(*times, strict=True)
    grid = [s / a for a, s, _ in times]
    yield common.row(
        "twelve trials, stacked against one by one",
        statistics.median(stacked),
        statistics.median(one_by_one),
        "s",
        one_trial_s=statistics.median(alone),
        stacked_over_one_trial=statistics.median(grid),
        stacked_over_one_trial_range=[min(grid), max(grid)],
        one_by_one_over_one_trial=statistics.median(o / a for a, _, o in times),
    )


if __name__ == "__main__":
    about = {"trials": len(RATES) * len(DEPTHS), "goal_on_a_gpu": GOAL}
    common.main("tuning", measure, ("torch",), about=about)
