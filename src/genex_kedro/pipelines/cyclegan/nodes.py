"""Translators of tumors into normals: trained, kept, and asked for every test sample."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import CYCLEGAN, full_name
from genex_kedro.study.fits import finished, fits, part_of, seed_of, train_all
from genex_kedro.study.translation import trained_fitting as fitting
from genex_kedro.study.translation.cohort import translated_cohort
from genex_kedro.study.translation.objectives import CycleGanSettings

log = logging.getLogger(__name__)


def train_cyclegan(
    studies: dict[str, AnnData], resume: dict, settings: CycleGanSettings
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Train every objective on every seed's training part.

    Yields
    ------
    checkpoints : dict of Checkpoint
        The one that changed, under ``<objective>_seed_<n>``.
    history : DataFrame
        All epochs of all fits so far.
    """

    def fitted() -> Iterator[tuple]:
        for key, study, _, objective in fits(studies, settings.networks):
            if reason := fitting.why_not(study, objective):
                log.warning("%s: translator 'cyclegan' is left out: %s", key, reason)
                continue
            yield key, fitting.fit_translator(study, objective, resume.get(key))

    yield from train_all(fitted(), CYCLEGAN)


def keep_cyclegan(
    studies: dict[str, AnnData], checkpoints: dict, settings: CycleGanSettings
) -> dict[str, TrainedModel]:
    """The finished translators with all that is needed to apply them, and nothing of the samples."""
    kept = {}
    for key, study, name, objective in fits(studies, settings.networks):
        if fitting.why_not(study, objective):
            continue
        checkpoint = finished(checkpoints, key, fitting.fingerprint_of(study, objective))
        kept[key] = fitting.keep_translator(study, objective, checkpoint, name)
    return kept


def translate_test(
    studies: dict[str, AnnData], models: dict[str, TrainedModel], settings: CycleGanSettings
) -> dict[str, AnnData]:
    """What each translator makes of its seed's test samples, the tissue told and not told."""
    from genex_kedro.study.translation.networks import translate

    made = {}
    for key, study, name, objective in fits(studies, settings.networks):
        if key not in models:
            continue
        test = study[part_of(study, "test")]
        X, seed = np.asarray(test.X), seed_of(study)
        tissue = test.obs["tissue"].astype(str).to_numpy()
        told = translate(models[key], X, tissue, seed, (test.obs["condition"] == "tumor").to_numpy())  # fmt: skip
        blind = translate(models[key], X, None, seed)
        layers = {
            "normal": told.normal,
            "normal_draw": told.draw,
            "normal_blind": blind.normal,
            "normal_blind_draw": blind.draw,
            "tumor": told.tumor,
            "cycle": told.cycle,
        }
        made[key] = translated_cohort(
            study,
            {layer: values for layer, values in layers.items() if values is not None},
            full_name(CYCLEGAN, name),
            paired=getattr(objective.network, "paired", False),
            pairs_in_validation=models[key].card.get("pairs_in_validation", False),
            status=models[key].card["status"],
            inferred_tissue=blind.tissue,
        )
    return made
