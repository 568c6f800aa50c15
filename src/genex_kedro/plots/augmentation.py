"""What synthetic samples add to few real ones."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from genex_kedro.plots.model_look import looks

_MEASURES = {"macro_f1": "macro F1", "balanced_accuracy": "balanced accuracy"}


def plot_augmentation(table: pd.DataFrame) -> Figure:
    """Macro F1 and balanced accuracy on unseen patients against the number of real samples.

    Parameters
    ----------
    table : DataFrame
        Of :func:`genex_kedro.study.generation.augmentation.augment`, of one or several seeds. Points are
        means over seeds and choices, bars reach one standard error.
    """
    if not len(table):
        figure = Figure(figsize=(8, 2))
        figure.suptitle("One tissue and one condition: nothing to tell apart")
        return figure
    alone, added = (table[(table["model"] == "") == only_real] for only_real in (True, False))
    protocols = list(added["protocol"].unique())
    figure = Figure(figsize=(6.5 * len(protocols), 9), layout="constrained")
    axes = figure.subplots(2, len(protocols), sharex=True, sharey="row", squeeze=False)
    look = looks(sorted(added["model"].unique()))
    sizes = sorted(table["n_real"][~table["whole"]].unique())
    for row, (measure, name) in enumerate(_MEASURES.items()):
        axes[row, 0].set_ylabel(f"{name}, {table['label'].iloc[0]}")
        for axis, protocol in zip(axes[row], protocols, strict=True):
            _line(axis, alone, measure, sizes, None, "real samples alone", len(look) / 2)
            part = added[added["protocol"] == protocol]
            for i, (model, style) in enumerate(look.items()):
                _line(axis, part[part["model"] == model], measure, sizes, style, model, i)
            axis.set_title("" if row else protocol.replace(": ", ":\n"), fontsize=11)
            axis.grid(color="0.93")
    for axis in axes[-1]:
        whole = f"all ({table['n_real'][table['whole']].mean():.0f})"
        axis.set_xticks(range(len(sizes) + 1), [*map(str, sizes), whole])
        axis.set_xlabel("real samples")
    _legend(figure, axes)
    figure.suptitle(
        f"Augmentation with {added['n_synthetic'].max()} synthetic samples, judged on unseen patients"
    )
    return figure


def _legend(figure: Figure, axes) -> None:
    lines = {}
    for axis in axes.flat:
        handles, texts = axis.get_legend_handles_labels()
        lines |= dict(zip(texts, handles, strict=True))
    figure.legend(lines.values(), lines, loc="outside right center", frameon=False, fontsize=9)


def _line(axis, rows: pd.DataFrame, measure: str, sizes: list, style, label: str, i: float) -> None:
    if not len(rows):
        return
    place = (
        rows["n_real"].map({n: i for i, n in enumerate(sizes)}).where(~rows["whole"], len(sizes))
    )
    groups = rows.groupby(place)[measure]
    mean, error = groups.mean(), groups.sem().fillna(0)
    x = [at + 0.02 * (i - 4) for at in mean.index]  # side by side
    if style is None:
        axis.errorbar(x, mean, error, fmt="-", color="black", lw=2.5, label=label)
    else:
        axis.errorbar(
            x, mean, error, fmt=f"{style.marker}-", color=style.colour, lw=1.2, ms=5, label=label
        )
