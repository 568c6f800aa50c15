"""The critic of CTGAN: it judges several samples together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genex_kedro.models.gradient_penalty import input_gradient, two_sided_penalty
from genex_kedro.models.layers import Dropout

LEAK = 0.2


class PackedCritic(nn.Module):
    """Leaky ReLU layers with dropout over packs of samples (PacGAN, Lin et al. 2018).

    A generator that gives fewer kinds of samples than there are gives itself away sooner to
    who sees ten of them.

    Parameters
    ----------
    columns : Tensor of int64
        Those of a sample and its condition that are looked at: what is always zero is not.
    hidden : sequence of int
    pac : int
        Samples in a pack.
    dropout : float
    """

    def __init__(self, columns: Tensor, hidden: Sequence[int], pac: int, dropout: float) -> None:
        super().__init__()
        self.pac = pac
        self.register_buffer("columns", columns, persistent=False)
        widths = [len(columns) * pac, *hidden]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))
        # only differences of scores mean anything: the last layer needs no bias
        self.layers.append(nn.Linear(widths[-1], 1, bias=False))
        self.dropout = Dropout(dropout)

    def forward(self, table: Tensor, draw: torch.Generator) -> Tensor:
        """Scores of packs, (n_samples / pac,), higher for real ones, of (n_samples, width)."""
        return self._from_first(self._first(table), draw)[0]

    def compare(self, real: Tensor, made: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        """How much higher real packs score, and the gradient penalty between the two; both 0-d.

        The points where the gradient is looked at are mixtures of a real and a generated pack.
        The first layer of a mixture is the mixture of the first layers, which spares the
        widest product.

        Parameters
        ----------
        real, made : Tensor, shape (n_samples, width)
        draw : Generator
        """
        firsts = self._first(real), self._first(made)
        of_real, of_made = (self._from_first(first, draw)[0] for first in firsts)
        with torch.no_grad():
            share = torch.rand((len(of_real), 1), generator=draw, device=draw.device)
            slopes = self._from_first(torch.lerp(*firsts, share), draw)[1]
        gradient = input_gradient([layer.weight for layer in self.layers], slopes)
        return of_real.mean() - of_made.mean(), two_sided_penalty(gradient)

    def _first(self, table: Tensor) -> Tensor:
        seen = table.index_select(1, self.columns)
        return self.layers[0](seen.view(len(table) // self.pac, -1))

    def _from_first(self, x: Tensor, draw: torch.Generator) -> tuple[Tensor, list[Tensor]]:
        """Scores from the first pre-activations (n_packs, width), and the slopes of all layers.

        A leaky ReLU with dropout multiplies each unit by a constant of where it is.
        """
        slopes = []
        for layer in self.layers[1:]:
            slope = torch.where(x > 0, 1.0, LEAK)
            slopes.append(self.dropout(slope, draw))
            x = layer(x * slopes[-1])
        return x.squeeze(1), slopes
