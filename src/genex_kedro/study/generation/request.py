"""What is asked of a trained generator: so many samples of which classes, in which unit."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import psutil
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.errors import InputError
from genex_kedro.models.conditions import Vocabulary

AS_TRAINED = "as trained"
CLASS_FACTORS = ("tissue", "condition")
_BYTES_A_VALUE = 32  # at the peak: the float32 result, copies in other units, and what is written


class GenerateSettings(BaseModel):
    """What is asked for, and of which model.

    Parameters
    ----------
    model : str
        As in tables: ``cvae/best``, ``tvae/log2``.
    trained_seed : int or None
        Of the split and training to take; None takes the first.
    folder : str or None
        A model's folder from elsewhere, in place of `model`.
    n : int
        Samples of every (tissue, condition) that fits.
    tissue, condition, source : str or None
        None of the first two takes all; another factor that is not named takes the shares it
        has in the training data.
    also : dict
        Further factors that a model was trained with: ``{cohort: BRCA}``.
    seed : int
        The same seed gives the same samples.
    unit : str
        ``as trained`` is the unit that the training cohort came in.
    format : str
    """

    model_config = ConfigDict(extra="forbid")
    model: str = "cvae/best"
    trained_seed: int | None = Field(default=None, ge=0)
    folder: str | None = None
    n: int = Field(default=100, ge=1)
    tissue: str | None = None
    condition: str | None = None
    source: str | None = None
    also: dict[str, str] = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0)
    unit: Literal["as trained", "log2(x+1)", "linear", "log2(tpm+0.001)"] = AS_TRAINED
    format: Literal["parquet", "h5ad", "tsv", "tsv.gz", "gct"] = "parquet"

    @property
    def levels(self) -> dict[str, str]:
        """The levels that were named, by factor."""
        named = {"tissue": self.tissue, "condition": self.condition, "source": self.source}
        return {**{factor: level for factor, level in named.items() if level}, **self.also}


def ask(vocabulary: Vocabulary, n: int, levels: dict[str, str], n_genes: int) -> pd.DataFrame:
    """Labels of `n` samples of every (tissue, condition) that fits the levels named.

    Returns
    -------
    DataFrame with a column for each factor of the vocabulary
        Sorted by class.

    Raises
    ------
    InputError
        A factor, level or combination that the model was not trained with, naming those known;
        more samples of `n_genes` genes than memory holds.
    """
    vocabulary.ask(1, **levels)  # refuses what is not known
    by = [factor for factor in CLASS_FACTORS if factor in vocabulary.factors]
    known = pd.DataFrame(vocabulary.combinations, columns=list(vocabulary.factors))
    for factor, level in levels.items():
        known = known[known[factor] == level]
    wanted = known[by].drop_duplicates().to_dict("records") if by else [{}]
    _require_room(n * len(wanted), n_genes)
    parts = [vocabulary.ask(n, **{**levels, **each}) for each in wanted]
    return vocabulary.labels(np.concatenate(parts))


def _require_room(n_samples: int, n_genes: int) -> None:
    needed, free = n_samples * n_genes * _BYTES_A_VALUE, psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            where="parameter generate.n",
            found=f"{n_samples:,} samples of {n_genes:,} genes: {needed / 2**30:,.0f} GB of memory",
            expected=f"what fits into the {free / 2**30:,.0f} GB that are free",
            remedy="Ask for fewer at a time, with another generate.seed for each part.",
        )
