"""Layouts of genes, and profiles as images."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from genex_kedro.genes.positions import positions
from genex_kedro.imaging import GeneImageLayout


def plot_layouts(layouts: dict[str, GeneImageLayout], Z: np.ndarray) -> Figure:
    """Each layout by chromosome, and by how closely a gene follows the genes around it.

    Parameters
    ----------
    layouts : dict of GeneImageLayout by name
    Z : ndarray, shape (n_samples, n_genes)
        Standardised expression of the training samples.
    """
    figure = Figure(figsize=(3.6 * len(layouts), 7), layout="constrained")
    axes = figure.subplots(2, len(layouts), squeeze=False)
    for column, (name, layout) in enumerate(layouts.items()):
        place = positions()["chromosome"]
        place = place[~place.index.duplicated()].reindex(list(layout.symbols))
        codes = np.where(place.isna(), np.nan, place.cat.codes)
        axes[0, column].imshow(layout.draw(codes), cmap="tab20", interpolation="nearest")
        axes[0, column].set_title(f"{name}: chromosomes")
        closeness = neighbour_correlation(layout, Z)
        shown = axes[1, column].imshow(
            layout.draw(closeness), cmap="viridis", vmin=0, vmax=1, interpolation="nearest"
        )
        axes[1, column].set_title(f"r with neighbours, mean {np.nanmean(closeness):.2f}")
    figure.colorbar(shown, ax=axes[1, :].tolist(), shrink=0.7)
    _bare(axes)
    return figure


def neighbour_correlation(layout: GeneImageLayout, Z: np.ndarray) -> np.ndarray:
    """Mean correlation of each gene with those beside, above and below it, (n_genes,)."""
    images = layout.draw(Z / np.maximum(Z.std(0), 1e-6))
    total, count = np.zeros(images.shape[1:]), np.zeros(images.shape[1:])
    for axis in (1, 2):
        n = images.shape[axis]
        first, second = images.take(range(n - 1), axis), images.take(range(1, n), axis)
        r = (first * second).mean(0)
        there = ~np.isnan(r)
        for shift in (0, 1):
            span = [slice(None), slice(None)]
            span[axis - 1] = slice(shift, n - 1 + shift)
            total[tuple(span)] += np.where(there, r, 0)
            count[tuple(span)] += there
    with np.errstate(invalid="ignore"):
        return layout.read(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def plot_class_means(layout: GeneImageLayout, means: pd.DataFrame, name: str) -> Figure:
    """Mean images of the classes, the columns of `means` (n_genes, n_classes), in sd of a gene."""
    return plot_gene_images(layout, means, f"Mean of each type, layout '{name}'", "sd")


def plot_gene_images(
    layout: GeneImageLayout, values: pd.DataFrame, title: str, label: str
) -> Figure:
    """One image for each column of `values` (n_genes, n_images), on one symmetric scale."""
    across = int(np.ceil(np.sqrt(values.shape[1] * 1.6)))
    down = int(np.ceil(values.shape[1] / across))
    figure = Figure(figsize=(1.7 * across + 1, 1.9 * down + 0.5), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False)
    limit = float(np.quantile(np.abs(values.to_numpy()), 0.995)) or 1.0
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, column in zip(axes.flat, values, strict=False):
        shown = axis.imshow(
            layout.draw(values[column].to_numpy()),
            cmap="RdBu_r",
            vmin=-limit,
            vmax=limit,
            interpolation="nearest",
        )
        axis.set_title(str(column), fontsize=9)
    figure.colorbar(shown, ax=axes.ravel().tolist(), shrink=0.6, label=label)
    figure.suptitle(title)
    return figure


def plot_curves(curves: pd.DataFrame) -> Figure:
    """Probability of the true type as genes are deleted or inserted, by attribution or at random."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    colours = {"attribution": "tab:blue", "random": "0.5"}
    for axis, how in zip(axes, ("deletion", "insertion"), strict=True):
        for order, colour in colours.items():
            mine = curves[(curves["how"] == how) & (curves["order"] == order)]
            for _, one in mine.groupby("seed"):
                axis.plot(
                    one["fraction"], one["probability"], "o-", ms=3, color=colour, label=order
                )
        axis.set(title=how, xlabel="share of the genes")
        axis.set_xscale("symlog", linthresh=0.005)
        axis.set_xlim(0, 1)
    axes[0].set_ylabel("probability of the true type")
    handles = dict(zip(*axes[0].get_legend_handles_labels()[::-1], strict=True))
    axes[0].legend(handles.values(), handles.keys(), frameon=False)
    return figure


def _bare(axes: np.ndarray) -> None:
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
