"""Whether a probability of .9 means nine in ten.

Arguments as in :mod:`genex_kedro.metrics.classification`.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.weighted import by_score, checked, probabilities, ratio, shaped

Value = float | np.ndarray

N_BINS = 10
_EDGE = 1e-7  # probabilities in float32 reach 0 and 1, whose logits are infinite


def brier(is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None) -> Value:
    """Mean squared difference of probability and outcome; .25 for always saying one half."""
    labels, score, rows = checked(is_tumor, probability, weight)
    squares = (probabilities(score) - labels) ** 2
    return shaped(ratio(rows @ squares, rows.sum(axis=1)), weight)


def expected_calibration_error(
    is_tumor: np.ndarray,
    probability: np.ndarray,
    weight: np.ndarray | None = None,
    n_bins: int = N_BINS,
) -> Value:
    """Mean gap between stated probability and share of tumors, over bins of equal mass.

    Bins of equal mass and not of equal width, since most samples lie near 0 or 1 and
    equal-width bins in between hold next to none (Nixon et al. 2019, "Measuring calibration in
    deep learning"). Samples with the same probability stay in one bin. It is biased upwards
    for few samples: compare models on the same samples only.
    """
    labels, score, rows = checked(is_tumor, probability, weight)
    mass, gap = by_score(probabilities(score), rows, rows * (labels - score))
    total = mass.sum(axis=1, keepdims=True)
    below = ratio(mass.cumsum(axis=1) - mass, np.broadcast_to(total, mass.shape))
    bins = np.minimum(np.floor(np.nan_to_num(below) * n_bins + 1e-9), n_bins - 1)
    gaps = [np.abs((gap * (bins == b)).sum(axis=1)) for b in range(n_bins)]
    return shaped(ratio(np.sum(gaps, axis=0), total[:, 0]), weight)


def calibration_line(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None
) -> tuple[Value, Value]:
    """Intercept and slope of the logistic regression of the outcome on the logit (Cox 1958).

    Slope 1 and intercept 0 is calibrated; a slope below 1 is overconfident; an intercept above
    0 says tumor too seldom. NaN where no line fits best: conditions perfectly separated, or
    one of them missing.

    Returns
    -------
    intercept, slope : float, or ndarray of shape (n_resamples,)
    """
    labels, score, rows = checked(is_tumor, probability, weight)
    score = np.clip(probabilities(score), _EDGE, 1 - _EDGE)
    logit = np.log(score / (1 - score))
    lines = np.array([_line(labels, logit, row) for row in rows])
    return shaped(lines[:, 0], weight), shaped(lines[:, 1], weight)


def calibration_intercept(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None
) -> Value:
    """Intercept of :func:`calibration_line`."""
    return calibration_line(is_tumor, probability, weight)[0]


def calibration_slope(
    is_tumor: np.ndarray, probability: np.ndarray, weight: np.ndarray | None = None
) -> Value:
    """Slope of :func:`calibration_line`."""
    return calibration_line(is_tumor, probability, weight)[1]


METRICS = (
    Metric("brier", "lower", (0.0, 1.0), 0.0, brier),
    Metric("expected_calibration_error", "lower", (0.0, 1.0), 0.0, expected_calibration_error),
    Metric("calibration_intercept", "target", (-np.inf, np.inf), 0.0, calibration_intercept),
    Metric("calibration_slope", "target", (-np.inf, np.inf), 1.0, calibration_slope),
)


def _line(labels: np.ndarray, logit: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    used = weight > 0
    labels, logit, weight = labels[used].astype(float), logit[used], weight[used]
    if not _overlap(labels, logit):
        return float("nan"), float("nan")
    return _newton(np.column_stack([np.ones(len(logit)), logit]), labels, weight)


def _overlap(labels: np.ndarray, logit: np.ndarray) -> bool:
    """Whether a finite best line exists: neither condition lies wholly beyond the other."""
    tumor, normal = logit[labels == 1], logit[labels == 0]
    if not len(tumor) or not len(normal) or np.ptp(logit) == 0:
        return False
    return bool(tumor.min() < normal.max() and normal.min() < tumor.max())


def _newton(design: np.ndarray, labels: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Weighted logistic regression by Newton steps, halved where they overshoot."""
    beta = np.zeros(2)
    best = _log_likelihood(design @ beta, labels, weight)
    for _ in range(100):
        fitted = expit(design @ beta)
        gradient = design.T @ (weight * (labels - fitted))
        curvature = design.T @ (design * (weight * fitted * (1 - fitted))[:, None])
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        while (new := _log_likelihood(design @ (beta + step), labels, weight)) < best - 1e-12:
            step /= 2
        beta, best = beta + step, new
        if np.abs(step).max() < 1e-9:
            break
    return float(beta[0]), float(beta[1])


def _log_likelihood(logit: np.ndarray, labels: np.ndarray, weight: np.ndarray) -> float:
    return float((weight * (labels * logit - np.logaddexp(0, logit))).sum())
