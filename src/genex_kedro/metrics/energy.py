"""Energy distance between two sets of samples: no bandwidth, no space to choose."""

from __future__ import annotations

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.neighbours import PairDistances, mean_off_diagonal


def energy_distance(distances: PairDistances) -> float:
    """Energy distance as a share of what it could be.

    ``(2 E|X - Y| - E|X - X'| - E|Y - Y'|) / (2 E|X - Y|)``, the coefficient of inhomogeneity of
    Szekely and Rizzo 2013, "Energy statistics", J. Stat. Plan. Inference 143, here from unbiased
    means: it falls below 0 about half the time when the distributions are the same. It does not
    depend on the number of genes.

    Raises
    ------
    ValueError
        If all samples of both sides are alike.
    """
    between = 2 * float(distances.between.mean())
    if between == 0:
        raise ValueError("all samples are alike: no distance to compare with")
    within = [mean_off_diagonal(w) for w in (distances.within_real, distances.within_synthetic)]
    return (between - sum(within)) / between


METRICS = (Metric("energy_distance", "lower", (-1.0, 1.0), 0.0, energy_distance),)
