"""Factor analysis by Gram matrices and in blocks, against singular values of the whole."""

import pytest
import torch

from genex_kedro.models import blocks
from genex_kedro.models.blocks import class_means
from genex_kedro.models.cvae.core import class_noise, fit_core, shrunk_means

N_CLASSES, LATENT, ROUNDS, FLOOR = 3, 4, 30, 0.05


def planted(n, n_genes):
    g = torch.Generator().manual_seed(0)
    classes = torch.arange(n) % N_CLASSES
    latent = torch.randn(n, LATENT, generator=g) @ torch.randn(LATENT, n_genes, generator=g)
    noise = torch.randn(n, n_genes, generator=g) * (1 + classes[:, None])
    return latent + noise + classes[:, None], classes


def by_singular_values(expression, classes):
    """Loadings, noise and residuals as one writes them first."""
    x = expression.double()
    centred = x - class_means(x, classes, N_CLASSES)[classes]
    freedom = len(x) - N_CLASSES
    total = centred.square().sum(dim=0) / freedom
    noise = total / 2
    for _ in range(ROUNDS):
        _, s, axes = torch.linalg.svd(centred / noise.sqrt(), full_matrices=False)
        gain = (s[:LATENT].square() / freedom - 1).clamp_min(0)
        loadings = noise.sqrt()[:, None] * axes[:LATENT].T * gain.sqrt()
        noise = torch.maximum(total - loadings.square().sum(dim=1), FLOOR * total)
    return loadings, noise, centred


@pytest.mark.parametrize(("n", "n_genes"), [(200, 30), (40, 90)])
@pytest.mark.parametrize("block", [8192, 7])
def test_the_core_is_that_of_singular_values(n, n_genes, block, monkeypatch):
    monkeypatch.setattr(blocks, "AT_ONCE", block)
    x, classes = planted(n, n_genes)
    core = fit_core(x, classes, torch.eye(N_CLASSES), LATENT)
    loadings, noise, centred = by_singular_values(x, classes)
    torch.testing.assert_close(core.loadings @ core.loadings.T, loadings @ loadings.T)
    torch.testing.assert_close(core.noise_variance, noise)
    left = (centred - centred @ core.recognition.T @ core.loadings.T).square()
    for at in range(N_CLASSES):
        torch.testing.assert_close(core.squares[at], left[classes == at].sum(0))
    by_class = class_noise(core, 5.0).mean(dim=1)
    assert by_class[0] < by_class[1] < by_class[2]  # as planted


def test_means_of_large_numbers_keep_their_digits():
    x = torch.full((3000, 2), 16777216.0)  # in single precision one more is no more
    x[::2] += 2
    means = class_means(x, torch.zeros(3000, dtype=torch.int64), 1)
    torch.testing.assert_close(means, torch.full((1, 2), 16777217.0).double() + 0)
    assert means.dtype == torch.float64


def test_a_mean_of_one_sample_is_not_that_sample():
    raw, counts = torch.tensor([[1.0], [9.0]]).double(), torch.tensor([50, 1])
    assert shrunk_means(raw, counts, torch.ones(2, 1))[1, 0] < 2
