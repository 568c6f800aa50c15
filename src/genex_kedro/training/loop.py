"""The fit loop: no synchronisation within an epoch, the same numbers after any interruption."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from genex_kedro.training.checkpoint import (
    Checkpoint,
    all_finite,
    module_tensors,
    on_cpu,
    optimizer_tensors,
    restore,
)
from genex_kedro.training.epochs import Batch, Epochs
from genex_kedro.training.judging import judge, monitored_loss, new_state
from genex_kedro.training.learner import Learner
from genex_kedro.training.settings import FitSettings
from genex_kedro.training.threads import probe_threads
from genex_kedro.training_status import DIVERGED, RUNNING


def fit(
    learner: Learner,
    train: Batch,
    validation: Batch | None,
    settings: FitSettings,
    seed: int,
    resume: Checkpoint | None = None,
    fingerprint: str = "",
) -> Iterator[Checkpoint]:
    """Train a learner, giving a checkpoint now and then and the result as the last one.

    The numbers depend on learner, data, settings and `seed` alone, not on when checkpoints are
    taken or from which one a run goes on: on one machine a resumed fit ends with the same bits
    as one that was never interrupted. (Another device or number of threads changes last bits.)

    Parameters
    ----------
    learner : Learner
        Trained in place; moved to the device.
    train, validation : tuple of Tensor or Rows, each of shape (n_samples, ...)
        Row i of every tensor belongs to sample i. Tensors are moved to the device once; Rows
        are read from disk batch by batch, with the same result. Without validation data there
        is no early stopping and the last weights are the result.
    settings : FitSettings
    seed : int
        Of batch order and draws; initial weights are the learner's own.
    resume : Checkpoint, optional
        Of the same settings, data and seed. One that is not ``running`` is given back at once.
    fingerprint : str
        What settings and data are called: a digest that the caller makes of both.

    Yields
    ------
    Checkpoint
        At the end of an epoch, at least ``save_every_s`` apart; the last is ``finished``, or
        ``diverged`` when a loss or a weight became NaN or infinite: then the weights are those
        of the best epoch, or of the last epoch that was finite.

    Raises
    ------
    InputError
        If `resume` has another fingerprint or seed.
    ValueError
        If the data have fewer than two samples or unequal lengths, or `monitor` is not one of
        the validation losses.
    """
    if resume is not None:
        resume.require(fingerprint, seed)
        if resume.status != RUNNING:
            yield resume
            return
    _check(train, "training", least=2)
    if validation is not None:
        _check(validation, "validation", least=1)
    before = torch.get_num_threads()
    try:
        yield from _Fit(learner, train, validation, settings, seed, resume, fingerprint).run()
    finally:
        torch.set_num_threads(before)


class _Fit:
    """One fit under way: its epochs, and the state of a checkpoint."""

    def __init__(self, learner, train, validation, settings, seed, resume, fingerprint) -> None:
        self.learner, self.settings = learner, settings
        self.epochs = Epochs(learner, train, validation, settings, seed)
        self.best: dict[str, Tensor] = {}
        self.state = self._begin(seed, fingerprint) if resume is None else self._go_on(resume)
        torch.set_num_threads(self.state["threads"])
        self.epochs.prepare()

    def _begin(self, seed: int, fingerprint: str) -> dict[str, Any]:
        threads, device = self.settings.threads, self.epochs.device
        if threads == "auto":
            size, data = self.settings.batch_size, self.epochs.data
            threads = probe_threads(self.learner, data, size) if device.type == "cpu" else 1
        return {
            **new_state(self.settings.epochs), "history": [], "seed": seed, "fingerprint": fingerprint,
            "device": device.type, "threads": threads, "torch": torch.__version__,
        }  # fmt: skip

    def _go_on(self, resume: Checkpoint) -> dict[str, Any]:
        restore(self.learner, resume.tensors)
        self.best = {
            key.removeprefix("best/"): tensor.to(self.epochs.device, copy=True)
            for key, tensor in resume.tensors.items()
            if key.startswith("best/")
        }
        history = [dict(row) for row in resume.history]
        here = {"epochs": self.settings.epochs, "device": self.epochs.device.type, "torch": torch.__version__}  # fmt: skip
        return {**resume.state, **here, "history": history}

    def run(self) -> Iterator[Checkpoint]:
        """Epochs until the end, a checkpoint now and then."""
        saved = time.monotonic()
        while self.state["status"] == RUNNING:
            epoch = self.state["epoch"] + 1
            last_good = {k: t.clone() for k, t in module_tensors(self.learner).items()}
            row, finite = self._epoch(epoch)
            self.state["epoch"] = epoch
            self.state["history"].append(row)
            if finite:
                self._judge(row)
            else:
                self.state["status"] = DIVERGED
            done = self.state["status"] != RUNNING
            if done or time.monotonic() - saved >= self.settings.save_every_s:
                yield self._checkpoint(None if finite else last_good)
                saved = time.monotonic()

    def _epoch(self, epoch: int) -> tuple[dict[str, Any], bool]:
        """One pass over the training data and one over the validation data; one read-out."""
        start = time.perf_counter()
        names, read, n_trained = self.epochs.run(epoch)
        read.append(all_finite(module_tensors(self.learner)).reshape(1))
        *values, weights_finite = torch.cat(read).tolist()  # the epoch's only synchronisation
        seconds = time.perf_counter() - start
        losses = {
            name: value if math.isfinite(value) else None
            for name, value in zip(names, values, strict=True)
        }
        row = {
            "epoch": epoch,
            **losses,
            "seconds": seconds,
            "samples_per_second": n_trained / seconds,
        }
        return row, bool(weights_finite) and None not in losses.values()

    def _judge(self, row: dict[str, Any]) -> None:
        """Keep the weights if they are the best so far; stop if they have not been for long."""
        monitored = None
        if self.epochs.held_out is not None and self.settings.monitor is not None:
            monitored = monitored_loss(row, self.settings.monitor)
        if judge(self.state, monitored, self.settings.patience):
            self.best = {k: t.clone() for k, t in module_tensors(self.learner).items()}

    def _checkpoint(self, last_good: dict[str, Tensor] | None) -> Checkpoint:
        modules = module_tensors(self.learner) if last_good is None else last_good
        tensors = on_cpu(modules, "modules") | on_cpu(self.best, "best")
        if self.state["status"] == RUNNING:
            tensors |= on_cpu(optimizer_tensors(self.learner), "optimizers")
        history = [dict(row) for row in self.state["history"]]
        return Checkpoint(tensors, {**self.state, "history": history})


def _check(tensors: Batch, what: str, least: int) -> None:
    lengths = sorted({len(tensor) for tensor in tensors})
    if len(lengths) != 1 or lengths[0] < least:
        raise ValueError(
            f"the {what} data have lengths {lengths}, not one length of {least} or more"
        )
