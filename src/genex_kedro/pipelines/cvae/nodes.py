"""Which settings of the conditional VAE are trained."""

from __future__ import annotations

import logging
from typing import Any

from anndata import AnnData

from genex_kedro.errors import InputError
from genex_kedro.fingerprint import data_digest
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.study.fits import seed_of
from genex_kedro.study.generation.settings import (
    GeneratorNetworkSettings,
    GeneratorSettings,
    to_parameters,
)

log = logging.getLogger(__name__)

TUNED = "tuned"


def choose_settings(
    studies: dict[str, AnnData], settings: GeneratorSettings[CvaeConfig], best: dict[str, Any]
) -> dict[str, Any]:
    """The settings of the parameters and, where the search chose one on these data, ``tuned``.

    It is trained as its base is, for as many epochs, with the same patience, and on the first split
    alone: the search looked at validation patients of that split who are test patients of others.

    Parameters
    ----------
    studies : dict of AnnData
    settings : GeneratorSettings
    best : dict
        What ``cvae_tuning`` chose; empty if it never ran.

    Returns
    -------
    dict
        Plain data of the form of the parameters.

    Raises
    ------
    InputError
        If the parameters have a setting of that name already.
    """
    chosen = settings.model_copy(update={"networks": dict(settings.networks)})
    if not best:
        return to_parameters(chosen)
    if TUNED in settings.networks:
        raise InputError(
            where=f"parameter cvae.networks.{TUNED}",
            found="a setting",
            expected="none: it is the name of what cvae_tuning chose",
            remedy="Rename it, or remove data/06_models/cvae_tuning/best.yml.",
        )
    first = min(studies.values(), key=seed_of)
    if best["data"] != data_digest(first):
        log.warning("the tuned setting was chosen on other data, or on another split, and is left out: run cvae_tuning again")  # fmt: skip
    elif best["base"] not in settings.networks:
        log.warning("the tuned setting has the base '%s', which is gone: it is left out", best["base"])  # fmt: skip
    else:
        base = settings.networks[best["base"]]
        chosen.networks[TUNED] = GeneratorNetworkSettings[CvaeConfig](
            scaling=base.scaling,
            network=best["network"],
            fit=base.fit.model_copy(update={"batch_size": best["batch_size"]}),
            seeds=1,
        )
    return to_parameters(chosen)
