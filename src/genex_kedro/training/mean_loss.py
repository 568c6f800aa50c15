"""Means of losses over an epoch, without reading a number from the device."""

from __future__ import annotations

import torch
from torch import Tensor


class MeanLoss:
    """Means of losses over batches of unequal size, summed on the device."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.n = 0
        self._sum: Tensor | float = 0.0

    def add(self, losses: dict[str, Tensor], n: int) -> None:
        self.names = list(losses)
        self._sum = self._sum + torch.stack([loss.float() for loss in losses.values()]) * n
        self.n += n

    def mean(self) -> Tensor:
        return self._sum / self.n
