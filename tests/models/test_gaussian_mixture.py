"""Mixtures of all genes at once: what was planted, and what scikit-learn finds gene by gene."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm
from sklearn.cluster import KMeans
from sklearn.mixture import BayesianGaussianMixture

from genex_kedro.models.modes import gaussian_mixture
from genex_kedro.models.modes.gaussian_mixture import fit_mixtures, start_modes

CENTRES = np.array([[5.0, 5.0, 5.0], [-3.0, 3.0, 3.0], [2.0, 5.0, 9.0], [7.0, 7.0, 1e4]])
SD = 0.5


def planted(n=600, seed=0):
    """Genes of one mode, of two (1/3 and 2/3), of three, and of one with outliers in thousands."""
    rng = np.random.default_rng(seed)
    mode = rng.integers(3, size=(n, 4))
    return CENTRES[np.arange(4), mode] + SD * rng.standard_normal((n, 4))


def sklearn_fit(column, seed=0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it stops after 100 iterations and says so
        return BayesianGaussianMixture(
            n_components=10,
            weight_concentration_prior_type="dirichlet_process",
            weight_concentration_prior=0.001,
            n_init=1,
            random_state=seed,
        ).fit(column[:, None])


def sklearn_log_density(mixture, x):
    sd = np.sqrt(mixture.covariances_[:, 0, 0])
    return np.log(norm.pdf(x[:, None], mixture.means_[:, 0], sd) @ mixture.weights_)


def test_planted_modes_are_found():
    found = fit_mixtures(torch.from_numpy(planted(3000)))
    torch.testing.assert_close(found.weights.sum(1), torch.ones(4).double())
    for gene, n_modes in enumerate((1, 2, 3, 2)):
        heavy = found.weights[gene] > 0.2
        if n_modes == 1:  # truncated after 100 iterations: several modes may share one heap
            mean = (found.weights[gene] * found.means[gene]).sum()
            assert abs(mean - 5) < 0.05
            continue
        assert heavy.sum() == n_modes
        centres = np.sort(np.unique(CENTRES[gene]))
        # the prior draws a mean to the mean of the gene as one sample would
        atol = 0.1 + 1e-3 * np.ptp(centres)
        np.testing.assert_allclose(np.sort(found.means[gene][heavy]), centres, rtol=0, atol=atol)


def test_from_the_same_start_the_numbers_are_those_of_scikit_learn():
    x, unseen = planted(), planted(200, seed=1)
    start = [KMeans(10, n_init=1, random_state=0).fit(x[:, [g]]).labels_ for g in range(4)]
    found = fit_mixtures(torch.from_numpy(x), start=torch.from_numpy(np.stack(start, 1)).long())
    ours = found.log_density(torch.from_numpy(unseen)).numpy()
    for gene in range(4):
        theirs = sklearn_fit(x[:, gene])
        assert found.iterations[gene] == theirs.n_iter_
        np.testing.assert_allclose(found.weights[gene], theirs.weights_, atol=1e-6)
        np.testing.assert_allclose(found.means[gene], theirs.means_[:, 0], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(
            ours[:, gene], sklearn_log_density(theirs, unseen[:, gene]), atol=1e-5
        )


def test_from_its_own_start_it_describes_unseen_values_as_well_as_scikit_learn():
    x, unseen = planted(), planted(2000, seed=1)
    found = fit_mixtures(torch.from_numpy(x))
    ours = found.log_density(torch.from_numpy(unseen)).numpy()
    for gene in range(1, 4):
        fit = sklearn_fit(x[:, gene])
        theirs = sklearn_log_density(fit, unseen[:, gene])
        assert abs(ours[:, gene].mean() - theirs.mean()) < 0.02  # nats a sample
        pairs = (fit.means_[:, 0], fit.weights_), (found.means[gene], found.weights[gene])
        theirs, mine = (np.sort(np.asarray(m)[np.asarray(w) > 0.2]) for m, w in pairs)
        np.testing.assert_allclose(mine, theirs, rtol=0.01, atol=0.05)


def test_blocks_of_genes_and_the_number_of_genes_change_nothing(monkeypatch):
    x = torch.from_numpy(planted())
    together = fit_mixtures(x)
    monkeypatch.setattr(gaussian_mixture, "_ELEMENTS", 1)
    one_by_one = fit_mixtures(x)
    alone = fit_mixtures(x[:, [2]])
    assert torch.equal(together.iterations, one_by_one.iterations)
    torch.testing.assert_close(together.means, one_by_one.means)
    torch.testing.assert_close(together.means[2:3], alone.means)


def test_the_start_is_k_means():
    x = torch.from_numpy(planted()[:, 1:2].T.copy())
    modes = start_modes(x, 2)[0].numpy()
    theirs = KMeans(2, n_init=1, random_state=0).fit(x.T).labels_
    assert (modes == theirs).all() or (modes == 1 - theirs).all()
    assert (modes == 0).sum() >= (modes == 1).sum()  # numbered by size


def test_a_constant_gene_and_few_samples_are_taken():
    x = torch.tensor([[3.0, 1e6, 0.0], [3.0, 1e6, 0.0], [3.0, 1e6, 5.0]])
    found = fit_mixtures(x)
    assert all(t.isfinite().all() for t in (found.weights, found.means, found.sds))
    mean = (found.weights * found.means).sum(1)
    torch.testing.assert_close(mean[:2], torch.tensor([3.0, 1e6]).double(), rtol=1e-6, atol=1e-6)
    assert found.log_density(x).isfinite().all()


def test_what_cannot_be_fitted_is_refused():
    for wrong in (torch.zeros(1, 3), torch.full((4, 2), torch.nan), torch.zeros(4)):
        with pytest.raises(ValueError, match="finite"):
            fit_mixtures(wrong)


@pytest.mark.real
@pytest.mark.parametrize("linear", [False, True])
def test_real_genes_get_the_mixtures_of_scikit_learn(real_data, linear):
    genes = ["MYC", "GAPDH", "TP53", "EGFR"]
    x = pd.read_parquet(real_data / "tcga_gtex/expression.parquet", columns=genes).to_numpy(float)
    x = np.exp2(x) - 1 if linear else x
    start = [KMeans(10, n_init=1, random_state=0).fit(x[:, [g]]).labels_ for g in range(4)]
    found = fit_mixtures(torch.from_numpy(x), start=torch.from_numpy(np.stack(start, 1)).long())
    own = fit_mixtures(torch.from_numpy(x))
    for gene in range(4):
        theirs = sklearn_log_density(sklearn_fit(x[:, gene]), x[:, gene])
        ours, from_own_start = (
            fit.log_density(torch.from_numpy(x)).numpy()[:, gene] for fit in (found, own)
        )
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
        assert abs(from_own_start.mean() - theirs.mean()) < 0.02
