"""Passes over the data, without a synchronisation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from genex_kedro.training.graph import GraphedStep, make_capturable
from genex_kedro.training.learner import Learner
from genex_kedro.training.mean_loss import MeanLoss
from genex_kedro.training.rows import Rows
from genex_kedro.training.settings import FitSettings, choose_device
from genex_kedro.training.streams import Streams

Batch = tuple[Tensor | Rows, ...]


class Epochs:
    """The data on the device, the learner, and how a batch of the one reaches the other.

    Parameters
    ----------
    learner : Learner
        Moved to the device.
    train, validation : tuple of Tensor or Rows, each of shape (n_samples, ...)
        `validation` may be None. Rows stay where they are, and batches of them go to the device.
    settings : FitSettings
    seed : int

    Notes
    -----
    Call :meth:`prepare` once the weights are those to begin with.
    """

    def __init__(
        self,
        learner: Learner,
        train: Batch,
        validation: Batch | None,
        settings: FitSettings,
        seed: int,
    ) -> None:
        self.learner, self.settings = learner, settings
        self.device = choose_device(settings.device)
        self.data = _to(train, self.device)
        self.held_out = None if validation is None else _to(validation, self.device)
        for module in learner.modules.values():
            module.to(self.device)
        self.streams = Streams(seed, self.device)
        on_device = all(isinstance(tensor, Tensor) for tensor in self.data)
        self._graphed = settings.cuda_graph and self.device.type == "cuda" and on_device
        if self._graphed:
            make_capturable(learner)

    def prepare(self) -> None:
        """Record the step, where steps are recorded."""
        self._step = self._graphed_step() if self._graphed else self._eager_step

    def run(self, epoch: int) -> tuple[list[str], list[Tensor], int]:
        """One pass over the training data and one over the validation data.

        Returns
        -------
        names : list of str
            ``train.<loss>``, then ``validation.<loss>``.
        means : list of Tensor
            Their means over the samples, concatenated in that order; not read from the device.
        n_trained : int
            Samples trained on.
        """
        on_epoch: Callable[[int], None] | None = getattr(self.learner, "on_epoch", None)
        if on_epoch is not None:
            on_epoch(epoch)
        self.streams.start_epoch(epoch)
        trained = self._train()
        names, means = [f"train.{name}" for name in trained.names], [trained.mean()]
        if self.held_out is not None:
            validated = self._validate()
            names += [f"validation.{name}" for name in validated.names]
            means.append(validated.mean())
        return names, means, trained.n

    def _train(self) -> MeanLoss:
        for module in self.learner.modules.values():
            module.train()
        if isinstance(self._step, GraphedStep):
            self._step.refresh_rates()
        n, size = len(self.data[0]), self.settings.batch_size
        order = torch.randperm(n, generator=self.streams.order, device=self.device)
        total = MeanLoss()
        for first in range(0, n, size):
            index = order[first : first + size]
            if len(index) > 1:  # a single sample has no variance for batch normalisation
                total.add(self._step(index), len(index))
        return total

    @torch.no_grad()
    def _validate(self) -> MeanLoss:
        for module in self.learner.modules.values():
            module.eval()
        total = MeanLoss()
        for batch in zip(
            *(tensor.split(self.settings.batch_size) for tensor in self.held_out), strict=True
        ):
            total.add(self.learner.validate(batch, self.streams.validation), len(batch[0]))
        return total

    def _eager_step(self, index: Tensor) -> dict[str, Tensor]:
        batch = tuple(tensor.index_select(0, index) for tensor in self.data)
        return self.learner.step(batch, self.streams.train)

    def _graphed_step(self) -> GraphedStep | Callable[[Tensor], dict[str, Tensor]]:
        if len(self.data[0]) < self.settings.batch_size:
            return self._eager_step  # no full batch to record
        for module in self.learner.modules.values():
            module.train()
        return GraphedStep(self.learner, self.data, self.settings.batch_size, self.streams.train)


def _to(tensors: Batch, device: torch.device) -> Batch:
    return tuple(tensor.to(device) for tensor in tensors)
