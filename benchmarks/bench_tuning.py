"""Paper 001's grid of twelve trials against one trial: one by one, and stacked by depth.

One trial is the paper's network (three hidden layers, 969 genes, batch 50) in our fit loop, on a
GPU with its step recorded as a CUDA graph. The three run in turns on the same planted data, so
that a busy machine slows all. The goal, twelve trials within twice one, is for a GPU: there a
small network's step costs its launches; on a CPU it costs arithmetic, and stacking cannot help.
Writes ``benchmarks/results/tuning.json``.

Usage: ``OMP_NUM_THREADS=1 python benchmarks/bench_tuning.py [--epochs 1] [--rounds 3]``
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from bench_cvae_step import BATCH, N_GENES, N_SAMPLES, machine, planted

from genex_kedro.models.cvae import build
from genex_kedro.models.cvae_config import CvaeConfig
from genex_kedro.models.cvae_learner import CvaeLearner
from genex_kedro.models.cvae_stack import CvaeStack
from genex_kedro.training import FitSettings, fit
from genex_kedro.training.epochs import Epochs
from genex_kedro.training.together import Together

RATES, DEPTHS, WIDTHS = (0.001, 0.005, 0.0001, 0.00001), (2, 3, 4), (1000, 512, 256, 128)
GOAL = 2.0  # on a GPU: the grid's time over one trial's
RESULT = Path(__file__).parent / "results" / "tuning.json"


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
        *_, last = fit(learner, self.train, self.validation, self.settings, seed=0)
        return sum(row["seconds"] for row in last.history)

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
        start = time.perf_counter()
        while fits.running():
            fits.advance()
        return time.perf_counter() - start


def main() -> None:
    """Compare and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=0, help="0: 1 on a CPU, 50 on a GPU")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)
    epochs = options.epochs or (50 if device == "cuda" else 1)
    bench = Bench(epochs, device)
    bench.alone()  # warms up
    times = [(bench.alone(), bench.stacked(), bench.one_by_one()) for _ in range(options.rounds)]
    alone, stacked, one_by_one = zip(*times, strict=True)
    grid = [s / a for a, s, _ in times]
    result = {
        "trials": len(RATES) * len(DEPTHS),
        "epochs": epochs,
        "one_trial_s": statistics.median(alone),
        "grid_stacked_s": statistics.median(stacked),
        "grid_one_by_one_s": statistics.median(one_by_one),
        "grid_stacked_over_one_trial": statistics.median(grid),
        "grid_stacked_over_one_trial_range": [min(grid), max(grid)],
        "grid_one_by_one_over_one_trial": statistics.median(o / a for a, _, o in times),
        "goal_on_a_gpu": GOAL,
        "rounds": options.rounds,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        **machine(),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(
        f"one trial {result['one_trial_s']:.2f} s; twelve stacked "
        f"{result['grid_stacked_over_one_trial']:.1f} x, one by one "
        f"{result['grid_one_by_one_over_one_trial']:.1f} x (goal on a GPU {GOAL})"
    )


if __name__ == "__main__":
    main()
