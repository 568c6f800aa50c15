"""What a CycleGAN is and how it is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CycleGanConfig(BaseModel):
    """One configuration for all objectives; the defaults are those of paper 000.

    Parameters
    ----------
    generator_hidden, discriminator_hidden : tuple of int
        Widths of the hidden layers (ReLU). The generators' output is linear.
    residual : bool
        Generators add to their input instead of replacing it. Without `change_weight` or a
        strong cycle such generators drift off in long trainings.
    conditional : bool
        Tissue-matched batches; the tissue as one-hot into generators and discriminators.
    adversarial : {"bce", "lsgan"}
        Binary cross-entropy (for the generators in its non-saturating form, Goodfellow et al.
        2014), or least squares (Mao et al. 2017).
    cycle_weight : float
        Of E|G(F(x)) - x| + E|F(G(y)) - y|, L1, means over genes; x are tumors, y normals,
        F makes normals and G tumors.
    identity_weight : float
        Of the identity loss E|F(y) - y| + E|G(x) - x|: what is normal already is left alone
        (Zhu et al. 2017, section 5.2).
    change_weight : float
        Of the repair that paper 000 proposes and did not try, its L*cyc (equation VIII):
        E|F(x) - x| + E|G(y) - y|, the least change. Not the identity loss.
    pool : int
        Made samples that are kept to show the discriminators again; 0 for none.
    learning_rate, first_moment : float
        Of Adam, one for both generators and one for both discriminators; its beta1.
    decay : float
        Share of the epochs, at the end, over which the rate falls linearly to zero.
    penalty : float
        Weight of the discriminators' gradient penalty at real samples (R1, Mescheder et al.
        2018), which keeps small cohorts from being learned by heart; 0 for none.
    tissue_penalty : float
        Of the squared weights of the classifier that infers the tissue (conditional only).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["cyclegan"] = "cyclegan"
    generator_hidden: tuple[int, ...] = (100, 50, 50, 100)
    discriminator_hidden: tuple[int, ...] = (150, 100, 50)
    residual: bool = False
    conditional: bool = False
    adversarial: Literal["bce", "lsgan"] = "bce"
    cycle_weight: float = Field(default=0.001, ge=0)
    identity_weight: float = Field(default=0.0, ge=0)
    change_weight: float = Field(default=0.0, ge=0)
    pool: int = Field(default=0, ge=0)
    learning_rate: float = Field(default=0.001, gt=0)
    first_moment: float = Field(default=0.9, ge=0, lt=1)
    decay: float = Field(default=0.0, ge=0, le=1)
    penalty: float = Field(default=0.0, ge=0)
    tissue_penalty: float = Field(default=0.01, ge=0)
