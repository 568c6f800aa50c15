"""Gaussian mixtures of all genes at once against scikit-learn's, gene by gene.

Planted genes of one to three modes. The loop over genes fits a sample of them and is scaled to
all. On a machine that others use too the seconds of CPU (one thread) are what compares; the
wall clock is recorded beside them. ``from the same start`` is the largest difference in the
log density of unseen values when scikit-learn's own k-means gives the start, ``from its own
start`` the mean difference, which two seeds of scikit-learn have as well.

Usage: ``python benchmarks/bench_mixture.py [--full] [--record]``
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator

import common
import numpy as np
import torch
from scipy.stats import norm
from sklearn.cluster import KMeans
from sklearn.mixture import BayesianGaussianMixture

from genex_kedro.models.modes.gaussian_mixture import fit_mixtures

GOAL = {"n_genes": 969, "n_samples": 6400, "seconds": 30}


def planted(n_samples: int, n_genes: int, seed: int) -> np.ndarray:
    """Genes of one to three modes with spreads of their own, log2 scale."""
    truth, draw = np.random.default_rng(0), np.random.default_rng(seed)
    centres = truth.uniform(0, 12, size=(3, n_genes))
    sd = truth.uniform(0.3, 1.5, size=n_genes)
    n_modes = truth.integers(1, 4, size=n_genes)
    mode = (draw.random((n_samples, n_genes)) * n_modes).astype(int)
    return np.take_along_axis(centres, mode, 0) + sd * draw.standard_normal((n_samples, n_genes))


def of_sklearn(column: np.ndarray, seed: int = 0) -> BayesianGaussianMixture:
    """The published fit of one column."""
    mixture = BayesianGaussianMixture(
        n_components=10,
        weight_concentration_prior_type="dirichlet_process",
        weight_concentration_prior=0.001,
        n_init=1,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # most genes take all the 100 iterations
        return mixture.fit(column[:, None])


def log_density(mixture: BayesianGaussianMixture, x: np.ndarray) -> np.ndarray:
    """Of values (n,), by the mixture's means."""
    sd = np.sqrt(mixture.covariances_[:, 0, 0])
    return np.log(norm.pdf(x[:, None], mixture.means_[:, 0], sd) @ mixture.weights_)


def timed(work: Callable) -> tuple[dict[str, float], object]:
    """Seconds of CPU and of the wall clock, and what came out."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}, result


def compare(n_samples: int, n_genes: int, n_sampled: int) -> dict:
    """A row: times of both ways, and how far apart they end."""
    x, unseen = planted(n_samples, n_genes, 1), planted(1000, n_genes, 2)
    ours, found = timed(lambda: fit_mixtures(torch.from_numpy(x)))
    genes = np.linspace(0, n_genes - 1, n_sampled).astype(int)
    loop, theirs = timed(lambda: [of_sklearn(x[:, g]) for g in genes])
    starts = [KMeans(10, n_init=1, random_state=0).fit(x[:, [g]]).labels_ for g in genes]
    same = fit_mixtures(
        torch.from_numpy(x[:, genes]), start=torch.from_numpy(np.stack(starts, 1)).long()
    )
    other = [of_sklearn(x[:, g], seed=1) for g in genes]
    densities = {
        name: np.stack([log_density(m, unseen[:, g]) for m, g in zip(fits, genes, strict=True)], 1)
        for name, fits in (("theirs", theirs), ("other", other))
    }
    sampled = torch.from_numpy(unseen[:, genes])
    from_same = same.log_density(sampled).numpy()
    from_own = found.log_density(torch.from_numpy(unseen)).numpy()[:, genes]
    scale = n_genes / n_sampled
    return common.row(
        f"{n_genes} genes x {n_samples} samples",
        ours["cpu"],
        loop["cpu"] * scale,
        "s of CPU",
        ours_wall_seconds=ours["wall"],
        loop_genes_timed=n_sampled,
        loop_wall_seconds_scaled=loop["wall"] * scale,
        peak_gb=common.peak_gb(),
        from_the_same_start=float(np.abs(from_same - densities["theirs"]).max()),
        from_its_own_start=_worst_mean(from_own - densities["theirs"]),
        two_seeds_of_scikit_learn=_worst_mean(densities["other"] - densities["theirs"]),
    )


def _worst_mean(difference: np.ndarray) -> float:
    """Largest over genes of the absolute mean over values, nats a value."""
    return float(np.abs(difference.mean(0)).max())


def measure(full: bool) -> Iterator[dict]:
    """One row a size; the loop fits a few genes, which are scaled up."""
    torch.set_num_threads(1)
    for n_samples in (648, GOAL["n_samples"]) if full else (648,):
        yield compare(n_samples, GOAL["n_genes"], 12 if full else 6)


if __name__ == "__main__":
    common.main("mixture", measure, ("torch", "scikit-learn"), about={"goal": GOAL})
