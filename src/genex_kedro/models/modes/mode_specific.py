"""Mode-specific normalisation: a value as its mode and its place within it (Xu et al. 2019).

A gene with several modes is no job for one tanh. "Modeling Tabular data using Conditional GAN",
section 4.2: a Gaussian mixture is fitted to every gene, each value c is given to one of the
modes, drawn by their responsibilities for it, and becomes (alpha, beta) with beta the mode,
one-hot, and alpha = (c - mean) / (4 sd) of that mode.

The published way goes gene by gene through slices of unequal width, as many as there are modes
and one more; that costs time that grows with the square of the number of genes. Here all genes
are padded to the same number of modes and lie side by side, (n_samples, 1 + n_modes, n_genes),
alphas first; networks see that flattened. A gene's missing modes stay closed: zero in what is
encoded, and a large negative score (:meth:`ModeSpecific.scores`) in what a network gives; its
weights for them are there, at rest, so that a network's shape does not depend on the data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional

from genex_kedro.models.blocks import enough_samples
from genex_kedro.models.modes.gaussian_mixture import fit_mixtures

LEAST_WEIGHT = 0.005  # lighter modes are dropped
SPAN = 4.0  # standard deviations that alpha = 1 stands for
MOST = 0.99  # of an encoded alpha, so that a tanh can reach it
_CLOSED = -1e4
_VALUES = 64_000  # encoded at a time: what a cache holds with ten modes


@dataclass(frozen=True)
class Encoded:
    """Expression as modes and places within them.

    Parameters
    ----------
    alpha : Tensor, shape (n_samples, n_genes)
        Between -.99 and .99.
    mode : Tensor of int64, shape (n_samples, n_genes)
    """

    alpha: Tensor
    mode: Tensor

    def padded(self, n_modes: int, extra: int = 0) -> Tensor:
        """The table that networks see: alphas, one-hot modes, and room for other columns.

        Parameters
        ----------
        n_modes : int
        extra : int
            Columns of zeros at the end, for whoever asks to fill.

        Returns
        -------
        Tensor, shape (n_samples, (1 + n_modes) n_genes + extra)
        """
        n_samples, n_genes = self.alpha.shape
        tensor = self.alpha.new_zeros((n_samples, (1 + n_modes) * n_genes + extra))
        tensor[:, :n_genes] = self.alpha
        place = self.mode * n_genes + torch.arange(n_genes, 2 * n_genes, device=tensor.device)
        return tensor.scatter_(1, place, 1.0)


class ModeSpecific(nn.Module):
    """The modes of every gene; all of it is kept with the model.

    Parameters
    ----------
    n_genes : int
    n_modes : int
        Most modes a gene has.

    Attributes
    ----------
    weights, means, sds : Tensor, shape (n_modes, n_genes)
        Of a mode that the gene does not have: weight 0, mean 0, sd 1. Before :meth:`fit` each
        gene has one mode, the standard normal.
    places : Tensor of int64, shape (n_live,)
        Of the modes that there are, in a flat (n_modes, n_genes); follows from the weights.
    """

    def __init__(self, n_genes: int, n_modes: int) -> None:
        super().__init__()
        self.n_genes, self.n_modes = n_genes, n_modes
        self.width = (1 + n_modes) * n_genes
        self.register_buffer("weights", torch.zeros(n_modes, n_genes))
        self.register_buffer("means", torch.zeros(n_modes, n_genes))
        self.register_buffer("sds", torch.ones(n_modes, n_genes))
        self.weights[0] = 1
        self.register_buffer("places", torch.arange(n_genes), persistent=False)
        self.register_load_state_dict_post_hook(lambda module, _: module._find_places())

    @torch.no_grad()
    def fit(self, expression: Tensor) -> None:
        """Fit the modes on training samples (n_samples, n_genes), at most 20,000 of them."""
        some = enough_samples(expression, "modes")
        found = fit_mixtures(expression.index_select(0, some.to(expression.device)), self.n_modes)
        weights = found.weights.T
        heaviest = weights.amax(dim=0)  # of many equally light modes one stays
        live = weights >= heaviest.clamp_max(LEAST_WEIGHT)
        kept = torch.where(live, weights, 0.0)
        self.weights.copy_(kept / kept.sum(dim=0))
        self.means.copy_(torch.where(live, found.means.T, 0.0))
        self.sds.copy_(torch.where(live, found.sds.T, 1.0))
        self._find_places()

    def _find_places(self) -> None:
        self.places = self.live.flatten().nonzero().squeeze(1)

    @property
    def live(self) -> Tensor:
        """Which modes a gene has; bool, (n_modes, n_genes)."""
        return self.weights > 0

    def scores(self, layer: nn.Linear, hidden: Tensor) -> Tensor:
        """Scores of all modes by a layer of n_modes n_genes outputs, of which only those of modes
        that there are get computed: (n_samples, n_modes, n_genes)."""
        live = functional.linear(hidden, layer.weight[self.places], layer.bias[self.places])
        closed = live.new_full((len(hidden), self.n_modes * self.n_genes), _CLOSED)
        return closed.index_copy(1, self.places, live).unflatten(1, (self.n_modes, self.n_genes))

    def columns(self, extra: int = 0) -> Tensor:
        """Of the padded table with `extra` columns at its end: those that are not always zero."""
        alphas = torch.arange(self.n_genes, device=self.places.device)
        others = torch.arange(self.width, self.width + extra, device=self.places.device)
        return torch.cat([alphas, self.n_genes + self.places, others])

    @torch.no_grad()
    def encode(self, expression: Tensor, draw: torch.Generator) -> Encoded:
        """Modes drawn by their responsibilities for (n_samples, n_genes), and alphas."""
        uniform = torch.rand(expression.shape, generator=draw, device=draw.device)
        uniform = uniform.to(expression.device)
        rows = max(1, _VALUES // self.n_genes)
        blocks = zip(expression.split(rows), uniform.split(rows), strict=True)
        mode = torch.cat([self._draw_modes(*block) for block in blocks])
        means, sds = self.means.gather(0, mode), self.sds.gather(0, mode)
        alpha = (expression - means) / (SPAN * sds)
        return Encoded(alpha.clamp_(-MOST, MOST), mode)

    def _draw_modes(self, expression: Tensor, uniform: Tensor) -> Tensor:
        """Modes (n_samples, n_genes) by uniform numbers of that shape."""
        level = (self.weights.log() - self.sds.log()) / math.log(2)
        scale = math.sqrt(0.5 / math.log(2)) / self.sds  # densities as powers of 2
        scores = [
            level[k] - ((expression - self.means[k]) * scale[k]).square_()
            for k in range(self.n_modes)
        ]
        peak = reduce(torch.maximum, scores)
        cumulated = list(accumulate(score.sub_(peak).exp2_() for score in scores))
        # below the whole, so that rounding never leads to a mode that the gene does not have
        threshold = uniform * cumulated[-1] * (1 - 1e-6)
        return torch.stack([below <= threshold for below in cumulated[:-1]]).sum(dim=0)

    def decode(self, encoded: Encoded) -> Tensor:
        """The inverse of :meth:`encode` but for clamped values: (n_samples, n_genes)."""
        means, sds = self.means.gather(0, encoded.mode), self.sds.gather(0, encoded.mode)
        return encoded.alpha * (SPAN * sds) + means

    def standardise(self, expression: Tensor) -> Tensor:
        """Genes by the mean and standard deviation of their mixtures; (n_samples, n_genes)."""
        mean = (self.weights * self.means).sum(dim=0)
        spread = self.sds.square() + (self.means - mean).square()
        return (expression - mean) / (self.weights * spread).sum(dim=0).sqrt()
