"""The normal distributions of the conditional VAE, with their draws from a given generator.

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
