"""The network of a diffusion model: noised expression, its step and its class in."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from genex_kedro.models.diffusion.config import DiffusionConfig
from genex_kedro.models.layers import Dropout

CONDITION = 128  # width of what step and class are embedded in
_FREQUENCIES = 32
_HIGHEST = 1000.0  # over a diffusion from 0 to 1


class Denoiser(nn.Module):
    """A residual network on the genes, with a direct path from every gene to itself.

    Step and class shift and scale each block (FiLM). The direct path, scaled by step and class,
    carries what a network narrower than the genes cannot: noise that is independent by gene.
    The output begins at zero.

    Parameters
    ----------
    config : DiffusionConfig
    n_genes : int
    n_design : int
        Width of the encoding of classes.
    """

    def __init__(self, config: DiffusionConfig, n_genes: int, n_design: int) -> None:
        super().__init__()
        rates = torch.exp(torch.linspace(0, math.log(_HIGHEST), _FREQUENCIES))
        self.register_buffer("rates", rates, persistent=False)
        self.step = nn.Linear(2 * _FREQUENCIES, CONDITION)
        self.design = nn.Linear(n_design, CONDITION)
        self.condition = nn.Linear(CONDITION, CONDITION)
        self.input = nn.Linear(n_genes, config.width)
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.width)
        self.output = nn.Linear(config.width, n_genes)
        self.direct = nn.Linear(CONDITION, 2 * n_genes)
        for layer in (self.output, self.direct):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, noised: Tensor, step: Tensor, design: Tensor, draw: torch.Generator | None = None
    ) -> Tensor:
        """Predict the target, (n_samples, n_genes).

        Parameters
        ----------
        noised : Tensor, shape (n_samples, n_genes)
        step : Tensor, shape (n_samples,)
            Share of the diffusion that lies behind, 0 to 1.
        design : Tensor, shape (n_samples, n_design)
            The encoding of the classes.
        draw : Generator, optional
            Of dropout, in training mode.
        """
        angle = step[:, None] * self.rates
        at = self.step(torch.cat([angle.sin(), angle.cos()], dim=1)) + self.design(design)
        condition = functional.silu(self.condition(functional.silu(at)))
        hidden = self.input(noised)
        for block in self.blocks:
            hidden = block(hidden, condition, draw)
        scale, shift = self.direct(condition).chunk(2, dim=1)
        return self.output(functional.silu(self.norm(hidden))) + scale * noised + shift


class _Block(nn.Module):
    def __init__(self, config: DiffusionConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.film = nn.Linear(CONDITION, 2 * config.width)
        self.wide = nn.Linear(config.width, 2 * config.width)
        self.dropout = Dropout(config.dropout)
        self.narrow = nn.Linear(2 * config.width, config.width)

    def forward(self, x: Tensor, condition: Tensor, draw: torch.Generator | None) -> Tensor:
        scale, shift = self.film(condition).chunk(2, dim=1)
        hidden = functional.silu(self.wide(self.norm(x) * (1 + scale) + shift))
        return x + self.narrow(self.dropout(hidden, draw))
