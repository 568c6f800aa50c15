"""Parameters of the conditional VAE."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.models.cvae_config import CvaeConfig
from genex_kedro.training import FitSettings
from genex_kedro.transforms import SCALINGS


class NetworkSettings(BaseModel):
    """One setting: how its input is standardised, what it is, how it is trained."""

    model_config = ConfigDict(extra="forbid")
    scaling: Literal[SCALINGS] = "per_gene"
    network: CvaeConfig
    fit: FitSettings


class CvaeSettings(BaseModel):
    """The settings to train, by name, and what samples are asked for by."""

    model_config = ConfigDict(extra="forbid")
    networks: dict[str, NetworkSettings] = Field(min_length=1)
    factors: tuple[str, ...] = Field(default=("tissue", "condition", "source"), min_length=1)
