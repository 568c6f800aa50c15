"""Tumor types from images: genes laid out, networks trained, kept and asked."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from anndata import AnnData

from genex_kedro.imaging import lay_out
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import IMAGES, full_name
from genex_kedro.study.fits import finished, fits, part_of, seed_of, train_all
from genex_kedro.study.tumor_types.calls import classify_expression
from genex_kedro.study.tumor_types.fits import of_held_out, predictions
from genex_kedro.study.tumor_types.fitting import (
    fingerprint_of,
    fit_network,
    layout_of,
    require_weights,
)
from genex_kedro.study.tumor_types.keeping import keep_network
from genex_kedro.study.tumor_types.settings import ImageTransferSettings


def lay_out_genes(studies: dict[str, AnnData], settings: ImageTransferSettings) -> pd.DataFrame:
    """The layouts that the chosen networks see, fitted on each seed's training part.

    Returns
    -------
    DataFrame
        ``seed, layout`` and the columns of :meth:`GeneImageLayout.to_frame`.
    """
    wanted = {network.layout for network in settings.chosen.values()}
    tables = []
    for study in studies.values():
        training = study.X[part_of(study, "train")]
        for name in sorted(wanted):
            table = lay_out(study.var_names, training, settings.layouts[name]).to_frame()
            tables.append(table.assign(seed=seed_of(study), layout=name))
    table = pd.concat(tables, ignore_index=True)
    return table[["seed", "layout", *table.columns.drop(["seed", "layout"])]]


def train_classifiers(
    studies: dict[str, AnnData],
    layouts: pd.DataFrame,
    weights,
    resume: dict,
    settings: ImageTransferSettings,
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Train every chosen network on every seed's training part.

    Parameters
    ----------
    studies : dict of AnnData by seed
    layouts : DataFrame
        Of :func:`lay_out_genes`.
    weights : ImageNetWeights
    resume : dict of Checkpoint
    settings : ImageTransferSettings

    Yields
    ------
    checkpoints : dict of Checkpoint
        The one that changed, under ``<network>_seed_<n>``; what learns, not the frozen part.
    history : DataFrame
        All epochs of all fits so far.
    """

    def fitted() -> Iterator[tuple]:
        require_weights(weights, settings)
        for key, study, _, network in fits(studies, settings.chosen):
            layout = layout_of(layouts, study, network)
            yield key, fit_network(study, layout, weights, network, settings, resume.get(key))

    yield from train_all(fitted(), IMAGES)


def keep_classifiers(
    studies: dict[str, AnnData],
    layouts: pd.DataFrame,
    weights,
    checkpoints: dict,
    settings: ImageTransferSettings,
) -> dict[str, TrainedModel]:
    """The finished networks, frozen part included, calibrated on the validation samples."""
    kept = {}
    for key, study, name, network in fits(studies, settings.chosen):
        layout = layout_of(layouts, study, network)
        fingerprint = fingerprint_of(study, layout, weights, network)
        checkpoint = finished(checkpoints, key, fingerprint)
        kept[key] = keep_network(study, layout, weights, network, name, checkpoint, settings)
    return kept


def score_networks(
    studies: dict[str, AnnData], models: dict[str, TrainedModel], settings: ImageTransferSettings
) -> pd.DataFrame:
    """The probabilities of all types for the validation and test samples, by every network."""
    tables = []
    for key, study, name, _ in fits(studies, settings.chosen):
        held_out = of_held_out(study)
        probability, _ = classify_expression(models[key], held_out.X)
        classes = models[key].config["classes"]
        tables.append(predictions(held_out, full_name(IMAGES, name), classes, probability))
    return pd.concat(tables, ignore_index=True)
