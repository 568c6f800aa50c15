"""How many CPU threads a fit should use, by trying."""

from __future__ import annotations

import copy
import os
import time

import torch
from torch import Tensor

from genex_kedro.training.learner import Learner

_WARM_UP, _TIMED = 1, 3


def probe_threads(learner: Learner, train: tuple[Tensor, ...], batch_size: int) -> int:
    """1 or the number of cores, whichever runs a few steps faster now.

    More threads are not always faster: on a busy machine two took 3 to 30 times as long as
    one. The steps run on a deep copy: the learner is as untrained after it as before. The
    answer goes into the checkpoint, since the number of threads changes the last bits of sums.

    Parameters
    ----------
    learner : Learner
    train : tuple of Tensor, each of shape (n_samples, ...)
    batch_size : int
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not cores or cores == 1:
        return 1
    before = torch.get_num_threads()
    batch = tuple(tensor[:batch_size] for tensor in train)
    try:
        seconds = {threads: _seconds(learner, batch, threads) for threads in (1, cores)}
    finally:
        torch.set_num_threads(before)
    return min(seconds, key=seconds.get)


def _seconds(learner: Learner, batch: tuple[Tensor, ...], threads: int) -> float:
    torch.set_num_threads(threads)
    trial = copy.deepcopy(learner)
    draw = torch.Generator().manual_seed(0)
    for module in trial.modules.values():
        module.train()
    for _ in range(_WARM_UP):
        trial.step(batch, draw)
    start = time.perf_counter()
    for _ in range(_TIMED):
        trial.step(batch, draw)
    return time.perf_counter() - start
