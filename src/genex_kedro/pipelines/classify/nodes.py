"""Tumor types of unseen samples, by a model that was trained before."""

from __future__ import annotations

import logging

import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import notices
from genex_kedro.models.card_uses import CLASSIFIER
from genex_kedro.models.shelf import ModelShelf
from genex_kedro.pipelines.classify.settings import ClassifySettings
from genex_kedro.study.tumor_types.calls import call_types

log = logging.getLogger(__name__)


def classify_samples(
    table: AnnData, models: ModelShelf, settings: ClassifySettings
) -> tuple[pd.DataFrame, dict]:
    """Call every sample of a table that measures enough of the model's genes.

    Parameters
    ----------
    table : AnnData
        In any unit of a cohort.
    models : ModelShelf
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
        There is no such model, it is no classifier, or no sample measures enough of its genes.
    """
    name, model = models.find(settings.model, settings.trained_seed, CLASSIFIER)
    calls, cohort = call_types(model, table, settings.min_coverage, settings.top, settings.steps)
    report = {
        "model": name.full,
        "trained_seed": name.seed,
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
    log.info(
        "%d samples called by %s, %d of them rejected", len(calls), name.full, report["rejected"]
    )
    return calls, report
