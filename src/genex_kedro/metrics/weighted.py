"""Labels, scores and how often each sample counts: the arguments that metrics share.

A bootstrap of a thousand resamplings is a thousand rows of weights over the same samples, so
metrics work on all rows at once: the scores are sorted once, and the rest is matrix sums.
"""

from __future__ import annotations

import numpy as np


def checked(
    is_tumor: np.ndarray, score: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels as booleans, scores as float64 and weights as rows.

    Parameters
    ----------
    is_tumor, score : ndarray, shape (n_samples,)
    weight : ndarray, shape (n_samples,) or (n_resamples, n_samples), optional
        Not negative; None counts each sample once.

    Returns
    -------
    labels : ndarray of bool, shape (n_samples,)
    score : ndarray, shape (n_samples,)
    weight : ndarray, shape (n_resamples, n_samples); one row for a vector or None

    Raises
    ------
    ValueError
        Unequal lengths, no samples, labels besides 0 and 1, scores that are not finite, or
        negative weights.
    """
    labels, score = np.asarray(is_tumor), np.asarray(score, dtype=np.float64)
    if labels.ndim != 1 or labels.shape != score.shape or not len(labels):
        raise ValueError(f"labels of shape {labels.shape} and scores of shape {score.shape}")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels {np.unique(labels)[:5]}, expected 0 (normal) and 1 (tumor)")
    if not np.isfinite(score).all():
        raise ValueError(f"{(~np.isfinite(score)).sum()} scores are not finite")
    rows = np.ones((1, len(labels))) if weight is None else np.atleast_2d(weight).astype(float)
    if rows.ndim != 2 or rows.shape[1] != len(labels) or (rows < 0).any():
        raise ValueError(f"weights of shape {rows.shape} for {len(labels)} samples, or negative")
    return labels.astype(bool), score, rows


def probabilities(score: np.ndarray) -> np.ndarray:
    """The scores, if they are probabilities.

    Raises
    ------
    ValueError
        If any lies outside 0 to 1: a logit was given.
    """
    if score.min() < 0 or score.max() > 1:
        raise ValueError(
            f"scores from {score.min():.3g} to {score.max():.3g} are no probabilities; "
            "apply the sigmoid to logits first"
        )
    return score


def shaped(values: np.ndarray, weight: np.ndarray | None) -> float | np.ndarray:
    """A number for one row of weights, an array (n_resamples,) where several were given."""
    return values if weight is not None and np.ndim(weight) == 2 else float(values[0])


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole != 0)


def by_score(score: np.ndarray, *rows: np.ndarray) -> list[np.ndarray]:
    """Sums of each row over samples of equal score, in ascending order of score.

    Parameters
    ----------
    score : ndarray, shape (n_samples,)
    rows : ndarrays, shape (n_resamples, n_samples)

    Returns
    -------
    list of ndarray, shape (n_resamples, n_distinct_scores)
    """
    order = np.argsort(score, kind="stable")
    ascending = score[order]
    first = np.flatnonzero(np.r_[True, ascending[1:] != ascending[:-1]])
    return [np.add.reduceat(row[:, order], first, axis=1) for row in rows]
