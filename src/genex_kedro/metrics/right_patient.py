"""Whether a predicted normal is its own patient's rather than a neighbour's.

Everybody of a cohort has nearly the same normal, so plain correlation is won by a constant.
Profiles are centred first: predictions by the mean prediction of their cohort, normals by the
mean normal. What is left is what makes a patient differ; it is correlated with every patient
of the cohort.
"""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.samples import mean_of_defined

_TIE = 1e-9


def patient_ranks(
    predicted: np.ndarray,
    real: np.ndarray,
    cohort: np.ndarray,
    patient: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Where a patient's own normal stands among those of the cohort.

    A patient with several tumors has a row for each, but one normal: it stands once among the
    normals of the cohort, and ties with nothing of its own.

    Parameters
    ----------
    predicted, real : ndarray, shape (n_pairs, n_genes)
        log2(x+1), in the same order of patients; NaN in `real` is not measured and left out of
        the correlations with that patient.
    cohort : ndarray of str, shape (n_pairs,)
    patient : ndarray, shape (n_pairs,), optional
        Whose normal a row holds; rows of one patient in one cohort hold the same normal. None
        takes every row for another patient.

    Returns
    -------
    rank : ndarray, shape (n_pairs,)
        Share of the cohort's other patients whose normal correlates better than the own one, a
        tie as half: 0 is right, .5 is chance, and a constant prediction gets exactly .5. NaN in
        a cohort of one patient.
    top : ndarray, shape (n_pairs,)
        1 where the own normal is first; 1 / m where m are tied.
    """
    rank, top = np.full(len(real), np.nan), np.full(len(real), np.nan)
    patient = np.arange(len(real)) if patient is None else np.asarray(patient)
    for name in np.unique(cohort):
        rows = np.flatnonzero(np.asarray(cohort) == name)
        _, first, at = np.unique(patient[rows], return_index=True, return_inverse=True)
        if len(first) < 2:
            continue
        r = centred_correlation(predicted[rows], real[rows[first]], at)
        own = r[np.arange(len(rows)), at][:, None]
        better = (r > own + _TIE).sum(1)
        tied = (np.abs(r - own) <= _TIE).sum(1) - 1
        rank[rows] = (better + tied / 2) / (len(first) - 1)
        top[rows] = (better == 0) / (tied + 1)
    return rank, top


def centred_correlation(
    predicted: np.ndarray, real: np.ndarray, own: np.ndarray | None = None
) -> np.ndarray:
    """Correlation of each centred prediction (row) with each centred normal (column).

    Over the genes that the normal measures; 0 where either is constant. A patient counts once
    in the mean prediction, as in the mean normal, however many predictions it has.

    Parameters
    ----------
    predicted : ndarray, shape (n_predictions, n_genes)
    real : ndarray, shape (n_patients, n_genes)
    own : ndarray of int, shape (n_predictions,), optional
        The row of `real` that each prediction is for, each row at least once; None: the same.

    Returns
    -------
    ndarray, shape (n_predictions, n_patients)
    """
    guess = np.asarray(predicted, np.float64)
    own = np.arange(len(guess)) if own is None else own
    guess = guess - np.average(guess, axis=0, weights=1 / np.bincount(own)[own])
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


def patient_rank(
    predicted: np.ndarray, real: np.ndarray, cohort: np.ndarray, patient: np.ndarray | None = None
) -> float:
    """Mean rank of :func:`patient_ranks`."""
    return mean_of_defined(patient_ranks(predicted, real, cohort, patient)[0])


def patient_top1(
    predicted: np.ndarray, real: np.ndarray, cohort: np.ndarray, patient: np.ndarray | None = None
) -> float:
    """Share of tumors whose own normal comes first in :func:`patient_ranks`."""
    return mean_of_defined(patient_ranks(predicted, real, cohort, patient)[1])


METRICS = (
    Metric("patient_rank", "lower", (0.0, 1.0), 0.0, patient_rank),
    Metric("patient_top1", "higher", (0.0, 1.0), 1.0, patient_top1),
)
