"""Generators side by side: precision against recall, correlations of genes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from genex_kedro.models.names import REAL
from genex_kedro.plots.model_look import looks

_ZOOM = 0.8


def plot_precision_recall(table: pd.DataFrame) -> Figure:
    """Recall against precision of every generator and of real samples, on test and training.

    Parameters
    ----------
    table : DataFrame
        ``model, seed, precision_test, recall_test, precision_train, recall_train``. A symbol is
        the mean over seeds, its bars reach one standard deviation.
    """
    figure = Figure(figsize=(14, 10), layout="constrained")
    axes = figure.subplots(2, 2)
    look = looks(table["model"])
    parts = {"test": "against unseen patients", "train": "against the training samples"}
    for row, (part, title) in enumerate(parts.items()):
        names = [f"precision_{part}", f"recall_{part}"]
        groups = table.groupby("model", sort=False)[names]
        mean, spread = groups.mean(), groups.std()
        for axis, low in zip(axes[row], (0.0, _ZOOM), strict=True):
            for model, point in mean.dropna().iterrows():
                _draw_point(axis, point, spread.loc[model], look[model], model)
            margin = 0.03 * (1 - low)
            limits = (low - margin, 1 + margin)
            ticks = np.linspace(low, 1, 5)
            axis.set(xlim=limits, ylim=limits, xticks=ticks, yticks=ticks, box_aspect=1)
            axis.set(xlabel="precision (k = 10)", ylabel="recall (k = 10)")
            axis.set_title(title if not low else f"{title}: the corner", fontsize=11)
            axis.grid(color="0.94")
    handles = {}
    for axis in axes.flat:
        found, labels = axis.get_legend_handles_labels()
        handles |= dict(zip(labels, found, strict=True))
    figure.legend(handles.values(), handles, loc="outside right center", frameon=False, fontsize=9)
    return figure


def _draw_point(axis, point: pd.Series, spread: pd.Series, look, model: str) -> None:
    error = [None, None] if spread.isna().any() else list(spread)
    is_real = model.startswith(f"{REAL}/")
    axis.errorbar(
        *point, yerr=error[1], xerr=error[0], fmt=look.marker, color=look.colour, label=model,
        ms=9 if is_real else 7, mew=1.5, mfc="none" if is_real else None, lw=1, alpha=0.9,
    )  # fmt: skip


def plot_correlations(pairs: pd.DataFrame) -> Figure:
    """Correlation of two genes among synthetic samples against that among real ones.

    Parameters
    ----------
    pairs : DataFrame
        ``model, within, real, synthetic``: a row per sampled pair of genes; ``within`` is
        whether class means were removed.
    """
    models = list(pairs["model"].unique())
    figure = Figure(figsize=(3.6 * len(models) + 0.6, 7.4), layout="constrained")
    axes = figure.subplots(2, len(models), squeeze=False, sharex=True, sharey=True)
    for row, (within, title) in enumerate({False: "all samples", True: "within classes"}.items()):
        for column, model in enumerate(models):
            part = pairs[(pairs["model"] == model) & (pairs["within"] == within)]
            _scatter(axes[row, column], part["real"].to_numpy(), part["synthetic"].to_numpy())
            if row == 0:
                axes[row, column].set_title(model, fontsize=10)
        axes[row, 0].set_ylabel(f"{title}\nsynthetic r")
    for axis in axes[-1]:
        axis.set(xlabel="real r (test samples)", xticks=[-0.5, 0, 0.5], yticks=[-0.5, 0, 0.5])
    n = len(pairs) // (2 * len(models))
    figure.suptitle(f"Correlation of two genes, {n:,} pairs; red: least squares, grey: equal")
    return figure


def _scatter(axis, real: np.ndarray, synthetic: np.ndarray) -> None:
    axis.hexbin(
        real, synthetic, gridsize=60, extent=(-1, 1, -1, 1), bins="log", mincnt=1, cmap="viridis",
        linewidths=0.1,
    )  # fmt: skip
    axis.plot([-1, 1], [-1, 1], color="0.6", lw=1, zorder=0)
    slope, offset = _line(real, synthetic)
    ends = np.array([-1, 1])
    axis.plot(ends, offset + slope * ends, color="tab:red", lw=1.5)
    gamma = np.corrcoef(real, synthetic)[0, 1] if np.ptp(synthetic) > 1e-9 else 0.0
    rmse = np.sqrt(np.mean((real - synthetic) ** 2))
    axis.text(
        0.04, 0.96, f"gamma {gamma:.3f}\nslope {slope:.2f}\nRMSE {rmse:.3f}", va="top",
        transform=axis.transAxes, fontsize=9,
    )  # fmt: skip
    axis.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal")


def _line(x: np.ndarray, y: np.ndarray) -> Sequence[float]:
    slope = np.cov(x, y)[0, 1] / x.var(ddof=1)
    return slope, y.mean() - slope * x.mean()
