"""Real and synthetic samples in one plane, coloured three ways."""

from __future__ import annotations

import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

_KINDS = {"real": "0.55", "synthetic": "tab:orange"}
_CONDITIONS = {"normal": "tab:blue", "tumor": "tab:red"}
_MARKERS = {"real": "o", "synthetic": "x"}


def plot_planes(samples: pd.DataFrame) -> Figure:
    """By tissue, by condition and by kind; a row of panels for each generator.

    Parameters
    ----------
    samples : DataFrame
        Of :func:`genex_kedro.study.generation.embedding.embed_together`.
    """
    models = list(samples["model"].unique())
    tissues = sorted(samples["tissue"].unique())
    palette = colormaps["tab20"]
    colours = {
        "tissue": {name: palette(i % 20) for i, name in enumerate(tissues)},
        "condition": _CONDITIONS,
        "kind": _KINDS,
    }
    figure = Figure(figsize=(16, 5.2 * len(models)), layout="constrained")
    axes = figure.subplots(len(models), 3, squeeze=False)
    for row, model in enumerate(models):
        part = samples[samples["model"] == model].sample(frac=1, random_state=0)
        for axis, (label, palette) in zip(axes[row], colours.items(), strict=True):
            _draw(axis, part, label, palette)
        axes[row, 0].set_ylabel(model, fontsize=12)
        axes[row, 1].set_xlabel(
            f"seed {part['seed'].iloc[0]}; {part['method'].iloc[0]}", fontsize=9
        )
    return figure


def _draw(axis, samples: pd.DataFrame, label: str, colours: dict) -> None:
    colour = samples[label].map(colours)
    for kind, marker in _MARKERS.items():
        chosen = samples["kind"] == kind
        axis.scatter(
            samples["x"][chosen],
            samples["y"][chosen],
            c=list(colour[chosen]),
            marker=marker,
            s=14 if kind == "real" else 16,
            alpha=0.7,
            linewidths=0 if kind == "real" else 0.9,
        )
    there = [name for name in colours if (samples[label] == name).any()]
    handles = [
        axis.scatter(
            [],
            [],
            color=colours[name],
            s=30,
            label=name,
            marker=_MARKERS[name] if label == "kind" else "o",
        )
        for name in there
    ]
    axis.legend(handles=handles, fontsize=8, frameon=False, ncols=1 + len(there) // 12, loc="best")
    axis.set(title="real (o) and synthetic (x)" if label == "kind" else label, xticks=[], yticks=[])
