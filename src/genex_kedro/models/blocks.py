"""Sums over training samples that need not be in memory: a few thousand at a time, in double.

Expression is a Tensor, or what stands for one where samples stay on disk
(:class:`genex_kedro.training.Rows`): both have ``split`` and ``index_select``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

log = logging.getLogger(__name__)

AT_ONCE = 8192  # samples in double precision
ENOUGH = 20_000  # samples for quantiles and mixtures of single genes: more change little


def class_means(x: Tensor, classes: Tensor, n_classes: int) -> Tensor:
    """Mean of every class, shape (n_classes, n_genes), in double.

    Raises
    ------
    ValueError
        If a class has no sample.
    """
    counts = torch.bincount(classes, minlength=n_classes)
    if (counts == 0).any():
        raise ValueError(f"{int((counts == 0).sum())} classes have no training sample")
    return class_sums(x, classes, n_classes, lambda block, _: block) / counts[:, None]


def class_sums(
    x: Tensor, classes: Tensor, n_classes: int, of: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """Sums over the samples of every class of something made of them; in double.

    Parameters
    ----------
    x : Tensor or Rows, shape (n_samples, n_genes)
    classes : Tensor of int64, shape (n_samples,)
    n_classes : int
    of : callable
        ``of(block, classes)`` with a block of samples in double; one row a sample.
    """
    total: Tensor | None = None
    for block, own in blocks(x, classes):
        made = of(block, own)
        total = made.new_zeros((n_classes, *made.shape[1:])) if total is None else total
        total.index_add_(0, own, made)
    return total


def blocks(x: Tensor, classes: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Samples and their classes, a few thousand at a time; in double, on the CPU."""
    for block, own in zip(x.split(AT_ONCE), classes.split(AT_ONCE), strict=True):
        yield block.cpu().double(), own.cpu()


def enough_samples(expression: Tensor, what: str) -> Tensor:
    """Positions of at most 20,000 samples, evenly spread: all, where there are no more.

    For what needs its samples together, gene by gene; where some are left out it says so.
    """
    n = len(expression)
    if n > ENOUGH:
        log.info("%s of %d evenly spread samples, not of all %d", what, ENOUGH, n)
    return torch.linspace(0, n - 1, min(n, ENOUGH), dtype=torch.float64).round().long()
