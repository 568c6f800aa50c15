"""Parameters of the judges of tumor against normal."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.models.discriminator.model import DiscriminatorConfig
from genex_kedro.training import FitSettings
from genex_kedro.transforms import SCALINGS


class JudgeNetworkSettings(BaseModel):
    """One network: how its input is standardised, what it is, how it is trained."""

    model_config = ConfigDict(extra="forbid")
    scaling: Literal[SCALINGS]
    network: DiscriminatorConfig
    fit: FitSettings


class JudgeSettings(BaseModel):
    """The networks every judge consists of, by name, and when a judge can be trained at all."""

    model_config = ConfigDict(extra="forbid")
    networks: dict[str, JudgeNetworkSettings] = Field(min_length=1)
    least: int = Field(default=20, ge=2)  # samples of each condition in training
