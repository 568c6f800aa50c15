"""Marginals of drawn samples, set right gene by gene after the fit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genex_kedro.models.blocks import class_means, class_sums, enough_samples
from genex_kedro.models.cvae.core import shrunk_means

_LEVELS = 100
_TAIL = 5


class MarginalCalibration(nn.Module):
    """Gives each gene's deviation from its class the distribution it has in training samples.

    A model with normal or t noise draws symmetric deviations; those of real genes are skewed and
    have heavy tails, which trees find. A monotone map a gene, from the quantiles of the model's
    own draws to those of the training samples (both in units of the class's spread, over all
    classes), leaves ranks, and so nearly all correlations, as they are: the copula of the model
    with the marginals of the data (Sklar's theorem). Before :meth:`fit` it changes nothing.

    Parameters
    ----------
    n_classes, n_genes : int
    """

    def __init__(self, n_classes: int, n_genes: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(n_classes, n_genes))
        self.register_buffer("spread", torch.ones(n_classes, n_genes))
        levels = (torch.arange(_LEVELS) + 0.5) / _LEVELS  # no quantile is a single sample's value
        self.register_buffer("levels", levels, persistent=False)
        self.register_buffer("drawn", levels.repeat(n_genes, 1))
        self.register_buffer("real", levels.repeat(n_genes, 1))

    @torch.no_grad()
    def fit(
        self,
        train: tuple[Tensor, Tensor],
        drawn: tuple[Tensor, Tensor],
        design: Tensor,
        prior: float,
    ) -> None:
        """Learn the maps; everything on the CPU.

        Centres and spreads come of all training samples, read in blocks (they may be on disk),
        quantiles of those of :func:`enough_samples`.

        Parameters
        ----------
        train, drawn : tuple of Tensor
            ``(expression, classes)`` of the training samples and of the model's, uncalibrated.
        design : Tensor, shape (n_classes, width)
            The encoding of the classes.
        prior : float
            Samples that the pooled variance counts for against a class's own.
        """
        x, classes = train
        raw, counts = class_means(x, classes, len(design)), torch.bincount(classes)
        squares = class_sums(x, classes, len(design), lambda b, own: (b - raw[own]).square())
        pooled = squares.sum(0) / max(1, len(x) - len(design))
        freedom = (counts - 1)[:, None]
        variance = (squares + prior * pooled.clamp_min(1e-6)) / (freedom + prior)
        self.centre.copy_(shrunk_means(raw, counts, design))
        self.spread.copy_(variance.sqrt())
        some = enough_samples(x, "quantiles")
        self.real.copy_(self._quantiles(x.index_select(0, some.to(x.device)).cpu(), classes[some]))
        self.drawn.copy_(self._quantiles(*drawn))

    def forward(self, expression: Tensor, classes: Tensor) -> Tensor:
        """Calibrated profiles (n_samples, n_genes) of samples drawn from the model."""
        centre, spread = self.centre[classes], self.spread[classes]
        deviation = ((expression - centre) / spread).T.contiguous()
        inside = deviation.clamp(self.drawn[:, :1], self.drawn[:, -1:])
        right = torch.searchsorted(self.drawn, inside).clamp(1, _LEVELS - 1)
        low, high = (self.drawn.gather(1, at) for at in (right - 1, right))
        share = (inside - low) / (high - low).clamp_min(1e-9)
        mapped = torch.lerp(self.real.gather(1, right - 1), self.real.gather(1, right), share)
        return centre + spread * (mapped + self._slope(deviation) * (deviation - inside)).T

    def _slope(self, deviation: Tensor) -> Tensor:
        """Of the map beyond the outermost quantiles: what it has over the last few of them."""
        below, above = (
            (self.real[:, b] - self.real[:, a])
            / (self.drawn[:, b] - self.drawn[:, a]).clamp_min(1e-9)
            for a, b in ((0, _TAIL), (-1 - _TAIL, -1))
        )
        return torch.where(deviation < self.drawn[:, :1], below[:, None], above[:, None])

    def _quantiles(self, expression: Tensor, classes: Tensor) -> Tensor:
        """Of the deviations of each gene, shape (n_genes, levels)."""
        deviation = (expression - self.centre[classes]) / self.spread[classes]
        return torch.quantile(deviation, self.levels, dim=0).T
