"""Translators of tumors into normals: what they pay, and where their outputs lie."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

_FAMILY = {"simple": "tab:blue", "ceiling": "0.5", "cyclegan": "tab:red"}
_MARK = {False: "o", True: "s"}
_KIND = {"tumor": "^", "normal": "o", "made": "x"}
_WORDS = {"tumor": "tumor", "normal": "real normal", "made": "made of the tumor"}


def plot_frontier(table: pd.DataFrame) -> Figure:
    """RMSE against the centred rank of the right patient, best guesses; two zooms.

    Parameters
    ----------
    table : DataFrame
        Overall rows: ``model, paired, seed, rmse_point, patient_rank_point``. A dot a model, the
        bars a standard deviation over seeds.
    """
    columns = ["rmse_point", "patient_rank_point"]
    figure = Figure(figsize=(15, 6.5), layout="constrained")
    if not set(columns) <= set(table) or table[columns].dropna().empty:
        figure.text(0.5, 0.5, "no patients with a tumor and a normal: nothing to draw", ha="center")
        return figure
    groups = table.groupby(["model", "paired"], sort=False)[columns]
    mean, sd = groups.mean().dropna(), groups.std().fillna(0)
    best = mean[mean.index.get_level_values("model").str.startswith("simple/")]["rmse_point"].min()
    axes = figure.subplots(1, 2)
    for axis, title in zip(axes, ("all", "near the best simple guess"), strict=True):
        near = mean if title == "all" else mean[(mean["rmse_point"] - best).abs() < 0.15 * best]
        _dots(axis, near, sd)
        axis.axhline(0.5, color="0.85", zorder=0)
        axis.set(
            title=title, xlabel="RMSE of the best guess (log2)",
            ylabel="rank of the right patient, centred (0 right, .5 chance)",
        )  # fmt: skip
    _legend(axes[0], mean)
    return figure


def plot_neighbours(points: pd.DataFrame) -> Figure:
    """t-SNE planes, one a translator: tumors, real normals, and what was made of the tumors.

    Parameters
    ----------
    points : DataFrame
        Of :func:`genex_kedro.study.translation_embedding.embed`.
    """
    models = list(dict.fromkeys(points["model"]))
    columns = min(3, max(len(models), 1))
    rows = -(-max(len(models), 1) // columns)
    figure = Figure(figsize=(6.5 * columns, 6 * rows + 0.8), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    names = sorted(points.loc[points["kind"] == "tumor", "cohort"].unique())
    names += sorted(set(points["cohort"]) - set(names))
    colours = {name: colormaps["tab20"](i % 20) for i, name in enumerate(names)}
    for axis in axes:
        axis.set_axis_off()
    for axis, model in zip(axes, models, strict=False):
        part = points[points["model"] == model]
        _lines(axis, part)
        for kind, mark in _KIND.items():
            some = part[part["kind"] == kind]
            shade = [colours[c] for c in some["cohort"]]
            axis.scatter(some["x"], some["y"], c=shade, marker=mark, s=22, linewidths=1)
        axis.set_title(model)
    _neighbour_legend(figure, colours)
    return figure


def _dots(axis, mean: pd.DataFrame, sd: pd.DataFrame) -> None:
    order = mean.sort_values("patient_rank_point")
    for (model, paired), row in order.iterrows():
        family, _, name = str(model).partition("/")
        spread = sd.loc[(model, paired)]
        colour = _FAMILY.get(family, "tab:green")
        axis.errorbar(
            row["rmse_point"], row["patient_rank_point"],
            xerr=spread["rmse_point"], yerr=spread["patient_rank_point"],
            fmt=_MARK[bool(paired)], color=colour, ms=6, lw=0.8, alpha=0.9,
        )  # fmt: skip
        axis.annotate(
            name.replace("_", " "), (row["rmse_point"], row["patient_rank_point"]),
            xytext=(6, 4), textcoords="offset points", fontsize=7.5, color=colour,
        )  # fmt: skip


def _legend(axis, mean: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    families = dict.fromkeys(str(m).partition("/")[0] for m in mean.index.get_level_values("model"))
    handles = [
        Line2D([], [], ls="", marker="o", color=_FAMILY.get(f, "tab:green"), label=f)
        for f in families
    ]
    handles += [
        Line2D([], [], ls="", marker=mark, color="k", mfc="none", label=word)
        for mark, word in (("o", "no pairs in training"), ("s", "learned from pairs"))
    ]
    axis.legend(handles=handles, frameon=False, fontsize=8, loc="best")


def _lines(axis, part: pd.DataFrame) -> None:
    """From what was made of a tumor to the patient's own normal."""
    both = part[part["pair"] >= 0].pivot_table(index="pair", columns="kind", values=["x", "y"], aggfunc="first")  # fmt: skip
    if both.empty or "made" not in both["x"] or "normal" not in both["x"]:
        return
    x, y = (both[c][["made", "normal"]].to_numpy() for c in ("x", "y"))
    axis.plot(x.T, y.T, color="0.6", lw=0.6, zorder=0)


def _neighbour_legend(figure: Figure, colours: dict) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], ls="", marker=mark, color="k", mfc="none", label=_WORDS[kind])
        for kind, mark in _KIND.items()
    ]
    handles.append(Line2D([], [], color="0.6", label="to the patient's own normal"))
    handles += [Line2D([], [], ls="", marker="o", color=c, label=n) for n, c in colours.items()]
    columns = int(np.clip(len(handles), 1, 10))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=8)  # fmt: skip
