"""What a conditional VAE is and how it is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from genex_kedro.models.conditions import Encoding
from genex_kedro.models.family import Family


class CvaeConfig(BaseModel):
    """One configuration for all settings; the defaults are what paper 001's authors released.

    Parameters
    ----------
    encoding : {"joint", "separate"}
        How classes enter both networks, see :meth:`Vocabulary.design`.
    encoder_hidden, decoder_hidden : tuple of int
        Widths of the hidden layers. With a core they may be empty: nothing but the core.
    widen_encoder : bool
        The first layer of the encoder is as much wider as the encoding is (authors' code).
    latent : int
    residual : bool
        Hidden layers of equal width add to their input.
    sampling_statistics : {"batch", "running"}
        What batch normalisation uses outside training. ``batch`` is the authors' oversight:
        the network was never switched to evaluation mode.
    observation : {"half", "per_gene", "per_class"}
        Variance of a gene given the latent: .5 for all (what (SSE + KL)/batch amounts to), a
        learned one a gene, or one a gene and class.
    noise_freedom : int or None
        Degrees of freedom of the noise, whose scale then varies from sample to sample
        (a multivariate t); None keeps it normal.
    observation_noise : bool
        Whether samples have that noise; without it they are the decoder's mean.
    kl_weight : float
        Of the KL divergence in training; the validation loss is the ELBO at any weight.
    kl_warm_up : int
        Epochs over which the weight rises to `kl_weight`; 0 starts with it.
    free_bits : float
        Nats a latent dimension that cost nothing in training (Kingma et al. 2016, eq. 15).
    core : bool
        Start as factor analysis: class mean + loadings x latent + noise, fitted in closed
        form on the training samples, with networks that add to it and begin at zero.
    prior : {"standard", "class"}
        N(0, 1), or after training a normal a class, with full covariance, refitted to the
        aggregate posterior of the training samples (Ghosh et al. 2020, section 4).
    noise_shrinkage, prior_shrinkage : float
        Samples that the pooled noise, or the pooled latent covariance, counts as against a
        class's own; either is scaled to the spread of the class first.
    calibrated : bool
        Samples get the marginals of the training samples, gene by gene, see
        :class:`genex_kedro.models.cvae.calibration.MarginalCalibration`.
    average : float or None
        Decay of a running average of the weights, which is then the result.
    learning_rate, weight_decay : float
        Of AdamW; with weight_decay 0 it is Adam.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: Encoding = "joint"
    encoder_hidden: tuple[int, ...] = (1000, 512, 256)
    decoder_hidden: tuple[int, ...] = (256, 512, 1000)
    widen_encoder: bool = True
    latent: int = Field(default=50, ge=1)
    residual: bool = False
    sampling_statistics: Literal["batch", "running"] = "batch"
    observation: Literal["half", "per_gene", "per_class"] = "half"
    noise_freedom: int | None = Field(default=None, ge=3)
    observation_noise: bool = False
    kl_weight: float = Field(default=1.0, ge=0)
    kl_warm_up: int = Field(default=0, ge=0)
    free_bits: float = Field(default=0.0, ge=0)
    core: bool = False
    prior: Literal["standard", "class"] = "standard"
    noise_shrinkage: float = Field(default=5.0, gt=0)
    prior_shrinkage: float = Field(default=20.0, gt=0)
    calibrated: bool = False
    average: float | None = Field(default=None, gt=0, lt=1)
    learning_rate: float = Field(default=1e-4, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _something_to_learn(self):
        if not self.core and not (self.encoder_hidden and self.decoder_hidden):
            raise ValueError("without a core, encoder_hidden and decoder_hidden need a layer each")
        return self

    def kl_weight_at(self, epoch: int) -> float:
        """The KL weight in an epoch (the first is 1): it rises over the warm-up."""
        share = min(1.0, epoch / self.kl_warm_up) if self.kl_warm_up else 1.0
        return self.kl_weight * share


CVAE = Family("cvae", CvaeConfig, "genex_kedro.models.cvae.learner", in_blocks=True)
