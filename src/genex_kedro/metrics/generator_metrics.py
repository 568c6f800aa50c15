"""What the scorecard of generators holds: every metric under its name there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from genex_kedro.metrics import (
    correlation,
    dendrogram,
    detectability,
    differential,
    discrepancy,
    manifold,
    marginals,
    privacy,
    utility,
)
from genex_kedro.metrics.base import Metric

ATTACKS = ("gan_leaks", "domias")


def _named(metrics: Iterable[Metric], pattern: str) -> tuple[Metric, ...]:
    """The metrics under the names that they have in the scorecard."""
    return tuple(replace(metric, name=pattern.format(metric.name)) for metric in metrics)


def _declared() -> tuple[Metric, ...]:
    compared = (*manifold.METRICS, *discrepancy.METRICS, *detectability.METRICS)
    distance, attack = privacy.METRICS[:3], privacy.METRICS[3:]
    f1, accuracy = utility.METRICS
    transfer = [
        replace(metric, name=f"{kind}_{label}_{measure}")
        for label in utility.LABELS
        for metric, measure in ((f1, "f1"), (accuracy, "balanced_accuracy"))
        for kind in ("tstr", "trtr")
    ]
    ratio = [
        Metric(m.name.replace("tstr", "tstr_over_trtr"), "higher", (0.0, np.inf), 1.0, m.function)
        for m in transfer
        if m.name.startswith("tstr")
    ]
    return (
        *correlation.METRICS,
        *dendrogram.METRICS,
        *marginals.METRICS,
        *marginals.WITHIN_CLASS,
        *_named(correlation.METRICS, "{}_all"),
        *_named(compared, "{}_train"),
        *_named(compared, "{}_test"),
        *transfer,
        *ratio,
        *differential.METRICS,
        *distance,
        *(replace(m, name=m.name.replace("membership", a)) for a in ATTACKS for m in attack),
    )


METRICS = _declared()
