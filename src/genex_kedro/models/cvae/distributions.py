"""The distributions of the conditional VAE, with their draws from a given generator.

``torch.distributions`` draws from the global generator only, and its normals cost three times
the kernels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class DiagonalNormal:
    """Independent normals.

    Parameters
    ----------
    mean, log_sd : Tensor, shape (n_samples, n) or such that they broadcast to it
    """

    mean: Tensor
    log_sd: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats, summed over the last axis; shape (n_samples,)."""
        z = (x - self.mean) * torch.exp(-self.log_sd)
        return -(0.5 * z.square() + self.log_sd + 0.5 * math.log(2 * math.pi)).sum(dim=-1)

    def sample(self, draw: torch.Generator) -> Tensor:
        """A reparameterised draw of the shape of `mean`."""
        noise = torch.randn(self.mean.shape, generator=draw, device=draw.device)
        return self.mean + torch.exp(self.log_sd) * noise.to(self.mean.device)


@dataclass(frozen=True)
class ScaledNormal:
    """Normals whose scale varies from sample to sample: a multivariate t.

    A sample's noise is its own factor times independent normals; the square of the factor is
    inverse-chi-squared and integrated out.

    Parameters
    ----------
    mean, log_sd : Tensor, shape (n_samples, n) or such that they broadcast to it
        Of the t distribution: the standard deviation is exp(log_sd) at any `freedom`.
    freedom : int
        Degrees of freedom, 3 or more; the fewer, the more samples differ.
    """

    mean: Tensor
    log_sd: Tensor
    freedom: int

    def log_prob(self, x: Tensor) -> Tensor:
        """Log density in nats; shape (n_samples,)."""
        z = (x - self.mean) * torch.exp(-self.log_sd)
        n, nu = self.mean.shape[-1], self.freedom
        constant = (
            math.lgamma((nu + n) / 2) - math.lgamma(nu / 2) - n / 2 * math.log((nu - 2) * math.pi)
        )
        spread = torch.log1p(z.square().sum(dim=-1) / (nu - 2))
        return constant - self.log_sd.expand_as(z).sum(dim=-1) - (nu + n) / 2 * spread

    def sample(self, draw: torch.Generator) -> Tensor:
        """A draw of the shape of `mean`, not reparameterised."""
        n = len(self.mean)
        chi = torch.randn((n, self.freedom), generator=draw, device=draw.device).square().sum(1)
        noise = torch.randn(self.mean.shape, generator=draw, device=draw.device)
        noise = noise * ((self.freedom - 2) / chi).sqrt()[:, None]
        return self.mean + torch.exp(self.log_sd) * noise.to(self.mean.device)


@dataclass(frozen=True)
class FullNormal:
    """A normal with full covariance for each sample, given by what whitens it.

    Parameters
    ----------
    mean : Tensor, shape (n_samples, n)
    whitener : Tensor, shape (n_samples, n, n)
        Lower triangular A with A cov A' = 1, the inverse of the Cholesky factor.
    """

    mean: Tensor
    whitener: Tensor

    def sample(self, draw: torch.Generator) -> Tensor:
        """A draw, shape (n_samples, n)."""
        noise = torch.randn(self.mean.shape, generator=draw, device=draw.device)
        noise = noise.to(self.mean.device).unsqueeze(-1)
        scaled = torch.linalg.solve_triangular(self.whitener, noise, upper=False)
        return self.mean + scaled.squeeze(-1)

    def divergence_from(self, posterior: DiagonalNormal) -> Tensor:
        """KL(posterior || self) in nats, by dimension of the whitened space; (n_samples, n)."""
        shift = (self.whitener @ (posterior.mean - self.mean).unsqueeze(-1)).squeeze(-1)
        variance = torch.exp(2 * posterior.log_sd).unsqueeze(-1)
        spread = (self.whitener.square() @ variance).squeeze(-1)
        log_scale = torch.log(torch.diagonal(self.whitener, dim1=-2, dim2=-1))
        return 0.5 * (shift.square() + spread - 1) - posterior.log_sd - log_scale


@dataclass(frozen=True)
class StandardNormal:
    """Independent standard normals in `n` dimensions for each of `n_samples` samples."""

    n_samples: int
    n: int

    def sample(self, draw: torch.Generator) -> Tensor:
        """A draw, shape (n_samples, n), on the generator's device."""
        return torch.randn((self.n_samples, self.n), generator=draw, device=draw.device)

    def divergence_from(self, posterior: DiagonalNormal) -> Tensor:
        """KL(posterior || self) in nats, by dimension; shape (n_samples, n)."""
        squares = posterior.mean.square() + torch.exp(2 * posterior.log_sd)
        return 0.5 * (squares - 1) - posterior.log_sd
