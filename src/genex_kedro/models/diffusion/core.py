"""The denoiser of a normal distribution a class: where a diffusion model with a core begins.

If expression of class c is normal with mean m and covariance V, the best guess of any target
is linear in the noised profile: ``m * shift + U gain(v) U' (x - signal m)`` with V = U v U'.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genex_kedro.models.blocks import class_means, class_sums
from genex_kedro.models.cvae.core import Residuals, shrunk_means
from genex_kedro.models.diffusion.config import Target
from genex_kedro.models.diffusion.steps import Level

_CLASS_PRIOR = 3  # samples that the pooled spread counts for against a class's own


class NormalDenoiser(nn.Module):
    """Predicts a diffusion's target as if every class were normal; all of it is fitted, not trained.

    V is the pooled covariance within classes, drawn to a multiple of the identity, in proportion
    to the spread of the class. Its axes are the principal axes of the residuals; what lies
    outside them has one variance.

    Parameters
    ----------
    n_classes, n_genes : int
    rank : int
        Axes that are kept.
    """

    def __init__(self, n_classes: int, n_genes: int, rank: int) -> None:
        super().__init__()
        self.register_buffer("means", torch.zeros(n_classes, n_genes))
        self.register_buffer("axes", torch.zeros(n_genes, rank))
        self.register_buffer("variances", torch.ones(rank))
        self.register_buffer("rest", torch.ones(()))
        self.register_buffer("scales", torch.ones(n_classes))
        self.register_buffer("spread", torch.ones(n_genes))

    def forward(self, noised: Tensor, at: Level, classes: Tensor, kind: Target) -> Tensor:
        """The target, (n_samples, n_genes); `at` has columns (n_samples, 1)."""
        mean, scale = self.means[classes], self.scales[classes][:, None]
        centred = noised - at.signal * mean
        outside = _gain(at, scale * self.rest, kind)
        inside = _gain(at, scale * self.variances, kind) - outside
        guess = outside * centred + ((centred @ self.axes) * inside) @ self.axes.T
        if kind == "noise":
            return guess
        return guess + mean if kind == "expression" else guess - at.noise * mean

    def smooth(
        self, expression: Tensor, classes: Tensor, share: float, draw: torch.Generator
    ) -> Tensor:
        """Samples with a share of their variance within the class replaced by noise.

        Their distribution has the covariance of the class drawn to independence by that share
        (genes keep their variances), where the samples themselves have a singular one.
        """
        mean, scale = self.means[classes], self.scales[classes][:, None].sqrt()
        noise = torch.randn(expression.shape, generator=draw, device=expression.device)
        noise = noise * self.spread * scale
        return mean + (1 - share) ** 0.5 * (expression - mean) + share**0.5 * noise

    @torch.no_grad()
    def fit(self, expression: Tensor, classes: Tensor, design: Tensor, shrinkage: float) -> None:
        """Fit on training samples, on the CPU; sums in double precision.

        Parameters
        ----------
        expression : Tensor or Rows, shape (n_samples, n_genes)
            Read in blocks: it may be on disk.
        classes : Tensor of int64, shape (n_samples,)
        design : Tensor, shape (n_classes, width)
            The encoding of the classes.
        shrinkage : float
            Weight of the identity against the covariance of the samples.
        """
        classes, design = classes.cpu(), design.cpu()
        raw, counts = class_means(expression, classes, len(design)), torch.bincount(classes)
        residuals = Residuals(expression, classes, raw)
        freedom = max(1, len(expression) - len(design))
        unit = torch.ones_like(residuals.squares)
        squares, axes = residuals.principal_axes(unit, len(self.variances))
        kept = squares > 1e-8 * squares[0].clamp_min(1e-300)
        squares, axes = squares[kept], axes[:, kept]
        variance = residuals.squares / freedom  # of each gene
        level = variance.mean()
        self.means.copy_(shrunk_means(raw, counts, design))
        rank = len(squares)  # with fewer samples than axes the others stay zero
        self.axes.zero_()[:, :rank] = axes.to(self.axes.dtype)
        spread = (1 - shrinkage) * squares / freedom + shrinkage * level
        self.variances.fill_(shrinkage * level)[:rank] = spread.to(self.variances.dtype)
        self.rest.copy_(shrinkage * level)
        self.spread.copy_(variance.sqrt())

        def spreads(block: Tensor, own: Tensor) -> Tensor:
            return (block - raw[own]).square().mean(dim=1)

        own = class_sums(expression, classes, len(design), spreads) / level
        self.scales.copy_((own + _CLASS_PRIOR) / (counts - 1 + _CLASS_PRIOR))


def _gain(at: Level, variance: Tensor, kind: Target) -> Tensor:
    """What the target is per unit of a centred noised value of that clean variance."""
    total = at.signal.square() * variance + at.noise.square()
    if kind == "noise":
        return at.noise / total
    if kind == "expression":
        return at.signal * variance / total
    return at.signal * at.noise * (1 - variance) / total
