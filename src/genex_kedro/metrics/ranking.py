"""Which model does better, and how sure that is.

Metrics have no common unit, so each ranks the models within a seed (1 is best), a family of
metrics (fidelity, privacy) counts as the mean rank of its metrics, and a model as the mean of its
families: what is measured by many metrics counts for no more than what is measured by few
(Demsar 2006, "Statistical comparisons of classifiers over multiple data sets", JMLR 7).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

_LEVEL = 0.95


@dataclass(frozen=True)
class Standing:
    """Mean ranks of the models; 1 would be first by every metric of every seed.

    Parameters
    ----------
    by_family, low_by_family, high_by_family : dict of str to ndarray, shape (n_models,)
        Mean rank over the metrics of a family and the seeds, with its interval.
    mean, low, high : ndarray, shape (n_models,)
        Mean over families, with its interval.
    first : ndarray, shape (n_models,)
        Share of the resamplings in which the model comes first; they add up to 1.
    """

    by_family: dict[str, np.ndarray]
    low_by_family: dict[str, np.ndarray]
    high_by_family: dict[str, np.ndarray]
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    first: np.ndarray


def rank_models(loss: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Ranks of the models by every metric in every seed.

    Parameters
    ----------
    loss : ndarray, shape (n_seeds, n_models, n_metrics)
        Smaller is better (:meth:`genex_kedro.metrics.base.Metric.loss`). What is not finite, the
        score of a model that failed, comes last.
    scored : ndarray of bool, shape (n_seeds, n_models)
        False where a model was not trained at all: it has no rank there.

    Returns
    -------
    ndarray, shape (n_seeds, n_models, n_metrics)
        1 to the number of models of the seed, equal losses sharing their mean rank; NaN where a
        model was not trained.
    """
    ranks = np.full(loss.shape, np.nan)
    for seed, there in enumerate(scored):
        finite = np.where(np.isfinite(loss[seed, there]), loss[seed, there], np.inf)
        if there.any():
            ranks[seed, there] = rankdata(finite, axis=0)
    return ranks


def standing(
    ranks: np.ndarray, families: dict[str, np.ndarray], repeats: int, seed: int
) -> Standing:
    """Mean ranks with percentile intervals over resampled seeds and metrics.

    Both are resampled with replacement, seeds alike for all models and metrics within their
    family: another split, and other metrics of the same kind, might have been chosen. The splits
    of one cohort share patients, so that the interval is too narrow for another cohort.

    Parameters
    ----------
    ranks : ndarray, shape (n_seeds, n_models, n_metrics)
        Of :func:`rank_models`.
    families : dict of str to ndarray of int
        Positions of each family's metrics.
    repeats, seed : int
        Of the resampling.
    """
    rng = np.random.default_rng(seed)
    n_seeds = len(ranks)
    mean = _families(ranks, np.arange(n_seeds), families)
    drawn = np.empty((repeats, *mean.shape))
    for i in range(repeats):
        metrics = {name: rng.choice(members, len(members)) for name, members in families.items()}
        drawn[i] = _families(ranks, rng.integers(n_seeds, size=n_seeds), metrics)
    overall = _mean(drawn, axis=1)
    low, high = _interval(overall)
    low_by_family, high_by_family = _interval(drawn)
    return Standing(
        dict(zip(families, mean, strict=True)),
        dict(zip(families, low_by_family, strict=True)),
        dict(zip(families, high_by_family, strict=True)),
        _mean(mean, axis=0),
        low,
        high,
        _share_of_firsts(overall),
    )


def _families(ranks: np.ndarray, seeds: np.ndarray, families: dict[str, np.ndarray]) -> np.ndarray:
    """Mean ranks, shape (n_families, n_models)."""
    chosen = ranks[seeds]
    return np.stack([_mean(chosen[..., members], axis=(0, 2)) for members in families.values()])


def _share_of_firsts(overall: np.ndarray) -> np.ndarray:
    """How often each model has the least mean rank; those that tie share the place."""
    least = np.nanmin(overall, axis=1, keepdims=True)
    first = overall <= least + 1e-9
    return (first / first.sum(axis=1, keepdims=True)).mean(axis=0)


def _interval(drawn: np.ndarray) -> np.ndarray:
    return _quiet(np.nanquantile, drawn, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)


def _mean(values: np.ndarray, axis) -> np.ndarray:
    return _quiet(np.nanmean, values, axis=axis)


def _quiet(function, *args, **kwargs) -> np.ndarray:
    """Without the warning that a model trained in no resampled seed has no mean."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return function(*args, **kwargs)
