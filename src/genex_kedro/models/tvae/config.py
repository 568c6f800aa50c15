"""What a TVAE is and how it is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.models.family import Family


class TvaeConfig(BaseModel):
    """The defaults are those of Xu et al. 2019, section 4.5.

    Parameters
    ----------
    modes : int
        Most modes of a gene (:mod:`genex_kedro.models.modes.mode_specific`).
    encoder_hidden, decoder_hidden : tuple of int
        Widths of the hidden ReLU layers.
    latent : int
    classes : {"column", "given"}
        ``column``: the class is one more column of the table, generated like the others, and
        samples of a class come from latents that the decoder gives that class (the published
        model knows no conditions). ``given``: the decoder is told the class.
    drawn_modes : bool
        Whether a sample's modes are drawn from the decoder's probabilities or are, as in what
        was published with the paper, the most probable ones.
    loss_factor : float
        Weight of the reconstruction against the KL divergence in training; the validation
        loss is the ELBO at any factor.
    learning_rate, weight_decay : float
        Of Adam; the decay is an L2 penalty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    modes: int = Field(default=10, ge=2)
    encoder_hidden: tuple[int, ...] = Field(default=(128, 128), min_length=1)
    decoder_hidden: tuple[int, ...] = Field(default=(128, 128), min_length=1)
    latent: int = Field(default=128, ge=1)
    classes: Literal["column", "given"] = "column"
    drawn_modes: bool = False
    loss_factor: float = Field(default=2.0, gt=0)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=1e-5, ge=0)


TVAE = Family("tvae", TvaeConfig, "genex_kedro.models.tvae.model", in_blocks=True)
