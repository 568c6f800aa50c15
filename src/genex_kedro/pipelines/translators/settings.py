"""Parameters of the translators without a network."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS


class SimpleTranslatorSettings(BaseModel):
    """Which simple translators to fit, and when a tissue counts as known."""

    model_config = ConfigDict(extra="forbid")
    # samples of a condition in training from which on a tissue's mean is taken; the mean of
    # fewer is too much the samples themselves
    least: int = Field(default=3, ge=2)
    leave_out: tuple[str, ...] = ()

    @field_validator("leave_out")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in SIMPLE_TRANSLATORS]:
            raise ValueError(f"{', '.join(unknown)}: not among {', '.join(SIMPLE_TRANSLATORS)}")
        return names
