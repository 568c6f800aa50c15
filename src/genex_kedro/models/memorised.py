"""Does a model hold a training sample? A look at its weights, not at what it generates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

HELD = 0.25  # below it a weight is nearer to one sample than any mean of two can be


def nearest_to_training(weights: Mapping[str, Tensor], training: Tensor) -> float:
    """How near the weights come to a training sample.

    Every row or column of a weight that has a number for each gene (a class mean, what a
    hidden unit looks for) is compared with every training sample.

    Parameters
    ----------
    weights : dict of str to Tensor
        A state dict, on the CPU.
    training : Tensor, shape (n_samples, n_genes)
        As the model saw them: scaled.

    Returns
    -------
    float
        The least distance, in units of that sample's distance to its nearest neighbour among the
        other samples: 0 is a copy, the mean of two neighbours .5, an ordinary stranger 1.
        Infinite where no weight has a number for each gene, or there is one sample.
    """
    if len(training) < 2:
        return float("inf")
    training = training.double()
    between = torch.cdist(training, training).fill_diagonal_(float("inf")).amin(dim=1)
    least = float("inf")
    for rows in _by_gene(weights, training.shape[1]):
        ratios = torch.cdist(rows, training) / between.clamp_min(1e-9)
        least = min(least, float(ratios.min()))
    return least


def for_card(weights: Mapping[str, Tensor], training: Tensor) -> dict[str, float | None]:
    """What the card of a kept model says of it, ``nearest_to_training``; None where infinite.

    By weights, not by what it generates: the scorecard's attacks look at that.

    Parameters
    ----------
    weights, training
        Of :func:`nearest_to_training`.
    """
    nearest = nearest_to_training(weights, training)
    return {"nearest_to_training": nearest if math.isfinite(nearest) else None}


def _by_gene(weights: Mapping[str, Tensor], n_genes: int) -> Iterator[Tensor]:
    """The parts of weights that have a number for each gene, (n, n_genes) in double.

    A first layer that sees the class beside the genes is wider: its first inputs are the genes.
    """
    for tensor in weights.values():
        for axis, size in enumerate(tensor.shape):
            if tensor.is_floating_point() and size >= n_genes:
                genes = tensor.double().movedim(axis, -1)[..., :n_genes]
                yield genes.reshape(-1, n_genes)
