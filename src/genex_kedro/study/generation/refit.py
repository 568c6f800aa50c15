"""Generators fitted to few real samples, and to nothing else."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from anndata import AnnData
from pydantic import BaseModel

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.family import Family, to_trained_model
from genex_kedro.models.names import SIMPLE, full_name
from genex_kedro.models.simple.generators import SIMPLE_GENERATORS
from genex_kedro.study.generation.sampling import generate
from genex_kedro.study.generation.settings import GeneratorNetworkSettings
from genex_kedro.study.generation.synthetic import synthetic_cohort
from genex_kedro.study.split import classes
from genex_kedro.transforms import Standardiser

log = logging.getLogger(__name__)


def refit_simple(few: AnnData, name: str, labels: pd.DataFrame, seed: int) -> AnnData:
    """Samples of a simple generator that knows `few` alone.

    Parameters
    ----------
    few : AnnData, log2(x+1)
    name : str
        Of :data:`genex_kedro.models.simple.generators.SIMPLE_GENERATORS`.
    labels : DataFrame with ``tissue, condition``
        What is asked for: a sample a row.
    seed : int
    """
    model = SIMPLE_GENERATORS[name]().fit(np.asarray(few.X), classes(few.obs).to_numpy(str))
    values = model.sample(classes(labels).to_numpy(str), np.random.default_rng(seed))
    return synthetic_cohort(values, labels, few.var, full_name(SIMPLE, name), seed)


def refit_network(
    few: AnnData,
    family: Family,
    setting: str,
    network: GeneratorNetworkSettings,
    factors: tuple[str, ...],
    epochs: int,
    labels: pd.DataFrame,
    seed: int,
) -> AnnData | None:
    """Samples of a network trained on `few` alone; None if they are too few for it.

    No validation samples either: choosing the best epoch by them would bring more real samples
    in. The schedule is fixed and the last weights are the result. A network that starts as factor
    analysis has no more latent dimensions than half of what the samples leave free after the
    classes' means.

    Parameters
    ----------
    few : AnnData, log2(x+1)
    family : Family
    setting : str
        Name of the setting.
    network : GeneratorNetworkSettings
    factors : tuple of str
        Label columns that make a class.
    epochs : int
    labels : DataFrame with the columns `factors`
    seed : int
    """
    import torch

    from genex_kedro.training import fit

    vocabulary = Vocabulary.fit(few.obs, factors)
    if (config := _for_few(network.network, few.n_obs - len(vocabulary))) is None:
        log.info(
            "%s/%s cannot be fitted to %d samples of %d classes",
            family.name,
            setting,
            few.n_obs,
            len(vocabulary),
        )
        return None
    standardiser = Standardiser.fit(few.X, network.scaling)
    values = torch.as_tensor(standardiser.apply(np.asarray(few.X)))
    train = (values, torch.as_tensor(vocabulary.index(few.obs)))
    schedule = network.fit.model_copy(
        update={"epochs": epochs, "patience": None, "monitor": None, "save_every_s": np.inf}
    )
    generator = family.code().build(config, vocabulary, few.n_vars, seed)
    *_, last = fit(family.code().learner(generator, train), train, None, schedule, seed)
    generator.load_state_dict(last.weights("generator"))
    family.code().finish(generator, train)
    card = {"status": last.status}
    model = to_trained_model(family, generator.cpu(), few.var, standardiser.to_json(), card)
    return generate(model, labels, full_name(family.name, setting), seed)


def _for_few(config: BaseModel, freedom: int) -> BaseModel | None:
    if not getattr(config, "core", False):
        return config
    latent = min(config.latent, freedom // 2)
    return config.model_copy(update={"latent": latent}) if latent else None
