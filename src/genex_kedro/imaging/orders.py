"""The orders of genes: along the chromosomes, by similarity, at random."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.genes.positions import positions
from genex_kedro.genes.table import gene_table, row_of_alias, row_of_symbol
from genex_kedro.imaging.assignment import assign_pixels, uniform_marginals
from genex_kedro.imaging.layout import GeneImageLayout, side_for

_FEW = 50  # genes that are embedded exactly


class LayoutSettings(BaseModel):
    """How genes are laid out.

    Parameters
    ----------
    order : {"chromosome", "similarity", "random"}
    assembly : {"GRCh38", "GRCh37"}
        Whose coordinates, for ``chromosome``.
    method : {"tsne", "umap"}
        What brings similar genes together, for ``similarity``.
    components : int
        Principal components of the genes that `method` sees.
    neighbours : int
        Perplexity of t-SNE, neighbours of UMAP.
    iterations : int
        Of t-SNE.
    seed : int
        Of the random order and of `method`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: Literal["chromosome", "similarity", "random"] = "similarity"
    assembly: Literal["GRCh37", "GRCh38"] = "GRCh38"
    method: Literal["tsne", "umap"] = "tsne"
    components: int = Field(default=30, ge=2)
    neighbours: int = Field(default=30, ge=2)
    iterations: int = Field(default=400, ge=250)
    seed: int = Field(default=0, ge=0)


def lay_out(symbols: pd.Index, training: np.ndarray, settings: LayoutSettings) -> GeneImageLayout:
    """A layout of the genes of a study.

    Parameters
    ----------
    symbols : Index, n_genes
        In the order of the profiles.
    training : ndarray, shape (n_samples, n_genes)
        log2(x+1) of the *training* samples; only ``similarity`` looks at them.
    settings : LayoutSettings
    """
    if settings.order == "chromosome":
        return chromosome_layout(symbols, settings.assembly)
    if settings.order == "random":
        return random_layout(symbols, settings.seed)
    return similarity_layout(symbols, training, settings)


def chromosome_layout(symbols: pd.Index, assembly: str = "GRCh38") -> GeneImageLayout:
    """Row by row along the chromosomes 1 to 22, X, Y, MT (Lyu and Haque 2018).

    Genes without a known position stand behind the others, in their own order.
    """
    place = pd.Series(range(len(known := positions(assembly).index)), index=known)
    place = place[~place.index.duplicated()].reindex([_current(symbol) for symbol in symbols])
    order = np.argsort(place.fillna(len(known)).to_numpy(), kind="stable")
    pixels = np.empty(len(symbols), dtype=np.int64)
    pixels[order] = np.arange(len(symbols))
    return GeneImageLayout.from_pixels(symbols, pixels, side_for(len(symbols)), "chromosome")


def _current(symbol: str) -> str:
    """Today's symbol of a gene that may be known by an older one."""
    row = row_of_symbol().get(symbol, row_of_alias().get(symbol))
    return symbol if row is None else gene_table()["symbol"].iloc[row]


def random_layout(symbols: pd.Index, seed: int) -> GeneImageLayout:
    """Anywhere: the control. A network that does as well on it gains nothing from the order."""
    side = side_for(len(symbols))
    pixels = np.random.default_rng(seed).permutation(side**2)[: len(symbols)]
    return GeneImageLayout.from_pixels(symbols, pixels, side, "random")


def similarity_layout(
    symbols: pd.Index, training: np.ndarray, settings: LayoutSettings
) -> GeneImageLayout:
    """Genes that rise and fall together side by side, one gene a pixel.

    Genes are standardised over the training samples, embedded in the plane by t-SNE or UMAP,
    each axis is spread evenly (:func:`~genex_kedro.imaging.assignment.uniform_marginals`), and
    every gene gets its own pixel near its point. Averages of similar pixels, all that a first
    layer and a smaller image keep, then still mean something.
    """
    side = side_for(len(symbols))
    points = uniform_marginals(_embed(training, settings), side)
    return GeneImageLayout.from_pixels(symbols, assign_pixels(points, side), side, "similarity")


def _embed(training: np.ndarray, settings: LayoutSettings) -> np.ndarray:
    from sklearn.decomposition import PCA

    spread = training.std(0)
    genes = ((training - training.mean(0)) / np.where(spread > 1e-6, spread, 1)).T
    components = min(settings.components, *(n - 1 for n in genes.shape))
    if components < 2 or not genes.any():  # a handful of genes, or none that varies
        return np.stack([genes.mean(1), np.arange(len(genes), dtype=float)], axis=1)
    solver = "randomized" if components < min(genes.shape) - 1 else "full"
    reduced = PCA(components, svd_solver=solver, random_state=settings.seed).fit_transform(genes)
    neighbours = min(settings.neighbours, max(2, (len(genes) - 1) // 3))
    if settings.method == "umap" and len(genes) > _FEW:
        from umap import UMAP

        return UMAP(n_neighbors=neighbours, random_state=settings.seed, n_jobs=1).fit_transform(
            reduced
        )
    return _tsne(reduced, neighbours, settings)


def _tsne(reduced: np.ndarray, neighbours: int, settings: LayoutSettings) -> np.ndarray:
    """Started from the first two components, with a little noise: genes alike must part."""
    from sklearn.manifold import TSNE

    rng = np.random.default_rng(settings.seed)
    start = reduced[:, :2] / max(reduced[:, 0].std(), 1e-12)
    start = 1e-4 * (start + 0.01 * rng.standard_normal(start.shape))
    return TSNE(
        perplexity=neighbours,
        init=start.astype(np.float32),
        max_iter=settings.iterations,
        method="barnes_hut" if len(reduced) > _FEW else "exact",
        random_state=settings.seed,
        n_jobs=2,
    ).fit_transform(reduced)
