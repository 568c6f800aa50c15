"""Layers that the networks are made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Dropout that draws from a given generator.

    ``torch.nn.Dropout`` draws from the global one, which makes a fit depend on whatever else
    the process has drawn before.

    Parameters
    ----------
    rate : float
        Share of units set to zero in training; the others are scaled by 1 / (1 - rate).
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor, draw: torch.Generator | None = None) -> Tensor:
        """Drop units of `x`, any shape; in evaluation mode `x` itself.

        Raises
        ------
        ValueError
            In training mode without a generator.
        """
        if not self.training or self.rate == 0:
            return x
        if draw is None:
            raise ValueError("dropout in training mode needs a generator: forward(x, draw)")
        # uniform numbers against the rate: a fifth of the time of bernoulli_ on a CPU
        uniform = torch.rand(x.shape, generator=draw, device=x.device)
        return x * (uniform >= self.rate).to(x.dtype).div_(1 - self.rate)

    def extra_repr(self) -> str:
        """The rate, for ``print(model)``."""
        return f"rate={self.rate}"


class MLP(nn.Module):
    """Linear, ReLU, dropout for each hidden layer, then a linear output.

    Parameters
    ----------
    n_in, n_out : int
    hidden : sequence of int
        Widths of the hidden layers; empty for a linear map.
    dropout : float
    """

    def __init__(self, n_in: int, hidden: Sequence[int], n_out: int, dropout: float = 0.0) -> None:
        super().__init__()
        widths = [n_in, *hidden]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, hidden, strict=False))
        self.dropout = Dropout(dropout)
        self.output = nn.Linear(widths[-1], n_out)

    def forward(self, x: Tensor, draw: torch.Generator | None = None) -> Tensor:
        """Map (..., n_in) to (..., n_out)."""
        for layer in self.hidden:
            x = self.dropout(torch.relu(layer(x)), draw)
        return self.output(x)
