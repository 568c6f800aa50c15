"""What a model gives the fit loop so that it can be trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn


class Learner(Protocol):
    """The training side of a model: its networks, its optimisers, one step.

    Attributes
    ----------
    modules : mapping of str to Module
        Every network, by name. All that must survive a restart lives in their parameters and
        persistent buffers: a running statistic, a history pool of generated samples. A pool to
        draw partners from (the normals of an unpaired study) is a non-persistent buffer: it
        goes to the device with its module and stays out of the checkpoints.
    optimizers : mapping of str to Optimizer
        Fused where the device has it (``torch.optim.Adam(..., fused=True)``).

    Notes
    -----
    A learner may also have ``on_epoch(epoch)``, called before each epoch (the first is 1), for
    schedules: ``group["lr"] = rate``. What it sets must follow from `epoch` alone, since a
    resumed run calls it with its next epoch only.
    """

    modules: Mapping[str, nn.Module]
    optimizers: Mapping[str, torch.optim.Optimizer]

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """Forward, backward and every optimiser step for one batch.

        A model with several critic steps a generator step cuts them from the one batch.
        For a CUDA graph the step must launch the same work each time: no ``.item()``, no
        branch on a value, no Python counter, ``zero_grad(set_to_none=True)``.

        Parameters
        ----------
        batch : tuple of Tensor, each of shape (batch, ...)
            The same rows of each training tensor, on the device.
        draw : Generator
            Source of *all* randomness (noise, dropout, mixing), on the device.

        Returns
        -------
        dict of str to Tensor
            Detached 0-d losses, means over the batch, the same names each time.
        """
        ...

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """Losses of one validation batch, 0-d means over the batch.

        Called in evaluation mode and without gradients. The loop weighs the batches by their
        size. `draw` starts from the same seed every epoch, so that the losses of two epochs
        differ by the weights and not by the noise.
        """
        ...
