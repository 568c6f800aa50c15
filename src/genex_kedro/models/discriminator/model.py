"""Tumor or normal: the judge of generated expression (paper 000).

The paper's network is 308-1500-200-200-200-50-1 with ReLU and dropout .5, trained with binary
cross-entropy and Adam on samples that are each standardised by their own mean and standard
deviation; standardisation is not part of the network (:mod:`genex_kedro.transforms`).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genex_kedro.models.base import TrainedModel, seeded_weights, weights_of
from genex_kedro.models.layers import MLP

MODEL_NAME = "Discriminator"


class DiscriminatorConfig(BaseModel):
    """What a discriminator is and how it is trained; the defaults are the paper's.

    Parameters
    ----------
    hidden : tuple of int
        Widths of the hidden layers.
    dropout : float
    shortcut : bool
        Add a linear path from the genes to the logit and start the network at zero, so that
        training begins as logistic regression and departs from it only where that helps.
    shortcut_penalty : float
        Adds ``shortcut_penalty / 2 * ||w||^2`` of the linear path to the loss: logistic
        regression's 1 / (C n).
    members : int
        Networks trained side by side on the same batches; their logits are averaged.
    balanced : bool
        Weigh tumors and normals alike in the loss, whatever their numbers.
    learning_rate, weight_decay : float
        Of AdamW; with weight_decay 0 it is Adam.
    shortcut_learning_rate : float or None
        Of the linear path; None is `learning_rate`. A faster linear path reaches logistic
        regression before the network has begun to overfit and early stopping ends the fit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    hidden: tuple[int, ...] = (1500, 200, 200, 200, 50)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    shortcut: bool = False
    shortcut_penalty: float = Field(default=0.0, ge=0)
    members: int = Field(default=1, ge=1)
    balanced: bool = False
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    shortcut_learning_rate: float | None = Field(default=None, gt=0)


class Discriminator(nn.Module):
    """Expression of a sample to the logit of tumor; build it with :func:`build_discriminator`.

    Parameters
    ----------
    config : DiscriminatorConfig
    n_genes : int

    """

    def __init__(self, config: DiscriminatorConfig, n_genes: int) -> None:
        super().__init__()
        self.config = config
        self.networks = nn.ModuleList(
            MLP(n_genes, config.hidden, 1, config.dropout) for _ in range(config.members)
        )
        self.shortcuts = nn.ModuleList(
            nn.Linear(n_genes, 1) for _ in range(config.members if config.shortcut else 0)
        )
        if config.shortcut:
            for layer in (*self.shortcuts, *(network.output for network in self.networks)):
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, expression: Tensor, draw: torch.Generator | None = None) -> Tensor:
        """The logit of tumor, mean over members.

        Parameters
        ----------
        expression : Tensor, shape (n_samples, n_genes)
            Standardised as the model was trained.
        draw : Generator, optional
            For dropout, in training mode.

        Returns
        -------
        Tensor, shape (n_samples,)
        """
        return self.member_logits(expression, draw).mean(dim=0)

    def member_logits(self, expression: Tensor, draw: torch.Generator | None = None) -> Tensor:
        """The logit of each member, shape (members, n_samples)."""
        logits = torch.stack([network(expression, draw).squeeze(-1) for network in self.networks])
        if self.config.shortcut:
            linear = [shortcut(expression).squeeze(-1) for shortcut in self.shortcuts]
            logits = logits + torch.stack(linear)
        return logits


def build_discriminator(config: DiscriminatorConfig, n_genes: int, seed: int) -> Discriminator:
    """A discriminator with weights drawn from `seed`."""
    with seeded_weights(seed):
        return Discriminator(config, n_genes)


def to_trained_model(
    discriminator: Discriminator,
    genes: pd.DataFrame,
    transform: dict[str, Any],
    card: dict[str, Any],
) -> TrainedModel:
    """A discriminator in the form that is kept on disk.

    Parameters
    ----------
    discriminator : Discriminator
    genes : DataFrame, indexed by symbol
        In the order of its inputs.
    transform : dict
        How expression in log2(x+1) is standardised before it enters.
    card : dict
        What it was trained on and how well it does.
    """
    config = {"model": MODEL_NAME, **discriminator.config.model_dump(mode="json")}
    return TrainedModel(config, weights_of(discriminator), genes, transform, card)


def from_trained_model(trained: TrainedModel) -> Discriminator:
    """The discriminator in evaluation mode.

    Raises
    ------
    ValueError
        If it is another model.
    """
    config = DiscriminatorConfig(**trained.config_as(MODEL_NAME))
    discriminator = Discriminator(config, len(trained.genes))
    discriminator.load_state_dict(trained.weights)
    return discriminator.eval()
