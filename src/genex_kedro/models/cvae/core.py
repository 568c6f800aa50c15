"""Factor analysis given the class: where a conditional VAE with a core begins.

x = mean of the class + loadings z + noise, z ~ N(0, 1), noise independent with a variance a
gene. Maximum likelihood after Lawley and Maxwell (1971): with the noise held, the loadings are
principal axes of the scaled residuals; with the loadings held, the noise is what they leave.

Expression is read in blocks (``split``), twice: it may be on disk, larger than memory. What is
kept of it is the smaller Gram matrix of the residuals and a few sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from genex_kedro.models.blocks import blocks, class_means, class_sums

_ROUNDS = 30
_FLOOR = 0.05  # least share of a gene's variance that is noise: without it some genes end at 0


@dataclass(frozen=True)
class FactorAnalysis:
    """A fitted core; genes may be standardised or not.

    Parameters
    ----------
    means : Tensor, shape (n_classes, n_genes)
    loadings : Tensor, shape (n_genes, latent)
        Rotated so that the posterior of z has a diagonal covariance.
    noise_variance : Tensor, shape (n_genes,)
    squares : Tensor, shape (n_classes, n_genes)
        Sums of squares of what loadings and class mean leave of the training samples.
    counts : Tensor, shape (n_classes,)
        Training samples of each class.
    """

    means: Tensor
    loadings: Tensor
    noise_variance: Tensor
    squares: Tensor
    counts: Tensor

    @property
    def precision(self) -> Tensor:
        """Of the posterior of z, by dimension; shape (latent,)."""
        return 1 + (self.loadings.square() / self.noise_variance[:, None]).sum(dim=0)

    @property
    def recognition(self) -> Tensor:
        """Posterior mean of z = recognition @ (x - class mean); shape (latent, n_genes)."""
        return (self.loadings / self.noise_variance[:, None]).T / self.precision[:, None]


def shrunk_means(raw: Tensor, counts: Tensor, design: Tensor) -> Tensor:
    """Class means that hold no single sample: drawn to what the factors alone say.

    A mean of n samples has the weight n - 1 against 1 for the sum of its factors' effects (a
    ridge regression of the class means on the encoding with the same weights). The mean of a
    single sample, which would be that sample, is therefore not used at all.

    Parameters
    ----------
    raw : Tensor, shape (n_classes, n)
    counts : Tensor, shape (n_classes,)
    design : Tensor, shape (n_classes, width)
        The encoding of the classes.
    """
    weight = (counts - 1).to(raw.dtype)[:, None]
    design = design.to(raw.dtype)
    gram = design.T @ (weight * design) + torch.eye(design.shape[1], dtype=raw.dtype)
    by_factors = design @ torch.linalg.solve(gram, design.T @ (weight * raw))
    return (weight * raw + by_factors) / (weight + 1)


def fit_core(expression: Tensor, classes: Tensor, design: Tensor, latent: int) -> FactorAnalysis:
    """Fit on training samples, on the CPU and in double precision.

    Parameters
    ----------
    expression : Tensor, shape (n_samples, n_genes)
    classes : Tensor of int64, shape (n_samples,)
    design : Tensor, shape (n_classes, width)
        The encoding of the classes.
    latent : int

    Raises
    ------
    ValueError
        If a class has no sample, or there are not more samples than classes and latents.
    """
    classes, design = classes.cpu(), design.cpu()
    n_classes = len(design)
    freedom = len(expression) - n_classes
    if freedom <= latent:
        raise ValueError(
            f"{latent} latent dimensions need more than {latent + n_classes} samples, "
            f"not {len(expression)}"
        )
    raw, counts = class_means(expression, classes, n_classes), torch.bincount(classes)
    residuals = Residuals(expression, classes, raw)
    total = residuals.squares / freedom
    total = total.clamp_min(1e-6)  # a gene without spread within classes
    noise = total / 2
    for _ in range(_ROUNDS):
        squares, axes = residuals.principal_axes(noise.sqrt(), latent)
        gain = (squares / freedom - 1).clamp_min(0)
        loadings = noise.sqrt()[:, None] * axes * gain.sqrt()
        noise = torch.maximum(total - loadings.square().sum(dim=1), _FLOOR * total)
    none = torch.zeros_like(raw)
    fitted = FactorAnalysis(shrunk_means(raw, counts, design), loadings, noise, none, counts)

    def left(block: Tensor, own: Tensor) -> Tensor:
        centred = block - raw[own]
        return (centred - centred @ fitted.recognition.T @ loadings.T).square()

    return replace(fitted, squares=class_sums(expression, classes, n_classes, left))


class Residuals:
    """Samples without their class means: by their smaller Gram matrix, or themselves if few.

    Parameters
    ----------
    expression : Tensor or Rows, shape (n_samples, n_genes)
    classes : Tensor of int64, shape (n_samples,)
    means : Tensor, shape (n_classes, n_genes)
        In double.

    Attributes
    ----------
    squares : Tensor, shape (n_genes,)
        Sums of squares.
    """

    def __init__(self, expression: Tensor, classes: Tensor, means: Tensor) -> None:
        centred = (block - means[own] for block, own in blocks(expression, classes))
        self._few = len(expression) <= expression.shape[1]
        if self._few:
            self._samples = torch.cat(list(centred))
            self.squares = self._samples.square().sum(dim=0)
        else:
            self._scatter = sum(block.T @ block for block in centred)
            self.squares = self._scatter.diagonal()

    def principal_axes(self, unit: Tensor, n: int) -> tuple[Tensor, Tensor]:
        """Squared singular values, falling, and right singular vectors (n_genes, n), of the
        residuals with every gene in this unit (n_genes,).

        By the smaller Gram matrix, so that neither many samples nor many genes cost more than
        linearly; squaring loses only axes far below any noise.
        """
        if self._few:
            scaled = self._samples / unit
            squares, vectors = torch.linalg.eigh(scaled @ scaled.T)
        else:
            squares, vectors = torch.linalg.eigh(self._scatter / torch.outer(unit, unit))
        squares, vectors = squares[-n:].flip(0), vectors[:, -n:].flip(1)
        if self._few:
            vectors = scaled.T @ (vectors / squares.clamp_min(1e-300).sqrt())
        return squares, vectors


def aggregate_normal(
    mean: Tensor, variance: Tensor, classes: Tensor, design: Tensor, shrinkage: float
) -> tuple[Tensor, Tensor]:
    """A normal a class, matched to the posteriors of its samples.

    Parameters
    ----------
    mean, variance : Tensor, shape (n_samples, latent)
        Of the posteriors.
    classes : Tensor of int64, shape (n_samples,)
    design : Tensor, shape (n_classes, width)
        The encoding of the classes.
    shrinkage : float
        Samples that the pooled covariance, scaled to the spread of the class, counts as.

    Returns
    -------
    tuple of Tensor
        Means (n_classes, latent) and whiteners (n_classes, latent, latent), in double.
    """
    n_classes = len(design)
    centres = class_means(mean, classes, n_classes)
    spread = class_sums(variance, classes, n_classes, lambda block, _: block)

    def product(at: int) -> Tensor:  # class by class: the posteriors stay in single precision
        centred = mean[classes == at].double() - centres[at]
        return centred.T @ centred

    products, counts = [product(at) for at in range(n_classes)], torch.bincount(classes)
    freedom = max(1, len(mean) - n_classes)
    pooled = sum(products) / freedom + torch.diag(spread.sum(dim=0) / len(mean))
    eye = torch.eye(len(pooled), dtype=pooled.dtype)
    whiteners = []
    for between, own, n in zip(products, spread, counts.tolist(), strict=True):
        scatter = between + torch.diag(own)
        scale = _class_scale(scatter.trace() / pooled.trace(), n)
        cov = (scatter + shrinkage * scale * pooled) / (n + shrinkage)
        factor = torch.linalg.cholesky(cov)
        whiteners.append(torch.linalg.solve_triangular(factor, eye, upper=False))
    return shrunk_means(centres, counts, design), torch.stack(whiteners)


def class_noise(core: FactorAnalysis, shrinkage: float) -> Tensor:
    """Noise variance by class and gene, shrunk to the pooled one; (n_classes, n_genes).

    Parameters
    ----------
    core : FactorAnalysis
    shrinkage : float
        Samples that the pooled variance counts as.
    """
    # relative to the pooled residuals: those are smaller than the noise by the latents fitted
    pooled = core.squares.sum(dim=0) / core.counts.sum()
    rows = []
    for own, n in zip(core.squares / pooled.clamp_min(1e-12), core.counts.tolist(), strict=True):
        scale = _class_scale(own.mean(), n)
        rows.append((own + shrinkage * scale) / (n + shrinkage))
    return core.noise_variance * torch.stack(rows)


def _class_scale(summed: Tensor, n: int) -> Tensor:
    """How much more spread a class has than the average one; a class of three halfway to 1."""
    return (summed + 3) / (n + 3)
