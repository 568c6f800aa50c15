"""A process that fits with checkpoints and kills itself on request (run by test_kill.py).

Usage: killed_fit.py FOLDER MOMENT, where MOMENT is ``never``, ``step:N`` (kill -9 within the
N-th step), ``write:N`` (with half of the N-th checkpoint written), ``rename:N`` (the N-th
written, not yet renamed) or ``slow`` (waits a little in each step, for a kill from outside).
"""

import itertools
import os
import signal
import sys
import time
from pathlib import Path

import torch
from linear_learner import LinearLearner, planted

from genex_kedro.datasets import checkpoint as on_disk
from genex_kedro.training import FitSettings, fit

SETTINGS = FitSettings(epochs=12, batch_size=10, patience=None, device="cpu", save_every_s=0)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Killed(LinearLearner):
    def __init__(self, moment: str) -> None:
        super().__init__()
        name, _, number = moment.partition(":")
        self.slow, self.steps = name == "slow", itertools.count(1)
        self.last = int(number) if name == "step" else None

    def step(self, batch, draw):
        if self.slow:
            time.sleep(0.01)
        losses = super().step(batch, draw)  # weights have moved, the epoch is not over
        if next(self.steps) == self.last:
            kill()
        return losses


def kill_while_saving(moment: str) -> None:
    name, _, number = moment.partition(":")
    if name not in ("write", "rename"):
        return
    saves, save_file = itertools.count(1), on_disk.save_file

    def save_and_die(tensors, path, metadata):
        save_file(tensors, path, metadata=metadata)
        if next(saves) == int(number):
            if name == "write":
                os.truncate(path, Path(path).stat().st_size // 2)
            kill()

    on_disk.save_file = save_and_die


def main(folder: str, moment: str) -> None:
    torch.set_num_threads(1)
    kill_while_saving(moment)
    dataset = on_disk.CheckpointDataset(folder)
    x, y = planted()
    resume = dataset.load().get("fit")
    train, held_out = (x[:160], y[:160]), (x[160:], y[160:])
    for checkpoint in fit(Killed(moment), train, held_out, SETTINGS, 5, resume, "f"):
        dataset.save({"fit": checkpoint})


if __name__ == "__main__":
    main(*sys.argv[1:])
