"""How far a number could be off, had other patients been sampled.

Patients are resampled and not samples: two samples of a patient are no two observations. A
patient drawn twice counts twice, which is a weight of 2 on its samples, so that no data are
copied, and a metric that takes rows of weights gives all its resampled values at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_BLOCK = 4_000_000  # float64 values


@dataclass(frozen=True)
class Interval:
    """An estimate with its percentile interval.

    Parameters
    ----------
    value : float
        On the samples as they are.
    low, high : float
        Percentiles of the resampled values.
        NaN where the metric was defined in no resampling (both conditions drawn).
    """

    value: float
    low: float
    high: float


def patient_weights(patient_id: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    """How often each sample counts in each resampling of patients with replacement.

    Parameters
    ----------
    patient_id : ndarray, shape (n_samples,)
    n_resamples : int
    seed : int

    Returns
    -------
    ndarray, shape (n_resamples, n_samples)
        Whole numbers as float64; a patient's samples share theirs.
    """
    patients, patient_of = np.unique(np.asarray(patient_id), return_inverse=True)
    n = len(patients)
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=n_resamples)
    return counts[:, patient_of].astype(np.float64)


def bootstrap(
    metric: Callable[..., Any],
    is_tumor: np.ndarray,
    probability: np.ndarray,
    patient_id: np.ndarray,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a metric over resampled patients.

    Parameters
    ----------
    metric : callable
        ``metric(is_tumor, probability, weight)``, with weights (n_resamples, n_samples).
    is_tumor, probability, patient_id : ndarray, shape (n_samples,)
    n_resamples : int
    level : float
    seed : int
    """
    weights = patient_weights(patient_id, n_resamples, seed)
    drawn = _drawn(metric, is_tumor, probability, weights)
    return _interval(metric(is_tumor, probability, None), drawn, level)


def bootstrap_difference(
    metric: Callable[..., Any],
    is_tumor: np.ndarray,
    probability: np.ndarray,
    other_probability: np.ndarray,
    patient_id: np.ndarray,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of the metric of one model minus that of another, on the same resamplings.

    Both models meet the same patients each time, so what is hard about a patient cancels out;
    the interval is narrower than two separate ones suggest.

    Parameters
    ----------
    probability, other_probability : ndarray, shape (n_samples,)
        Of the two models for the same samples; the rest as in :func:`bootstrap`.
    """
    weights = patient_weights(patient_id, n_resamples, seed)
    drawn = _drawn(metric, is_tumor, probability, weights)
    drawn -= _drawn(metric, is_tumor, other_probability, weights)
    value = metric(is_tumor, probability, None) - metric(is_tumor, other_probability, None)
    return _interval(value, drawn, level)


def _drawn(metric, is_tumor, probability, weights: np.ndarray) -> np.ndarray:
    """The metric under each row of weights, in blocks that keep its matrices below 32 MB."""
    size = max(1, _BLOCK // weights.shape[1])
    blocks = [weights[first : first + size] for first in range(0, len(weights), size)]
    return np.concatenate([metric(is_tumor, probability, block) for block in blocks])


def _interval(value: float, drawn: np.ndarray, level: float) -> Interval:
    defined = drawn[~np.isnan(drawn)]
    if not len(defined):
        return Interval(float(value), float("nan"), float("nan"))
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high))
