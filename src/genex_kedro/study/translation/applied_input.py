"""Tumors that a translator never saw, as it takes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import add_notice
from genex_kedro.models.atlas import Atlas
from genex_kedro.study.matching import Profiles, match_genes


def fit_to_model(cohort: AnnData, genes: pd.DataFrame, atlas: Atlas, least: float) -> Profiles:
    """Match genes, leave out samples that measure too few, and fill the holes that are left.

    What was not measured is taken to be as in the mean tumor of the tissue that the rest of the
    profile looks like.

    Parameters
    ----------
    cohort : AnnData, log2(x+1)
        NaN is not measured. Gets a notice for what was left out or filled.
    genes : DataFrame, indexed by symbol
        Of the model.
    atlas : Atlas
        Trained with it.
    least : float
        Share of the model's genes that the table, and each sample, must measure.

    Raises
    ------
    InputError
        The table, or every sample of it, measures too little.
    """
    tumors = match_genes(cohort, genes, least, "translate", "reversion")
    measured = tumors.measured
    if measured.all():
        return tumors
    detail = "by the mean tumor of the tissue; their own change is not reported"
    add_notice(cohort, "values not measured, filled in for the model", (~measured).sum(), detail)
    rough = np.where(measured, tumors.expression, atlas.centre)
    return tumors.filled(np.maximum(atlas.typical(atlas.infer(rough), "tumor"), 0))
