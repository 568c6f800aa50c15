"""What a diffusion model is, how it is trained and how it is sampled."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from genex_kedro.models.conditions import Encoding
from genex_kedro.models.family import Family

Target = Literal["noise", "expression", "velocity"]


class DiffusionConfig(BaseModel):
    """One configuration for all settings; docs/rivals.md says what chose the defaults.

    Parameters
    ----------
    encoding : {"joint", "separate"}
        How classes enter, see :meth:`Vocabulary.design`.
    width, blocks : int
        Of the residual network; a block widens to twice its width and back.
    dropout : float
        Within the blocks.
    target : {"noise", "expression", "velocity"}
        What the network predicts from noised expression: the noise (Ho et al. 2020), the clean
        expression, or the velocity of Salimans and Ho 2022, which is a mixture of both.
    core : bool
        Begin at the exact denoiser of a normal distribution a class, fitted in closed form on
        the training samples, with a network that adds to it and begins at zero.
    core_rank : int
        Axes of the core's covariance; outside them it has one variance.
    core_shrinkage : float
        Weight of that one variance within the axes.
    smoothing : float
        Share of the variance within classes that is noise in the samples it learns from, new
        in each step: what a few hundred samples say of a thousand genes is drawn to
        independence, as in a shrunk covariance, and no sample can be learned by heart.
    steps : int
        Steps of the diffusion that it is trained on, with the cosine schedule.
    noises : int
        Noised copies of each sample of a batch that a step learns from.
    sampler : {"ddim", "ddpm"}
        ``ddim``: noise goes in at the beginning alone (Song et al. 2021); ``ddpm``: at each
        step (Ho et al. 2020).
    sampling_steps : int
        Steps of the diffusion that sampling visits; ``steps`` visits all.
    limit : float
        Bound of the predicted clean expression, in standard deviations, while sampling.
    average : float or None
        Decay of a running average of the weights, which is then the result.
    learning_rate, weight_decay : float
        Of AdamW.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: Encoding = "separate"
    width: int = Field(default=256, ge=2)
    blocks: int = Field(default=1, ge=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    target: Target = "velocity"
    core: bool = True
    core_rank: int = Field(default=300, ge=1)
    core_shrinkage: float = Field(default=0.3, gt=0, le=1)
    smoothing: float = Field(default=0.0, ge=0, lt=1)
    steps: int = Field(default=1000, ge=2)
    noises: int = Field(default=1, ge=1)
    sampler: Literal["ddim", "ddpm"] = "ddpm"
    sampling_steps: int = Field(default=100, ge=1)
    limit: float = Field(default=10.0, gt=0)
    average: float | None = Field(default=0.998, gt=0, lt=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _no_more_steps_than_there_are(self):
        if self.sampling_steps > self.steps:
            raise ValueError(f"sampling_steps {self.sampling_steps} above steps {self.steps}")
        return self

    @model_validator(mode="after")
    def _smoothing_knows_the_classes(self):
        if self.smoothing and not self.core:
            raise ValueError("smoothing needs the means and spreads of a core: core: true")
        return self


DIFFUSION = Family(
    "diffusion", DiffusionConfig, "genex_kedro.models.diffusion.model", in_blocks=True
)
