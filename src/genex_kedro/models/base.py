"""What all models share: a trained model in memory, and weights that follow from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn


@dataclass
class TrainedModel:
    """All that is needed to use a trained model, and nothing of the data it was trained on.

    Parameters
    ----------
    config : dict
        Plain JSON: ``model`` (its class) and what builds it again.
    weights : dict of str to Tensor
        The state dict, on the CPU.
    genes : DataFrame, indexed by symbol
        The genes in the order of the model's inputs (columns such as ``entrez, ensembl``).
    transform : dict
        Plain JSON: how expression in log2(x+1) is scaled before it enters the model.
    card : dict
        Plain JSON: what it was trained on and how well it does; for readers.
    """

    config: dict[str, Any]
    weights: dict[str, Tensor]
    genes: pd.DataFrame
    transform: dict[str, Any] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)

    def config_as(self, name: str) -> dict[str, Any]:
        """What builds it again, where it is a model of this name.

        Raises
        ------
        ValueError
            If it is another model.
        """
        config = dict(self.config)
        if (found := config.pop("model", None)) != name:
            raise ValueError(f"the trained model is {found!r}, not {name!r}")
        return config


def weights_of(module: nn.Module) -> dict[str, Tensor]:
    """Its state dict as it is kept: detached, on the CPU."""
    return {key: tensor.detach().cpu() for key, tensor in module.state_dict().items()}


@contextmanager
def seeded_weights(seed: int) -> Iterator[None]:
    """Build modules on the CPU from `seed`, leaving torch's global generator as it was.

    torch's layers initialise themselves from the global generator; nothing else here uses it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
