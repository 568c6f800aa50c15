"""Real and synthetic samples looked at: planes, correlations of genes, augmentation."""

from __future__ import annotations

import logging
from functools import partial

import numpy as np
import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro.errors import InputError, some
from genex_kedro.models.cvae.config import CVAE, CvaeConfig
from genex_kedro.models.names import SIMPLE, full_name
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS
from genex_kedro.pipelines.evaluation.settings import PictureSettings
from genex_kedro.plots.augmentation import plot_augmentation
from genex_kedro.plots.embedding import plot_planes
from genex_kedro.plots.generators import plot_correlations
from genex_kedro.study.fits import seed_of
from genex_kedro.study.generation.augmentation import AugmentationSettings, Refit, augment
from genex_kedro.study.generation.ceilings import TRAINING
from genex_kedro.study.generation.embedding import embed_together
from genex_kedro.study.generation.gene_pairs import sampled_correlations
from genex_kedro.study.generation.refit import refit_network, refit_simple
from genex_kedro.study.generation.settings import GeneratorSettings, settings_of
from genex_kedro.study.generation.synthetic import of_seed, samples_of

log = logging.getLogger(__name__)


def embed_generators(
    studies: dict[str, AnnData], settings: PictureSettings, *synthetic: dict[str, AnnData]
) -> pd.DataFrame:
    """Coordinates of real and synthetic samples, for each chosen generator a plane."""
    study, chosen = _chosen(studies, settings, synthetic)
    return embed_together(study, list(chosen.values()), settings.embedding)


def draw_planes(samples: pd.DataFrame) -> Figure:
    """By tissue, by condition, by real and synthetic."""
    return plot_planes(samples)


def draw_correlations(
    studies: dict[str, AnnData], settings: PictureSettings, *synthetic: dict[str, AnnData]
) -> Figure:
    """Correlations of pairs of genes, test samples against the chosen generators and the ceiling."""
    study, chosen = _chosen(studies, settings, synthetic)
    test = samples_of(study, "test")
    against = {TRAINING: samples_of(study, "train")}
    against |= {model: samples_of(cohort) for model, cohort in chosen.items()}
    tables = [
        # the same pairs for all
        sampled_correlations(test, made, settings.gene_pairs, np.random.default_rng(0)).assign(model=model)
        for model, made in against.items()
    ]  # fmt: skip
    return plot_correlations(pd.concat(tables, ignore_index=True))


def augment_generators(
    studies: dict[str, AnnData],
    settings: AugmentationSettings,
    networks: dict,
    *synthetic: dict[str, AnnData],
) -> pd.DataFrame:
    """What every generator adds to few real samples, by what it had seen.

    Raises
    ------
    InputError
        A network to be fitted to the few samples that is no setting of the conditional VAE.
    """
    refits = _refits(settings, settings_of(networks, CVAE))
    tables = [
        augment(study, of_seed(synthetic, seed_of(study)), refits, settings)
        for study in studies.values()
    ]
    return pd.concat(tables, ignore_index=True)


def draw_augmentation(table: pd.DataFrame) -> Figure:
    """Macro F1 and balanced accuracy against the number of real samples."""
    return plot_augmentation(table.fillna({"model": ""}))


def _refits(
    settings: AugmentationSettings, networks: GeneratorSettings[CvaeConfig]
) -> dict[str, Refit]:
    refits: dict[str, Refit] = {
        full_name(SIMPLE, name): partial(_simple, name) for name in SIMPLE_GENERATORS
    }
    known = {full_name(CVAE.name, name): name for name in networks.networks}
    for model, epochs in settings.refit.items():
        if model not in known:
            raise InputError(
                where="parameter evaluation.generators.augmentation.refit",
                found=repr(model),
                expected=f"one of {some(known)}",
                remedy="Name a setting of the conditional VAE, or leave it out.",
            )
        refits[model] = partial(_network, networks, known[model], epochs)
    return refits


def _simple(name: str, few: AnnData, labels: pd.DataFrame, seed: int) -> AnnData:
    return refit_simple(few, name, labels, seed)


def _network(networks, setting: str, epochs: int, few: AnnData, labels, seed: int) -> AnnData:
    network = networks.networks[setting]
    return refit_network(few, CVAE, setting, network, networks.factors, epochs, labels, seed)


def _chosen(studies, settings: PictureSettings, synthetic) -> tuple[AnnData, dict[str, AnnData]]:
    """The first seed's study, and the chosen generators' samples."""
    study = next(iter(studies.values()))
    there = of_seed(synthetic, seed_of(study))
    chosen = {model: there[model] for model in settings.models if model in there}
    if not chosen:
        raise InputError(
            where="parameter evaluation.generators.pictures.models",
            found=some(settings.models),
            expected=f"some of {some(there, 20)}",
            remedy="Name generators that were trained.",
        )
    if absent := [model for model in settings.models if model not in there]:
        log.warning("no picture of %s: not trained", some(absent))
    return study, chosen
