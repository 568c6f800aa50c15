"""The distributions against torch's, and their draws against their densities."""

import pytest
import torch
from torch import distributions

from genex_kedro.models.cvae.distributions import (
    DiagonalNormal,
    FullNormal,
    ScaledNormal,
    StandardNormal,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


MEAN, LOG_SD, X = (0.5 * torch.randn(4, 3, generator=seeded(i)) for i in range(3))


def full_normal():
    root = torch.tril(torch.randn(3, 3, generator=seeded(5))) + 2 * torch.eye(3)
    mean = torch.tensor([1.0, -2.0, 0.5])
    whitener = torch.linalg.inv(root)
    torch_one = distributions.MultivariateNormal(mean, root @ root.T)
    return mean, whitener, torch_one


def test_normal_density_is_torchs():
    theirs = distributions.Normal(MEAN, LOG_SD.exp()).log_prob(X).sum(-1)
    torch.testing.assert_close(DiagonalNormal(MEAN, LOG_SD).log_prob(X), theirs)


def test_divergences_are_torchs():
    posterior = DiagonalNormal(MEAN, LOG_SD)
    theirs = distributions.Independent(distributions.Normal(MEAN, LOG_SD.exp()), 1)
    zero, one = torch.zeros(4, 3), torch.ones(4, 3)
    standard = distributions.Independent(distributions.Normal(zero, one), 1)
    torch.testing.assert_close(
        StandardNormal(4, 3).divergence_from(posterior).sum(-1),
        distributions.kl_divergence(theirs, standard),
    )
    mean, whitener, torch_one = full_normal()
    full = FullNormal(mean.repeat(4, 1), whitener.repeat(4, 1, 1))
    as_full = distributions.MultivariateNormal(MEAN, torch.diag_embed((2 * LOG_SD).exp()))
    torch.testing.assert_close(
        full.divergence_from(posterior).sum(-1), distributions.kl_divergence(as_full, torch_one)
    )


def test_full_normal_draws_have_its_covariance():
    mean, whitener, torch_one = full_normal()
    made = FullNormal(mean.repeat(40000, 1), whitener.repeat(40000, 1, 1)).sample(seeded())
    torch.testing.assert_close(made.mean(0), mean, atol=0.1, rtol=0)
    torch.testing.assert_close(made.T.cov(), torch_one.covariance_matrix, atol=0.2, rtol=0.05)


def test_scaled_normal_is_a_t_whose_log_sd_is_the_standard_deviation():
    one = ScaledNormal(MEAN[:, :1], LOG_SD[:, :1], 7)
    scale = LOG_SD[:, 0].exp() * (5 / 7) ** 0.5
    theirs = distributions.StudentT(7.0, MEAN[:, 0], scale).log_prob(X[:, 0])
    torch.testing.assert_close(one.log_prob(X[:, :1]), theirs)
    made = ScaledNormal(torch.zeros(40000, 5), torch.zeros(5), 7).sample(seeded())
    torch.testing.assert_close(made.std(0), torch.ones(5), atol=0.03, rtol=0)
    sizes = made.square().mean(1)
    assert (
        torch.corrcoef(torch.stack([made[:, 0].square(), made[:, 1:].square().mean(1)]))[0, 1] > 0.1
    )
    assert sizes.std() > 0.75  # independent normals: .63


@pytest.mark.parametrize("freedom", [3, 30])
def test_with_many_degrees_of_freedom_it_is_normal(freedom):
    gap = ScaledNormal(MEAN, LOG_SD, freedom).log_prob(X) - DiagonalNormal(MEAN, LOG_SD).log_prob(X)
    assert (gap.abs().max() < 0.3) == (freedom == 30)
