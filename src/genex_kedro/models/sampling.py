"""Samples of any conditional generator: by seed, in blocks, on the CPU."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

BLOCK = 1024  # samples made at a time; part of what a seed means


@torch.no_grad()
def sample_in_blocks(
    generator: nn.Module,
    classes: Tensor,
    seed: int,
    make: Callable[[Tensor, torch.Generator], Tensor],
) -> Tensor:
    """One profile for each class asked for.

    The noise is drawn on the CPU, so that a seed gives the same samples (but for rounding) on
    any device. Made in blocks: memory does not grow with the number beyond the result.

    Parameters
    ----------
    generator : Module
    classes : Tensor of int64, shape (n,)
    seed : int
    make : callable
        ``make(classes, draw)`` with a block of the classes and a Generator, both on the CPU;
        gives (n_block, n_genes).

    Returns
    -------
    Tensor, shape (n, n_genes), on the CPU

    Raises
    ------
    RuntimeError
        In training mode, where sampling would move running statistics.
    """
    if generator.training:
        raise RuntimeError("call eval() before sample(): training mode moves batch statistics")
    draw = torch.Generator().manual_seed(seed)
    blocks = torch.as_tensor(classes, dtype=torch.int64).cpu().split(BLOCK)
    return torch.cat([make(block, draw).cpu() for block in blocks])
