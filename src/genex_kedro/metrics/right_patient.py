"""Whether a predicted normal is its own patient's rather than a neighbour's.

Everybody of a cohort has nearly the same normal, so plain correlation is won by a constant.
Profiles are centred first: predictions by the mean prediction of their cohort, normals by the
mean normal. What is left is what makes a patient differ; it is correlated with every patient
of the cohort.
"""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric

_TIE = 1e-9


def patient_ranks(
    predicted: np.ndarray, real: np.ndarray, cohort: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where a patient's own normal stands among those of the cohort.

    Parameters
    ----------
    predicted, real : ndarray, shape (n_pairs, n_genes)
        log2(x+1), in the same order of patients; NaN in `real` is not measured and left out of
        the correlations with that patient.
    cohort : ndarray of str, shape (n_pairs,)

    Returns
    -------
    rank : ndarray, shape (n_pairs,)
        Share of the cohort's other patients whose normal correlates better than the own one, a
        tie as half: 0 is right, .5 is chance, and a constant prediction gets exactly .5. NaN in
        a cohort of one.
    top : ndarray, shape (n_pairs,)
        1 where the own normal is first; 1 / m where m are tied.
    """
    rank, top = np.full(len(real), np.nan), np.full(len(real), np.nan)
    for name in np.unique(cohort):
        rows = np.flatnonzero(np.asarray(cohort) == name)
        if len(rows) < 2:
            continue
        r = centred_correlation(predicted[rows], real[rows])
        own = np.diag(r)[:, None]
        better = (r > own + _TIE).sum(1)
        tied = (np.abs(r - own) <= _TIE).sum(1) - 1
        rank[rows] = (better + tied / 2) / (len(rows) - 1)
        top[rows] = (better == 0) / (tied + 1)
    return rank, top


def centred_correlation(predicted: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Correlation of each centred prediction (row) with each centred normal (column).

    Over the genes that the normal measures; 0 where either is constant. Shape (n, n).
    """
    guess = np.asarray(predicted, np.float64)
    guess = guess - guess.mean(0)
    measured = np.isfinite(real).astype(np.float64)
    known = np.nan_to_num(np.asarray(real, np.float64))
    mean = known.sum(0) / np.maximum(measured.sum(0), 1)
    known = (known - mean) * measured
    n = np.maximum(measured.sum(1), 1)
    known = (known - (known.sum(1) / n)[:, None]) * measured
    # the mean over genes is taken over those that the normal in question measures
    covariance = guess @ known.T
    variance = guess**2 @ measured.T - (guess @ measured.T) ** 2 / n
    length = np.sqrt(np.clip(variance, 0, None)) * np.sqrt((known**2).sum(1))
    constant = (variance < 1e-10 * n) | (length < 1e-9)
    return np.where(constant, 0.0, covariance / np.where(constant, 1, length))


def patient_rank(predicted: np.ndarray, real: np.ndarray, cohort: np.ndarray) -> float:
    """Mean rank of :func:`patient_ranks`."""
    return _mean(patient_ranks(predicted, real, cohort)[0])


def patient_top1(predicted: np.ndarray, real: np.ndarray, cohort: np.ndarray) -> float:
    """Share of patients whose own normal comes first in :func:`patient_ranks`."""
    return _mean(patient_ranks(predicted, real, cohort)[1])


METRICS = (
    Metric("patient_rank", "lower", (0.0, 1.0), 0.0, patient_rank),
    Metric("patient_top1", "higher", (0.0, 1.0), 1.0, patient_top1),
)


def _mean(values: np.ndarray) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if len(defined) else float("nan")
