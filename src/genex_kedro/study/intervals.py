"""Intervals over resampled patients, as columns of a scorecard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.metrics.base import Metric
from genex_kedro.metrics.bootstrap import bootstrap, bootstrap_difference


class BootstrapSettings(BaseModel):
    """How the intervals are made: patients resampled with replacement."""

    model_config = ConfigDict(extra="forbid")
    repeats: int = Field(default=1000, ge=100)
    seed: int = 0


def intervals(
    metrics: Sequence[Metric],
    truth: np.ndarray,
    answer: np.ndarray,
    patients: np.ndarray,
    settings: BootstrapSettings,
) -> dict[str, float]:
    """``<metric>_low, <metric>_high``, 95 %.

    Parameters
    ----------
    metrics : sequence of Metric
    truth, answer, patients : ndarray, shape (n_samples,)
        `answer` is a call or a probability, as the metrics take it.
    settings : BootstrapSettings
    """
    found = {}
    for metric in metrics:
        interval = bootstrap(metric, truth, answer, patients, settings.repeats, seed=settings.seed)
        found |= {f"{metric.name}_low": interval.low, f"{metric.name}_high": interval.high}
    return found


def gains(
    metrics: Sequence[Metric],
    truth: np.ndarray,
    answer: np.ndarray,
    other: np.ndarray,
    patients: np.ndarray,
    settings: BootstrapSettings,
) -> dict[str, float]:
    """``<metric>_gain`` of `answer` over `other` on the same patients, with its interval.

    Parameters as for :func:`intervals`; `other` is another model's answer.
    """
    found = {}
    for metric in metrics:
        gain = bootstrap_difference(
            metric, truth, answer, other, patients, settings.repeats, seed=settings.seed
        )
        name = f"{metric.name}_gain"
        found |= {name: gain.value, f"{name}_low": gain.low, f"{name}_high": gain.high}
    return found
