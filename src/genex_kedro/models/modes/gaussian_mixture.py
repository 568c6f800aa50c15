"""A variational Gaussian mixture for every gene, fitted for all genes at once.

One gene's mixture is Bishop 2006, section 10.2, with the truncated Dirichlet process of Blei and
Jordan 2006 over its weights: unneeded modes lose their weight. Priors, updates and stopping rule
are those of scikit-learn's ``BayesianGaussianMixture`` with
``weight_concentration_prior_type="dirichlet_process"``, so that both reach the same numbers from
the same start; column by column scikit-learn takes minutes for what takes seconds here.

A normal density in one dimension is the exponential of ``c + b x + a x^2``, so that an
iteration is two products with the matrix of (1, x, x^2): coefficients by powers gives the
log densities, responsibilities by powers gives all sums that the update needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

CONCENTRATION = 1e-3  # of the Dirichlet process: few modes (Xu et al. 2019, section 4.2)
_FLOOR = 1e-6  # added to variances, in units of the data
_ELEMENTS = 1_000_000  # samples x modes x genes worked on at a time: what a cache holds
_LLOYD_STEPS = 50


@dataclass(frozen=True)
class GaussianMixtures:
    """One mixture a gene.

    Parameters
    ----------
    weights, means, sds : Tensor of float64, shape (n_genes, n_modes)
        In units of the data; weights sum to 1.
    iterations : Tensor of int64, shape (n_genes,)
        How many each gene took.
    """

    weights: Tensor
    means: Tensor
    sds: Tensor
    iterations: Tensor

    def log_density(self, values: Tensor) -> Tensor:
        """Log density of every value (n_samples, n_genes), of the same shape, float64."""
        z = (values.double()[:, :, None] - self.means) / self.sds
        each = self.weights.log() - self.sds.log() - 0.5 * z.square()
        return torch.logsumexp(each, dim=2) - 0.5 * math.log(2 * math.pi)


def fit_mixtures(
    values: Tensor,
    n_modes: int = 10,
    max_iterations: int = 100,
    tolerance: float = 1e-3,
    start: Tensor | None = None,
) -> GaussianMixtures:
    """Fit the mixtures of all genes.

    Parameters
    ----------
    values : Tensor, shape (n_samples, n_genes)
        Finite; two samples or more.
    n_modes : int
        Most modes a gene has.
    max_iterations : int
    tolerance : float
        A gene is done when its lower bound changes by less, in nats over all samples.
    start : Tensor of int64, shape (n_samples, n_genes), optional
        The mode that each value belongs to at first; by default k-means (:func:`start_modes`),
        in which nothing is random.

    Raises
    ------
    ValueError
        Fewer than two samples, or values that are not finite.
    """
    if values.ndim != 2 or len(values) < 2 or not values.isfinite().all():
        raise ValueError(
            f"mixtures of {tuple(values.shape)} values, which are to be finite, of two samples or more"
        )
    block = max(1, _ELEMENTS // (len(values) * n_modes))
    parts = []
    for first in range(0, values.shape[1], block):
        genes = slice(first, first + block)
        own = None if start is None else start[:, genes]
        fit = _Block(values[:, genes], n_modes, own)
        parts.append(fit.run(max_iterations, tolerance))
    return GaussianMixtures(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))


def start_modes(values: Tensor, n_modes: int) -> Tensor:
    """k-means of each gene, from modes of equal numbers of samples and from equally wide ones.

    In one dimension a cluster is a stretch of the sorted values: a step takes running sums and
    a search for the borders, whatever the number of samples. The start with the smaller sum of
    squares wins; modes are numbered by falling size, as the stick-breaking prior expects them.

    Parameters
    ----------
    values : Tensor of float64, shape (n_genes, n_samples)

    Returns
    -------
    Tensor of int64, shape (n_genes, n_samples)
    """
    ordered = values.sort(dim=1).values
    share = (torch.arange(n_modes, dtype=values.dtype, device=values.device) + 0.5) / n_modes
    first, last = ordered[:, :1], ordered[:, -1:]
    rank = (share * values.shape[1]).long().clamp_max(values.shape[1] - 1)
    candidates = [_lloyd(ordered, c) for c in (ordered[:, rank], first + share * (last - first))]
    (centres, loss), (others, other_loss) = candidates
    centres = torch.where((other_loss < loss)[:, None], others, centres)
    modes = torch.searchsorted(_borders(centres), values)
    sizes = torch.zeros_like(centres).scatter_add_(1, modes, torch.ones_like(values))
    place = sizes.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return place.gather(1, modes)


def _lloyd(ordered: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Centres (n_genes, n_modes) after k-means, and minus the squares that they explain."""
    running = torch.nn.functional.pad(ordered.cumsum(dim=1), (1, 0))
    for _ in range(_LLOYD_STEPS):
        ends = torch.searchsorted(ordered, _borders(centres), right=True)
        ends = torch.nn.functional.pad(ends, (1, 0))
        ends = torch.cat([ends, torch.full_like(ends[:, :1], ordered.shape[1])], dim=1)
        n, total = ends.diff(dim=1), running.gather(1, ends).diff(dim=1)
        moved = torch.where(n > 0, total / n.clamp_min(1), centres).sort(dim=1).values
        if torch.equal(moved, centres):
            break
        centres = moved
    return centres, -(n * (total / n.clamp_min(1)).square()).sum(dim=1)


def _borders(centres: Tensor) -> Tensor:
    return ((centres[:, 1:] + centres[:, :-1]) / 2).contiguous()


class _Block:
    """The mixtures of a few genes, in units in which each gene has mean 0 and variance 1.

    Attributes
    ----------
    powers : Tensor, shape (n_genes, 3, n_samples)
        1, x and x squared.
    a, b : Tensor, shape (n_genes, n_modes)
        Of the beta distribution of each broken stick.
    precision, freedom, mean, variance : Tensor, shape (n_genes, n_modes)
        Of the normal-Wishart distributions; `variance` is the expected one.
    """

    def __init__(self, values: Tensor, n_modes: int, start: Tensor | None) -> None:
        x = values.double().T.contiguous()
        self.centre = x.mean(dim=1, keepdim=True)
        spread = x.std(dim=1, keepdim=True)
        # of a constant gene nothing but rounding is left
        self.even = spread <= 1e-9 * (1 + self.centre.abs())
        self.spread = torch.where(self.even, 1.0, spread)
        x = (x - self.centre) / self.spread
        self.floor = _FLOOR / self.spread.square()
        self.powers = torch.stack([torch.ones_like(x), x, x * x], dim=1)
        modes = start_modes(x, n_modes) if start is None else start.T
        one_hot = torch.nn.functional.one_hot(modes, n_modes).to(x.dtype)
        self._update(torch.bmm(self.powers, one_hot).transpose(1, 2))

    def run(self, max_iterations: int, tolerance: float) -> tuple[Tensor, ...]:
        """Iterate until every gene is done; weights, means, sds, iterations."""
        going = torch.arange(len(self.mean), device=self.mean.device)
        result = *(torch.empty_like(self.mean) for _ in range(3)), torch.empty_like(going)
        bound = -math.inf
        for iteration in range(1, max_iterations + 1):
            new = self._iterate() + self._bound_of_parameters()
            done = ((new - bound).abs() < tolerance) | (iteration == max_iterations)
            bound = new
            if done.any():
                for whole, part in zip(result, self._in_units_of_the_data(), strict=False):
                    whole[going[done]] = part[done]
                result[3][going[done]] = iteration
                going, bound = going[~done], bound[~done]
                self._go_on_with(~done)
            if not len(going):
                break
        return result

    def _iterate(self) -> Tensor:
        """One pass over the samples; the entropy of the responsibilities, (n_genes,)."""
        coefficients = self._coefficients()
        # in powers of 2: torch's exp takes 3 times as long
        scores = torch.bmm(coefficients / math.log(2), self.powers)
        peak = scores.amax(dim=1, keepdim=True)
        scores.sub_(peak).exp2_()
        total = scores.sum(dim=1, keepdim=True)
        sums = torch.bmm(scores, (self.powers / total).transpose(1, 2))
        # sum of r log r, by the sums that are there already: no further pass over the samples
        entropy = (total.log() + math.log(2) * peak).sum(dim=(1, 2))
        entropy -= (sums * coefficients).sum(dim=(1, 2))
        self._update(sums)
        return entropy

    def _update(self, sums: Tensor) -> None:
        """The distributions of the parameters from sums of r, r x and r x^2, (n_genes, n_modes, 3)."""
        n = sums[:, :, 0] + 10 * torch.finfo(sums.dtype).eps
        mean = sums[:, :, 1] / n
        variance = (sums[:, :, 2] / n - mean.square()).clamp_min(0) + self.floor
        later = n.flip(1).cumsum(dim=1).flip(1) - n
        later[:, -1] = 0
        self.a, self.b = 1 + n, CONCENTRATION + later
        self.precision, self.freedom = 1 + n, 1 + n
        self.mean = n * mean / self.precision
        prior = (~self.even).to(sums.dtype)
        square = n * variance + n / self.precision * mean.square()
        self.variance = (prior + square) / self.freedom

    def _coefficients(self) -> Tensor:
        """Of 1, x and x^2 in the expected log density times weight, (n_genes, n_modes, 3)."""
        both = torch.digamma(self.a + self.b)
        longer = torch.cumsum(torch.digamma(self.b) - both, dim=1)
        weight = torch.digamma(self.a) - both
        weight[:, 1:] += longer[:, :-1]
        precision = math.log(2) + torch.digamma(0.5 * self.freedom) - self.freedom.log()
        level = 0.5 * (precision - self.variance.log() - 1 / self.precision) + weight
        level = level - 0.5 * (math.log(2 * math.pi) + self.mean.square() / self.variance)
        return torch.stack([level, self.mean / self.variance, -0.5 / self.variance], dim=2)

    def _bound_of_parameters(self) -> Tensor:
        """The lower bound but for the entropy and constants, (n_genes,)."""
        log_precision = -0.5 * (self.variance.log() + self.freedom.log())
        wishart = self.freedom * (log_precision + 0.5 * math.log(2)) + torch.lgamma(
            0.5 * self.freedom
        )
        sticks = torch.lgamma(self.a) + torch.lgamma(self.b) - torch.lgamma(self.a + self.b)
        return (wishart + sticks - 0.5 * self.precision.log()).sum(dim=1)

    def _in_units_of_the_data(self) -> tuple[Tensor, Tensor, Tensor]:
        """Expected weights, means and standard deviations, (n_genes, n_modes)."""
        stick = self.a / (self.a + self.b)
        left = torch.cumprod(1 - stick, dim=1)
        weight = torch.cat([stick[:, :1], stick[:, 1:] * left[:, :-1]], dim=1)
        return (
            weight / weight.sum(dim=1, keepdim=True),
            self.centre + self.spread * self.mean,
            self.spread * self.variance.sqrt(),
        )

    def _go_on_with(self, genes: Tensor) -> None:
        for name, tensor in vars(self).items():
            setattr(self, name, tensor[genes])
