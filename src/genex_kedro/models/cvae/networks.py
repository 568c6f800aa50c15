"""Encoder and decoder of the conditional VAE: Linear, batch normalisation, ReLU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation that may go on using the batch's own statistics when not training.

    Parameters
    ----------
    width : int
    always_batch : bool
        In evaluation mode too, normalise by the batch. Unlike a network left in training mode
        this does not move the running statistics, so validating changes nothing.
    """

    def __init__(self, width: int, always_batch: bool) -> None:
        super().__init__(width)
        self.always_batch = always_batch

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (n_samples, width).

        A single sample, such as the last batch of a validation, has no statistics of its own:
        outside training it is normalised by the running ones.

        Raises
        ------
        ValueError
            From torch, for a single sample in training.
        """
        if self.training or not self.always_batch or len(x) == 1:
            return super().forward(x)
        return functional.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)


class HiddenLayer(nn.Module):
    """Linear, batch normalisation, ReLU; added to its input where `residual` and widths allow."""

    def __init__(self, n_in: int, n_out: int, always_batch: bool, residual: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.norm = BatchNorm(n_out, always_batch)
        self.residual = residual and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        """Map (n_samples, n_in) to (n_samples, n_out)."""
        y = torch.relu(self.norm(self.linear(x)))
        return x + y if self.residual else y


class Trunk(nn.Sequential):
    """Hidden layers one after the other.

    Parameters
    ----------
    n_in : int
    hidden : sequence of int
    always_batch, residual : bool
        See :class:`BatchNorm` and :class:`HiddenLayer`.
    """

    def __init__(
        self, n_in: int, hidden: Sequence[int], always_batch: bool, residual: bool
    ) -> None:
        widths = [n_in, *hidden]
        super().__init__(
            *(
                HiddenLayer(a, b, always_batch, residual)
                for a, b in zip(widths, hidden, strict=False)
            )
        )
        self.width = widths[-1]


def silent(layer: nn.Linear) -> nn.Linear:
    """The layer with weights and bias at zero: what it adds to begins unchanged."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
