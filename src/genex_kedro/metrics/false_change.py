"""What a translator does that it should not: change a normal, or lose the way back."""

from __future__ import annotations

import numpy as np

from genex_kedro.metrics.base import Metric

FOLD = 1.0  # log2: twofold


def false_change(normal: np.ndarray, translated: np.ndarray) -> float:
    """Root mean squared change of samples that are normal already, log2 units.

    Parameters
    ----------
    normal, translated : ndarray, shape (n_samples, n_genes)
        Held-out real normals; NaN is not measured and left out.
    """
    change = _change(normal, translated)
    return float(np.sqrt(np.mean(change**2)))


def false_change_rate(normal: np.ndarray, translated: np.ndarray) -> float:
    """Share of the values of normal samples that change twofold or more."""
    return float((np.abs(_change(normal, translated)) >= FOLD).mean())


def cycle_error(start: np.ndarray, back: np.ndarray) -> float:
    """Root mean squared difference of a sample and what comes back of it, log2 units."""
    return false_change(start, back)


METRICS = (
    Metric("false_change", "lower", (0.0, np.inf), 0.0, false_change),
    Metric("false_change_rate", "lower", (0.0, 1.0), 0.0, false_change_rate),
    Metric("cycle_error", "lower", (0.0, np.inf), 0.0, cycle_error),
)


def _change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    if np.shape(before) != np.shape(after) or not np.size(before):
        raise ValueError(f"before {np.shape(before)}, after {np.shape(after)}")
    measured = np.isfinite(before)
    return (np.asarray(after, np.float64) - before)[measured]
