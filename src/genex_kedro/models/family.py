"""A family of conditional generators: what the pipelines must know of it, and no torch."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:  # torch takes seconds to import
    import pandas as pd
    from torch import nn

    from genex_kedro.models.base import TrainedModel


@dataclass(frozen=True)
class Family:
    """One kind of generator: a name, its settings, and where its code is.

    Parameters
    ----------
    name : str
        As in tables, folders and the config of a trained model: ``"cvae"``.
    config : type of BaseModel
        Settings of one network.
    module : str
        Imported when it is used (torch takes seconds). It has

        ``build(config, vocabulary, n_genes, seed)``
            a module with ``config``, ``vocabulary`` and ``sample(classes, seed)``, weights
            drawn from `seed`;
        ``learner(generator, train)``
            its Learner (see :mod:`genex_kedro.training`), which calls the generator
            ``"generator"`` among its modules; `train` is ``(expression, classes)``, scaled
            profiles (n_samples, n_genes) and positions in the vocabulary (n_samples,);
        ``finish(generator, train)``
            what remains to be done after the last step; leaves it in evaluation mode.
    in_blocks : bool
        Both take expression in blocks (``split(size)``), as of samples that are read from disk.
    """

    name: str
    config: type[BaseModel]
    module: str
    in_blocks: bool = False

    def code(self) -> ModuleType:
        """The module."""
        return import_module(self.module)


def to_trained_model(
    family: Family,
    generator: nn.Module,
    genes: pd.DataFrame,
    transform: dict[str, Any],
    card: dict[str, Any],
) -> TrainedModel:
    """A generator in the form that is kept on disk.

    Parameters
    ----------
    family : Family
    generator : Module
    genes : DataFrame, indexed by symbol
        In the order of its outputs.
    transform : dict
        How expression in log2(x+1) is scaled before it enters.
    card : dict
        What it was trained on and how well it does.
    """
    from genex_kedro.models.base import TrainedModel, weights_of

    config = {
        "model": family.name,
        "network": generator.config.model_dump(mode="json"),
        "vocabulary": generator.vocabulary.to_json(),
    }
    return TrainedModel(config, weights_of(generator), genes, transform, card)
