"""A running average of a network's weights, which is steadier than any step of it."""

import copy

import torch
from torch import nn


def trained_beside(
    kept: nn.Module, modules: dict[str, nn.Module], decay: float | None
) -> nn.Module:
    """What learns: the network itself, or a copy of it (``"trained"``) of which it is the average.

    Parameters
    ----------
    kept : Module
        The result of the fit.
    modules : dict
        Those of a learner; the copy joins them.
    decay : float or None
        Of the average; None for none.
    """
    if decay is None:
        return kept
    modules["trained"] = copy.deepcopy(kept)
    kept.requires_grad_(False)
    return modules["trained"]


@torch.no_grad()
def follow(kept: nn.Module, trained: nn.Module, decay: float) -> None:
    """Draw the averaged weights and buffers towards those of the network being trained.

    Parameters
    ----------
    kept : Module
        The average; changed in place.
    trained : Module
        Of the same shape.
    decay : float
        What the average keeps of itself, in (0, 1).
    """
    mine, new = kept.state_dict(), trained.state_dict()
    floating = [key for key, tensor in mine.items() if tensor.is_floating_point()]
    torch._foreach_lerp_([mine[key] for key in floating], [new[key] for key in floating], 1 - decay)
