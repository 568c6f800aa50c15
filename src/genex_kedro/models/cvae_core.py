"""Factor analysis given the class: where a conditional VAE with a core begins.

x = mean of the class + loadings z + noise, z ~ N(0, 1), noise independent with a variance a
gene. Maximum likelihood after Lawley and Maxwell (1971): with the noise held, the loadings are
principal axes of the scaled residuals; with the loadings held, the noise is what they leave.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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
    residuals : Tensor, shape (n_samples, n_genes)
        What loadings and class mean leave of the training samples.
    """

    means: Tensor
    loadings: Tensor
    noise_variance: Tensor
    residuals: Tensor

    @property
    def precision(self) -> Tensor:
        """Of the posterior of z, by dimension; shape (latent,)."""
        return 1 + (self.loadings.square() / self.noise_variance[:, None]).sum(dim=0)

    @property
    def recognition(self) -> Tensor:
        """Posterior mean of z = recognition @ (x - class mean); shape (latent, n_genes)."""
        return (self.loadings / self.noise_variance[:, None]).T / self.precision[:, None]


def class_means(x: Tensor, classes: Tensor, n_classes: int) -> Tensor:
    """Mean of every class, shape (n_classes, n_genes).

    Raises
    ------
    ValueError
        If a class has no sample.
    """
    counts = torch.bincount(classes, minlength=n_classes)
    if (counts == 0).any():
        raise ValueError(f"{int((counts == 0).sum())} classes have no training sample")
    sums = torch.zeros((n_classes, x.shape[1]), dtype=x.dtype).index_add_(0, classes, x)
    return sums / counts[:, None]


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
    x, classes, design = expression.double().cpu(), classes.cpu(), design.cpu()
    n_classes = len(design)
    freedom = len(x) - n_classes
    if freedom <= latent:
        raise ValueError(
            f"{latent} latent dimensions need more than {latent + n_classes} samples, not {len(x)}"
        )
    raw = class_means(x, classes, n_classes)
    means = shrunk_means(raw, torch.bincount(classes), design)
    centred = x - raw[classes]
    total = centred.square().sum(dim=0) / freedom
    total = total.clamp_min(1e-6)  # a gene without spread within classes
    noise = total / 2
    for _ in range(_ROUNDS):
        _, s, axes = torch.linalg.svd(centred / noise.sqrt(), full_matrices=False)
        gain = (s[:latent].square() / freedom - 1).clamp_min(0)
        loadings = noise.sqrt()[:, None] * axes[:latent].T * gain.sqrt()
        noise = torch.maximum(total - loadings.square().sum(dim=1), _FLOOR * total)
    fitted = FactorAnalysis(means, loadings, noise, centred)
    left = centred - centred @ fitted.recognition.T @ loadings.T
    return FactorAnalysis(means, loadings, noise, left)


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
    mean, variance, n_classes = mean.double(), variance.double(), len(design)
    centres = class_means(mean, classes, n_classes)
    centred = mean - centres[classes]
    freedom = max(1, len(mean) - n_classes)
    pooled = centred.T @ centred / freedom + torch.diag(variance.mean(dim=0))
    eye = torch.eye(len(pooled), dtype=pooled.dtype)
    whiteners = []
    for at in range(n_classes):
        own, own_variance = centred[classes == at], variance[classes == at]
        scatter = own.T @ own + torch.diag(own_variance.sum(dim=0))
        scale = _class_scale(scatter.trace() / pooled.trace(), len(own))
        cov = (scatter + shrinkage * scale * pooled) / (len(own) + shrinkage)
        factor = torch.linalg.cholesky(cov)
        whiteners.append(torch.linalg.solve_triangular(factor, eye, upper=False))
    return shrunk_means(centres, torch.bincount(classes), design), torch.stack(whiteners)


def class_noise(core: FactorAnalysis, classes: Tensor, n_classes: int, shrinkage: float) -> Tensor:
    """Noise variance by class and gene, shrunk to the pooled one; (n_classes, n_genes).

    Parameters
    ----------
    core : FactorAnalysis
    classes : Tensor of int64, shape (n_samples,)
        Of the samples that `core` was fitted on.
    n_classes : int
    shrinkage : float
        Samples that the pooled variance counts as.
    """
    # relative to the pooled residuals: those are smaller than the noise by the latents fitted
    squares = core.residuals.square() / core.residuals.square().mean(dim=0).clamp_min(1e-12)
    rows = []
    for at in range(n_classes):
        own = squares[classes == at]
        scale = _class_scale(own.mean(dim=1).sum(), len(own))
        rows.append((own.sum(dim=0) + shrinkage * scale) / (len(own) + shrinkage))
    return core.noise_variance * torch.stack(rows)


def _class_scale(summed: Tensor, n: int) -> Tensor:
    """How much more spread a class has than the average one; a class of three halfway to 1."""
    return (summed + 3) / (n + 3)
