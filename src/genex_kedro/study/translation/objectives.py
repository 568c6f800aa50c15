"""Parameters of the translators that are trained."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from genex_kedro.models.aligned.config import AlignedConfig
from genex_kedro.models.cyclegan.config import CycleGanConfig
from genex_kedro.training import FitSettings
from genex_kedro.transforms import SCALINGS


def _kind(network) -> str:
    return network.get("kind", "cyclegan") if isinstance(network, dict) else network.kind


class ObjectiveSettings(BaseModel):
    """One objective: how its input is standardised, what it is, how it is trained.

    Networks have a ``fit``; the aligned translator is fitted in closed form and has none.
    """

    model_config = ConfigDict(extra="forbid")
    scaling: Literal[SCALINGS] = "per_gene"
    network: Annotated[
        Annotated[CycleGanConfig, Tag("cyclegan")] | Annotated[AlignedConfig, Tag("aligned")],
        Discriminator(_kind),
    ]
    fit: FitSettings | None = None

    @model_validator(mode="after")
    def _trained_or_in_closed_form(self):
        if (self.network.kind == "cyclegan") != (self.fit is not None):
            raise ValueError(
                "a network of kind cyclegan needs a fit, one of kind aligned takes none"
            )
        return self


class CycleGanSettings(BaseModel):
    """The objectives to train, by name."""

    model_config = ConfigDict(extra="forbid")
    networks: dict[str, ObjectiveSettings] = Field(min_length=1)
