"""Parameters of a family of generators."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.models.conditions import FACTORS
from genex_kedro.models.family import Family
from genex_kedro.study.fits import CostlySettings
from genex_kedro.training import FitSettings
from genex_kedro.transforms import SCALINGS

Config = TypeVar("Config", bound=BaseModel)


class GeneratorNetworkSettings(CostlySettings, Generic[Config]):
    """One setting: how its input is scaled, what it is, how it is trained."""

    scaling: Literal[SCALINGS] = "per_gene"
    network: Config
    fit: FitSettings


class GeneratorSettings(BaseModel, Generic[Config]):
    """The settings to train, by name, and what samples are asked for by."""

    model_config = ConfigDict(extra="forbid")
    networks: dict[str, GeneratorNetworkSettings[Config]] = Field(min_length=1)
    factors: tuple[str, ...] = Field(default=FACTORS, min_length=1)


def settings_of(settings: GeneratorSettings | dict, family: Family) -> GeneratorSettings:
    """Settings as parameters give them, from those or from the file that a node chose them in."""
    return GeneratorSettings[family.config].model_validate(settings)


def to_parameters(settings: GeneratorSettings) -> dict[str, Any]:
    """Plain data of the form of the parameters, with what is no part of a fingerprint too."""
    plain = settings.model_dump(mode="json")
    for name, network in settings.networks.items():
        plain["networks"][name]["seeds"] = network.seeds
        plain["networks"][name]["fit"]["from_disk"] = network.fit.from_disk
    return plain
