"""The fit loop: no synchronisation within an epoch, the same numbers after any interruption."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
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
from genex_kedro.training.graph import GraphedStep, make_capturable
from genex_kedro.training.learner import Learner
from genex_kedro.training.mean_loss import MeanLoss
from genex_kedro.training.settings import FitSettings, choose_device
from genex_kedro.training.streams import Streams
from genex_kedro.training.threads import probe_threads

Batch = tuple[Tensor, ...]


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
    train, validation : tuple of Tensor, each of shape (n_samples, ...)
        Row i of every tensor belongs to sample i. Moved to the device once. Without
        validation data there is no early stopping and the last weights are the result.
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
        if resume.status != "running":
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
    """One fit under way: the data on the device, the learner, and the state of a checkpoint."""

    def __init__(self, learner, train, validation, settings, seed, resume, fingerprint) -> None:
        self.learner, self.settings = learner, settings
        self.device = choose_device(settings.device)
        self.train = _to(train, self.device)
        self.validation = None if validation is None else _to(validation, self.device)
        for module in learner.modules.values():
            module.to(self.device)
        self.streams = Streams(seed, self.device)
        graphed = settings.cuda_graph and self.device.type == "cuda"
        if graphed:
            make_capturable(learner)
        self.best: dict[str, Tensor] = {}
        self.state = self._begin(seed, fingerprint) if resume is None else self._go_on(resume)
        torch.set_num_threads(self.state["threads"])
        self._step = self._graphed_step() if graphed else self._eager_step

    def _begin(self, seed: int, fingerprint: str) -> dict[str, Any]:
        threads = self.settings.threads
        if threads == "auto":
            on_cpu_only = self.device.type == "cpu"
            size = self.settings.batch_size
            threads = probe_threads(self.learner, self.train, size) if on_cpu_only else 1
        return {
            "status": "running", "epoch": 0, "epochs": self.settings.epochs, "best_epoch": None, "best_value": None,
            "waited": 0, "history": [], "seed": seed, "fingerprint": fingerprint,
            "device": self.device.type, "threads": threads, "torch": torch.__version__,
        }  # fmt: skip

    def _go_on(self, resume: Checkpoint) -> dict[str, Any]:
        restore(self.learner, resume.tensors)
        self.best = {
            key.removeprefix("best/"): tensor.to(self.device, copy=True)
            for key, tensor in resume.tensors.items()
            if key.startswith("best/")
        }
        history = [dict(row) for row in resume.history]
        here = {"device": self.device.type, "torch": torch.__version__}
        return {**resume.state, **here, "history": history}

    def run(self) -> Iterator[Checkpoint]:
        """Epochs until the end, a checkpoint now and then."""
        saved = time.monotonic()
        on_epoch: Callable[[int], None] | None = getattr(self.learner, "on_epoch", None)
        while self.state["status"] == "running":
            epoch = self.state["epoch"] + 1
            if on_epoch is not None:
                on_epoch(epoch)
            last_good = {k: t.clone() for k, t in module_tensors(self.learner).items()}
            row, finite = self._epoch(epoch)
            self.state["epoch"] = epoch
            self.state["history"].append(row)
            if finite:
                self._judge(row)
            else:
                self.state["status"] = "diverged"
            done = self.state["status"] != "running"
            if done or time.monotonic() - saved >= self.settings.save_every_s:
                yield self._checkpoint(None if finite else last_good)
                saved = time.monotonic()

    def _epoch(self, epoch: int) -> tuple[dict[str, Any], bool]:
        """One pass over the training data and one over the validation data; one read-out."""
        start = time.perf_counter()
        self.streams.start_epoch(epoch)
        train_names, train_means, n_trained = self._train_epoch()
        names = [f"train.{name}" for name in train_names]
        read = [train_means]
        if self.validation is not None:
            validation_names, validation_means = self._validate_epoch()
            names += [f"validation.{name}" for name in validation_names]
            read.append(validation_means)
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

    def _train_epoch(self) -> tuple[list[str], Tensor, int]:
        for module in self.learner.modules.values():
            module.train()
        if isinstance(self._step, GraphedStep):
            self._step.refresh_rates()
        n, size = len(self.train[0]), self.settings.batch_size
        order = torch.randperm(n, generator=self.streams.order, device=self.device)
        total = MeanLoss()
        for first in range(0, n, size):
            index = order[first : first + size]
            if len(index) > 1:  # a single sample has no variance for batch normalisation
                total.add(self._step(index), len(index))
        return total.names, total.mean(), total.n

    @torch.no_grad()
    def _validate_epoch(self) -> tuple[list[str], Tensor]:
        for module in self.learner.modules.values():
            module.eval()
        total = MeanLoss()
        for batch in zip(
            *(tensor.split(self.settings.batch_size) for tensor in self.validation), strict=True
        ):
            total.add(self.learner.validate(batch, self.streams.validation), len(batch[0]))
        return total.names, total.mean()

    def _judge(self, row: dict[str, Any]) -> None:
        """Keep the weights if they are the best so far; stop if they have not been for long."""
        settings, state = self.settings, self.state
        if self.validation is not None and settings.monitor is not None:
            name = f"validation.{settings.monitor}"
            if name not in row:
                known = [key for key in row if key.startswith("validation.")]
                raise ValueError(f"monitor {settings.monitor!r} is none of {', '.join(known)}")
            state["waited"] += 1
            if state["best_value"] is None or row[name] < state["best_value"]:
                state.update(best_value=row[name], best_epoch=state["epoch"], waited=0)
                self.best = {k: t.clone() for k, t in module_tensors(self.learner).items()}
        stopped = settings.patience is not None and state["waited"] >= settings.patience
        if stopped or state["epoch"] >= settings.epochs:
            state["status"] = "finished"

    def _checkpoint(self, last_good: dict[str, Tensor] | None) -> Checkpoint:
        modules = module_tensors(self.learner) if last_good is None else last_good
        tensors = on_cpu(modules, "modules") | on_cpu(self.best, "best")
        if self.state["status"] == "running":
            tensors |= on_cpu(optimizer_tensors(self.learner), "optimizers")
        history = [dict(row) for row in self.state["history"]]
        return Checkpoint(tensors, {**self.state, "history": history})

    def _eager_step(self, index: Tensor) -> dict[str, Tensor]:
        batch = tuple(tensor.index_select(0, index) for tensor in self.train)
        return self.learner.step(batch, self.streams.train)

    def _graphed_step(self) -> GraphedStep | Callable[[Tensor], dict[str, Tensor]]:
        if len(self.train[0]) < self.settings.batch_size:
            return self._eager_step  # no full batch to record
        for module in self.learner.modules.values():
            module.train()
        return GraphedStep(self.learner, self.train, self.settings.batch_size, self.streams.train)


def _to(tensors: Batch, device: torch.device) -> Batch:
    return tuple(tensor.to(device) for tensor in tensors)


def _check(tensors: Batch, what: str, least: int) -> None:
    lengths = sorted({len(tensor) for tensor in tensors})
    if len(lengths) != 1 or lengths[0] < least:
        raise ValueError(
            f"the {what} data have lengths {lengths}, not one length of {least} or more"
        )
