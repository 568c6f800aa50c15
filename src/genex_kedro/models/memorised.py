"""Does a model hold a training sample? A look at its weights, not at what it generates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

_ALL = 5_000  # of more training samples, only those nearest to some row are asked about
_AT_ONCE = 4096
HELD = 0.25  # below it a weight is nearer to one sample than any mean of two can be


def nearest_to_training(weights: Mapping[str, Tensor], training: Tensor) -> float:
    """How near the weights come to a training sample.

    Every row or column of a weight that has a number for each gene (a class mean, what a
    hidden unit looks for) is compared with every training sample.

    Parameters
    ----------
    weights : dict of str to Tensor
        A state dict, on the CPU.
    training : Tensor or Rows, shape (n_samples, n_genes)
        As the model saw them: scaled. Read in blocks: they may be on disk.

    Returns
    -------
    float
        The least distance, in units of that sample's distance to its nearest neighbour among the
        other samples: 0 is a copy, the mean of two neighbours .5, an ordinary stranger 1.
        Infinite where no weight has a number for each gene, or there is one sample. Of more
        than 5,000 training samples only those that are the nearest to some row are asked about,
        since all pairs would take time with the square of their number: a copy is still found,
        and the number is an upper bound.
    """
    rows = list(_by_gene(weights, training.shape[1]))
    if len(training) < 2 or not rows:
        return float("inf")
    rows, asked = torch.cat(rows), torch.arange(len(training))
    if len(training) > _ALL:
        asked = _nearest(rows, training)
    samples = training.index_select(0, asked).cpu().double()
    ratios = torch.cdist(rows, samples) / _to_neighbour(samples, asked, training).clamp_min(1e-9)
    return float(ratios.min())


def _nearest(rows: Tensor, training: Tensor) -> Tensor:
    """Positions of the training samples that are the nearest to some row."""
    least = rows.new_full((len(rows),), float("inf"))
    at = torch.zeros(len(rows), dtype=torch.int64)
    for first, block in _blocks(training):
        distance, place = torch.cdist(rows, block).min(dim=1)
        nearer = distance < least
        least, at = torch.where(nearer, distance, least), torch.where(nearer, first + place, at)
    return at.unique()


def _to_neighbour(samples: Tensor, at: Tensor, training: Tensor) -> Tensor:
    """Distance of samples, which lie at these positions, to the nearest other training sample."""
    least = samples.new_full((len(samples),), float("inf"))
    for first, block in _blocks(training):
        distance = torch.cdist(samples, block)
        own = (at >= first) & (at < first + len(block))
        distance[own, at[own] - first] = float("inf")
        least = torch.minimum(least, distance.amin(dim=1))
    return least


def _blocks(training: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Training samples a few thousand at a time, in double, with the position of the first."""
    first = 0
    for block in training.split(_AT_ONCE):
        yield first, block.cpu().double()
        first += len(block)


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
