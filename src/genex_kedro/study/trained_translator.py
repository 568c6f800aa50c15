"""Trained translators of every family, by what their configuration says they are."""

from __future__ import annotations

from genex_kedro.errors import InputError
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.translate_output import Translator


def load_translator(model: TrainedModel, name: str) -> Translator:
    """The translator of a trained model.

    Parameters
    ----------
    model : TrainedModel
    name : str
        Full name, for the message.

    Raises
    ------
    InputError
        If the model is no translator of tumors into normals.
    """
    from genex_kedro.models.simple_translators import kept

    if model.config.get("model") == kept.MODEL_NAME:
        return kept.from_trained_model(model)
    raise InputError(
        where=f"model {name!r}",
        found=f"a trained {model.config.get('model')}",
        expected="a translator of tumors into normals",
        remedy="Name one: translate.model=translators/shrunken_residual (or another below data/06_models/translators).",
    )
