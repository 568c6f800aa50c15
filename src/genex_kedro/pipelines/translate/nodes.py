"""A trained translator at work on tumors that it never saw."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import given_unit, to_study_unit
from genex_kedro.datasets.model_shelf import ModelShelf
from genex_kedro.errors import InputError
from genex_kedro.models.atlas import Atlas
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.judges.samples import judge_expression
from genex_kedro.study.matching import Profiles
from genex_kedro.study.translation import applied_output as outputs
from genex_kedro.study.translation.applied_input import fit_to_model
from genex_kedro.study.translation.applied_report import in_unit, readable, report_of
from genex_kedro.study.translation.settings import TranslateSettings
from genex_kedro.study.translation.trained import load_translator

log = logging.getLogger(__name__)

ATLAS = "translators/atlas"
JUDGES = ("pooled", "adjacent")
_TRAIN = "Train first, on your cohort: kedro run --pipelines reversion (with its --env and --params)."  # fmt: skip


def translate_tumors(
    table: AnnData, models: ModelShelf, settings: TranslateSettings
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The normals of tumors, what changed, the judges' calls, and what to make of it.

    Returns
    -------
    results : dict
        ``expression``, ``draws`` (where asked for), ``change``, ``calls`` (DataFrames) and
        ``report`` (Markdown).
    report : dict

    Raises
    ------
    InputError
        Nothing is trained, the model is no translator, or the table measures too little.
    """
    name, seed, model = _take(models, settings.model, settings.trained_seed)
    atlas = _atlas(models, seed, model)
    translator = load_translator(model, name, atlas)
    judges = _judges(models, seed, model)
    unit, cohort = given_unit(table), to_study_unit(table)
    tumors = fit_to_model(cohort, model.genes, atlas, settings.min_coverage)
    tissue = outputs.tissue_for(translator, tumors)
    normal = outputs.guesses(translator, tumors, tissue)
    drawn, sd, first = _draws(translator, tumors, tissue, settings, unit)
    made = {"after": normal, "after_draw": first}
    calls = outputs.calls_table(tumors, tissue, translator, atlas, judges, made)
    report = report_of(cohort, tumors, calls, name, seed, model)
    log.info("%d samples translated by %s", len(calls), name)
    results = {
        "expression": in_unit(normal, tumors, unit),
        **({"draws": drawn} if drawn is not None else {}),
        "change": outputs.change_table(tumors, normal, sd),
        "calls": calls,
        "report": readable(report, settings.draws, unit),
    }
    return results, report


def _draws(translator, tumors: Profiles, tissue, settings: TranslateSettings, unit: str):
    """The draws asked for, the standard deviation over draws, and the first draw."""
    mean, squares, first, kept = 0.0, 0.0, None, []
    n = max(settings.draws, settings.uncertainty_draws)
    for number, draw in enumerate(outputs.some_draws(translator, tumors, tissue, n, settings.seed)):
        first = draw if first is None else first
        if number < settings.draws:
            kept.append(in_unit(draw, tumors, unit))
        if number < settings.uncertainty_draws:
            off = draw - mean
            mean = mean + off / (number + 1)
            squares = squares + off * (draw - mean)
    sd = np.sqrt(squares / (settings.uncertainty_draws - 1)).astype(np.float32)
    drawn = pd.concat(kept, keys=range(len(kept)), names=["draw", "sample_id"]) if kept else None
    return drawn, sd, first


def _take(models: ModelShelf, asked: str, seed: int | None) -> tuple[str, int, TrainedModel]:
    try:
        name, model = models.find(asked, seed)
    except InputError as error:
        remedy = _TRAIN if not models.names() else f"Name one that is there. {_TRAIN}"
        raise InputError(
            where=error.where, found=error.found, expected=error.expected, remedy=remedy
        ) from None
    return name.full, name.seed, model


def _atlas(models: ModelShelf, seed: int, model: TrainedModel) -> Atlas:
    from genex_kedro.models import atlas

    _, _, trained = _take(models, ATLAS, seed)
    _require_same_genes(ATLAS, trained, model)
    return atlas.from_trained_model(trained)


def _judges(models: ModelShelf, seed: int, model: TrainedModel) -> dict[str, outputs.Judge]:
    """The judges of that seed; those that could not be trained are left out, and said."""
    there = {(name.family, name.setting, name.seed) for name in models.names()}
    found = {}
    for judge in JUDGES:
        if (f"discriminator.{judge}", "best", seed) not in there:
            log.warning("noticed: no trained '%s' judge of seed %d: left out of calls.tsv", judge, seed)  # fmt: skip
            continue
        _, _, trained = _take(models, f"discriminator.{judge}/best", seed)
        _require_same_genes(f"discriminator.{judge}/best", trained, model)
        found[judge] = partial(_judge, model=trained)
    return found


def _judge(values: np.ndarray, model: TrainedModel) -> np.ndarray:
    return judge_expression(model, AnnData(values, var=model.genes[[]]))


def _require_same_genes(name: str, other: TrainedModel, model: TrainedModel) -> None:
    if list(other.genes.index) != list(model.genes.index):
        raise InputError(
            where=f"trained model {name}",
            found=f"{len(other.genes)} genes that are not the translator's {len(model.genes)}",
            expected="models that were trained on the same study",
            remedy=_TRAIN,
        )
