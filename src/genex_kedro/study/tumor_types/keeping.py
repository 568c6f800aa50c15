"""A fitted network as it is kept: calibrated, and with thresholds below which it rejects."""

from __future__ import annotations

import numpy as np
from anndata import AnnData

from genex_kedro.fingerprint import data_digest
from genex_kedro.imaging import GeneImageLayout
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.fits import seed_of
from genex_kedro.study.tumor_types.fits import familiar_directions, type_data
from genex_kedro.study.tumor_types.fitting import finished_network, origin_of
from genex_kedro.study.tumor_types.settings import ImageNetworkSettings, ImageTransferSettings


def keep_network(
    study: AnnData,
    layout: GeneImageLayout,
    weights,
    network: ImageNetworkSettings,
    name: str,
    checkpoint,
    settings: ImageTransferSettings,
) -> TrainedModel:
    """The network of a checkpoint, frozen part included, calibrated on the validation samples.

    Parameters
    ----------
    study, layout, weights, network, settings
        As for :func:`genex_kedro.study.tumor_types.fitting.fit_network`.
    name : str
        Of the network.
    checkpoint : Checkpoint
        Its last.
    """
    import torch

    from genex_kedro.models.images.classifier import to_trained_model
    from genex_kedro.models.images.learner import logits_of, temperature_of

    data = type_data(study)
    classifier = finished_network(study, layout, weights, network, checkpoint)
    directions = familiar_directions(data.expression["train"], settings.components, seed_of(study))
    classifier.familiar = torch.as_tensor(directions, dtype=torch.float32)
    logits = logits_of(classifier, data.expression["validation"])
    temperature = temperature_of(logits, data.labels["validation"]) if len(logits) else 1.0
    about = {
        "classes": list(data.classes),
        "side": layout.side,
        "layout": network.layout if _layout_matters(network) else "none",
        "keras_v1": bool(getattr(classifier, "keras_v1", False)),
        "temperature": temperature,
        "reject": _thresholds(
            classifier, data.expression["validation"], logits, temperature, settings.reject
        ),
    }
    card = {
        "setting": name,
        "seed": seed_of(study),
        "data": data_digest(study),
        "classes": dict(zip(data.classes, map(int, data.counts), strict=True)),
        "unit": study.uns["unit"],
        "weights": origin_of(weights, network),
        "status": checkpoint.status,
        "best_epoch": checkpoint.state["best_epoch"],
        "validation_loss": checkpoint.state["best_value"],
    }
    return to_trained_model(classifier, about, study.var, data.standardiser.to_json(), card)


def _thresholds(classifier, validation, logits, temperature: float, share: float) -> dict:
    """Confidence below which, and unfamiliarity above which, a call is rejected."""
    import torch
    from scipy.special import softmax

    if not len(logits):
        return {"confidence": 0.0, "unfamiliar": float(np.finfo(np.float32).max)}
    confidence = softmax(logits / temperature, axis=1).max(1)
    unfamiliar = classifier.unfamiliarity(torch.as_tensor(validation)).numpy()
    return {
        "confidence": float(np.quantile(confidence, share)),
        "unfamiliar": float(np.quantile(unfamiliar, 1 - share)),
    }


def _layout_matters(network: ImageNetworkSettings) -> bool:
    """An MLP sees the genes and no image."""
    return network.network.backbone != "mlp"
