"""Tumor types of unseen samples, by a model that was trained before."""

from __future__ import annotations

import logging

import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import notices
from genex_kedro.errors import InputError, some
from genex_kedro.models.base import TrainedModel
from genex_kedro.pipelines.classify.settings import ClassifySettings
from genex_kedro.study.tumor_types.calls import call_types

log = logging.getLogger(__name__)


def classify_samples(
    table: AnnData, models: dict[str, TrainedModel], settings: ClassifySettings
) -> tuple[pd.DataFrame, dict]:
    """Call every sample of a table that measures enough of the model's genes.

    Parameters
    ----------
    table : AnnData
        In any unit of a cohort.
    models : dict of TrainedModel
        What ``image_transfer`` kept.
    settings : ClassifySettings

    Returns
    -------
    calls : DataFrame
        ``sample_id, call, probability, rejected, why, genes_measured, p_<type>..., top_genes``.
    report : dict
        The model, its training data, the counts of calls and rejections, what was noticed.

    Raises
    ------
    InputError
        If there is no such model, or no sample measures enough of its genes.
    """
    key, model = choose_model(models, settings)
    calls, cohort = call_types(model, table, settings.min_coverage, settings.top, settings.steps)
    report = {
        "model": key,
        "card": model.card,
        "samples": len(calls),
        "calls": {str(k): int(v) for k, v in calls["call"].value_counts().items()},
        "rejected": int(calls["rejected"].sum()),
        "genes_of_model": len(model.genes),
        "genes_measured_least": float(calls["genes_measured"].min()),
        "thresholds": model.config["reject"],
        "notices": notices(cohort).to_dict("records"),
        "caveat": "research use only; a call of a normal or of a type the model never saw is wrong",
    }
    log.info("%d samples called by %s, %d of them rejected", len(calls), key, report["rejected"])
    return calls, report


def choose_model(
    models: dict[str, TrainedModel], settings: ClassifySettings
) -> tuple[str, TrainedModel]:
    """The model asked for, or the one with the lowest validation loss.

    Raises
    ------
    InputError
        Naming those that there are.
    """
    fits = {
        key: model
        for key, model in models.items()
        if settings.model in (None, model.card["setting"])
        and settings.seed in (None, model.card["seed"])
    }
    if not fits:
        asked = " ".join(f"{k}={v}" for k, v in (("classify.model", settings.model), ("classify.seed", settings.seed)) if v is not None)  # fmt: skip
        raise InputError(
            where=f"parameters {asked}" if asked else "pipeline classify",
            found=f"trained are {some(models, 20)}" if models else "no trained network",
            expected="a network that was trained before",
            remedy="Name one of those, or train one first: kedro run --pipelines image_transfer",
        )
    if settings.model is not None:
        return min(fits.items(), key=lambda item: item[1].card["seed"])
    return min(fits.items(), key=lambda item: _loss(item[1]))


def _loss(model: TrainedModel) -> float:
    loss = model.card["validation_loss"]
    return float("inf") if loss is None else loss
