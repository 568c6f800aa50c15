"""Parameters of the translators that are networks."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.models.cyclegan_config import CycleGanConfig
from genex_kedro.training import FitSettings
from genex_kedro.transforms import SCALINGS


class TranslatorSettings(BaseModel):
    """One objective: how its input is standardised, what it is, how it is trained."""

    model_config = ConfigDict(extra="forbid")
    scaling: Literal[SCALINGS] = "per_gene"
    network: CycleGanConfig
    fit: FitSettings


class CycleGanSettings(BaseModel):
    """The objectives to train, by name."""

    model_config = ConfigDict(extra="forbid")
    networks: dict[str, TranslatorSettings] = Field(min_length=1)
