"""Which samples a judge of tumor against normal learns from, and what it says of profiles.

Paper 000's judge is probably a study detector: 7,185 of its 7,240 normals are GTEx, all its
tumors are not. So there are three judges, alike but for the samples they are trained on:

============  ===========================================================================
``pooled``    everything, as the paper
``adjacent``  only programs that hold both tumors and normals (TCGA: tumors against
              adjacent normals), where the laboratory gives nothing away
``across``    tumors against the normals of *other* programs (TCGA tumors against GTEx): the
              control. If it calls adjacent normals tumors, it has learned the laboratory.
============  ===========================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.models.base import TrainedModel
from genex_kedro.transforms import Standardiser

Judge = Literal["pooled", "adjacent", "across"]
JUDGES: tuple[Judge, ...] = get_args(Judge)
# what a judge makes of profiles in log2(x+1), (n_samples, n_genes): P(tumor), (n_samples,)
TumorProbability = Callable[[np.ndarray], np.ndarray]


def programs_with_both(obs: pd.DataFrame, least: int = 1) -> set[str]:
    """Programs with at least `least` tumors and `least` normals."""
    counts = pd.crosstab(obs["program"].astype(str), obs["condition"].astype(str))
    counts = counts.reindex(columns=["tumor", "normal"], fill_value=0)
    return set(counts.index[(counts >= least).all(axis=1)])


def judge_samples(obs: pd.DataFrame, judge: Judge, least: int) -> np.ndarray:
    """The samples that a judge may learn from and choose by.

    Parameters
    ----------
    obs : DataFrame with ``program, condition``
    judge : {"pooled", "adjacent", "across"}
    least : int
        A program counts as holding both conditions from so many samples of each on.

    Returns
    -------
    ndarray of bool, shape (n_samples,)
    """
    if judge == "pooled":
        return np.ones(len(obs), dtype=bool)
    both = obs["program"].astype(str).isin(programs_with_both(obs, least))
    if judge == "adjacent":
        return both.to_numpy()
    if judge != "across":
        raise ValueError(f"judge {judge!r}, expected one of {', '.join(JUDGES)}")
    tumor = obs["condition"] == "tumor"
    return np.where(tumor, True, ~both)


def why_not(obs: pd.DataFrame, rows: np.ndarray, least: int) -> str | None:
    """Why a judge cannot be trained on these rows, or None if it can."""
    for part in ("train", "validation"):
        counts = obs["condition"][rows & (obs["split"] == part).to_numpy()].value_counts()
        for condition in ("tumor", "normal"):
            needed = least if part == "train" else 1
            if counts.get(condition, 0) < needed:
                return f"{counts.get(condition, 0)} {condition} samples in {part}, at least {needed} needed (discriminator.least)"  # fmt: skip
    return None


def judge_expression(model: TrainedModel, profiles: AnnData) -> np.ndarray:
    """P(tumor), shape (n_samples,), of profiles in log2(x+1) with the model's genes in order."""
    import torch

    from genex_kedro.models.discriminator.model import from_trained_model

    values = Standardiser.from_json(model.transform).apply(profiles.X)
    with torch.no_grad():
        logit = from_trained_model(model)(torch.as_tensor(values))
    return torch.sigmoid(logit.double()).numpy()  # in float32 sure calls would tie at 1
