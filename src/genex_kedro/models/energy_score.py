"""What a validation batch says of a generator that has no likelihood."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def energy_score(
    expression: Tensor, make: Callable[[], Tensor], draws: int = 2
) -> dict[str, Tensor]:
    """The energy score of a conditional generator on real samples, and its spread.

    E|Y - x| - 1/2 E|Y - Y'| with x a real sample and Y, Y' independent draws of its class
    (Gneiting and Raftery 2007, "Strictly Proper Scoring Rules", equation 21): its expectation
    is least where the draws of every class are distributed as its samples are. A mean over
    samples, so that it does not depend on how they are batched.

    Parameters
    ----------
    expression : Tensor, shape (n_samples, n_genes)
    make : callable
        Gives one draw of the class of each sample, (n_samples, n_genes); new at each call.
    draws : int
        At least 2.

    Returns
    -------
    dict of str to Tensor
        0-d: ``energy_score``, in the unit of distances a square root of genes, and ``spread``,
        E|Y - Y'| / E|Y - x|: 1 where generator and truth agree, 0 where it collapsed.
    """
    made = [make() for _ in range(draws)]
    to_real = torch.stack([_distance(one, expression) for one in made]).mean()
    pairs = [_distance(one, other) for i, one in enumerate(made) for other in made[:i]]
    between = torch.stack(pairs).mean()
    return {
        "energy_score": (to_real - between / 2) / expression.shape[1] ** 0.5,
        "spread": between / to_real,
    }


def _distance(one: Tensor, other: Tensor) -> Tensor:
    return torch.linalg.vector_norm(one - other, dim=1).mean()
