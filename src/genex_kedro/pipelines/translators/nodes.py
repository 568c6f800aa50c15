"""Translators without a network, fitted and applied to test samples."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.fingerprint import data_digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import SIMPLE, full_name
from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS
from genex_kedro.pipelines.translators.settings import SimpleTranslatorSettings
from genex_kedro.study.fits import HISTORY, fit_row, part_of, seed_of
from genex_kedro.study.translation.cohort import translated_cohort
from genex_kedro.study.translation.fitting import BothWays, atlas_of, translation_data, why_not

log = logging.getLogger(__name__)


def translate_simple(
    studies: dict[str, AnnData], settings: SimpleTranslatorSettings
) -> tuple[dict[str, AnnData], dict[str, TrainedModel], pd.DataFrame]:
    """Fit every simple translator on every seed's training part and apply it to the test part.

    Returns
    -------
    translated : dict of AnnData, ``<translator>_seed_<n>``
    models : dict of TrainedModel
        Those that can be kept without any training sample, under the same names, and under
        ``atlas_seed_<n>`` what tells tissues and how far a sample is from training.
    fits : DataFrame
        A row per fit, for the tracking, with the numbers that validation chose.
    """
    from genex_kedro.models.simple.translators.regression import ResidualTranslator

    translated, models, rows = {}, {}, []
    for study in studies.values():
        seed = seed_of(study)
        training, validation = (
            translation_data(study, part, settings.least) for part in ("train", "validation")
        )
        if reason := why_not(training):
            log.warning("seed %d: no tumor can be translated: %s", seed, reason)
            continue
        atlas = atlas_of(study, training)
        models[f"atlas_seed_{seed}"] = _kept_atlas(atlas, study)
        for name, make in SIMPLE_TRANSLATORS.items():
            if name in settings.leave_out:
                continue
            if reason := why_not(training, make().paired):
                log.warning("seed %d: '%s' is left out: %s", seed, name, reason)
                continue
            both = BothWays.fit(make, training, validation)
            layers, inferred = both.layers(study[part_of(study, "test")], atlas)
            key = f"{name}_seed_{seed}"
            translated[key] = translated_cohort(
                study,
                layers,
                full_name(SIMPLE, name),
                paired=both.there.paired,
                pairs_in_validation=both.there.asked_pairs,
                inferred_tissue=inferred,
            )
            if isinstance(both.there, ResidualTranslator):
                models[key] = _kept(both.there, name, study)
            row = fit_row(full_name(SIMPLE, name), seed, data_digest(study), "cpu")
            rows.append(row | {"epoch": 0} | both.there.chosen)
    fits = pd.DataFrame(rows)
    return translated, models, fits.reindex(columns=[*HISTORY, *fits.columns.difference(HISTORY)])


def _kept_atlas(atlas, study: AnnData) -> TrainedModel:
    import torch

    from genex_kedro.models import atlas as atlases
    from genex_kedro.models.memorised import for_card

    model = atlases.to_trained_model(atlas, study.var, _card(study))
    profiles = np.asarray(study.X[part_of(study, "train")])
    scaled = torch.as_tensor((profiles - atlas.centre) / atlas.scale)
    model.card |= for_card(model.weights, scaled)
    return model


def _kept(translator, name: str, study: AnnData) -> TrainedModel:
    import torch

    from genex_kedro.models.memorised import for_card
    from genex_kedro.models.simple.translators import kept

    about = _card(study) | {"setting": name, "chosen": translator.chosen}
    model = kept.to_trained_model(translator, study.var, about)
    profiles = np.asarray(study.X[part_of(study, "train")])
    model.card |= for_card(model.weights, torch.as_tensor(profiles))
    return model


def _card(study: AnnData) -> dict:
    training = study.obs[part_of(study, "train")]
    return {
        "seed": seed_of(study),
        "data": data_digest(study),
        "unit": study.uns["unit"],
        "training_samples": len(training),
        "training_tumors": int((training["condition"] == "tumor").sum()),
        "training_patients": int(np.unique(training["patient_id"].astype(str)).size),
    }
