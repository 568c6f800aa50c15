"""Trained generators asked for samples."""

from __future__ import annotations

import pandas as pd
from anndata import AnnData

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.families import from_trained_model
from genex_kedro.models.family import Family
from genex_kedro.models.names import full_name
from genex_kedro.study.fits import fits, part_of, seed_of
from genex_kedro.study.generation.settings import GeneratorSettings, settings_of
from genex_kedro.study.generation.synthetic import synthetic_cohort
from genex_kedro.transforms import Standardiser


def sample(
    studies: dict[str, AnnData],
    models: dict[str, TrainedModel],
    settings: GeneratorSettings | dict,
    family: Family,
) -> dict[str, AnnData]:
    """As many synthetic samples of every class as each model was trained on."""
    settings = settings_of(settings, family)
    made = {}
    for key, study, name, _ in fits(studies, settings.networks):
        labels = study.obs[part_of(study, "train")]
        made[key] = generate(models[key], labels, full_name(family.name, name), seed_of(study))
    return made


def generate(model: TrainedModel, labels: pd.DataFrame, name: str, seed: int) -> AnnData:
    """One synthetic sample in log2(x+1) for each row of labels.

    Parameters
    ----------
    model : TrainedModel
    labels : DataFrame with the columns that the model was trained with
    name : str
        The full name, ``"cvae/best"``.
    seed : int

    Raises
    ------
    InputError
        For a class that the model was not trained on.
    """
    import torch

    generator = from_trained_model(model)
    classes = generator.vocabulary.index(labels)
    scaled = generator.sample(torch.as_tensor(classes), seed).numpy()
    values = Standardiser.from_json(model.transform).invert(scaled, like=scaled)
    asked = generator.vocabulary.labels(classes)
    cohort = synthetic_cohort(values, asked, model.genes, name, seed)
    cohort.uns["status"] = model.card["status"]
    return cohort
