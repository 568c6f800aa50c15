"""Judges of tumor against normal, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from genex_kedro.models.names import judge_label


def plot_judges(table: pd.DataFrame) -> Figure:
    """AUC and balanced accuracy by comparison; a dot per seed, the interval over patients.

    Parameters
    ----------
    table : DataFrame
        ``judge, model, seed, subset``, the metrics with ``_low`` and ``_high``.
    """
    metrics = {"auc": "AUC", "balanced_accuracy": "balanced accuracy"}
    comparisons = list(table["subset"].unique())
    judges, models = list(table["judge"].unique()), list(table["model"].unique())
    figure = Figure(figsize=(5.5 * len(comparisons), 7), layout="constrained")
    axes = figure.subplots(len(metrics), len(comparisons), squeeze=False, sharex="col")
    for row, (metric, title) in enumerate(metrics.items()):
        for column, comparison in enumerate(comparisons):
            axis, part = axes[row, column], table[table["subset"] == comparison]
            for m, model in enumerate(models):
                _draw_model(axis, part[part["model"] == model], judges, metric, m, len(models))
            axis.axhline(0.5, color="0.8", zorder=0)
            axis.set(title=comparison if row == 0 else "", ylabel=title, ylim=(0.4, 1.02))
            axis.set_xticks(range(len(judges)), [judge_label(j) for j in judges])
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False
    )
    return figure


def _draw_model(axis, rows: pd.DataFrame, judges: list, metric: str, m: int, n: int) -> None:
    x = rows["judge"].map(judges.index).to_numpy(float) + (m - (n - 1) / 2) * 0.8 / n
    y = rows[metric].to_numpy()
    low, high = (rows[f"{metric}_{end}"].to_numpy() for end in ("low", "high"))
    label = rows["model"].iloc[0] if len(rows) else None
    reach = np.clip([y - low, high - y], 0, None)
    axis.errorbar(x, y, reach, fmt="o", ms=4, lw=1, color=colormaps["tab10"](m), label=label)
