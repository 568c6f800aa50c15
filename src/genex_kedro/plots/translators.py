"""Translators of tumors into normals: what they pay, and where their outputs lie."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from genex_kedro.models.names import CEILING, CYCLEGAN, SIMPLE

_FAMILY = {SIMPLE: "tab:blue", CEILING: "0.5", CYCLEGAN: "tab:red"}
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
    figure = Figure(figsize=(16, 7.5), layout="constrained")
    if not set(columns) <= set(table) or table[columns].dropna().empty:
        figure.text(0.5, 0.5, "no patients with a tumor and a normal: nothing to draw", ha="center")
        return figure
    groups = table.groupby(["model", "paired"], sort=False)[columns]
    mean, sd = groups.mean().dropna(), groups.std().fillna(0)
    best = mean[mean.index.get_level_values("model").str.startswith(f"{SIMPLE}/")][
        "rmse_point"
    ].min()
    axes = figure.subplots(1, 2)
    for axis, title in zip(axes, ("all", "near the best simple guess"), strict=True):
        near = mean if title == "all" else mean[(mean["rmse_point"] - best).abs() < 0.04 * best]
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
        Of :func:`genex_kedro.study.translation.embedding.embed`.
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
        spread = sd.loc[(model, paired)]
        axis.errorbar(
            row["rmse_point"], row["patient_rank_point"],
            xerr=spread["rmse_point"], yerr=spread["patient_rank_point"],
            fmt=_MARK[bool(paired)], color=_colour(model), ms=6, lw=0.6, alpha=0.9,
        )  # fmt: skip
    axis.margins(0.12)
    taken: list[tuple[float, ...]] = []
    for (model, _), row in order.iterrows():
        _name(axis, str(model), row["rmse_point"], row["patient_rank_point"], taken)


def _colour(model: str) -> str:
    return _FAMILY.get(str(model).partition("/")[0], "tab:green")


def _name(axis, model: str, x: float, y: float, taken: list[tuple[float, ...]]) -> None:
    """Write a model's name beside its dot, where no other name is yet; boxes are in points."""
    text = model.partition("/")[2].replace("_", " ")
    across, up = axis.transData.transform((x, y)) * 72 / axis.figure.dpi
    width, height = 4.0 * len(text), 9.0
    near = [(6, 2, "left"), (-6, 2, "right"), (6, -9, "left"), (-6, -9, "right")]
    far = [(6 + dx, dy, "left") for dy in (12, -19, 22, -29, 32, -39) for dx in (0, 12)]
    for dx, dy, side in near + far:
        left = across + dx - (width if side == "right" else 0)
        box = (left, up + dy, left + width, up + dy + height)
        if all(box[2] < t[0] or box[0] > t[2] or box[3] < t[1] or box[1] > t[3] for t in taken):
            break
    taken.append(box)
    axis.annotate(
        text, (x, y), xytext=(dx, dy), textcoords="offset points", fontsize=7.5, ha=side,
        color=_colour(model), annotation_clip=False,
        arrowprops={"arrowstyle": "-", "lw": 0.3, "color": "0.6"} if abs(dy) > 10 else None,
    )  # fmt: skip


def _legend(axis, mean: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    families = dict.fromkeys(str(m).partition("/")[0] for m in mean.index.get_level_values("model"))
    handles = [Line2D([], [], ls="", marker="o", color=_colour(f), label=f) for f in families]
    handles += [
        Line2D([], [], ls="", marker=mark, color="k", mfc="none", label=word)
        for mark, word in (("o", "no pairs in training"), ("s", "learned from pairs"))
    ]
    axis.legend(handles=handles, frameon=False, fontsize=8, loc="best")


def _lines(axis, part: pd.DataFrame) -> None:
    """From what was made of each tumor to the patient's own normal."""
    made, normal = (
        part[(part["kind"] == kind) & (part["pair"] >= 0)] for kind in ("made", "normal")
    )
    both = made.merge(normal, on="pair", suffixes=("_made", "_normal"))
    if both.empty:
        return
    x, y = (both[[f"{c}_made", f"{c}_normal"]].to_numpy() for c in ("x", "y"))
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
