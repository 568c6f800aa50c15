"""Simple translators on disk: those of one formula, as numbers, without any training sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.simple.translators.base import TissueMeans
from genex_kedro.models.simple.translators.noise import TissueNoise
from genex_kedro.models.simple.translators.regression import ResidualTranslator

MODEL_NAME = "residual_translator"


def to_trained_model(
    translator: ResidualTranslator, genes: pd.DataFrame, card: dict[str, Any]
) -> TrainedModel:
    """A fitted translator in the form that is kept on disk.

    Parameters
    ----------
    translator : ResidualTranslator
    genes : DataFrame, indexed by symbol
        In the order of the profiles.
    card : dict
        What it was trained on.
    """
    import torch

    arrays = {
        "normal_means": translator.means.normal_means,
        "tumor_means": translator.means.tumor_means,
        "slopes": translator.slopes,
        "noise_axes": translator.noise.axes,
        "noise_sd": translator.noise.sd,
        "missing_spread": translator.missing_spread,
    }
    if translator.map is not None:
        arrays |= {"map_in": translator.map[0], "map_out": translator.map[1]}
    weights = {k: torch.from_numpy(np.ascontiguousarray(v, np.float32)) for k, v in arrays.items()}
    config = {"model": MODEL_NAME, "tissues": translator.tissues, "paired": translator.paired}
    return TrainedModel(config, weights, genes, {"unit": "log2(x+1)"}, card)


def from_trained_model(trained: TrainedModel) -> ResidualTranslator:
    """The fitted translator.

    Raises
    ------
    ValueError
        If it is another model.
    """
    config = trained.config_as(MODEL_NAME)
    arrays = {name: tensor.double().numpy() for name, tensor in trained.weights.items()}
    translator = ResidualTranslator()
    translator.means = TissueMeans.from_means(
        config["tissues"], arrays["normal_means"], arrays["tumor_means"]
    )
    translator.noise = TissueNoise(arrays["noise_axes"], arrays["noise_sd"])
    translator.missing_spread, translator.slopes = arrays["missing_spread"], arrays["slopes"]
    if "map_in" in arrays:
        translator.map = arrays["map_in"], arrays["map_out"]
    return translator
