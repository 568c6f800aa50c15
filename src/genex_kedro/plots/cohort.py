"""The cohort at a glance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure


def plot_components(scores: pd.DataFrame, explained: np.ndarray) -> Figure:
    """Two principal components, coloured by tissue, condition and program.

    Parameters
    ----------
    scores : DataFrame
        Columns ``pc1, pc2, tissue, condition, program``, a row a sample.
    explained : ndarray, shape (2,)
        Fraction of the variance.
    """
    figure = Figure(figsize=(15, 5), layout="constrained")
    for axis, label in zip(figure.subplots(1, 3), ("tissue", "condition", "program"), strict=True):
        groups = scores.groupby(label, observed=True)
        for i, (name, group) in enumerate(groups):
            axis.scatter(group["pc1"], group["pc2"], s=8, alpha=0.7, color=_colour(i), label=name)
        axis.set(
            title=label, xlabel=f"PC1 ({explained[0]:.0%})", ylabel=f"PC2 ({explained[1]:.0%})"
        )
        axis.legend(fontsize=7, markerscale=2, frameon=False, ncols=1 + len(groups) // 12)
    return figure


def _colour(i: int):
    from matplotlib import colormaps

    return colormaps["tab20"](i % 20)
