"""Pictures of the layouts and of the tumor types in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro.imaging import GeneImageLayout
from genex_kedro.plots.images import plot_class_means, plot_layouts
from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.study.tumor_types.data import types_of
from genex_kedro.transforms import Standardiser


def draw_layouts(studies: dict[str, AnnData], layouts: pd.DataFrame) -> tuple[Figure, Figure]:
    """The first seed's layouts, and the mean of each tumor type in one of them.

    Returns
    -------
    layouts : Figure
        Each layout, a gene coloured by its chromosome and by how its neighbours follow it.
    class_means : Figure
        Mean standardised expression of each type's training samples.
    """
    study = next(iter(studies.values()))
    training = part_of(study, "train")
    Z = Standardiser.fit(study.X[training], "per_gene").apply(study.X[training])
    mine = layouts[layouts["seed"] == seed_of(study)]
    by_name = {
        name: GeneImageLayout.from_frame(table) for name, table in mine.groupby("layout", sort=True)
    }
    types = types_of(study, "train")
    means = pd.DataFrame({name: Z[types == name].mean(0) for name in np.unique(types)})
    shown = "similarity" if "similarity" in by_name else next(iter(by_name))
    return plot_layouts(by_name, Z), plot_class_means(by_name[shown], means, shown)
