"""What a WGAN-GP is and how it is trained."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.models.family import Family


class WganGpConfig(BaseModel):
    """The defaults are those of Vinas et al. 2022, "Adversarial generation of gene expression
    data" (Bioinformatics 38) and of the code that its authors released.

    Parameters
    ----------
    hidden : tuple of int
        Widths of the hidden layers, ReLU, of the generator and of the critic.
    latent : int
        Dimensions of the normal noise that the generator begins from.
    critic_steps : int
        Steps of the critic a step of the generator.
    fresh_batches : bool
        False: each critic step sees the whole batch again, with new noise (the authors' code).
        True: the batch is cut into as many parts as there are critic steps (Gulrajani et al.
        2017, algorithm 1); ask the fit for a batch `critic_steps` times as large then.
    penalty : float
        Weight of the two-sided gradient penalty.
    learning_rate : float
        Of both RMSprops.
    smoothing, epsilon : float
        Of RMSprop's running square; the defaults are those of the library the authors used.
    average : float or None
        Decay of a running average of the generator's weights, which is then the result.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    hidden: tuple[int, ...] = Field(default=(256, 256), min_length=1)
    latent: int = Field(default=64, ge=1)
    critic_steps: int = Field(default=5, ge=1)
    fresh_batches: bool = False
    penalty: float = Field(default=10.0, ge=0)
    learning_rate: float = Field(default=5e-4, gt=0)
    smoothing: float = Field(default=0.9, gt=0, lt=1)
    epsilon: float = Field(default=1e-7, gt=0)
    average: float | None = Field(default=None, gt=0, lt=1)


WGAN_GP = Family("wgan_gp", WganGpConfig, "genex_kedro.models.wgan_gp.model", in_blocks=True)
