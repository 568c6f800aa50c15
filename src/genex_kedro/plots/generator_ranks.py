"""Who is ahead, by how much, and in what: the generators' ranks in one picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from genex_kedro.plots.model_look import looks
from genex_kedro.training_status import FINISHED


def plot_ranks(summary: pd.DataFrame) -> Figure:
    """Mean rank with its interval, and the rank in each family of metrics.

    Parameters
    ----------
    summary : DataFrame
        Of :func:`genex_kedro.study.generation.summary.summarise`; rows without a rank (real
        samples) are left out.
    """
    ranked = summary[summary["rank"].notna()].sort_values("rank")
    families = [c.removeprefix("rank_") for c in ranked if _is_family(c)]
    n = len(ranked)
    figure = Figure(figsize=(11, 1.9 + 0.42 * n), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1], sharey=True)
    _draw_intervals(left, ranked)
    _draw_families(right, ranked, families)
    seeds = int(ranked["seeds"].max())
    over = (
        "one split by patient: intervals over metrics alone"
        if seeds == 1
        else f"{seeds} splits by patient"
    )
    figure.suptitle(f"Generators by rank (1 is best), {over}", fontsize=12)
    return figure


def _draw_intervals(axis, ranked: pd.DataFrame) -> None:
    look = looks(ranked["model"])
    for y, (_, row) in enumerate(ranked.iterrows()):
        style = look[row["model"]]
        axis.plot([row["rank_low"], row["rank_high"]], [y, y], color=style.colour, lw=2)
        axis.plot(row["rank"], y, style.marker, color=style.colour, ms=8)
        if row["first"] >= 0.005:
            text = f"first in {row['first']:.0%}"
            axis.annotate(
                text,
                (row["rank_high"], y),
                (8, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
    axis.set_yticks(
        range(len(ranked)), [_name(row, ranked["seeds"].max()) for _, row in ranked.iterrows()]
    )
    axis.set(
        xlabel="mean rank over the families, 95 % interval over splits and metrics",
        xlim=(0.5, len(ranked) + 0.5),
    )
    axis.grid(axis="x", color="0.92")
    axis.set_axisbelow(True)


def _name(row: pd.Series, most_seeds: int) -> str:
    """The model, and what a reader must know before trusting its rank."""
    notes = [] if row["status"] == FINISHED else [row["status"]]
    if row["seeds"] < most_seeds:
        notes.append(f"{row['seeds']} of {most_seeds} splits")
    return f"{row['model']} ({', '.join(notes)})" if notes else row["model"]


def _draw_families(axis, ranked: pd.DataFrame, families: list[str]) -> None:
    ranks = ranked[[f"rank_{family}" for family in families]].to_numpy()
    axis.imshow(ranks, cmap="RdYlGn_r", vmin=1, vmax=max(len(ranked), 2), aspect="auto", alpha=0.8)
    for (y, x), value in np.ndenumerate(ranks):
        axis.text(x, y, f"{value:.1f}", ha="center", va="center", fontsize=9)
    axis.set_xticks(range(len(families)), families, rotation=20)
    axis.tick_params(axis="y", length=0)


def _is_family(column: str) -> bool:
    own = ("rank_low", "rank_high")
    return (
        column.startswith("rank_") and column not in own and not column.endswith(("_low", "_high"))
    )
