"""Profiles that a trained model never saw, brought to the genes that it was trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import add_notice
from genex_kedro.errors import InputError, some
from genex_kedro.genes.panels import find_genes


@dataclass(frozen=True)
class Profiles:
    """Profiles as a trained model takes them.

    Attributes
    ----------
    expression : ndarray, shape (n_samples, n_genes)
        log2(x+1), the model's genes in their order; NaN until filled where not measured.
    measured : ndarray of bool, shape (n_samples, n_genes)
    obs : DataFrame, indexed by sample id
    genes : Index
        Symbols of the model's genes.
    absent : list of str
        Genes of the model that no sample measures.
    """

    expression: np.ndarray
    measured: np.ndarray
    obs: pd.DataFrame
    genes: pd.Index
    absent: list[str]

    def filled(self, values: np.ndarray) -> Profiles:
        """With `values`, of the same shape or (n_genes,), where nothing was measured."""
        whole = np.where(self.measured, self.expression, values).astype(np.float32)
        return replace(self, expression=whole)


def match_genes(
    cohort: AnnData, genes: pd.DataFrame, least: float, pipeline: str, study: str
) -> Profiles:
    """The model's genes of a cohort; samples that measure too few of them are left out.

    Parameters
    ----------
    cohort : AnnData, log2(x+1)
        NaN is not measured. Gets a notice for samples left out.
    genes : DataFrame, indexed by symbol
        Of the model.
    least : float
        Share of the model's genes that the table, and each sample, must measure.
    pipeline, study : str
        ``"translate"`` and ``"reversion"``: whose parameters an error names.

    Raises
    ------
    InputError
        The table, or every sample of it, measures too little.
    """
    symbols = pd.Index(genes.index.astype(str))
    place = find_genes(cohort.var, genes)
    values = np.full((cohort.n_obs, len(symbols)), np.nan, dtype=np.float32)
    values[:, place >= 0] = np.asarray(cohort.X)[:, place[place >= 0]]
    measured = np.isfinite(values)
    enough = measured.mean(1) >= least
    if not enough.any():
        _refuse(symbols, measured[measured.sum(1).argmax()], least, pipeline, study)
    if not enough.all():
        left = cohort.obs_names[~enough]
        check = f"samples left out: fewer than {least:.0%} of the model's genes measured"
        add_notice(cohort, check, len(left), some(left))
    absent = symbols[~measured[enough].any(0)].tolist()
    return Profiles(values[enough], measured[enough], cohort.obs[enough], symbols, absent)


def _refuse(
    symbols: pd.Index, measured: np.ndarray, least: float, pipeline: str, study: str
) -> None:
    found, total = int(measured.sum()), len(symbols)
    raise InputError(
        where=f"genes of the table to {pipeline}",
        found=f"{found} of the model's {total} genes ({found / total:.0%}); "
        f"missing: {some(symbols[~measured], 10)}",
        expected=f"at least {least:.0%} of them ({pipeline}.min_coverage)",
        remedy="Bring a table with all measured genes, or train a model on a panel that it covers "
        f"({study}.panel).",
    )
