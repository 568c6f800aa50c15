"""Searches for settings: how they went, and what the parameters do."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from genex_kedro.training_status import DIVERGED, FINISHED, PRUNED

_PARAMETER = "parameter."
_STATES = {FINISHED: ("o", "tab:blue"), PRUNED: ("x", "0.5"), DIVERGED: ("v", "tab:red")}
_LABEL = "validation loss (nats a sample)"


def plot_search(trials: pd.DataFrame, history: pd.DataFrame) -> Figure:
    """Each search: the loss of every trial with the best so far, and all learning curves.

    Parameters
    ----------
    trials : DataFrame
        ``name, trial, state, validation_loss``.
    history : DataFrame
        ``name, trial, epoch, validation.loss``.
    """
    names = list(trials["name"].unique())
    figure = Figure(figsize=(11, 3.6 * max(1, len(names))), layout="constrained")
    grid = figure.subplots(max(1, len(names)), 2, squeeze=False)
    for axes, name in zip(grid, names, strict=False):
        of_one = trials[trials["name"] == name]
        curves = history[history["name"] == name]
        _draw_order(axes[0], of_one)
        _draw_curves(axes[1], of_one, curves)
        axes[0].set(title=f"{name}: {len(of_one)} trials", xlabel="trial", ylabel=_LABEL)
        axes[1].set(title="learning curves", xlabel="epoch", ylabel=_LABEL)
        for axis in axes:
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def plot_parameters(trials: pd.DataFrame, importances: pd.DataFrame) -> Figure:
    """Each search: a heat map of a grid of two parameters, else the loss along every parameter.

    Parameters
    ----------
    trials : DataFrame
        ``name, sampler, state, validation_loss`` and ``parameter.<name>``.
    importances : DataFrame
        ``name, parameter, importance``; may lack a search.
    """
    names = list(trials["name"].unique())
    figure = Figure(figsize=(13, 3.8 * max(1, len(names))), layout="constrained")
    for part, name in zip(figure.subfigures(max(1, len(names)), 1, squeeze=False)[:, 0], names, strict=False):  # fmt: skip
        of_one = trials[trials["name"] == name]
        searched = [c for c in of_one if c.startswith(_PARAMETER) and of_one[c].notna().any()]
        weights = importances[importances["name"] == name].set_index("parameter")["importance"]
        part.suptitle(name, fontweight="bold")
        if len(searched) == 2 and (of_one["sampler"] == "grid").all():
            _draw_grid(part.subplots(), of_one, searched, weights)
        else:
            for axis, column in zip(part.subplots(1, len(searched), squeeze=False, sharey=True)[0], searched, strict=True):  # fmt: skip
                _draw_slice(axis, of_one, column, weights)
    return figure


def _draw_order(axis: Axes, trials: pd.DataFrame) -> None:
    top = _top(trials["validation_loss"])
    _draw_trials(axis, trials["trial"], trials, top)
    finished = trials["validation_loss"].where(trials["state"] == FINISHED)
    axis.step(trials["trial"], finished.cummin().ffill(), where="post", color="tab:orange", label="best so far")  # fmt: skip
    _set_bottom(axis, trials, top)
    axis.legend(frameon=False, fontsize=8)


def _draw_trials(axis: Axes, x: pd.Series, trials: pd.DataFrame, top: float) -> None:
    """A mark for each trial; a triangle at the top for one that lies above."""
    loss = trials["validation_loss"].astype(float)
    for state, (marker, colour) in _STATES.items():
        of_state = trials["state"] == state
        above = loss > top
        if (within := of_state & ~above).any():
            axis.scatter(x[within], loss[within].fillna(top), marker=marker, color=colour, s=28, alpha=0.8, label=state)  # fmt: skip
        if (beyond := of_state & above).any():
            axis.scatter(x[beyond], [top] * beyond.sum(), marker="^", color=colour, s=28, alpha=0.8, label=f"{state}, above")  # fmt: skip


def _draw_curves(axis: Axes, trials: pd.DataFrame, history: pd.DataFrame) -> None:
    """Dark is good; the best in colour."""
    order = trials.set_index("trial")["validation_loss"].rank(ascending=False)
    best = trials.loc[trials["state"] == FINISHED].set_index("trial")["validation_loss"]
    for number, curve in history.groupby("trial"):
        shade = 0.15 + 0.6 * order.get(number, 1.0) / max(1, len(order))
        is_best = len(best) and number == best.idxmin()
        colour = "tab:orange" if is_best else colormaps["Blues"](shade)
        axis.plot(curve["epoch"], curve["validation.loss"], color=colour, lw=2 if is_best else 1, zorder=2 + is_best, marker="." if len(curve) == 1 else None)  # fmt: skip
    _set_bottom(axis, trials, _top(history["validation.loss"]))


def _draw_grid(axis: Axes, trials: pd.DataFrame, searched: list[str], weights: pd.Series) -> None:
    across, down = searched
    losses = trials.pivot_table("validation_loss", down, across, dropna=False)
    values = losses.to_numpy(float)
    image = axis.imshow(values, cmap="viridis_r", aspect="auto", vmax=_top(trials["validation_loss"]))  # fmt: skip
    best = np.unravel_index(np.nanargmin(values), values.shape) if np.isfinite(values).any() else None  # fmt: skip
    for (i, j), value in np.ndenumerate(values):
        text = f"{value:.4g}" if np.isfinite(value) else DIVERGED
        shade = image.norm(value) if np.isfinite(value) else 1.0
        weight = "bold" if (i, j) == best else "normal"
        axis.text(j, i, text, ha="center", va="center", color="white" if shade > 0.5 else "black", fontweight=weight)  # fmt: skip
    if best is not None:
        axis.add_patch(_frame(best))
    axis.set_xticks(range(values.shape[1]), [_short(v) for v in losses.columns])
    axis.set_yticks(range(values.shape[0]), [_short(v) for v in losses.index])
    axis.set(xlabel=_named(across, weights), ylabel=_named(down, weights))
    axis.figure.colorbar(image, ax=axis, label=_LABEL)


def _draw_slice(axis: Axes, trials: pd.DataFrame, column: str, weights: pd.Series) -> None:
    values, top = trials[column], _top(trials["validation_loss"])
    words = not pd.api.types.is_numeric_dtype(values)
    x = values.astype(str) if words else values.astype(float)
    _draw_trials(axis, x, trials, top)
    if not words and values.min() > 0 and values.max() / values.min() > 30:
        axis.set_xscale("log")
    elif values.nunique() <= 4 and not words:
        axis.set_xticks(sorted(values.unique()))
    _set_bottom(axis, trials, top)
    axis.set(xlabel=_named(column, weights), ylabel=_LABEL if axis.get_subplotspec().is_first_col() else "")  # fmt: skip


def _top(losses: pd.Series) -> float:
    """Up to where losses are told apart: a wild one would leave the others on a line."""
    finite = losses.dropna().astype(float)
    if finite.empty:
        return 1.0
    return float(min(finite.max(), finite.median() + 2 * (finite.median() - finite.min()) + 1e-9))


def _set_bottom(axis: Axes, trials: pd.DataFrame, top: float) -> None:
    bottom = trials["validation_loss"].min()
    if np.isfinite(bottom) and top > bottom:
        room = 0.08 * (top - bottom)
        axis.set_ylim(bottom - room, top + room)


def _frame(cell: tuple[int, int]):
    from matplotlib.patches import Rectangle

    i, j = cell
    return Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor="tab:orange", lw=3)


def _named(column: str, weights: pd.Series) -> str:
    name = column.removeprefix(_PARAMETER)
    label = name.replace("_", " ")
    return f"{label} (importance {weights[name]:.2f})" if name in weights else label


def _short(value) -> str:
    return f"{value:g}" if isinstance(value, float | int | np.number) else str(value)
