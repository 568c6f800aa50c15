"""Whether the genes that changed most in a patient are those predicted to have changed most."""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric

N_TOP = 100


def top_genes(
    predicted: np.ndarray, real: np.ndarray, tumor: np.ndarray, n_top: int = N_TOP
) -> tuple[float, float]:
    """Agreement on the most changed genes, mean over patients.

    Change is tumor minus normal, log2 fold; the top genes have the largest absolute change.
    Of a panel of fewer than 2 `n_top` measured genes, half are the top ones.

    Parameters
    ----------
    predicted, real, tumor : ndarray, shape (n_pairs, n_genes)
        log2(x+1); NaN in `real` or `tumor` is not measured and left out.

    Returns
    -------
    jaccard : float
        Size of the intersection over that of the union of the two top lists.
    direction : float
        Share of the real top genes that are predicted to change in the same direction.
    """
    overlap, agree = [], []
    for guess, own, before in zip(predicted, real, tumor, strict=True):
        measured = np.isfinite(own) & np.isfinite(before)
        real_change, change = (before - own)[measured], (before - guess)[measured]
        n = min(n_top, measured.sum() // 2)
        if n < 1:
            continue
        top, guessed = _largest(real_change, n), _largest(change, n)
        overlap.append(len(np.intersect1d(top, guessed)))
        overlap[-1] /= 2 * n - overlap[-1]
        agree.append(float((np.sign(change) == np.sign(real_change))[top].mean()))
    if not overlap:
        return float("nan"), float("nan")
    return float(np.mean(overlap)), float(np.mean(agree))


def top_jaccard(predicted: np.ndarray, real: np.ndarray, tumor: np.ndarray) -> float:
    """``jaccard`` of :func:`top_genes`."""
    return top_genes(predicted, real, tumor)[0]


def top_direction(predicted: np.ndarray, real: np.ndarray, tumor: np.ndarray) -> float:
    """``direction`` of :func:`top_genes`."""
    return top_genes(predicted, real, tumor)[1]


METRICS = (
    Metric("top_jaccard", "higher", (0.0, 1.0), 1.0, top_jaccard),
    Metric("top_direction", "higher", (0.0, 1.0), 1.0, top_direction),
)


def _largest(change: np.ndarray, n: int) -> np.ndarray:
    return np.argsort(-np.abs(change), kind="stable")[:n]
