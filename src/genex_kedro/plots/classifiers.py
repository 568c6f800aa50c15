"""Classifiers of tumor types side by side, and what they confuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from genex_kedro.models.names import IMAGES


def plot_classifiers(table: pd.DataFrame, marks: pd.DataFrame) -> Figure:
    """A dot per seed with its interval over patients; networks in colour, others in grey.

    Parameters
    ----------
    table : DataFrame
        ``run, model`` and the metrics with ``_low`` and ``_high``.
    marks : DataFrame
        Published accuracies, drawn as lines: other samples, other splits.
    """
    metrics = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy"}
    order = table.groupby("model", sort=False)["balanced_accuracy"].mean().sort_values().index
    figure = Figure(figsize=(11, 1.6 + 0.3 * len(order)), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for axis, (metric, title) in zip(axes, metrics.items(), strict=True):
        for height, model in enumerate(order):
            rows = table[table["model"] == model]
            y = height + np.linspace(-0.2, 0.2, len(rows)) * (len(rows) > 1)
            reach = np.clip([rows[metric] - rows[f"{metric}_low"], rows[f"{metric}_high"] - rows[metric]], 0, None)  # fmt: skip
            colour = "tab:blue" if model.startswith(f"{IMAGES}/") else "0.45"
            axis.errorbar(rows[metric], y, xerr=reach, fmt="o", ms=4, lw=1, color=colour)
        axis.set_yticks(range(len(order)), order)
        axis.set_xlabel(title)
        axis.grid(axis="x", color="0.9")
    for _, mark in marks.iterrows():
        axes[0].axvline(mark["accuracy"], color="tab:orange", lw=0.8, ls=":")
    axes[0].set_title("dotted: published, 33 types, other splits", fontsize=9, color="tab:orange")
    return figure


def plot_confusion(counts: pd.DataFrame, model: str) -> Figure:
    """Share of each true type by call, ``truth, call, samples`` summed over seeds."""
    names = sorted(set(counts["truth"]) | set(counts["call"]))
    table = counts.pivot_table("samples", "truth", "call", "sum", fill_value=0)
    table = table.reindex(index=names, columns=names, fill_value=0)
    share = table.div(table.sum(axis=1).replace(0, np.nan), axis=0)
    side = 2.2 + 0.28 * len(names)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axis = figure.subplots()
    shown = axis.imshow(share.to_numpy(), cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.set(xlabel="called", ylabel="is", title=f"{model}: unseen patients")
    samples, shares = table.to_numpy(), share.to_numpy()
    for i, j in np.argwhere(samples > 0):
        colour = "w" if shares[i, j] > 0.5 else "k"
        axis.text(j, i, samples[i, j], ha="center", va="center", fontsize=6, color=colour)
    figure.colorbar(shown, ax=axis, shrink=0.7, label="share of the type")
    return figure
