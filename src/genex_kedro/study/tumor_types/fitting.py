"""One network on one study: built, fitted, finished."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.imaging import GeneImageLayout
from genex_kedro.study.fits import seed_of, still_true
from genex_kedro.study.tumor_types.fits import type_data
from genex_kedro.study.tumor_types.settings import ImageNetworkSettings, ImageTransferSettings
from genex_kedro.training_status import RUNNING

log = logging.getLogger(__name__)


def layout_of(
    layouts: pd.DataFrame, study: AnnData, network: ImageNetworkSettings
) -> GeneImageLayout:
    """The layout that a network sees of a study."""
    mine = layouts[(layouts["seed"] == seed_of(study)) & (layouts["layout"] == network.layout)]
    layout = GeneImageLayout.from_frame(mine, "data/04_feature/image_layouts.csv")
    if layout.symbols != tuple(study.var_names):
        raise RuntimeError(f"layout '{network.layout}' is of other genes than the study")
    return layout


def fit_network(study, layout, weights, network: ImageNetworkSettings, settings, resume):
    """Checkpoints of a network being fitted (:func:`genex_kedro.training.fit`).

    Parameters
    ----------
    study : AnnData
        Of tumor types.
    layout : GeneImageLayout
    weights : ImageNetWeights
    network : ImageNetworkSettings
    settings : ImageTransferSettings
    resume : Checkpoint or None
    """
    import torch

    from genex_kedro.models.images.learner import (
        ImageClassifierLearner,
        activation_bytes,
        activations,
    )
    from genex_kedro.training import fit
    from genex_kedro.training.settings import choose_device

    seed, fingerprint = seed_of(study), fingerprint_of(study, layout, weights, network)
    resume = still_true(resume, fingerprint, seed)
    if resume is not None and resume.status != RUNNING:
        yield resume
        return
    data, classifier = type_data(study), build_network(study, layout, weights, network)
    given = torch.as_tensor(np.concatenate(list(data.expression.values())))
    fits_in = activation_bytes(classifier, given) <= settings.max_cache_gb * 2**30
    if not fits_in:
        log.info("the frozen part's activations exceed image_transfer.max_cache_gb: computed anew in each epoch")  # fmt: skip
    learner = ImageClassifierLearner(classifier, data.counts, network.fit.epochs, not fits_in)
    device = choose_device(network.fit.device)
    parts = []
    for part in ("train", "validation"):
        expression = seen = torch.as_tensor(data.expression[part])
        if not learner.from_expression:
            seen = activations(classifier, expression, device)
        parts.append((seen, expression, torch.as_tensor(data.labels[part])))
    classifier.to(device)
    validation = parts[1] if len(data.labels["validation"]) else None
    yield from fit(learner, parts[0], validation, network.fit, seed, resume, fingerprint)


def finished_network(study, layout, weights, network: ImageNetworkSettings, checkpoint):
    """The classifier of a finished fit, on the CPU, in evaluation mode."""
    from genex_kedro.models.images.learner import finished_classifier

    return finished_classifier(build_network(study, layout, weights, network), checkpoint)


def train_network(study, layout, weights, network: ImageNetworkSettings, settings):
    """A classifier trained from nothing, without keeping anything on the way."""
    *_, last = fit_network(study, layout, weights, network, settings, None)
    return finished_network(study, layout, weights, network, last)


def build_network(study, layout, weights, network: ImageNetworkSettings):
    """The classifier before it learns; ``keras_v1`` says whether it is of Keras' layout."""
    from genex_kedro.models.images.classifier import build_image_classifier

    pretrained = weights.of(network.network.backbone) if network.takes_weights else None
    classifier = build_image_classifier(
        network.network, layout.pixels, layout.side, len(type_data(study).classes), seed_of(study), pretrained
    )  # fmt: skip
    classifier.keras_v1 = pretrained is not None and pretrained.keras_v1
    return classifier


def origin_of(weights, network: ImageNetworkSettings) -> str:
    """What the weights are called that a network begins with; ``"none"``: random ones."""
    return weights.origin_of(network.network.backbone) if network.takes_weights else "none"


def require_weights(weights, settings: ImageTransferSettings) -> None:
    """Fail before anything is trained; and let nobody take random weights for pretrained ones."""
    wanted = [n.network.backbone for n in settings.chosen.values() if n.takes_weights]
    weights.require(wanted)
    if wanted and weights.source == "none":
        log.warning(
            "no ImageNet weights: the networks start from random ones "
            "(weights.source=hub, or weights.source=folder,weights.folder=PATH, brings them)"
        )


def fingerprint_of(study: AnnData, layout, weights, network: ImageNetworkSettings) -> str:
    """Of all that a fit depends on."""
    pixels = [int(pixel) for pixel in layout.pixels]
    parts = [data_digest(study), network, pixels, origin_of(weights, network)]
    return digest([*parts, code_digest(fit_network)])
