"""Trained translators of every family behind one set of verbs."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from genex_kedro.models.atlas import Atlas
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.translation.fitting import known_tissue

NOT_TOLD = ""


class Translator(Protocol):
    """What every trained translator can do, with a network or without.

    Expression is log2(x+1), (n_samples, n_genes), the model's genes in their order; a tissue is
    one of :attr:`tissues` or what :meth:`ask` made of it.

    Attributes
    ----------
    tissues : list of str
        Those whose normals it knows; empty if it asks for none.
    """

    tissues: list[str]

    def ask(self, expression: np.ndarray, given: np.ndarray) -> np.ndarray:
        """What to tell it of each sample's tissue; `given` is empty where nothing is known."""

    def taken(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        """The tissue that it goes by, as told or inferred; empty if by none."""

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        """The best single guess of each normal; may fall below zero."""

    def draw(
        self, expression: np.ndarray, tissue: np.ndarray, generator: np.random.Generator
    ) -> np.ndarray:
        """One draw of each normal; may fall below zero."""


class SimpleTrained:
    """A simple translator; a tissue that it is not told, or does not know, the atlas infers."""

    def __init__(self, model: TrainedModel, atlas: Atlas) -> None:
        from genex_kedro.models.simple.translators import kept

        self._translator, self._atlas = kept.from_trained_model(model), atlas
        self.tissues = list(self._translator.tissues)

    def ask(self, expression: np.ndarray, given: np.ndarray) -> np.ndarray:
        return known_tissue(given, self.tissues, expression, self._atlas)

    def taken(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return tissue

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return self._translator.point(expression, tissue)

    def draw(self, expression, tissue, generator) -> np.ndarray:
        return self._translator.draw(expression, tissue, generator)


class NetworkTrained:
    """A translator of the pipeline ``cyclegan``, which infers tissues itself."""

    def __init__(self, model: TrainedModel) -> None:
        self._model = model
        self.tissues = _tissues_with_normals(model.config)

    def ask(self, expression: np.ndarray, given: np.ndarray) -> np.ndarray:
        return given

    def taken(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return self._translate("tissue", expression, tissue, 0).astype(str)

    def point(self, expression: np.ndarray, tissue: np.ndarray) -> np.ndarray:
        return self._translate("normal", expression, tissue, 0)

    def draw(self, expression, tissue, generator) -> np.ndarray:
        return self._translate("draw", expression, tissue, int(generator.integers(2**31)))

    def _translate(self, what: str, expression, tissue, seed: int) -> np.ndarray:
        """One field of the translation: of those told their tissue, then of those not told."""
        from genex_kedro.study.translation.networks import translate

        told = np.asarray(tissue) != NOT_TOLD
        parts = [
            (rows, getattr(translate(self._model, expression[rows], names, seed), what))
            for rows, names in ((told, tissue[told]), (~told, None))
            if rows.any()
        ]
        made = np.empty((len(told), *parts[0][1].shape[1:]), dtype=np.result_type(*(p for _, p in parts)))  # fmt: skip
        for rows, part in parts:
            made[rows] = part
        return made


def _tissues_with_normals(config: dict) -> list[str]:
    """A CycleGAN knows tissues that have both conditions; the aligned one also tumors alone."""
    if "classes" not in config:
        return list(config.get("tissues", ()))
    classes = config["classes"]
    return [classes["tissues"][i] for i in sorted(set(classes["normal_tissue"]))]


def load_translator(model: TrainedModel, atlas: Atlas) -> Translator:
    """The translator of a trained model.

    Parameters
    ----------
    model : TrainedModel
        A translator; the shelf refuses others.
    atlas : Atlas
        Trained with it.
    """
    from genex_kedro.models.simple.translators import kept

    if model.config["model"] == kept.MODEL_NAME:
        return SimpleTrained(model, atlas)
    return NetworkTrained(model)
