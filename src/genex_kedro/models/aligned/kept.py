"""The aligned translator in the form that is kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from genex_kedro.models.aligned.config import AlignedConfig
from genex_kedro.models.aligned.model import Aligned, Classes
from genex_kedro.models.base import TrainedModel, weights_of

MODEL_NAME = "Aligned"


def to_trained_model(
    aligned: Aligned, genes: pd.DataFrame, transform: dict[str, Any], card: dict[str, Any]
) -> TrainedModel:
    """The translator in the form that is kept on disk; see :class:`TrainedModel`."""
    config = {
        "model": MODEL_NAME,
        "network": aligned.config.model_dump(mode="json"),
        "classes": {name: list(value) for name, value in asdict(aligned.classes).items()},
        "n_axes": len(aligned.axes),
        "n_noise_axes": len(aligned.noise_axes),
        "n_class_axes": aligned.class_axes.shape[1],
    }
    return TrainedModel(config, weights_of(aligned), genes, transform, card)


def from_trained_model(trained: TrainedModel) -> Aligned:
    """The translator in evaluation mode, on the CPU.

    Raises
    ------
    ValueError
        If it is another model.
    """
    config = trained.config_as(MODEL_NAME)
    aligned = Aligned(
        AlignedConfig(**config["network"]),
        Classes(**{name: tuple(value) for name, value in config["classes"].items()}),
        len(trained.genes),
        config["n_axes"],
        config["n_noise_axes"],
        config["n_class_axes"],
    )
    aligned.load_state_dict(trained.weights)
    return aligned.eval()
