"""Trained generators at work: samples on request, and a model to hand on."""

from __future__ import annotations

import logging

from anndata import AnnData

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card_uses import GENERATOR, model_name
from genex_kedro.models.shelf import ModelShelf
from genex_kedro.study.cards import card_key, with_scores
from genex_kedro.study.generation.fulfilment import fulfil
from genex_kedro.study.generation.request import GenerateSettings

log = logging.getLogger(__name__)


def generate_samples(
    models: ModelShelf, settings: GenerateSettings
) -> tuple[dict[str, AnnData], dict]:
    """The samples asked for, under the format to write them in, and the report on them.

    Raises
    ------
    InputError
        No such model, or a request that it cannot fulfil.
    """
    model, name = _take(models, settings)
    cohort, report = fulfil(model, name, settings)
    log.info("%d samples of %d genes by %s, in %s", *cohort.shape, name, cohort.uns["unit"])
    return {settings.format: cohort}, report


def share_model(
    models: ModelShelf, cards: dict[str, dict], settings: GenerateSettings
) -> dict[str, TrainedModel]:
    """One trained model with the scores in its card: a folder that stands by itself.

    Raises
    ------
    InputError
        No such model.
    """
    model, name = _take(models, settings)
    key = card_key(model)
    shared = with_scores(model, cards[key]["scores"] if key in cards else None)
    if "scores" not in shared.card:
        log.warning("noticed: %s was not scored since it was trained: its card has no scores", name)
    return {key: shared}


def _take(models: ModelShelf, settings: GenerateSettings) -> tuple[TrainedModel, str]:
    if settings.folder:
        model = models.open(settings.folder, GENERATOR)
        return model, model_name(model.config, model.card)
    name, model = models.find(settings.model, settings.trained_seed, GENERATOR)
    return model, name.full
