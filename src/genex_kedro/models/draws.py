"""Random numbers from a given generator that torch has no function for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def gumbel(shape: Sequence[int], draw: torch.Generator) -> Tensor:
    """Standard Gumbel noise on the device of `draw`: added to scores, the largest is a draw."""
    uniform = torch.rand(shape, generator=draw, device=draw.device)
    least = torch.finfo(uniform.dtype).tiny  # for a uniform number of 0, and for one next to 1
    exponential = uniform.clamp_min_(least).log_().neg_().clamp_min_(least)
    return exponential.log_().neg_()
